"""What the queue runs for the providers."""

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from musicstudio.notify.models import Notification
from musicstudio.notify.notices import Kind
from musicstudio.providers import sync
from musicstudio.providers.models import KeyState, ProviderKey


def tell_rejected(key_id: str) -> None:
    """Tells the owners and admins that a provider refuses their key."""
    key = ProviderKey.objects.select_related("team").filter(pk=key_id, state=KeyState.REJECTED).first()
    if key is None:
        return
    said = f"{key.get_provider_display()} does not accept the key {key} any more"
    page = reverse("connections", args=[key.team.slug])
    told = Notification.objects.tell_admins(key.team, Kind.KEY, f"{said}.", page, mailed=False)
    body = f"{said}: {key.last_error}\n\nNew takes cannot use it. Test it again or add another on the connections page.\n"
    if to := [row.person.email for row in told if row.want_mail]:
        send_mail(f"{key.team.name}: a provider key is rejected", body, settings.DEFAULT_FROM_EMAIL, to)


def sync_models() -> None:
    """The daily comparison of prices."""
    sync.sync_all()


def end_retired() -> None:
    """Revokes keys whose overlap is over."""
    ProviderKey.objects.end_retired()
