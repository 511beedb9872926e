"""Telling whoever asked by program how a job ended: its record, written once it has, and sent from notify's outbox."""

import json

from musicstudio.generation.models import Job
from musicstudio.generation.record import as_record
from musicstudio.notify.callbacks import Callback, Stage

AT_ONCE = 100


def write_due(job_id: str | None = None) -> int:
    """Writes the callbacks of the named job, or of every job that has ended and is not told yet; answers how many."""
    due = Callback.objects.filter(state=Stage.DUE)
    rows = list(due.filter(subject=job_id) if job_id else due.order_by("next_at")[:AT_ONCE])
    related = ("hold", "model", "project", "team", "key", "track")
    jobs = Job.objects.select_related(*related).in_bulk([row.subject for row in rows])
    return sum(
        row.write(json.dumps(told(jobs[row.subject], row.base), ensure_ascii=False)) for row in rows if row.subject in jobs
    )


def told(job: Job, base: str) -> dict[str, object]:
    """The record, with the ids of everything asked for together."""
    together = Job.objects.filter(batch=job.batch, team=job.team_id).order_by("take").values_list("pk", flat=True)
    return as_record(job, base, [str(pk) for pk in together])
