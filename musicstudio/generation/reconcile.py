"""Takes whose outcome nobody knows: asking the gateway again, and closing what no one ever decided."""

from datetime import timedelta

from asgiref.sync import async_to_sync
from django.utils import timezone

from musicstudio.accounts.models import User
from musicstudio.budgets.models import Bucket
from musicstudio.core.crypto import Undecryptable
from musicstudio.generation.models import Job, State
from musicstudio.providers.base import JobStatus, MusicClient, ProviderError

CLOSE_AFTER = timedelta(days=14)  # after the end of the period the money is held in


def uncertain() -> "list[Job]":
    """The takes that wait for a decision, oldest first."""
    rows = Job.objects.filter(state=State.UNCERTAIN).order_by("created_at")
    return list(rows.select_related("team", "project", "prompt", "model", "hold", "key", "created_by"))


def ask_gateway(job: Job) -> str:
    """Reads the job at the gateway once more and books what it says; answers with one sentence for the person."""
    if not job.remote_ref:
        return "The gateway never answered with a job id, so it cannot be asked. Its usage page may show the charge."
    if job.key is None or not job.key.ciphertext:
        return "The key it was sent with is revoked, so the gateway cannot be asked."
    try:
        status = async_to_sync(poll)(job.key.client(), job)
    except (ProviderError, Undecryptable) as error:
        return f"The gateway did not say: {getattr(error, 'message', '') or error}"
    if status.cost_micros is not None:
        job.cost_micros = status.cost_micros
        Job.objects.filter(pk=job.pk).update(cost_micros=status.cost_micros)
    if status.status == "succeeded" or status.cost_micros:
        return "The gateway finished it, so it was charged." if job.resolve(charged=True) else "Already decided."
    if status.status == "failed" or (status.status == "cancelled" and status.cost_micros == 0):
        return "The gateway failed to make it and charges nothing for that." if job.resolve(charged=False) else "Already decided."
    return f"The gateway says: {status.raw_status or status.status}. Nothing was decided."


async def poll(client: MusicClient, job: Job) -> JobStatus:
    """One look."""
    try:
        return await client.poll(job.remote_ref)
    finally:
        await client.aclose()


def reconcile(by: User | None = None) -> list[tuple[Job, str]]:
    """Asks the gateway about every uncertain take; what is undecided long after its period is booked as charged.

    That errs on the side of the caps: what turns out not to have been charged is refunded later.
    """
    told = []
    for job in uncertain():
        said = ask_gateway(job)
        job.refresh_from_db()
        if job.state == State.UNCERTAIN and is_stale(job) and job.resolve(charged=True):
            said = "Nobody decided within 14 days of the period's end: booked as charged in full, refundable later."
        told.append((job, said))
    return told


def is_stale(job: Job) -> bool:
    """Whether the period of its hold ended more than `CLOSE_AFTER` ago."""
    months = Bucket.objects.filter(lines__hold=job.hold_id, cap__period="month")
    ended = months.order_by("-period_end").values_list("period_end", flat=True).first()
    return ended is not None and ended < timezone.now() - CLOSE_AFTER
