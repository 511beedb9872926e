"""What an answer of the gateway means for a job and its money: every transition of a gateway job, one function each.

All of them run in the database's thread, inside a batch (`generation.batch`), and change a state only through `Job.move`,
which the sweeper's token guards; so they may be called twice and by a sweeper that lost its lease. Those that leave the
job where it is answer with the seconds until the next look.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from musicstudio.generation.models import ACTIVE, Job, Reason, State, wake
from musicstudio.generation.pace import started
from musicstudio.providers import base
from musicstudio.providers.throttle import Repeats

log = logging.getLogger(__name__)

SUBMIT_TRIES = 12  # busy answers in a row before a job that was never accepted is given up
POLL_TRIES = 10  # unreadable answers in a row
DEADLINE = timedelta(minutes=30)  # after the submit
LOST_AFTER = timedelta(minutes=1)  # the gateway does not know the job, twice and for this long
NO_FUNDS_PAUSE = timedelta(minutes=15)  # before a key whose wallet is empty is tried with one round of jobs again

REASONS: dict[str, Reason] = {
    "unauthorized": Reason.KEY_REJECTED,
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


def submitted(job: Job, answer: base.Submitted, first_poll: float) -> float:
    """The gateway took the job."""
    said = dict(job.facts)
    said.pop("unsure", None)
    if answer.warnings:
        said["warnings"] = list(answer.warnings)
    if answer.served_by:
        said["served_by"] = answer.served_by
    fields = {
        "remote_ref": dict(answer.ref),
        "request_id": answer.request_id[:200],
        "cost_micros": answer.cost_micros,
        "facts": said,
        "tries": 0,
        "message": "",
        "reason": "",
    }
    if not job.move((State.SUBMITTING,), State.RUNNING, next_at=later(first_poll), **fields):
        found_late(job, fields)
        return first_poll
    if job.key is not None:
        job.key.touch()
    if answer.status in base.FINAL:
        status = base.JobStatus(
            status=answer.status,
            outputs=answer.outputs,
            error_kind=answer.error_kind,
            error_code=answer.error_code,
            error_message=answer.error_message,
            cost_micros=answer.cost_micros,
        )
        return polled(job, status, first_poll)
    return first_poll


def found_late(job: Job, fields: dict[str, Any]) -> None:
    """The answer came after this sweeper lost the job, and another called it uncertain: now its id is known after all."""
    unknown = Job.objects.filter(pk=job.pk, reason=Reason.NO_ANSWER, remote_ref={}, hold=job.hold_id)
    if not unknown.exists():
        return
    said = {"next_at": later(3.0), "finished_at": None, **fields}
    if Job.objects.move(job.pk, (State.UNCERTAIN,), State.RUNNING, owner=None, **said):
        wake()


def submit_failed(job: Job, error: Exception) -> float:
    """The submit raised: released when it surely did not start anything, held when nobody knows."""
    sent = (State.SUBMITTING,)
    if isinstance(error, base.ProviderError) and error.request_id:
        Job.objects.filter(pk=job.pk, owner=job.fence).update(request_id=error.request_id[:200])
    if isinstance(error, base.RateLimited | base.Unavailable):
        put_back(job, error)
    elif isinstance(error, base.NoFunds):
        wait_for_funds(job, error)
    elif isinstance(error, base.ProviderError) and error.kind in REASONS:
        if isinstance(error, base.Unauthorized) and job.key is not None:
            job.key.reject(error.message)
        refuse(job, error)
    elif job.key is not None and job.key.repeats == Repeats.KEY:
        put_back(job, error, unsure=True)
    elif isinstance(error, base.BadAnswer):
        job.doubt(Reason.BAD_ANSWER, error.message, source=sent)
    else:
        if not isinstance(error, base.ProviderError):
            log.error("Submitting job %s failed", job.pk, exc_info=error)
        job.doubt(Reason.NO_ANSWER, getattr(error, "message", "The studio failed while it waited for the answer."), source=sent)
    return 0.0


def refuse(job: Job, error: base.ProviderError) -> None:
    """A clear no. After an earlier try that may have been taken, even that does not say that nothing runs."""
    if job.facts.get("unsure"):
        job.doubt(Reason.NO_ANSWER, error.message, source=(State.SUBMITTING,))
        return
    facts = job.facts | suggestion_in(error)
    Job.objects.filter(pk=job.pk, owner=job.fence).update(facts=facts)
    job.fail(REASONS[error.kind], error.message, source=(State.SUBMITTING,))


def suggestion_in(error: base.ProviderError) -> dict[str, str]:
    """The wording that the model would take instead, when the refusal carries one."""
    return {"suggestion": error.suggestion} if isinstance(error, base.ContentRefused) and error.suggestion else {}


def wait_for_funds(job: Job, error: base.NoFunds) -> None:
    """The circuit breaker: nothing was charged, the job waits in the queue, and its key sends nothing for a while."""
    if job.key is not None and not job.key.is_paused:
        job.key.pause(error.message or "The provider's wallet is empty.", timezone.now() + NO_FUNDS_PAUSE)
    waiting = {"message": error.message[:400], "reason": Reason.NO_FUNDS, "next_at": timezone.now()}
    job.move((State.SUBMITTING,), State.QUEUED, **waiting)


def put_back(job: Job, error: Exception, *, unsure: bool = False) -> None:
    """The job waits in the queue for its next try, or is given up after many.

    `unsure`: it may run already, and the provider recognises the repetition.
    """
    message = getattr(error, "message", "") or "The studio failed while it waited for the answer."
    facts = job.facts | {"unsure": True} if unsure else job.facts
    if job.tries + 1 >= SUBMIT_TRIES:
        if facts.get("unsure"):
            job.doubt(Reason.NO_ANSWER, message, source=(State.SUBMITTING,))
        else:
            job.fail(Reason.UNAVAILABLE, message, source=(State.SUBMITTING,))
        return
    wait = max(getattr(error, "retry_after", None) or 0.0, backoff(job.tries))
    job.move(
        (State.SUBMITTING,),
        State.QUEUED,
        tries=job.tries + 1,
        next_at=later(wait),
        message=message[:400],
        facts=facts,
        reason="",
    )


def not_sent(job: Job) -> None:
    """Marked as being sent, and nothing left the studio: back into the queue."""
    job.move((State.SUBMITTING,), State.QUEUED, next_at=timezone.now(), submit_at=None)


def interrupted(job: Job) -> None:
    """Its sweeper died between the request and the answer: sent again only where that is proved to be recognised."""
    why = "The worker stopped while the request was on its way."
    if job.may_repeat:
        job.move((State.SUBMITTING,), State.QUEUED, next_at=timezone.now(), facts=job.facts | {"unsure": True})
    else:
        job.doubt(Reason.NO_ANSWER, why, source=(State.SUBMITTING,))


def is_news(job: Job, status: base.JobStatus) -> bool:
    """Whether a poll's answer changes the row. Most do not, and are not written."""
    if status.status not in ("queued", "running") or status.cost_micros not in (None, job.cost_micros):
        return True
    if job.message or job.facts.get("missing_since") or timezone.now() - started(job) > DEADLINE:
        return True
    return status.status == "running" and not status.unchanged and not job.facts.get("seen_running")


