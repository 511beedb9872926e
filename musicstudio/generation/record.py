"""A job as the gateway's contract shows it: the union of what its pages, SDKs and examples read.

`/v1` answers with it, and callbacks carry it.
"""

from datetime import datetime
from typing import Any

from django.urls import reverse

from musicstudio.core.money import from_micros
from musicstudio.generation.models import Job, State
from musicstudio.generation.reasons import explain
from musicstudio.library.models import Track

STATUS: dict[str, str] = {
    State.QUEUED: "queued",
    State.SUBMITTING: "processing",
    State.RUNNING: "processing",
    State.COLLECTING: "processing",
    State.UNCERTAIN: "processing",  # the money is held and a person decides: nobody should ask for it again
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}


def seconds(moment: datetime | None) -> int:
    """Unix seconds."""
    return int(moment.timestamp()) if moment else 0


def as_record(job: Job, base: str, together: list[str] | None = None) -> dict[str, Any]:
    """The job as it stands, in plain JSON values; `base` is the studio's address, `together` the ids of all its takes."""
    said: dict[str, Any] = {"result": None, "result_url": None, "error": None, "detail": job.message}
    if job.state == State.SUCCEEDED and job.track:
        found = result(job, job.track, base)
        said |= {"result": found, "result_url": found["url"], "detail": ""}
    if job.state in (State.FAILED, State.UNCERTAIN):
        words = explain(job)
        said["detail"] = f"{words.maker} {words.cost}"
        said["error"] = {"code": job.reason or "failed", "message": said["detail"]} if job.state == State.FAILED else None
    return {
        "id": str(job.pk),
        "object": "job",
        "status": STATUS[job.state],
        "modality": "music",
        "model": job.model.slug,
        "created": seconds(job.created_at),
        "created_at": seconds(job.created_at),
        "updated_at": seconds(job.updated_at),
        "progress": 100 if job.state == State.SUCCEEDED else job.progress,
        "project": job.project.slug,
        "take": job.take,
        "jobs": together or [str(job.pk)],
        "usage": usage(job),
        **said,
    }


def usage(job: Job) -> dict[str, Any]:
    """What it cost; what is held for it, at most, while it runs; nothing when the hold was released."""
    settled = job.hold.actual_micros is not None
    micros = (job.hold.actual_micros or 0) - job.hold.refunded_micros if settled else job.hold.amount_micros
    usd = from_micros(0 if job.hold.state == "released" else micros)
    return {"cost": float(usd), "cost_cents": float(usd * 100), "currency": "USD", "settled": settled}


def result(job: Job, track: Track, base: str) -> dict[str, Any]:
    """The file's place, under the host that was asked."""
    name = f"{track.pk.hex[:12]}.{track.format}"
    url = base + reverse("v1:file", args=[job.pk, name])
    return {
        "url": url,
        "file_url": url,
        "filename": name,
        "duration": track.duration_ms / 1000,
        "format": track.format,
        "sha256": track.sha256,
        "loudness_lufs": track.lufs,
        "true_peak_dbtp": track.true_peak_db,
    }
