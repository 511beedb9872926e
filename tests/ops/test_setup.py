"""The first-run set-up: `manage.py setup` and the verb that the browser's page calls too."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.models import Membership, Role, SetupLink, Team, User
from musicstudio.budgets.models import Cap
from musicstudio.generation.terminal import find_place
from musicstudio.projects.models import Project
from musicstudio.web.setup import SetupDone, set_up
from tests.factories import PASSWORD, make_track, make_user
from tests.ops.conftest import Install

ANSWERS = {
    "email": "Olga@Northlight.example",
    "password": PASSWORD,
    "name": "Olga Prieto",
    "team_name": "Northlight",
    "time_zone": "Europe/Madrid",
    "cap_micros": 50_000_000,
}


@pytest.mark.django_db
class TestSetUp:
    def test_it_makes_the_owner_the_team_its_project_and_the_cap(self, client: Client) -> None:
        SetupLink.objects.issue()
        user, team, project = set_up(**ANSWERS)
        assert (user.email, user.name) == ("olga@northlight.example", "Olga Prieto")
        assert (team.slug, team.time_zone) == ("northlight", "Europe/Madrid")
        assert Membership.objects.get(user=user, team=team).role == Role.OWNER
        assert project == Project.objects.get(team=team)
        assert Cap.objects.of(team).limit_micros == 50_000_000
        assert not SetupLink.objects.exists()
        signed_in = client.post(reverse("account_login"), {"login": "olga@northlight.example", "password": PASSWORD})
        assert (signed_in.status_code, signed_in.url) == (302, reverse("home"))

    def test_it_takes_over_what_was_made_in_the_terminal(self) -> None:
        place = find_place("", "")
        track = make_track(place.project, place.by)
        token = SetupLink.objects.issue()
        assert SetupLink.objects.valid(token)
        user, team, project = set_up(**ANSWERS)
        assert (user.pk, team.pk, project.pk) == (place.by.pk, place.team.pk, place.project.pk)
        assert (team.name, team.slug, team.time_zone) == ("Northlight", "northlight", "Europe/Madrid")
        assert list(Project.objects.get(pk=project.pk).tracks.all()) == [track]
        assert User.objects.count() == Team.objects.count() == 1
        assert not SetupLink.objects.valid(token)

    def test_it_happens_once(self) -> None:
        set_up(**ANSWERS)
        with pytest.raises(SetupDone, match="already set up"):
            set_up(**ANSWERS | {"email": "sam@elsewhere.example"})
        assert list(User.objects.values_list("email", flat=True)) == ["olga@northlight.example"]
        assert not SetupLink.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"email": "olga"}, "Write an e-mail address, like you@example.com."),
            ({"email": "INVITED@northlight.example"}, "Somebody already has this address."),
            ({"password": "short"}, "This password is too short. It must contain at least 10 characters."),
            ({"password": "olga@northlight"}, "The password is too similar to the email."),
            ({"name": "O" * 121}, "A name has at most 120 characters."),
            ({"team_name": "  "}, "A team name has 1 to 80 characters."),
            ({"time_zone": "Mars/Olympus"}, "“Mars/Olympus” is not a time zone. Write one like Europe/Madrid."),
            ({"cap_micros": 0}, "A cap must be more than $0. Free models run without using it."),
            ({"cap_micros": -1}, "A cap must be more than $0. Free models run without using it."),
        ],
    )
    def test_it_names_what_is_wrong_and_changes_nothing(self, wrong: dict[str, object], message: str) -> None:
        make_user("invited@northlight.example", password=None)
        with pytest.raises(ValidationError) as refused:
            set_up(**ANSWERS | wrong)
        assert refused.value.message_dict == {next(iter(wrong)): [message]}
        assert (User.objects.count(), Team.objects.count(), Cap.objects.count()) == (1, 0, 0)

    def test_it_names_everything_at_once(self) -> None:
        with pytest.raises(ValidationError) as refused:
            set_up(email="", password="", name="", team_name="", time_zone="", cap_micros=0)
        assert set(refused.value.message_dict) == {"email", "password", "team_name", "time_zone", "cap_micros"}


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_succeeds() -> None:
    start = Barrier(2)

    def attempt(name: str) -> bool:
        start.wait(30)
        try:
            set_up(**ANSWERS | {"email": f"{name}@northlight.example", "team_name": name})
        except SetupDone:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(attempt, ["olga", "sam"]))
    assert sorted(done) == [False, True]
    assert (User.objects.count(), Team.objects.count(), SetupLink.objects.count()) == (1, 1, 0)


class TestCommand:
    def test_it_reads_the_password_that_is_piped_in(self, install: Install) -> None:
        words = ("setup", "--email", "olga@northlight.example", "--team", "Northlight", "--cap", "50")
        done = install.run(*words, said=f"{PASSWORD}\n")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == ("Northlight is set up: olga@northlight.example owns it, and its first project is Sketchbook.\n")
        again = install.run(*words, said=f"{PASSWORD}\n")
        assert (again.returncode, again.stderr) == (2, "This studio is already set up. Sign in instead.\n")


@pytest.mark.django_db
def test_it_makes_up_a_password_when_none_is_given(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", None)
    call_command("setup", email="olga@northlight.example", team="Northlight")
    password = capsys.readouterr().out.rpartition("Password: ")[2].strip()
    assert User.objects.get().check_password(password)
    assert Cap.objects.count() == 0


@pytest.mark.django_db
def test_it_says_when_there_is_no_cap(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", None)
    call_command("setup", email="olga@northlight.example", team="Northlight")
    assert "It has no monthly cap yet, so only free models run." in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize("cap", ["much", "NaN", "1e30", ""])
def test_a_cap_that_is_no_amount_is_refused(
    cap: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(SystemExit) as ended:
        call_command("setup", email="olga@northlight.example", team="Northlight", cap=cap)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "--cap: Write an amount in USD, like 50.\n"
    assert not User.objects.exists()
