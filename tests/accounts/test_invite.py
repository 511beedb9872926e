"""Invitations: one use, one week, never above the inviter's own role."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.utils import timezone

from musicstudio.accounts.invitations import Invitation
from musicstudio.accounts.members import change_role, remove
from musicstudio.accounts.models import Membership, Role, Team, User
from tests.conftest import Cast
from tests.factories import join, make_user

PASSWORD = "a long enough secret"


def member(team: Team, user: User) -> Membership:
    return Membership.objects.get(team=team, user=user)


def invite(cast: Cast, role: str = Role.PRODUCER, email: str = "", by: User | None = None) -> tuple[Invitation, str]:
    return Invitation.objects.invite(cast.team, role, member(cast.team, by or cast.owner), email)


def test_a_link_lets_one_person_in_once(cast: Cast) -> None:
    made, token = invite(cast)
    assert token not in str(Invitation.objects.values().get())
    found = Invitation.objects.by_token(token)
    assert found == made and found.accept(cast.stranger).role == Role.PRODUCER
    assert Invitation.objects.by_token(token) is None
    with pytest.raises(ValidationError, match="used, revoked or has expired"):
        found.accept(make_user("late@example.com"))


@pytest.mark.parametrize("spoil", ["revoke", "expire", "renew"])
def test_a_spoilt_link_opens_nothing(cast: Cast, spoil: str) -> None:
    made, token = invite(cast)
    if spoil == "expire":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        getattr(made, spoil)(member(cast.team, cast.owner))
    assert Invitation.objects.by_token(token) is None
    assert Invitation.objects.by_token("nonsense") is None


def test_an_invitation_by_mail_is_for_its_address(cast: Cast, settings: Any) -> None:
    settings.MAILED = True
    made, _ = invite(cast, email=" Ines@Example.com")
    with pytest.raises(ValidationError, match=r"for ines@example\.com"):
        made.accept(cast.stranger)
    user = made.accept_as_new("somebody@else.example", "Ines  Vidal", PASSWORD)
    assert (user.email, user.name) == ("ines@example.com", "Ines Vidal") and user.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=user).verified and member(cast.team, user).role == Role.PRODUCER


def test_a_bare_link_proves_no_address(cast: Cast) -> None:
    made, _ = invite(cast)
    assert not EmailAddress.objects.get(user=made.accept_as_new("new@example.com", "New", PASSWORD)).verified


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [("x", PASSWORD, "email"), ("sam@elsewhere.example", PASSWORD, "email"), ("n@x.org", "1", "password")],
)
def test_a_wrong_newcomer_changes_nothing(cast: Cast, email: str, password: str, field: str) -> None:
    made, token = invite(cast)
    with pytest.raises(ValidationError) as refused:
        made.accept_as_new(email, "New", password)
    assert list(refused.value.message_dict) == [field] and Invitation.objects.by_token(token)


def test_a_member_keeps_the_role_and_the_link_stays(cast: Cast) -> None:
    made, token = invite(cast, Role.VIEWER)
    assert made.accept(cast.producer).role == Role.PRODUCER and Invitation.objects.by_token(token)


def test_nobody_gives_a_role_above_their_own(cast: Cast) -> None:
    admin = join(cast.team, make_user("ada@northlight.example"), Role.ADMIN)
    assert invite(cast, Role.ADMIN, by=admin)
    for role, by in ((Role.OWNER, admin), (Role.VIEWER, cast.producer), ("king", cast.owner)):
        with pytest.raises(ValidationError, match="cannot give this role"):
            invite(cast, role, by=by)


@pytest.mark.parametrize("email", ["no address", "pia@northlight.example"])
def test_whom_nobody_can_invite(cast: Cast, email: str) -> None:
    with pytest.raises(ValidationError) as refused:
        invite(cast, email=email if "@" not in email else cast.producer.email)
    assert list(refused.value.message_dict) == ["email"]


def test_a_team_keeps_an_owner(cast: Cast) -> None:
    owner = member(cast.team, cast.owner)
    for change in (lambda: change_role(owner, Role.ADMIN, owner), lambda: remove(owner, owner)):
        with pytest.raises(ValidationError, match="needs an owner"):
            change()
    assert change_role(member(cast.team, cast.producer), Role.OWNER, owner)
    remove(owner, owner)
    assert not Membership.objects.filter(pk=owner.pk).exists()


def test_an_admin_cannot_touch_an_owner(cast: Cast) -> None:
    admin = member(cast.team, join(cast.team, make_user("ada@northlight.example"), Role.ADMIN))
    owner = member(cast.team, cast.owner)
    for change in (lambda: change_role(owner, Role.VIEWER, admin), lambda: remove(owner, admin)):
        with pytest.raises(ValidationError, match="cannot give"):
            change()
    remove(member(cast.team, cast.producer), admin)
    assert cast.team.memberships.count() == 3


def test_a_producer_removes_nobody_but_may_leave(cast: Cast) -> None:
    producer, reviewer = member(cast.team, cast.producer), member(cast.team, cast.reviewer)
    with pytest.raises(ValidationError):
        remove(reviewer, producer)
    remove(producer, producer)
    with pytest.raises(ValidationError, match="no longer a member"):
        change_role(producer, Role.VIEWER, member(cast.team, cast.owner))
