"""The command palette: what it finds, for whom."""

import re
from typing import Any

from django.test import Client

from musicstudio.library.models import Collection
from tests.conftest import Cast
from tests.factories import make_project, make_track

URL = "/t/northlight/palette/"
HTMX = {"HX-Request": "true"}


def found(client: Client, q: str = "") -> list[str]:
    text = client.get(URL, {"q": q}, headers=HTMX).content.decode()
    assert "<html" not in text
    return re.findall(r'<span class="cut">([^<]+)</span>', text)


def test_without_words_it_offers_what_is_new_and_the_actions(as_producer: Client, cast: Cast) -> None:
    for number in range(9):
        make_track(cast.project, cast.producer, f"waltz {number}")
    lines = found(as_producer)
    assert lines[:2] == ["Aurora spring film", "waltz 8"] and "New prompt" in lines and len(lines) <= 20


def test_every_word_must_occur_and_beginnings_come_first(as_producer: Client, cast: Cast) -> None:
    for title in ("Slow glass house", "Glasshouse", "Glass", "Drone"):
        make_track(cast.project, cast.producer, title)
    assert found(as_producer, "glass") == ["Glass", "Glasshouse", "Slow glass house"]
    assert found(as_producer, "HOUSE slow") == ["Slow glass house"]


def test_it_finds_projects_tags_people_and_actions_in_few_queries(
    as_producer: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    make_track(cast.project, cast.producer, "waltz").tag("palm court")
    Collection.objects.named(cast.team, "Pavane set", cast.owner)
    make_project(cast.team, "Palermo")
    with django_assert_max_num_queries(9):
        assert found(as_producer, "pa") == ["Palermo", "palm court", "Pavane set"]
    assert found(as_producer, "pia") == ["Pia Duval"]
    assert found(as_producer, "theme") == ["Theme: light", "Theme: dark", "Theme: as the system"]


def test_rows_of_other_teams_never_appear(as_producer: Client, cast: Cast) -> None:
    make_track(cast.other_project, cast.stranger, "Secret waltz").tag("secret")
    assert found(as_producer, "secret") == [] and found(as_producer, "sam") == []
    assert "Secret album" not in found(as_producer)


def test_actions_need_their_role(as_producer: Client, cast: Cast) -> None:
    assert found(as_producer, "go to the") == ["Go to the library", "Go to the budgets"]
    as_producer.force_login(cast.owner)
    assert "Go to the queue" in found(as_producer, "go to the")
    as_producer.force_login(cast.reviewer)
    assert found(as_producer, "new") == []


def test_nothing_found_leads_on_to_the_search(as_producer: Client) -> None:
    text = as_producer.get(URL, {"q": "<zither>"}, headers=HTMX).content.decode()
    assert "Nothing is called “&lt;zither&gt;”" in text and "/t/northlight/tracks/?q=%3Czither%3E" in text


def test_it_is_a_page_without_script(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "waltz")
    assert 'value="waltz"' in as_producer.get(URL, {"q": "waltz"}).content.decode()


def test_odd_input_is_harmless(as_producer: Client) -> None:
    for q in ("\0", "%_%", "a " * 200, "x" * 5000):
        assert as_producer.get(URL, {"q": q}, headers=HTMX).status_code == 200
