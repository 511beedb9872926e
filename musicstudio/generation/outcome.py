"""What an answer of the gateway means for a job and its money: every transition of a gateway job, one function each.

All of them run in the database's thread, change state only through `Job.objects.move`, and may be called twice.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from musicstudio.generation.models import ACTIVE, Job, Reason, State, wake
from musicstudio.providers import base

log = logging.getLogger(__name__)

SUBMIT_TRIES = 12  # busy answers in a row before a job that was never accepted is given up
POLL_TRIES = 10  # unreadable answers in a row
DEADLINE = timedelta(minutes=30)  # after the submit
LOST_AFTER = timedelta(minutes=1)  # the gateway does not know the job, twice and for this long

REASONS: dict[str, Reason] = {
    "unauthorized": Reason.KEY_REJECTED,
    "no_funds": Reason.NO_FUNDS,
    "forbidden": Reason.FORBIDDEN,
    "content_refused": Reason.CONTENT_REFUSED,
    "invalid_request": Reason.INVALID_REQUEST,
}


def later(seconds: float) -> Any:
    """The moment that many seconds from now."""
    return timezone.now() + timedelta(seconds=seconds)


def backoff(tries: int, first: float = 2.0, most: float = 120.0) -> float:
    """Seconds before the next try: 2, 4, 8 … 120."""
    return min(most, first * 2.0 ** min(tries, 10))


def claim(job: Job, patience: float) -> bool:
    """Before the request leaves: from here on an unknown answer is `uncertain`. `patience`: seconds an answer may take."""
    now = timezone.now()
    return Job.objects.move(job.pk, (State.QUEUED,), State.SUBMITTING, submit_at=now, next_at=later(patience), message="")


def submitted(job: Job, answer: base.Submitted, first_poll: float) -> None:
    """The gateway took the job."""
    said = dict(job.facts)
    if answer.warnings:
        said["warnings"] = list(answer.warnings)
    if answer.served_by:
        said["served_by"] = answer.served_by
    moved = Job.objects.move(
        job.pk,
        (State.SUBMITTING,),
        State.RUNNING,
        remote_ref=dict(answer.ref),
        request_id=answer.request_id[:200],
        cost_micros=answer.cost_micros,
        facts=said,
        tries=0,
        message="",
        next_at=later(first_poll),
    )
    if job.key is not None:
        job.key.touch()
    job.refresh_from_db()
    if moved and answer.status in base.FINAL:
        status = base.JobStatus(
            status=answer.status,
            outputs=answer.outputs,
            error_kind=answer.error_kind,
            error_code=answer.error_code,
            error_message=answer.error_message,
            cost_micros=answer.cost_micros,
        )
        polled(job, status, first_poll)


def submit_failed(job: Job, error: Exception) -> None:
    """The submit raised: released when it surely did not start anything, held when nobody knows."""
    sent = (State.SUBMITTING,)
    if isinstance(error, base.RateLimited | base.Unavailable):
        put_back(job, error)
    elif isinstance(error, base.ProviderError) and error.kind in REASONS:
        if isinstance(error, base.Unauthorized) and job.key is not None:
            job.key.reject(error.message)
        Job.objects.filter(pk=job.pk).update(request_id=error.request_id[:200], facts=job.facts | suggestion_in(error))
        job.fail(REASONS[error.kind], error.message, source=sent)
    elif isinstance(error, base.BadAnswer):
        job.doubt(Reason.BAD_ANSWER, error.message, source=sent)
    else:
        if not isinstance(error, base.ProviderError):
            log.error("Submitting job %s failed", job.pk, exc_info=error)
        job.doubt(Reason.NO_ANSWER, getattr(error, "message", "The studio failed while it waited for the answer."), source=sent)


def suggestion_in(error: base.ProviderError) -> dict[str, str]:
    """The wording that the model would take instead, when the refusal carries one."""
    return {"suggestion": error.suggestion} if isinstance(error, base.ContentRefused) and error.suggestion else {}


def put_back(job: Job, error: base.RateLimited | base.Unavailable) -> None:
    """Nothing was started: the job waits in the queue for its next try, or is given up after many."""
    if job.tries + 1 >= SUBMIT_TRIES:
        job.fail(Reason.UNAVAILABLE, error.message, source=(State.SUBMITTING,))
        return
    wait = max(error.retry_after or 0.0, backoff(job.tries))
    Job.objects.move(
        job.pk, (State.SUBMITTING,), State.QUEUED, tries=job.tries + 1, next_at=later(wait), message=error.message[:400]
    )


def interrupted(job: Job) -> None:
    """A job still `submitting` long after its request: the worker died in between."""
    job.doubt(Reason.NO_ANSWER, "The worker stopped while the request was on its way.", source=(State.SUBMITTING,))


def polled(job: Job, status: base.JobStatus, gap: float) -> None:
    """A job record was read. `gap`: seconds until the next look if it is still running."""
    if status.cost_micros is not None:
        job.cost_micros = status.cost_micros
        Job.objects.filter(pk=job.pk).update(cost_micros=status.cost_micros)
    if status.status == "succeeded":
        completed(job, status, gap)
    elif status.status == "failed":
        charged = bool(status.cost_micros)
        kind = Reason.CONTENT_REFUSED if status.error_kind == "content_refused" else Reason.PROVIDER_FAILED
        message = status.error_message or status.error_code or "It gave no reason."
        job.fail(kind, message, charged=charged, source=(State.RUNNING,))
    elif status.status == "cancelled":
        stopped(job, status)
    else:
        keep_waiting(job, status, gap)


def completed(job: Job, status: base.JobStatus, gap: float) -> None:
    """The file is ready; without a link the job is read a few times more, then ends as charged."""
    if not status.outputs:
        try_poll_again(job, "The job is done, but its record names no file.", gap, Reason.FILE_UNREACHABLE, charged=True)
        return
    links = [{"url": out.url, "seconds": None if out.seconds is None else str(out.seconds)} for out in status.outputs]
    Job.objects.move(job.pk, (State.RUNNING,), State.COLLECTING, outputs=links, tries=0, message="", next_at=timezone.now())


def stopped(job: Job, status: base.JobStatus) -> None:
    """The gateway cancelled it. It says what a failed job costs (nothing), not what one cancelled in the making does."""
    if status.cost_micros:
        job.fail(Reason.PROVIDER_FAILED, "It was cancelled; the provider charged for it.", charged=True)
    elif job.facts.get("seen_running") and status.cost_micros is None:
        job.doubt(Reason.CANCELLED_LATE)
    else:
        with transaction.atomic():
            if Job.objects.move(job.pk, (State.RUNNING,), State.CANCELLED):
                job.hold.release()


def keep_waiting(job: Job, status: base.JobStatus, gap: float) -> None:
    """Still running, or unchanged since the last look."""
    if job.submit_at and timezone.now() - job.submit_at > DEADLINE:
        job.doubt(Reason.TIMED_OUT, "It was asked half an hour ago.", source=(State.RUNNING,))
        return
    fields: dict[str, Any] = {"next_at": later(max(gap, status.retry_after or 0.0)), "tries": 0, "message": ""}
    facts = {name: value for name, value in job.facts.items() if name != "missing_since"}
    if status.status == "running" and not status.unchanged:
        facts["seen_running"] = True
    if facts != job.facts or job.message:
        fields |= {"facts": facts, "updated_at": timezone.now()}
    Job.objects.filter(pk=job.pk, state=State.RUNNING).update(**fields)


def poll_failed(job: Job, error: Exception, gap: float) -> None:
    """A look went wrong; the job runs on, so nothing is decided before it has gone wrong for long."""
    if isinstance(error, base.InvalidRequest) and error.status == 404:
        since = job.facts.get("missing_since")
        if since and timezone.now().timestamp() - float(since) >= LOST_AFTER.total_seconds():
            job.doubt(Reason.VANISHED, error.message, source=(State.RUNNING,))
            return
        facts = job.facts | {"missing_since": since or timezone.now().timestamp()}
        Job.objects.filter(pk=job.pk, state=State.RUNNING).update(facts=facts, next_at=later(max(gap, 30.0)))
        return
    if isinstance(error, base.Unauthorized) and job.key is not None:
        job.key.reject(error.message)
    if job.submit_at and timezone.now() - job.submit_at > DEADLINE:
        job.doubt(Reason.TIMED_OUT, getattr(error, "message", ""), source=(State.RUNNING,))
        return
    if not isinstance(error, base.ProviderError):
        log.error("Polling job %s failed", job.pk, exc_info=error)
    wait = max(gap, getattr(error, "retry_after", None) or 0.0, backoff(job.tries, first=gap))
    message = getattr(error, "message", "The studio failed to read the answer.")
    if isinstance(error, base.RateLimited | base.Unavailable | base.Unauthorized):
        Job.objects.filter(pk=job.pk, state=State.RUNNING).update(
            tries=min(job.tries + 1, 100), next_at=later(wait), message=message[:400], updated_at=timezone.now()
        )
    else:
        try_poll_again(job, message, wait, Reason.BAD_ANSWER, charged=None)


def try_poll_again(job: Job, message: str, gap: float, reason: Reason, *, charged: bool | None) -> None:
    """Looks again; after many looks it ends as charged, or as uncertain (`charged` None)."""
    if job.tries + 1 >= POLL_TRIES:
        if charged is None:
            job.doubt(reason, message, source=(State.RUNNING,))
        else:
            job.fail(reason, message, charged=charged, source=(State.RUNNING,))
        return
    Job.objects.filter(pk=job.pk, state=State.RUNNING).update(
        tries=job.tries + 1, next_at=later(gap), message=message[:400], updated_at=timezone.now()
    )


COLLECT_TRIES = 8
REFUSED = {"host_not_allowed", "private_address", "redirects", "bad_link", "too_large"}


def links_refreshed(job: Job, status: base.JobStatus) -> None:
    """The links had expired; the job's record was read again."""
    if status.outputs:
        links = [{"url": out.url, "seconds": None if out.seconds is None else str(out.seconds)} for out in status.outputs]
        Job.objects.filter(pk=job.pk, state=State.COLLECTING).update(outputs=links)


