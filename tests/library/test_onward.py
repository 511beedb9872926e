"""What plays next: the list goes on where the page ends, in its order and under its filters."""

from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from musicstudio.library.listing import ORDERS
from musicstudio.library.models import Rating, Track
from musicstudio.library.onward import onward
from musicstudio.library.scope import listed
from tests.conftest import Cast
from tests.factories import make_prompt, make_track

URL = "/t/northlight/find/neighbours/"


@pytest.fixture
def tracks(cast: Cast) -> list[Track]:
    """Twelve tracks: takes of common requests, some without loudness or stars, several of the same length and title."""
    made = []
    for number in range(4):
        prompt = make_prompt(cast.project, cast.producer, f"waltz {number % 2}")
        for take in range(1, 4):
            facts: dict[str, Any] = {"duration_ms": 15_000 + 1000 * (take % 2), "lufs": None if take == 2 else -14.0 - number % 2}
            made.append(make_track(cast.project, cast.producer, f"waltz {number % 2}", take, prompt=prompt, **facts))
    for track in made[::3]:
        Rating.objects.create(track=track, user=cast.producer, stars=1 + made.index(track) % 5)
    return made


@pytest.mark.parametrize("sort", ORDERS)
def test_every_track_of_a_list_comes_once_in_its_order_both_ways(cast: Cast, tracks: list[Track], sort: str) -> None:
    listing = listed(cast.team, cast.producer, "", QueryDict(f"sort={sort}&group=none"))
    order = [track.pk for group in listing.groups for track in group.tracks]
    assert len(order) == 12
    for place, pk in enumerate(order):
        track = Track.objects.get(pk=pk)
        assert [one.pk for one in onward(listing, track)] == order[place + 1 :]
        assert [one.pk for one in onward(listing, track, back=True)] == order[:place][::-1]


def test_a_list_goes_on_from_a_track_that_has_left_it_meanwhile(as_producer: Client, cast: Cast, tracks: list[Track]) -> None:
    new = [track.pk for group in listed(cast.team, cast.producer, "", QueryDict()).groups for track in group.tracks]
    Track.objects.filter(pk=new[4]).update(status="approved")
    found = as_producer.get(URL, {"q": "status:new", "after": new[4]}).json()["tracks"]
    assert [row["id"] for row in found] == [str(pk) for pk in new[5:]]
    assert found[0]["href"] == f"/t/northlight/tracks/{new[5]}/" and found[0]["src"] == found[0]["href"] + "audio"
    assert found[0]["sub"].endswith(" · Pia") and found[0]["peaks"].startswith("#") and found[0]["seconds"] in (15, 16)


def test_it_stays_in_the_project_the_archive_and_the_bin(as_producer: Client, cast: Cast, tracks: list[Track]) -> None:
    order = [track.pk for group in listed(cast.team, cast.producer, "", QueryDict()).groups for track in group.tracks]
    Track.objects.filter(pk__in=order[:2]).update(archived_at=tracks[0].asked_at)
    Track.objects.filter(pk__in=order[2:4]).update(deleted_at=tracks[0].asked_at)
    for of, first, rest in ((":archive", 0, 1), (":bin", 2, 1), ("aurora-spring-film", 4, 7), ("", 4, 7)):
        found = as_producer.get(URL, {"of": of, "after": order[first]}).json()["tracks"]
        assert [row["id"] for row in found] == [str(pk) for pk in order[first + 1 : first + 1 + rest]], of
    assert as_producer.get(URL, {"of": "secret-album", "after": order[4]}).status_code == 404


def test_tracks_of_others_and_no_track_at_all_lead_nowhere(as_producer: Client, cast: Cast) -> None:
    secret = make_track(cast.other_project, cast.stranger)
    assert as_producer.get(URL, {"after": secret.pk}).status_code == 404
    assert as_producer.get(URL, {"after": "x"}).status_code == as_producer.get(URL).status_code == 404
    as_producer.force_login(cast.stranger)
    assert as_producer.get(URL, {"after": secret.pk}).status_code == 404
