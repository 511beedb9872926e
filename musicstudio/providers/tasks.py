"""What the queue runs for the providers."""

from django.conf import settings
from django.core.mail import send_mail

from musicstudio.accounts.models import Role
from musicstudio.providers import sync
from musicstudio.providers.models import KeyState, ProviderKey


def tell_rejected(key_id: str) -> None:
    """Tells the owners and admins that a provider refuses their key."""
    key = ProviderKey.objects.select_related("team").filter(pk=key_id, state=KeyState.REJECTED).first()
    if key is None:
        return
    rows = key.team.memberships.filter(role__in=[Role.OWNER, Role.ADMIN]).select_related("user")
    body = (
        f"{key.get_provider_display()} does not accept the key {key} any more: {key.last_error}\n\n"
        "New takes cannot use it. Test it again or add another on the connections page.\n"
    )
    send_mail(f"{key.team.name}: a provider key is rejected", body, settings.DEFAULT_FROM_EMAIL, [r.user.email for r in rows])


def sync_models() -> None:
    """The daily comparison of prices."""
    sync.sync_all()


def end_retired() -> None:
    """Revokes keys whose overlap is over."""
    ProviderKey.objects.end_retired()