def polled(job: Job, status: base.JobStatus, gap: float) -> float:
    """A job record was read. `gap`: seconds until the next look if it is still running."""
    if status.cost_micros is not None:
        job.cost_micros = status.cost_micros
        Job.objects.filter(pk=job.pk, owner=job.fence).update(cost_micros=status.cost_micros)
    if status.status == "succeeded":
        return completed(job, status, gap)
    if status.status == "failed":
        charged = bool(status.cost_micros)
        kind = Reason.CONTENT_REFUSED if status.error_kind == "content_refused" else Reason.PROVIDER_FAILED
        if status.suggestion:
            facts = job.facts | {"suggestion": status.suggestion}
            Job.objects.filter(pk=job.pk, owner=job.fence).update(facts=facts)
        message = status.error_message or status.error_code or "It gave no reason."
        job.fail(kind, message, charged=charged, source=(State.RUNNING,))
        return 0.0
    if status.status == "cancelled":
        stopped(job, status)
        return 0.0
    return keep_waiting(job, status, gap)


def links(outputs: tuple[base.Output, ...]) -> list[dict[str, str | None]]:
    """The file links as the job keeps them."""
    return [{"url": out.url, "seconds": None if out.seconds is None else str(out.seconds)} for out in outputs]


def completed(job: Job, status: base.JobStatus, gap: float) -> float:
    """The file is ready; without a link the job is read a few times more, then ends as charged."""
    if not status.outputs:
        return try_poll_again(job, "The job is done, but its record names no file.", gap, Reason.FILE_UNREACHABLE, charged=True)
    now = timezone.now()
    job.move((State.RUNNING,), State.COLLECTING, outputs=links(status.outputs), tries=0, message="", next_at=now)
    return 0.0


