"""Facets: values with counts under the other facets, and addresses that change the search line."""

from urllib.parse import parse_qs

import pytest
from django.http import QueryDict
from django.test import Client

from musicstudio.library.facets import FACETS, Value
from musicstudio.library.filters import Reader
from musicstudio.library.listing import Listing
from musicstudio.library.models import Track
from tests.conftest import Cast
from tests.factories import make_project, make_track

URL = "/t/northlight/find/facets/"


@pytest.fixture
def tracks(cast: Cast) -> list[Track]:
    """Three of Pia's in one project, one of Olga's in another."""
    harbour = make_project(cast.team, "Harbour podcast")
    made = [make_track(cast.project, cast.producer, f"waltz {number}", duration_ms=20_000) for number in range(3)]
    made.append(make_track(harbour, cast.owner, "house", duration_ms=200_000))
    for track, names in zip(made, (["rain", "calm"], ["rain"], [], ["rain", "sea"]), strict=True):
        for name in names:
            track.tag(name)
    made[0].decide("approved", cast.owner)
    made[3].decide("approved", cast.owner)
    made[0].ratings.create(user=cast.owner, stars=5)
    made[0].ratings.create(user=cast.producer, stars=4)
    made[1].ratings.create(user=cast.owner, stars=2)
    made[1].favourites.create(user=cast.producer)
    return made


def facet(cast: Cast, key: str, line: str = "") -> dict[str, Value]:
    query = QueryDict(mutable=True)
    query["q"] = line
    listing = Listing.from_query(Track.objects.kept().filter(team=cast.team), query, Reader(cast.team, cast.producer))
    return {value.label: value for value in listing.facet(key).values}


def counts(cast: Cast, key: str, line: str = "") -> dict[str, int]:
    return {label: value.count for label, value in facet(cast, key, line).items()}


def line_of(value: Value) -> str:
    return parse_qs(value.address.removeprefix("?")).get("q", [""])[0]


@pytest.mark.parametrize(
    ("key", "line", "expected"),
    [
        ("project", "", {"Aurora spring film": 3, "Harbour podcast": 1}),
        ("project", "by:me", {"Aurora spring film": 3}),
        ("project", "project:harbour-podcast", {"Aurora spring film": 3, "Harbour podcast": 1}),
        ("tag", "", {"rain": 3, "calm": 1, "sea": 1}),
        ("tag", "tag:calm", {"calm": 1, "rain": 1}),
        ("tag", "waltz", {"rain": 2, "calm": 1}),
        ("status", "", {"New": 2, "Shortlisted": 0, "Changes wanted": 0, "Approved": 2, "Rejected": 0}),
        ("status", "status:new waltz", {"New": 2, "Shortlisted": 0, "Changes wanted": 0, "Approved": 1, "Rejected": 0}),
        ("model", "", {"Studio Sketch": 4}),
        ("by", "tag:rain", {"Pia Duval": 2, "Olga Prieto": 1}),
        ("length", "", {"up to 0:30": 3, "0:30 – 1:00": 0, "1:00 – 2:00": 0, "2:00 – 3:00": 0, "over 3:00": 1}),
        ("after", "", {"Today": 4, "Last 7 days": 4, "Last 30 days": 4, "Last 12 months": 4}),
        ("rating", "", {"4 and more": 1, "3 and more": 1, "less than 3": 1, "Not rated": 2}),
        ("rating", "status:approved", {"4 and more": 1, "3 and more": 1, "less than 3": 0, "Not rated": 1}),
        ("is", "", {"My favourites": 1}),
    ],
)
def test_values_are_counted_under_the_other_facets(
    cast: Cast, tracks: list[Track], key: str, line: str, expected: dict[str, int]
) -> None:
    assert counts(cast, key, line) == expected


def test_every_count_is_what_a_click_on_it_finds(cast: Cast, tracks: list[Track]) -> None:
    reader = Reader(cast.team, cast.producer)
    for key in FACETS:
        for value in facet(cast, key, "waltz").values():
            listing = Listing.from_query(Track.objects.kept().filter(team=cast.team), QueryDict(value.address[1:]), reader)
            assert listing.tracks.count() == value.count, (key, value)


def test_a_click_adds_a_value_and_a_second_takes_it_away(cast: Cast, tracks: list[Track]) -> None:
    assert line_of(facet(cast, "status", "waltz")["Approved"]) == "waltz status:approved"
    assert line_of(facet(cast, "status", "status:approved waltz")["New"]) == "waltz status:approved,new"
    assert line_of(facet(cast, "status", "status:approved,new")["Approved"]) == "status:new"
    assert line_of(facet(cast, "tag", "tag:calm")["rain"]) == "tag:calm tag:rain"
    assert line_of(facet(cast, "tag", "tag:calm tag:rain")["rain"]) == "tag:calm"
    assert line_of(facet(cast, "length", "length:>3:00")["up to 0:30"]) == "length:..:30"
    assert line_of(facet(cast, "is", "is:favourite x")["My favourites"]) == "x"
    assert "-tag%3Arain" in facet(cast, "tag")["rain"].drop


def test_two_tags_can_be_alternatives(cast: Cast, tracks: list[Track]) -> None:
    query = QueryDict("q=tag:calm+tag:rain")
    listing = Listing.from_query(Track.objects.kept().filter(team=cast.team), query, Reader(cast.team, cast.producer))
    every, some = listing.facet("tag").modes
    assert every[2] and not some[2] and some[1] == "?q=tag%3Acalm%2Crain" and every[1] == "?q=tag%3Acalm+tag%3Arain"


def test_a_popover_holds_the_values_of_one_facet(as_producer: Client, cast: Cast, tracks: list[Track]) -> None:
    text = as_producer.get(f"{URL}tag/?q=waltz&sort=title").content.decode()
    assert 'href="?q=waltz+tag%3Arain&amp;sort=title"' in text and "<html" not in text
    text = as_producer.get(f"{URL}tag/?of=harbour-podcast").content.decode()
    assert "sea" in text and "calm" not in text


def test_an_unknown_facet_or_project_is_404(as_producer: Client, cast: Cast) -> None:
    assert as_producer.get(f"{URL}colour/").status_code == 404
    assert as_producer.get(f"{URL}tag/?of=secret-album").status_code == 404