def collect_failed(job: Job, error: Exception) -> None:
    """The file did not arrive. The provider has delivered, so it is paid: the hold is settled when the studio gives up."""
    fetching = (State.COLLECTING,)
    message = getattr(error, "message", "") or str(error)
    if isinstance(error, base.BadAnswer):
        if error.code in {"not_audio", "html", "empty", "encoded"}:
            reason = Reason.NOT_AUDIO
        else:
            reason = Reason.FILE_REFUSED if error.code in REFUSED else Reason.FILE_UNREACHABLE
        job.fail(reason, message, charged=True, source=fetching)
    elif job.tries + 1 >= COLLECT_TRIES:
        reason = Reason.STORAGE if isinstance(error, OSError) else Reason.FILE_UNREACHABLE
        job.fail(reason, message, charged=True, source=fetching)
    else:
        if not isinstance(error, base.ProviderError | OSError):
            log.error("Collecting job %s failed", job.pk, exc_info=error)
        wait = max(getattr(error, "retry_after", None) or 0.0, backoff(job.tries))
        Job.objects.filter(pk=job.pk, state=State.COLLECTING).update(
            tries=job.tries + 1, next_at=later(wait), message=message[:400], updated_at=timezone.now()
        )


def unusable(job: Job, reason: Reason, message: str) -> None:
    """The file arrived and is no take: it was charged, and a person can have it fetched again."""
    job.fail(reason, message, charged=True, source=(State.COLLECTING,))


def pending() -> bool:
    """Whether any gateway job is on its way."""
    return Job.objects.filter(state__in=ACTIVE).exclude(model__provider="sketch").exists()


def hand_over() -> None:
    """Another sweep follows this one."""
    wake()