def stopped(job: Job, status: base.JobStatus) -> None:
    """The gateway cancelled it. It says what a failed job costs (nothing), not what one cancelled in the making does."""
    if status.cost_micros:
        job.fail(Reason.PROVIDER_FAILED, "It was cancelled; the provider charged for it.", charged=True)
    elif job.facts.get("seen_running") and status.cost_micros is None:
        job.doubt(Reason.CANCELLED_LATE)
    else:
        with transaction.atomic():
            if job.move((State.RUNNING,), State.CANCELLED):
                job.hold.release()


def keep_waiting(job: Job, status: base.JobStatus, gap: float) -> float:
    """Still running, or unchanged since the last look."""
    if timezone.now() - started(job) > DEADLINE:
        job.doubt(Reason.TIMED_OUT, "It was asked half an hour ago.", source=(State.RUNNING,))
        return 0.0
    facts = {name: value for name, value in job.facts.items() if name != "missing_since"}
    if status.status == "running" and not status.unchanged:
        facts["seen_running"] = True
    stay(job, State.RUNNING, facts=facts, message="", tries=0)
    return max(gap, status.retry_after or 0.0)


def stay(job: Job, state: State, **fields: Any) -> None:
    """Notes something about a job that stays where it is."""
    for name, value in fields.items():
        setattr(job, name, value)
    Job.objects.filter(pk=job.pk, state=state, owner=job.fence).update(updated_at=timezone.now(), **fields)


def poll_failed(job: Job, error: Exception, gap: float) -> float:
    """A look went wrong; the job runs on, so nothing is decided before it has gone wrong for long."""
    if isinstance(error, base.InvalidRequest) and error.status == 404:
        return missing(job, error, gap)
    if isinstance(error, base.Unauthorized) and job.key is not None:
        job.key.reject(error.message)
    if timezone.now() - started(job) > DEADLINE:
        job.doubt(Reason.TIMED_OUT, getattr(error, "message", ""), source=(State.RUNNING,))
        return 0.0
    if not isinstance(error, base.ProviderError):
        log.error("Polling job %s failed", job.pk, exc_info=error)
    wait = max(gap, getattr(error, "retry_after", None) or 0.0, backoff(job.tries, first=gap))
    message = getattr(error, "message", "The studio failed to read the answer.")
    if isinstance(error, base.RateLimited | base.Unavailable | base.Unauthorized):
        stay(job, State.RUNNING, tries=min(job.tries + 1, 100), message=message[:400])
        return wait
    return try_poll_again(job, message, wait, Reason.BAD_ANSWER, charged=None)


