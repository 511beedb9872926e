"""Who gets a row: members from their role on; strangers cannot tell that it exists."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.models import Role, User
from musicstudio.projects.models import Project
from tests.conftest import Cast


def request_of(user: User | AnonymousUser) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    return request


def test_a_member_gets_the_team_and_the_row(cast: Cast) -> None:
    request = request_of(cast.reviewer)
    assert get_team(request, "northlight") == cast.team
    assert request.membership.role == Role.REVIEWER  # type: ignore[attr-defined]
    assert get_team_object(request, Project.objects.all(), team="northlight", slug=cast.project.slug) == cast.project


def test_below_the_role_it_is_forbidden(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="needs the role Producer; you are Reviewer"):
        get_team(request_of(cast.reviewer), "northlight", Role.PRODUCER)


@pytest.mark.parametrize("slug", ["northlight", "no-such-team"])
def test_strangers_and_anonymous_people_get_the_same_404(cast: Cast, slug: str) -> None:
    for user in (cast.stranger, AnonymousUser()):
        with pytest.raises(Http404, match="No such team"):
            get_team(request_of(user), slug)


def test_a_row_of_another_team_is_not_reached_through_ones_own(cast: Cast) -> None:
    with pytest.raises(Http404):
        get_team_object(request_of(cast.owner), Project.objects.all(), team="northlight", pk=cast.other_project.pk)


@pytest.mark.parametrize("role", list(Role))
def test_roles_are_a_ladder(role: Role) -> None:
    assert [other for other in Role if role.at_least(other)] == list(Role)[role.rank :]
