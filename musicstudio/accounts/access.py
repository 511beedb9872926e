"""The only way a view gets a row: through the team, with a role. Strangers get 404, members below the role 403."""

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from musicstudio.accounts.models import Membership, Role, Team

M = TypeVar("M", bound=Model)


class TeamRequest(HttpRequest):
    """A request whose team and membership are known: set by `get_team`. `teams`: all of the person's."""

    team: Team
    teams: list[Team]
    membership: Membership


def get_team(request: HttpRequest, slug: str, role: Role = Role.VIEWER) -> Team:
    """The team, if the signed-in person belongs to it with at least `role`; sets request.team, .membership and .teams.

    Raises Http404 for anonymous people, strangers and unknown teams alike, PermissionDenied below the role.
    """
    if not request.user.is_authenticated:
        raise Http404("No such team.")
    places = list(Membership.objects.select_related("team", "user").filter(user=request.user))
    membership = next((place for place in places if place.team.slug == slug), None)
    if membership is None:
        raise Http404("No such team.")
    request.team, request.membership = membership.team, membership  # type: ignore[attr-defined]
    request.teams = [place.team for place in places]  # type: ignore[attr-defined]
    if not membership.may(role):
        raise PermissionDenied(f"This needs the role {role.label}; you are {Role(membership.role).label}.")
    return membership.team


def get_team_object(request: HttpRequest, queryset: "QuerySet[M]", role: Role = Role.VIEWER, *, team: str, **lookup: Any) -> M:
    """One row of the team's (`queryset` must have a `team` field); rights as in `get_team`."""
    return get_object_or_404(queryset, team=get_team(request, team, role), **lookup)
