"""Home, the index of projects, a project's overview and activity."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.budgets.models import Cap
from musicstudio.generation.models import Reason
from musicstudio.library.models import Status, Track
from musicstudio.projects.models import Project
from musicstudio.web.activity import Activity
from tests.conftest import Cast
from tests.factories import make_jobs, make_project, make_track

HOME = "/t/northlight/"
PROJECT = "/t/northlight/projects/aurora-spring-film/"


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_home_shows_what_waits_runs_and_is_approved_in_every_project(
    as_producer: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    other = make_project(cast.team, "Harbour podcast")
    for number in range(8):
        make_track(cast.project, cast.producer, f"new {number}")
    make_track(other, cast.owner, "done").decide(Status.APPROVED, cast.owner)
    make_jobs(other, cast.owner, takes=3, text="Tide table")
    with django_assert_max_num_queries(32):
        text = page(as_producer, HOME)
    assert "All 8 new takes" in text and "Tide table" in text and "0 of 3 ready" not in text and "Queued" in text
    assert text.count('class="track ') == 7 and text.count('class="card proj') == 2


def test_mine_are_the_takes_the_person_asked_for(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "my waltz")
    make_track(cast.project, cast.owner, "her waltz")
    text = page(as_producer, HOME + "?mine")
    block = text[text.index('id="now"') : text.index('id="feed-h"')]
    assert "my waltz" in block and "her waltz" not in block


def test_nothing_of_other_teams_or_of_the_bin_is_shown(as_producer: Client, cast: Cast) -> None:
    make_track(cast.other_project, cast.stranger, "secret waltz")
    make_jobs(cast.other_project, cast.stranger, text="Secret polka")
    Track.objects.filter(pk=make_track(cast.project, cast.producer, "binned").pk).update(deleted_at=timezone.now())
    for address in (HOME, HOME + "projects/", PROJECT + "overview/", PROJECT + "activity/"):
        text = page(as_producer, address).lower()
        assert "secret" not in text and "binned" not in text, address


def test_a_failed_take_is_said_where_people_look(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    job.fail(Reason.CONTENT_REFUSED)
    for address in (HOME, PROJECT + "overview/"):
        text = page(as_producer, address)
        assert "1 take of <a" in text and ">Aurora spring film</a> failed or needs a decision." in text
    job.dismiss()
    assert "failed or needs" not in page(as_producer, HOME)


def test_a_team_without_projects_opens_one(as_producer: Client, cast: Cast) -> None:
    cast.project.archive()
    assert as_producer.get(HOME)["Location"] == "/t/northlight/new-project/"
    as_producer.force_login(cast.reviewer)
    assert "A producer of Northlight has to open the first project." in page(as_producer, HOME)


def test_the_index_has_the_project_touched_last_first(
    as_producer: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for name in ("Harbour podcast", "Kestrel loops"):
        make_track(make_project(cast.team, name), cast.producer, name)
    Cap.objects.set(cast.team, 20_000_000, cast.owner, project=cast.project)
    for number in range(6):
        make_track(cast.project, cast.producer, f"waltz {number}")
    with django_assert_max_num_queries(18):
        text = page(as_producer, HOME + "projects/")
    shelf = text[text.index('class="shelf"') :]
    assert shelf.index("Aurora") < shelf.index("Kestrel") < shelf.index("Harbour")
    assert shelf.count("<ms-glyph peaks=") == 4 + 2 and "$20.00 left of $20.00" in shelf


def test_the_overview_shows_brief_due_date_and_the_projects_own_cap(as_producer: Client, cast: Cast) -> None:
    cast.project.describe("Aurora", "Warm & <soft>.\nNo vocals.", timezone.localdate().replace(year=2027, month=12, day=3))
    text = page(as_producer, PROJECT + "overview/")
    assert "Warm &amp; &lt;soft&gt;.<br>No vocals." in text and "brief due" in text and ">3 Dec<" in text
    assert "Monthly cap of Northlight" in text and "left of $50.00" in text
    Cap.objects.set(cast.team, 20_000_000, cast.owner, project=cast.project)
    assert "Monthly cap of the project Aurora" in page(as_producer, PROJECT + "overview/")


def test_the_feed_tells_what_happened_newest_first(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer, text="Slow bloom")
    job.fail(Reason.CONTENT_REFUSED)
    tracks = [make_track(cast.project, cast.producer, "waltz") for _ in range(3)]
    for track in tracks:
        track.decide(Status.REJECTED, cast.owner, "busy hats")
    text = " ".join(page(as_producer, PROJECT + "activity/").split())
    order = [
        "Olga Prieto</b> rejected 3 takes",
        "busy hats",
        "of <b>Slow bloom</b> failed",
        "Pia Duval</b> asked for 1 take",
        "opened",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_a_decision_taken_back_is_not_in_the_feed(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "waltz")
    track.decide(Status.REJECTED, cast.owner)
    track.decisions.create(was=Status.REJECTED, status=Status.NEW, by=cast.owner, undoes=track.decisions.get())
    assert "</b> rejected" not in page(as_producer, PROJECT + "activity/")


def test_the_feed_goes_on_page_by_page_without_a_gap(as_producer: Client, cast: Cast) -> None:
    for number in range(45):
        track = make_track(cast.project, cast.producer, f"waltz {number:02}")
        Track.objects.filter(pk=track.pk).update(created_at=timezone.now() - timedelta(hours=number + 1))
    first = Activity(cast.team, cast.project)
    second = Activity(cast.team, cast.project, first.next)
    titles = [event.title for event in [*first.events, *second.events] if event.kind == "ready"]
    assert titles == [f"waltz {number:02}" for number in range(45)] and second.next == ""
    assert "Load more" in page(as_producer, PROJECT + "activity/")
    assert "waltz 44" in page(as_producer, f"{PROJECT}activity/?before={first.next.replace('+', '%2B')}")


@pytest.mark.parametrize("before", ["x", "2026-13-45T00:00:00Z", "2026-11-22T10:00:00"])
def test_an_unreadable_page_of_the_feed_is_the_first(as_producer: Client, before: str) -> None:
    assert "was opened" in page(as_producer, f"{PROJECT}activity/?before={before}")


@pytest.mark.parametrize("name", ["project_overview", "project_activity", "project_settings"])
def test_strangers_get_404(client: Client, cast: Cast, name: str) -> None:
    client.force_login(cast.stranger)
    assert client.get(reverse(name, args=["northlight", cast.project.slug])).status_code == 404


def test_the_newest_projects_are_first_on_home_and_the_archived_are_gone(as_producer: Client, cast: Cast) -> None:
    for number in range(6):
        make_project(cast.team, f"Project {number}")
    Project.objects.get(name="Project 5").archive()
    text = page(as_producer, HOME)
    shelf = text[text.index('class="shelf"') :]
    assert shelf.count('class="card proj') == 4 and "Project 4" in shelf and "Project 5" not in shelf