def missing(job: Job, error: base.InvalidRequest, gap: float) -> float:
    """The gateway does not know the job: after a second time, a minute later, a person decides."""
    since = job.facts.get("missing_since")
    if since and timezone.now().timestamp() - float(since) >= LOST_AFTER.total_seconds():
        job.doubt(Reason.VANISHED, error.message, source=(State.RUNNING,))
        return 0.0
    stay(job, State.RUNNING, facts=job.facts | {"missing_since": since or timezone.now().timestamp()})
    return max(gap, 30.0)


def try_poll_again(job: Job, message: str, gap: float, reason: Reason, *, charged: bool | None) -> float:
    """Looks again; after many looks it ends as charged, or as uncertain (`charged` None)."""
    if job.tries + 1 < POLL_TRIES:
        stay(job, State.RUNNING, tries=job.tries + 1, message=message[:400])
        return gap
    if charged is None:
        job.doubt(reason, message, source=(State.RUNNING,))
    else:
        job.fail(reason, message, charged=charged, source=(State.RUNNING,))
    return 0.0


def cancel_sent(job: Job) -> None:
    """The wish to cancel is being passed on; once."""
    stay(job, State.RUNNING, facts=job.facts | {"cancel_sent": True})


COLLECT_TRIES = 8
REFUSED = {"host_not_allowed", "private_address", "redirects", "bad_link", "too_large"}


def links_refreshed(job: Job, status: base.JobStatus) -> None:
    """The links had expired; the job's record was read again."""
    if status.outputs:
        stay(job, State.COLLECTING, outputs=links(status.outputs))


def collect_failed(job: Job, error: Exception) -> float:
    """The file did not arrive. The provider has delivered, so it is paid: the hold is settled when the studio gives up."""
    fetching = (State.COLLECTING,)
    message = getattr(error, "message", "") or getattr(error, "strerror", "") or str(error)
    if isinstance(error, base.BadAnswer):
        if error.code in {"not_audio", "html", "empty", "encoded"}:
            reason = Reason.NOT_AUDIO
        else:
            reason = Reason.FILE_REFUSED if error.code in REFUSED else Reason.FILE_UNREACHABLE
        job.fail(reason, message, charged=True, source=fetching)
        return 0.0
    if job.tries + 1 >= COLLECT_TRIES:
        reason = Reason.STORAGE if isinstance(error, OSError) else Reason.FILE_UNREACHABLE
        job.fail(reason, message, charged=True, source=fetching)
        return 0.0
    if not isinstance(error, base.ProviderError | OSError):
        log.error("Collecting job %s failed", job.pk, exc_info=error)
    wait = max(getattr(error, "retry_after", None) or 0.0, backoff(job.tries))
    stay(job, State.COLLECTING, tries=job.tries + 1, message=message[:400], next_at=later(wait))
    return wait


def unusable(job: Job, reason: Reason, message: str) -> float:
    """The file arrived and is no take: it was charged, and a person can have it fetched again."""
    job.fail(reason, message, charged=True, source=(State.COLLECTING,))
    return 0.0


def without_key(job: Job, why: str) -> float:
    """The key cannot be used: what was not sent is released, what was sent waits for a person."""
    if job.state == State.SUBMITTING and job.submit_at is not None and not job.facts.get("unsure"):
        job.fail(Reason.KEY_REJECTED, why, source=(State.SUBMITTING,))
    else:
        job.doubt(Reason.KEY_REJECTED, why)
    return 0.0


def pending() -> bool:
    """Whether a sweeper has something to do now or soon; a queued job whose key is paused waits for no sweeper."""
    at_work = Job.objects.at_gateways().filter(state__in=[state for state in ACTIVE if state != State.QUEUED])
    return at_work.exists() or Job.objects.sendable().exists()


def revive() -> None:
    """Wakes a sweeper if there is something to sweep; where one is at work in the same cluster, the task returns at once.

    Another cluster's sweeper may be dead and its lease still run: the one woken here waits for that, and then takes over.
    """
    if pending():
        wake()
