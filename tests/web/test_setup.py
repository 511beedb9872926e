"""The first run in the browser: one link, one page, signed in, and the first take under way."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.models import Role, SetupLink, Team, User
from musicstudio.budgets.models import Cap
from musicstudio.generation.models import Job
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def form(**said: str) -> dict[str, str]:
    fields = {"email": "ines@studio.example", "password": "a long green piano", "name": "Ines Vidal", "team_name": "Northlight"}
    return fields | {"time_zone": "Europe/Madrid", "cap": "50", "prompt": "lo-fi piano with light rain"} | said


@pytest.fixture
def url() -> str:
    return reverse("setup", args=[SetupLink.objects.issue()])


def test_it_makes_owner_team_cap_and_first_take_and_signs_in(client: Client, url: str) -> None:
    assert client.get(url).status_code == 200
    response = client.post(url, form())
    team = Team.objects.get()
    [job] = Job.objects.all()
    assert response.status_code == 302 and response["Location"] == reverse("project", args=[team.slug, job.project.slug])
    assert team.name == "Northlight" and team.time_zone == "Europe/Madrid" and team.memberships.get().role == Role.OWNER
    assert Cap.objects.get(team=team).limit_micros == 50_000_000
    assert job.prompt.text == "lo-fi piano with light rain" and job.prompt.duration_ms == 30_000
    page = client.get(response["Location"]).content.decode()
    assert "Ines Vidal" in page and 'class="job"' in page


def test_without_a_prompt_there_is_no_first_take(client: Client, url: str) -> None:
    assert client.post(url, form(prompt="  ")).status_code == 302
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"email": "nobody"}, "Write an e-mail address"),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "1234567890"}, "too common"),
        ({"team_name": ""}, "Name your team."),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
        ({"cap": "0"}, "A cap must be more than $0."),
        ({"cap": "lots"}, "Write an amount in US dollars"),
        ({"cap": ""}, "Set a monthly cap"),
    ],
)
def test_it_refuses_bad_input_beside_the_field_and_creates_nothing(
    client: Client, url: str, said: dict[str, str], message: str
) -> None:
    response = client.post(url, form(**said))
    page = response.content.decode()
    assert response.status_code == 422 and message in page and 'aria-invalid="true"' in page
    assert not User.objects.exists() and not Team.objects.exists()
    assert "a long green piano" not in page, "a password is never sent back"
    assert client.post(url, form()).status_code == 302, "the link still works"


def test_the_link_works_once(client: Client, url: str) -> None:
    client.post(url, form())
    again: Any = Client().get(url)
    assert again.status_code == 410 and b"already set up" in again.content


def test_an_older_link_names_the_command_for_a_new_one(client: Client, url: str) -> None:
    SetupLink.objects.issue()
    response = client.get(url)
    assert response.status_code == 410 and b"python manage.py studio" in response.content
    assert client.post(url, form()).status_code == 410 and not User.objects.exists()


def test_a_wrong_token_opens_nothing(client: Client, url: str) -> None:
    assert client.post(reverse("setup", args=["guess"]), form()).status_code == 410
    assert client.post(reverse("setup", args=["set-up"]), form()).status_code == 410
    assert not User.objects.exists()


def test_home_of_a_new_install_says_how_to_begin(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "Nobody has set up this studio yet" in page and "python manage.py setup" in page


def test_home_leads_to_the_sign_in_or_to_the_team(client: Client, cast: Cast) -> None:
    assert client.get("/")["Location"] == reverse("account_login")
    client.force_login(cast.producer)
    assert client.get("/")["Location"] == "/t/northlight/"
    assert client.get("/t/northlight/").status_code == 200
