"""Who hears of a take that failed: the team's webhooks, and the person who asked for it."""

from typing import TYPE_CHECKING

from django.urls import reverse

from musicstudio.notify.models import Event, Notification, Webhook
from musicstudio.notify.notices import Kind

if TYPE_CHECKING:
    from musicstudio.generation.models import Job


def failed(job: "Job", reason: str, charged: bool) -> None:
    """Tells of one failed take; takes of a request that fail for the same reason are one piece of news for the person."""
    from musicstudio.generation.models import Reason  # noqa: PLC0415 (it needs this module)

    said = f"A take failed in {job.project.name}: {Reason(reason).label}"
    Webhook.objects.tell(job.team, Event.JOB_FAILED, said, job=str(job.pk), reason=str(reason), charged=charged)
    others = type(job).objects.filter(batch=job.batch, state=job.state, reason=reason).exclude(pk=job.pk)
    if not others.exists():
        page = reverse("project", args=[job.team.slug, job.project.slug])
        Notification.objects.tell(job.team, [job.created_by], Kind.TAKE, said, page, about=job)
