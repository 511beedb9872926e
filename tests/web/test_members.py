"""The members page and the door of an invitation."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.invitations import Invitation
from musicstudio.accounts.models import Membership, Role, User
from tests.conftest import Cast

URL = reverse("members", args=["northlight"])
INVITE = reverse("invite", args=["northlight"])
NEW = {"email": "new@example.com", "name": "New Person", "password": "a long enough secret"}


@pytest.fixture
def as_owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def invited(client: Client, **said: str) -> str:
    """The path of the link on the page."""
    page = client.post(INVITE, {"role": "producer"} | said).content.decode()
    found = re.search(r"http://testserver(/join/[\w-]+/)", page)
    assert found
    return found[1]


def at(cast: Cast, user: User) -> str:
    return reverse("member", args=["northlight", Membership.objects.get(team=cast.team, user=user).pk])


def test_a_link_is_shown_once_and_makes_a_person(as_owner: Client, cast: Cast) -> None:
    link = invited(as_owner)
    assert link not in as_owner.get(URL).content.decode() and "Whoever has the link" in as_owner.get(URL).content.decode()
    guest = Client()
    assert "Olga Prieto invites you as Producer" in guest.get(link).content.decode()
    response = guest.post(link, NEW)
    assert response.status_code == 302 and response["Location"] == reverse("team", args=["northlight"])
    assert Membership.objects.get(user__email="new@example.com").role == Role.PRODUCER
    assert guest.get(URL).status_code == 200
    assert Client().get(link).status_code == 410


def test_an_invitation_goes_by_mail_and_whoever_has_it_can_sign_in_first(as_owner: Client, cast: Cast) -> None:
    link = invited(as_owner, email=cast.stranger.email, role="reviewer")
    [sent] = mail.outbox
    assert sent.to == [cast.stranger.email] and link in sent.body and "Northlight as Reviewer" in sent.body
    other = Client()
    other.force_login(cast.reviewer)
    page = other.get(link).content.decode()
    assert "for somebody else" in page and other.post(link).status_code == 422
    guest = Client()
    guest.force_login(cast.stranger)
    assert "Join Northlight" in guest.get(link).content.decode() and guest.post(link).status_code == 302
    assert Membership.objects.get(team=cast.team, user=cast.stranger).role == Role.REVIEWER


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"password": "short"}, "too short"),
        ({"email": "sam@elsewhere.example"}, "Sign in with it"),
        ({"email": "nonsense"}, "whole e-mail address"),
        ({"name": ""}, "Write your name"),
    ],
)
def test_a_newcomers_mistake_is_said_and_the_rest_is_kept(as_owner: Client, said: dict[str, str], message: str) -> None:
    response = Client().post(invited(as_owner), NEW | said)
    page = response.content.decode()
    assert response.status_code == 422 and message in page and not User.objects.filter(email="new@example.com").exists()
    assert (NEW | said)["email"] in page and "a long enough secret" not in page


def test_a_mail_server_in_trouble_is_said(as_owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **words: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("musicstudio.web.member_views.send_mail", broken)
    page = as_owner.post(INVITE, {"role": "viewer", "email": "a@b.example"}).content.decode()
    assert "could not be sent" in page and "/join/" in page


def test_sent_again_and_revoked(as_owner: Client) -> None:
    first = invited(as_owner)
    url = reverse("invitation", args=["northlight", Invitation.objects.get().pk])
    second = re.search(r"/join/[\w-]+/", as_owner.post(url, {"do": "renew"}).content.decode())
    assert second and Client().get(first).status_code == 410 and Client().get(second[0]).status_code == 200
    as_owner.post(url, {"do": "revoke"})
    assert Client().get(second[0]).status_code == 410 and "Open invitations" not in as_owner.get(URL).content.decode()


def test_roles_change_and_people_go(as_owner: Client, cast: Cast) -> None:
    as_owner.post(at(cast, cast.producer), {"role": "viewer"})
    assert Membership.objects.get(team=cast.team, user=cast.producer).role == Role.VIEWER
    where = at(cast, cast.producer)
    as_owner.post(where, {"do": "remove"})
    gone = Client()
    gone.force_login(cast.producer)
    assert gone.get(URL).status_code == 404 and "Pia Duval is no longer" in as_owner.get(URL).content.decode()
    assert as_owner.post(where, {"role": "viewer"}).status_code == 404
    refused = as_owner.post(at(cast, cast.owner), {"do": "remove"})
    assert refused.status_code == 422 and "needs an owner" in refused.content.decode()


def test_leaving_leads_out(client: Client, cast: Cast) -> None:
    client.force_login(cast.reviewer)
    assert client.post(at(cast, cast.reviewer), {"do": "remove"})["Location"] == reverse("home")
    assert client.get(URL).status_code == 404


def test_who_is_no_admin_sees_names_and_changes_nothing(client: Client, cast: Cast, as_owner: Client) -> None:
    invited(as_owner, email="secret-guest@example.com")
    one = reverse("invitation", args=["northlight", Invitation.objects.get().pk])
    client.force_login(cast.reviewer)
    page = client.get(URL).content.decode()
    assert (
        "Pia Duval" in page and cast.producer.email not in page and "secret-guest" not in page and "Invite somebody" not in page
    )
    assert client.post(INVITE, {"role": "viewer"}).status_code == client.post(one, {"do": "renew"}).status_code == 403
    assert client.post(at(cast, cast.producer), {"role": "viewer"}).status_code == 422
    assert client.post(at(cast, cast.producer), {"do": "remove"}).status_code == 422
    assert Membership.objects.get(team=cast.team, user=cast.producer).role == Role.PRODUCER


def test_a_stranger_meets_nothing(client: Client, cast: Cast, as_owner: Client) -> None:
    invited(as_owner)
    one = Invitation.objects.get().pk
    client.force_login(cast.stranger)
    urls = [URL, INVITE, at(cast, cast.producer), reverse("invitation", args=["northlight", one])]
    assert {client.get(urls[0]).status_code, *(client.post(url).status_code for url in urls[1:])} == {404}
    assert client.post(reverse("invitation", args=[cast.other_team.slug, one]), {"do": "revoke"}).status_code == 404
    theirs = reverse("member", args=[cast.other_team.slug, Membership.objects.get(team=cast.team, user=cast.producer).pk])
    assert client.post(theirs, {"do": "remove"}).status_code == 404


def test_the_table_says_what_the_roles_may_do(as_owner: Client) -> None:
    page = as_owner.get(URL).content.decode()
    assert "which spends money within the caps" in page and page.count('<th scope="col">') == 6
