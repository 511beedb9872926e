"""Who comes into a team and who leaves it: projects, requests, ownership, and what ends with a membership."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.accounts.models import AccessRequest, AuditEvent, Invitation, Membership, Role
from musicstudio.notify.models import Notification
from musicstudio.notify.tasks import mail as mail_task
from musicstudio.projects.models import ApiToken, TokenScope
from tests.conftest import Cast
from tests.factories import make_project, make_track, make_user

PAGE = "/t/northlight/members/"


@pytest.fixture
def as_owner(cast: Cast, client: Client) -> Client:
    client.force_login(cast.owner)
    return client


def place(user: Any) -> Membership:
    return Membership.objects.get(team__slug="northlight", user=user)


def test_a_member_is_limited_to_a_project_and_let_out_again(as_owner: Client, cast: Cast) -> None:
    hidden = make_project(cast.team, "Winter show")
    url = f"{PAGE}{place(cast.reviewer).pk}/"
    as_owner.post(url, {"do": "projects", "sees": "chosen", "projects": [cast.project.slug]})
    assert place(cast.reviewer).only == {cast.project.pk}
    assert "sees only Aurora spring film" in as_owner.get(PAGE).content.decode()
    reviewer = Client()
    reviewer.force_login(cast.reviewer)
    assert reviewer.get(hidden.get_absolute_url()).status_code == 404
    as_owner.post(url, {"do": "projects", "sees": "all"})
    assert reviewer.get(hidden.get_absolute_url()).status_code == 200
    events = AuditEvent.objects.filter(action="member.projects").order_by("pk").values_list("before", "after")
    assert list(events) == [("all projects", "Aurora spring film"), ("Aurora spring film", "all projects")]


@pytest.mark.parametrize("words", [{}, {"projects": ["no-such"]}, {"projects": ["secret-album"]}])
def test_an_impossible_choice_of_projects_changes_nothing(as_owner: Client, cast: Cast, words: dict[str, Any]) -> None:
    response = as_owner.post(f"{PAGE}{place(cast.reviewer).pk}/", {"do": "projects", "sees": "chosen"} | words)
    assert response.status_code == 422 and not place(cast.reviewer).narrowed


def test_who_becomes_an_admin_sees_every_project(as_owner: Client, cast: Cast) -> None:
    url = f"{PAGE}{place(cast.reviewer).pk}/"
    as_owner.post(url, {"do": "projects", "sees": "chosen", "projects": [cast.project.slug]})
    as_owner.post(url, {"role": "admin"})
    assert place(cast.reviewer).only is None and place(cast.reviewer).role == Role.ADMIN


def test_an_invitation_carries_role_project_and_days_and_says_when_it_was_accepted(as_owner: Client, cast: Cast) -> None:
    words = {"email": "fleur@free.example", "role": "producer", "days": "1", "sees": "chosen", "projects": [cast.project.slug]}
    page = as_owner.post(PAGE + "invite/", words).content.decode()
    link = page.partition('id="invite-link" readonly value="http://testserver')[2].partition('"')[0]
    made = Invitation.objects.get()
    assert made.expires_at < timezone.now() + timedelta(days=2) and "sees only Aurora" in as_owner.get(PAGE).content.decode()
    guest = Client()
    guest.post(link, {"name": "Fleur", "password": "a long enough secret"})
    fleur = Membership.objects.get(user__email="fleur@free.example")
    assert fleur.role == Role.PRODUCER and fleur.only == {cast.project.pk}
    assert Notification.objects.get(person=cast.owner).text == "Fleur accepted your invitation and is Producer now."
    assert guest.get(link).status_code == 410


def test_an_invitation_of_an_admin_to_one_project_is_refused(as_owner: Client, cast: Cast) -> None:
    words = {"role": "admin", "sees": "chosen", "projects": [cast.project.slug]}
    response = as_owner.post(PAGE + "invite/", words)
    assert response.status_code == 422 and b"Owners and admins see every project" in response.content
    assert not Invitation.objects.exists()


def test_somebody_outside_asks_and_learns_nothing(as_owner: Client, cast: Cast) -> None:
    answers = []
    outside = Client()
    outside.force_login(cast.stranger)
    for address in ("/t/northlight/tracks/", "/t/no-such-team/", "https://x.example/t/northlight/", "", "/t/elsewhere/"):
        answers.append(outside.post("/ask/", {"address": address, "text": "I mix for Olga"}).content)
    assert len(set(answers)) == 1
    wanted = AccessRequest.objects.get()
    assert "Ask to be let in" in outside.get("/t/northlight/").content.decode()
    assert "Ask to be let in" in outside.get("/t/no-such-team/").content.decode()
    assert [row.person for row in Notification.objects.all()] == [cast.owner]
    assert "I mix for Olga" in as_owner.get(PAGE).content.decode()
    url = f"{PAGE}asking/{wanted.pk}/"
    words = {"do": "approve", "role": "reviewer", "sees": "chosen", "projects": [cast.project.slug]}
    as_owner.post(url, words)
    assert place(cast.stranger).only == {cast.project.pk}
    assert as_owner.post(url, words).status_code == 422, "decided already"
    assert Notification.objects.filter(person=cast.stranger).exists()


def test_who_is_turned_away_is_not_told_and_cannot_ask_all_day(as_owner: Client, cast: Cast) -> None:
    outside = Client()
    outside.force_login(cast.stranger)
    outside.post("/ask/", {"address": "northlight"})
    as_owner.post(f"{PAGE}asking/{AccessRequest.objects.get().pk}/", {"do": "deny"})
    outside.post("/ask/", {"address": "northlight"})
    assert AccessRequest.objects.count() == 1 and not Notification.objects.filter(person=cast.stranger).exists()
    assert outside.get("/t/northlight/").status_code == 404


def test_an_admin_lets_nobody_in_above_themselves(cast: Cast, client: Client) -> None:
    AccessRequest.objects.ask(cast.stranger, "northlight")
    Membership.objects.filter(user=cast.producer).update(role=Role.ADMIN)
    client.force_login(cast.producer)
    response = client.post(f"{PAGE}asking/{AccessRequest.objects.get().pk}/", {"do": "approve", "role": "owner"})
    assert response.status_code == 422 and not cast.team.memberships.filter(user=cast.stranger).exists()


def test_an_expired_link_asks_for_a_new_one(as_owner: Client, cast: Cast) -> None:
    made, token = Invitation.objects.invite(cast.team, Role.VIEWER, place(cast.owner), "marta@agency.example")
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    guest = Client()
    page = guest.get(f"/join/{token}/")
    assert page.status_code == 410 and "Ask for a new link" in page.content.decode()
    known, unknown = guest.post(f"/join/{token}/ask/").content, guest.post("/join/nonsense/ask/").content
    guest.post(f"/join/{token}/ask/")
    assert known == unknown
    assert [row.text for row in Notification.objects.all()] == ["marta@agency.example asks for a new link to Northlight."]
    assert "Asks for a new link" in as_owner.get(PAGE).content.decode()
    as_owner.post(f"{PAGE}invitations/{made.pk}/", {"do": "renew"})
    assert Invitation.objects.open().filter(pk=made.pk).exists() and mail.outbox[-1].to == ["marta@agency.example"]


def test_the_team_changes_hands_in_one_go(as_owner: Client, cast: Cast) -> None:
    url = f"{PAGE}{place(cast.producer).pk}/"
    as_owner.post(url, {"do": "owner"})
    assert (place(cast.producer).role, place(cast.owner).role) == (Role.OWNER, Role.ADMIN)
    assert as_owner.post(f"{PAGE}{place(cast.reviewer).pk}/", {"do": "owner"}).status_code == 422, "no owner any more"
    assert place(cast.reviewer).role == Role.REVIEWER


def test_the_last_owner_stays(as_owner: Client, cast: Cast) -> None:
    response = as_owner.post(f"{PAGE}{place(cast.owner).pk}/", {"do": "remove"})
    assert response.status_code == 422 and b"A team needs an owner" in response.content


def test_with_a_membership_its_session_and_its_tokens_end_and_its_tracks_stay(as_owner: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    _, secret = ApiToken.objects.issue(place(cast.producer), "Script", [TokenScope.READ])
    open_page, headers = Client(), {"authorization": f"Bearer {secret}"}
    open_page.force_login(cast.producer)
    assert open_page.get("/t/northlight/").status_code == 200
    assert Client().get("/v1/models", headers=headers).status_code == 200
    Notification.objects.tell(cast.team, [cast.producer], "mention", "x", "/")
    as_owner.post(f"{PAGE}{place(cast.producer).pk}/", {"do": "remove"})
    mail_task()
    assert open_page.get("/t/northlight/").status_code == 404
    assert open_page.post(f"/t/northlight/tracks/{track.pk}/rename/", {"title": "mine"}).status_code == 404
    assert Client().get("/v1/models", headers=headers).status_code == 401
    assert as_owner.get(track.get_absolute_url()).status_code == 200
    assert all(letter.to != [cast.producer.email] for letter in mail.outbox)
    assert AuditEvent.objects.get(action="member.remove").name == str(cast.producer)


def test_several_teams_have_a_switcher_on_every_page(cast: Cast, client: Client) -> None:
    cast.other_team.memberships.create(user=cast.reviewer, role=Role.VIEWER)
    client.force_login(cast.reviewer)
    page = client.get("/t/northlight/").content.decode()
    assert 'id="teams"' in page and "/t/elsewhere/" in page
    assert client.get("/t/elsewhere/").status_code == 200


def test_somebody_without_a_team_may_ask(client: Client, cast: Cast) -> None:
    client.force_login(make_user("new@x.example", "New"))
    assert "Ask to be let in" in client.get("/").content.decode()
    assert client.get(reverse("access_ask")).status_code == 405
