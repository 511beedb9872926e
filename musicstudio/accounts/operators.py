"""Operators: who runs the install, and what they may do to people. Every team of the person reads it in its audit log."""

from django.db import transaction

from musicstudio.accounts.models import AuditEvent, Team, User


@transaction.atomic
def appoint(user: User, on: bool) -> bool:
    """Lets the person into the admin pages, or no longer; answers whether that is new."""
    if user.is_staff == on and (on or not user.is_superuser):
        return False
    user.is_staff, user.is_superuser = on, on and user.is_superuser
    user.save(update_fields=["is_staff", "is_superuser"])
    note(user, None, "operator.appoint" if on else "operator.end")
    return True


@transaction.atomic
def switch_account(user: User, on: bool, by: User) -> None:
    """Whether the person can sign in and use tokens; off ends what is open. Nothing of theirs is deleted."""
    user.is_active = on
    user.save(update_fields=["is_active"])
    note(user, by, "account.on" if on else "account.off")


def note(user: User, by: User | None, action: str) -> None:
    """Writes it down for every team the person belongs to."""
    for team in Team.objects.of(user):
        AuditEvent.objects.note(team, by, action, user)
