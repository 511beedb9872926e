"""What the queue runs for webhooks and for what people are told."""

from django.utils import timezone

from musicstudio.notify import deliver as delivering
from musicstudio.notify import mailing, notices
from musicstudio.notify.callbacks import UNDONE, Callback
from musicstudio.notify.models import KEPT, Delivery, Notification, State


def deliver() -> None:
    """Sends what is due."""
    delivering.deliver()


def mail() -> None:
    """Sends the e-mails that are due."""
    mailing.mail()


def forget() -> None:
    """Removes deliveries and callbacks that ended long ago, and old news."""
    old = timezone.now() - KEPT
    Notification.objects.filter(created_at__lt=timezone.now() - notices.KEPT).delete()
    Delivery.objects.exclude(state=State.WAITING).filter(created_at__lt=old).delete()
    Callback.objects.exclude(state__in=UNDONE).filter(created_at__lt=old).delete()
