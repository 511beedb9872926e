"""What a team sets for itself, and the log of who did what."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from musicstudio.accounts.models import AuditEvent, Membership, Role, Team
from musicstudio.budgets.models import Cap
from musicstudio.core.money import format_micros
from musicstudio.library.bin import tidy
from musicstudio.library.models import Track
from musicstudio.projects.models import Project
from tests.conftest import Cast
from tests.factories import make_project, make_track

PAGE, LOG = "/t/northlight/settings/team/", "/t/northlight/settings/audit/"
GOOD = {"name": "Northlight", "time_zone": "Europe/Madrid", "symbol": "US$", "bin_days": "3", "default_project": ""}


@pytest.fixture
def as_owner(cast: Cast, client: Client) -> Client:
    client.force_login(cast.owner)
    return client


def team() -> Team:
    return Team.objects.get(slug="northlight")


def test_settings_are_kept_and_noted(as_owner: Client, cast: Cast) -> None:
    second = make_project(cast.team, "Winter show")
    response = as_owner.post(PAGE, GOOD | {"name": " North  light ", "default_project": second.slug})
    assert response.status_code == 302
    assert (team().name, team().symbol, team().bin_days) == ("North light", "US$", 3)
    assert Project.objects.first_of(team()) == second
    events = AuditEvent.objects.filter(action="team.settings").order_by("pk")
    assert events[0].before == {"name": "Northlight", "symbol": "$", "bin_days": None}
    assert events[0].after == {"name": "North light", "symbol": "US$", "bin_days": 3}
    assert events[1].after == {"default project": "Winter show"}
    as_owner.post(PAGE, GOOD | {"name": "North light", "default_project": second.slug})
    assert events.count() == 2, "nothing changed, nothing is noted"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "A team has a name."),
        ({"time_zone": "Moon/Base"}, "is not a time zone"),
        ({"symbol": "=1+1"}, "1 to 4 characters"),
        ({"bin_days": "0"}, "greater than or equal to 1"),
        ({"bin_days": "soon"}, "Write a number of days."),
        ({"default_project": "secret-album"}, "There is no such project."),
        ({"require_two_factor": "1"}, "Set up a second factor for yourself first"),
    ],
)
def test_wrong_input_is_said_beside_its_field_and_nothing_typed_is_lost(
    as_owner: Client, wrong: dict[str, str], said: str
) -> None:
    response = as_owner.post(PAGE, GOOD | {"symbol": "€"} | wrong)
    page = response.content.decode()
    assert response.status_code == 422 and said in page
    assert 'value="€"' in page or "symbol" in wrong


def test_amounts_are_written_with_the_teams_symbol_everywhere(as_owner: Client, cast: Cast) -> None:
    Team.objects.filter(slug="northlight").update(symbol="US$")
    Cap.objects.set(cast.team, 5_000_000, cast.owner, project=cast.project)
    for path in ("", "budgets/", "settings/", "budgets/ledger/", f"projects/{cast.project.slug}/overview/", "projects/"):
        page = as_owner.get(f"/t/northlight/{path}").content.decode()
        assert "US$" in page and ">$" not in page and " $" not in page, path
    assert format_micros(1_000_000) == "$1.00", "the next request begins anew"
    cast.other_team.memberships.create(user=cast.owner, role=Role.OWNER)
    assert "$50.00" in as_owner.get("/t/elsewhere/budgets/").content.decode()
    refused = as_owner.post("/t/northlight/settings/cap/", {"cap": "US$60"})
    assert refused.status_code == 302 and Cap.objects.of(cast.team).limit_micros == 60_000_000  # type: ignore[union-attr]


def test_a_second_factor_is_asked_of_everybody_at_once(as_owner: Client, cast: Cast) -> None:
    Authenticator.objects.create(user=cast.owner, type=Authenticator.Type.TOTP, data={})
    other = Client()
    other.force_login(cast.producer)
    assert other.get("/t/northlight/").status_code == 200
    assert "without one: Pia Duval, Rafa Nunes" in as_owner.get(PAGE).content.decode()
    as_owner.post(PAGE, GOOD | {"require_two_factor": "1"})
    assert other.get("/t/northlight/").status_code in {302, 403} and as_owner.get(PAGE).status_code == 200


def test_each_teams_bin_keeps_as_long_as_it_says(cast: Cast) -> None:
    Team.objects.filter(pk=cast.team.pk).update(bin_days=3)
    for project, by in ((cast.project, cast.owner), (cast.other_project, cast.stranger)):
        track = make_track(project, by)
        Track.objects.filter(pk=track.pk).update(deleted_at=timezone.now() - timedelta(days=5))
    assert tidy() == 1 and Track.objects.get().team == cast.other_team


def test_the_log_is_for_admins_of_the_team(cast: Cast, client: Client) -> None:
    AuditEvent.objects.note(cast.other_team, cast.stranger, "team.settings", "Their secret")
    for user, status in ((cast.producer, 403), (cast.stranger, 404), (cast.owner, 200)):
        client.force_login(user)
        assert client.get(LOG).status_code == status
        assert client.get(PAGE).status_code == status
    assert "Their secret" not in client.get(LOG).content.decode()


def test_the_log_is_filtered_paged_and_handed_over(as_owner: Client, cast: Cast) -> None:
    AuditEvent.objects.note(cast.team, cast.producer, "cap.set", "=HYPERLINK(1)", {"limit": "$1"}, {"limit": "$2"})
    for number in range(60):
        AuditEvent.objects.note(cast.team, cast.owner, "member.role", f"Person {number}", "Viewer", "Admin")
    old = AuditEvent(team=cast.team, by=cast.owner, action="key.add", name="Old", at=timezone.now() - timedelta(days=40))
    old.save()
    page = as_owner.get(LOG).content.decode()
    assert "63 events" in page and "Person 59" in page and "Person 0<" not in page and "page=2" in page
    assert "Person 0<" in as_owner.get(LOG + "?page=2").content.decode()

    def found(**query: Any) -> str:
        return as_owner.get(LOG, query).content.decode()

    assert "1 event<" in found(person=cast.producer.pk) and "2 events" in found(action="cap.set")
    assert "11 events" in found(q="Person 1") and "1 event<" in found(to=f"{timezone.now() - timedelta(days=30):%Y-%m-%d}")
    assert "Nothing matches" in found(q="nobody") and "63 events" in found(person="x", action="y", to="z", page="nine")
    sheet = b"".join(as_owner.get(LOG, {"format": "csv", "action": "cap.set"}).streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=HYPERLINK(1)" in sheet and sheet.count("\n") == 3
    assert AuditEvent.objects.filter(action="audit.csv").count() == 1


def test_a_token_that_did_it_is_named(cast: Cast) -> None:
    class Asked:
        token = type("Token", (), {"name": "Build server", "prefix": "ms_live_abc"})()
        headers: dict[str, str] = {}
        META: dict[str, str] = {}

    member = Membership.objects.get(user=cast.owner)
    event = AuditEvent.objects.note(cast.team, member, "cap.set", "x", request=Asked())  # type: ignore[arg-type]
    assert event.token == "Build server (ms_live_abc…)"
