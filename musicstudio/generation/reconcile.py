"""Takes whose outcome nobody knows: asking the gateway again, and closing what no one ever decided."""

from datetime import timedelta

from django.utils import timezone

from musicstudio.accounts.models import User
from musicstudio.budgets.models import Bucket
from musicstudio.generation.models import Job, State

CLOSE_AFTER = timedelta(days=14)  # after the end of the period the money is held in


def uncertain() -> "list[Job]":
    """The takes that wait for a decision, oldest first."""
    rows = Job.objects.filter(state=State.UNCERTAIN).order_by("created_at")
    return list(rows.select_related("team", "project", "prompt", "model", "hold", "key", "created_by"))


def ask_gateway(job: Job) -> str:
    """Hands the take back to the pipeline, which asks the gateway; answers with one sentence for the person.

    What turns out to be finished is fetched and booked, so a charge found this way never comes without its track.
    """
    if not job.remote_ref and not job.may_repeat:
        return "The gateway never answered with a job id, so it cannot be asked. Its usage page may show the charge."
    if job.key is None or not job.key.ciphertext:
        return "The key it was sent with is revoked, so the gateway cannot be asked."
    return "The gateway is asked again. Until it answers the money stays held." if job.ask_again() else "Already decided."


def reconcile(by: User | None = None) -> list[tuple[Job, str]]:
    """Has the gateway asked about every uncertain take; what is undecided long after its period is booked as charged.

    That errs on the side of the caps: what turns out not to have been charged is refunded later. Nothing is sent again
    here: only what the gateway has given an id is asked about.
    """
    told = []
    for job in uncertain():
        stale = is_stale(job)
        said = ask_gateway(job) if job.remote_ref and not stale else "It waits for a person to decide."
        if stale and job.resolve(charged=True):
            said = "Nobody decided within 14 days of the period's end: booked as charged in full, refundable later."
        told.append((job, said))
    return told


def is_stale(job: Job) -> bool:
    """Whether the period of its hold ended more than `CLOSE_AFTER` ago."""
    months = Bucket.objects.filter(lines__hold=job.hold_id, cap__period="month")
    ended = months.order_by("-period_end").values_list("period_end", flat=True).first()
    return ended is not None and ended < timezone.now() - CLOSE_AFTER
