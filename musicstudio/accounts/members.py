"""Changing who is in a team: a team always keeps an owner, and nobody touches a role above their own."""

from django.core.exceptions import ValidationError
from django.db import transaction

from musicstudio.accounts.invitations import check_gives
from musicstudio.accounts.models import Membership, Role, Team


@transaction.atomic
def change_role(member: Membership, role: str, by: Membership) -> bool:
    """True when it changed. Raises ValidationError when `by` may not, or when the team would be left without an owner."""
    fresh = locked(member)
    check_gives(by, role)
    check_gives(by, fresh.role)
    if fresh.role == role:
        return False
    if fresh.role == Role.OWNER:
        check_owner_left(fresh)
    fresh.role = role
    fresh.save(update_fields=["role"])
    return True


@transaction.atomic
def remove(member: Membership, by: Membership) -> None:
    """Ends a membership: somebody else's, or one's own. What the person made stays with the team.

    Raises ValidationError when `by` may not, or when the team would be left without an owner.
    """
    fresh = locked(member)
    if fresh.pk != by.pk:
        check_gives(by, fresh.role)
    if fresh.role == Role.OWNER:
        check_owner_left(fresh)
    fresh.delete()


def locked(member: Membership) -> Membership:
    """The row as it is now; changes of one team's members wait for each other."""
    Team.objects.select_for_update().get(pk=member.team_id)
    found = Membership.objects.filter(pk=member.pk).first()
    if found is None:
        raise ValidationError("This person is no longer a member.")
    return found


def check_owner_left(member: Membership) -> None:
    """Raises ValidationError for the team's last owner."""
    if not Membership.objects.filter(team=member.team_id, role=Role.OWNER).exclude(pk=member.pk).exists():
        raise ValidationError("A team needs an owner. Make somebody else an owner first.")
