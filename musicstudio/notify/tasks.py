"""What the queue runs for webhooks."""

from django.utils import timezone

from musicstudio.notify import deliver as delivering
from musicstudio.notify.callbacks import UNDONE, Callback
from musicstudio.notify.models import KEPT, Delivery, State


def deliver() -> None:
    """Sends what is due."""
    delivering.deliver()


def forget() -> None:
    """Removes deliveries that ended long ago."""
    old = timezone.now() - KEPT
    Delivery.objects.exclude(state=State.WAITING).filter(created_at__lt=old).delete()
    Callback.objects.exclude(state__in=UNDONE).filter(created_at__lt=old).delete()
