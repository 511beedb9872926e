"""The people who decide about a team's money."""

from musicstudio.accounts.models import Membership, Role, Team


def admins_of(team: Team) -> list[Membership]:
    """Owners and admins, with their users."""
    return list(team.memberships.filter(role__in=[Role.OWNER, Role.ADMIN]).select_related("user"))


def raisers(team: Team) -> str:
    """Who can raise the team's caps: `Olga Prieto (owner)`, `Olga Prieto (owner) or Ines (admin)`."""
    names = [f"{row.user.display_name} ({row.get_role_display().lower()})" for row in admins_of(team)]
    return " or ".join(names) if 1 <= len(names) <= 2 else "An owner or admin"
