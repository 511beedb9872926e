"""Changing who is in a team: a team always keeps an owner, and nobody touches a role above their own."""

from django.core.exceptions import ValidationError
from django.db import transaction

from musicstudio.accounts.invitations import check_gives
from musicstudio.accounts.models import AuditEvent, Membership, Role, Team


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
    give(fresh, role, by)
    return True


def give(member: Membership, role: str, by: Membership) -> None:
    """Writes the role down. Owners and admins see every project."""
    was, member.role = member.get_role_display(), role
    member.narrowed = member.narrowed and role not in (Role.OWNER, Role.ADMIN)
    member.save(update_fields=["role", "narrowed"])
    AuditEvent.objects.note(member.team, by, "member.role", member.user, was, member.get_role_display())


@transaction.atomic
def hand_over(member: Membership, by: Membership) -> None:
    """Makes the member an owner and `by`, who must be one, an admin: the team changes hands in one go.

    Raises ValidationError when `by` is no owner (any more), and for oneself.
    """
    fresh, giver = locked(member), locked(by)
    if giver.role != Role.OWNER:
        raise ValidationError("Only an owner can hand the team over.")
    if fresh.pk == giver.pk:
        raise ValidationError("You are the owner already.")
    give(fresh, Role.OWNER, giver)
    give(giver, Role.ADMIN, giver)
    AuditEvent.objects.note(fresh.team, giver, "member.owner", fresh.user, str(giver.user), str(fresh.user))


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
    AuditEvent.objects.note(
        fresh.team, by.user, "member.leave" if fresh.pk == by.pk else "member.remove", fresh.user, fresh.get_role_display()
    )
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
