"""The library's page."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.library.models import Track
from tests.conftest import Cast
from tests.factories import make_project, make_track

URL = reverse("library", args=["northlight"])


def page(client: Client, query: str = "") -> str:
    response = client.get(URL + query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("query", ["", "?q=waltz+tag:calm+status:new+-house&sort=title", "?as=grid&q=rating:none"])
@pytest.mark.parametrize("who", ["owner", "producer"])
def test_fifty_rows_take_at_most_twelve_queries(
    client: Client, cast: Cast, django_assert_max_num_queries: Any, query: str, who: str
) -> None:
    client.force_login(getattr(cast, who))
    for number in range(51):
        make_track(cast.project, cast.producer, f"waltz {number}").tag("calm")
    with django_assert_max_num_queries(12):
        text = page(client, query)
    assert text.count('class="track ') == 50


def test_every_track_of_the_team_is_there_and_none_of_others(as_producer: Client, cast: Cast) -> None:
    for project, by, text in (
        (cast.project, cast.producer, "waltz"),
        (make_project(cast.team, "Harbour"), cast.owner, "house"),
        (cast.other_project, cast.stranger, "secret"),
    ):
        make_track(project, by, text)
    text = page(as_producer)
    assert text.count('class="track ') == 2 and "secret" not in text and "Harbour" in text


def test_the_heading_of_a_prompt_says_what_its_takes_have_in_common(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "slow waltz", cost_micros=240_000)
    text = page(as_producer)
    assert "Studio Sketch · 1 take · $0.24 · Pia, just now" in text and "Aurora spring film</a>" in text
    assert f"?project=aurora-spring-film&amp;from={track.prompt_id}" in text and "Vary" in text


def test_a_reviewer_is_not_offered_to_vary(client: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer)
    client.force_login(cast.reviewer)
    assert "Vary" not in page(client)


def test_the_search_is_shown_as_chips_that_can_be_taken_away(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "waltz").tag("rain")
    text = page(as_producer, "?q=tag:rain+-rejected")
    assert '<a class="chip on" href="?q=-rejected">Tag <b>rain</b>' in text
    assert '<a class="chip on" href="?q=tag%3Arain">Not status <b>rejected</b>' in text


def test_a_word_that_cannot_be_read_is_explained_and_kept_in_the_line(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "waltz")
    text = page(as_producer, "?q=waltz+mode:dark")
    assert "“mode:dark” was left out. There is no mode: here. Did you mean model:?" in text
    assert 'value="waltz mode:dark"' in text and text.count('class="track ') == 1


def test_an_empty_library_says_what_will_be_there(as_producer: Client) -> None:
    text = page(as_producer)
    assert "No tracks yet" in text and 'class="tools"' not in text


def test_a_list_that_is_reviewed_says_so(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer).decide("approved", cast.owner)
    assert "You’re done" in page(as_producer, "?q=status:new") and "1 track approved today" in page(as_producer, "?q=status:new")


def test_a_page_beyond_the_end_leads_back(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer)
    assert "The list ends before page 7" in page(as_producer, "?page=7&q=lo-fi")


def test_the_poller_says_once_that_colleagues_changed_the_list(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    url = reverse("team_queue", args=["northlight"])
    known = re.search(r"newest=([0-9a-f]+)", as_producer.get(url).content.decode())
    assert known and "HX-Trigger" not in as_producer.get(url, {"newest": known[1]})
    Track.objects.filter(pk=track.pk).update(archived_at=timezone.now())
    changed = as_producer.get(url, {"newest": known[1]})
    assert changed["HX-Trigger"] == '{"ms:changed": {}}'
    now = re.search(r"newest=([0-9a-f]+)", changed.content.decode())
    assert now and now[1] != known[1] and "HX-Trigger" not in as_producer.get(url, {"newest": now[1]})
