"""The only way a view gets a row: through the team, with a role. Strangers get 404, members below the role 403.

A member may be limited to some projects. The rooms to the right say of each of their models how its rows hang on a project
(`in_project`), or that they belong to the whole team (`team_wide`). A model that says neither is closed to such a member.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from musicstudio.accounts.models import Membership, Role, Team
from musicstudio.accounts.second_factor import check_second_factor

M = TypeVar("M", bound=Model)
Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
Condition = Callable[[Membership], Q]
HANGS: dict[type[Model], str | Condition | None] = {}
ALONG: dict[str, Any] = {}  # expressions of rooms to the right, read with the memberships because every page shows them


def in_project(path: str | Condition) -> Callable[[type[M]], type[M]]:
    """Class decorator: rows hang on the project at `path` (`project`, `track__project`), or are seen under a condition."""

    def note(model: type[M]) -> type[M]:
        HANGS[model] = path
        return model

    return note


def team_wide(model: type[M]) -> type[M]:
    """Class decorator: rows say nothing about any project; everybody in the team may see them."""
    HANGS[model] = None
    return model


HANGS[Membership] = None  # who is in the team is no secret among its members


class TeamRequest(HttpRequest):
    """A request whose team and membership are known: set by `get_team`. `teams`: all of the person's."""

    team: Team
    teams: list[Team]
    membership: Membership


def get_team(request: HttpRequest, slug: str, role: Role = Role.VIEWER, *, whole: bool = False) -> Team:
    """The team, if the signed-in person belongs to it with at least `role`; sets request.team, .membership and .teams.

    Raises Http404 for anonymous people, strangers and unknown teams alike, PermissionDenied below the role,
    `SecondFactorNeeded` where the team asks for one and the person has none, and with `whole` PermissionDenied for members
    who see chosen projects only, because what they would see or change is the whole team's.
    """
    if not request.user.is_authenticated:
        raise Http404("No such team.")
    places = list(Membership.objects.select_related("team", "user").filter(user=request.user).annotate(**ALONG))
    membership = next((place for place in places if place.team.slug == slug), None)
    if membership is None:
        raise Http404("No such team.")
    check_second_factor(membership.team, membership.user)
    membership.look()
    request.team, request.membership = membership.team, membership  # type: ignore[attr-defined]
    request.teams = [place.team for place in places]  # type: ignore[attr-defined]
    if not membership.may(role):
        raise PermissionDenied(f"This needs the role {role.label}; you are {Role(membership.role).label}.")
    if whole and membership.only is not None:
        raise PermissionDenied("This is about the whole team, and you see chosen projects of it. An owner or admin can do it.")
    return membership.team


def get_team_object(request: HttpRequest, queryset: "QuerySet[M]", role: Role = Role.VIEWER, *, team: str, **lookup: Any) -> M:
    """One row of the team's (`queryset` must have a `team` field); rights as in `get_team`, 404 for hidden projects' rows."""
    place = get_team(request, team, role)
    found = get_object_or_404(visible(queryset.filter(team=place), place), **lookup)
    found.team = place  # type: ignore[attr-defined]  # the team as the person sees it, for whatever is listed through the row
    return found


def visible(queryset: Rows, who: Team | Membership) -> Rows:
    """Those rows that the member may see: all for most, for some only what hangs on their projects.

    `who` is `request.membership`, or `request.team`, which knows through whom it is looked at.
    """
    member = who if isinstance(who, Membership) else who.seen_by
    if member is None or member.only is None:
        return queryset
    if queryset.model not in HANGS:
        return queryset.none()
    hangs = HANGS[queryset.model]
    if hangs is None:
        return queryset
    return queryset.filter(hangs(member) if callable(hangs) else within(hangs, member))


def within(path: str, who: Team | Membership) -> Q:
    """The condition that the project at `path` is one the member may see, for counting over joins; empty for most members."""
    member = who if isinstance(who, Membership) else who.seen_by
    return Q() if member is None or member.only is None else Q(**{f"{path}__in": member.only})


def sees(member: Membership, row: Model) -> bool:
    """Whether the member may see this row."""
    return member.only is None or visible(type(row)._base_manager.filter(pk=row.pk), member).exists()
