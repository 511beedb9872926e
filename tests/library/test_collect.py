"""Collections: made, filled, ordered, renamed, deleted and brought back."""

import json
from typing import Any

import pytest
from django.test import Client

from musicstudio.library.models import Collection, Track
from tests.conftest import Cast
from tests.factories import make_track

HTMX = {"HX-Request": "true"}


@pytest.fixture
def three(cast: Cast) -> list[Track]:
    return [make_track(cast.project, cast.producer, text) for text in ("house", "waltz", "drone")]


@pytest.fixture
def shelf(cast: Cast, three: list[Track]) -> Collection:
    collection, _ = Collection.objects.named(cast.team, "Client set", cast.owner)
    collection.append(three)
    return collection


def order(collection: Collection) -> list[str]:
    return [item.track.title for item in collection.items.select_related("track")]


def place(client: Client, collection: Collection, track: Track, before: Track | None) -> Any:
    words = {"track": str(track.pk), "before": str(before.pk) if before else ""}
    return client.post(f"{collection.get_absolute_url()}place/", words, headers=HTMX)


def test_the_page_shows_its_tracks_in_their_order(as_producer: Client, shelf: Collection) -> None:
    page = as_producer.get(shelf.get_absolute_url()).content.decode()
    assert page.index('data-title="house"') < page.index('data-title="waltz"') < page.index('data-title="drone"')
    assert "3 tracks" in page and "Client set" in as_producer.get("/t/northlight/collections/").content.decode()


def test_a_track_is_put_in_front_of_another_or_at_the_end(as_producer: Client, shelf: Collection, three: list[Track]) -> None:
    house, waltz, drone = three
    said = place(as_producer, shelf, drone, house)
    assert order(shelf) == ["drone", "house", "waltz"]
    assert json.loads(said["HX-Trigger"])["ms:say"]["value"] == "drone is now 1 of 3."
    place(as_producer, shelf, drone, None)
    assert order(shelf) == ["house", "waltz", "drone"]
    place(as_producer, shelf, waltz, waltz)
    assert set(order(shelf)) == {"house", "waltz", "drone"}
    shelf.append([waltz])
    assert len(order(shelf)) == 3


def test_a_track_in_the_bin_keeps_its_place(as_producer: Client, shelf: Collection, three: list[Track]) -> None:
    Track.objects.filter(pk=three[1].pk).update(deleted_at=three[1].created_at)
    page = as_producer.get(shelf.get_absolute_url()).content.decode()
    assert 'data-title="waltz"' not in page and "2 tracks" in page
    Track.objects.update(deleted_at=None)
    assert order(shelf) == ["house", "waltz", "drone"]


def test_names_are_checked_and_unique_whatever_their_case(as_producer: Client, cast: Cast, shelf: Collection) -> None:
    assert (
        as_producer.post("/t/northlight/collections/", {"name": "  client  SET "}).headers["Location"] == shelf.get_absolute_url()
    )
    refused = as_producer.post("/t/northlight/collections/", {"name": " "})
    assert refused.status_code == 422 and "1 to 80 characters" in refused.content.decode()
    Collection.objects.named(cast.team, "Other", cast.owner)
    taken = as_producer.post(f"{shelf.get_absolute_url()}rename/", {"name": "OTHER"})
    assert taken.status_code == 422 and "There is a collection OTHER already." in taken.content.decode()
    as_producer.post(f"{shelf.get_absolute_url()}rename/", {"name": "Round 2"})
    shelf.refresh_from_db()
    assert shelf.name == "Round 2"


def test_deleting_keeps_the_tracks_and_can_be_undone(as_producer: Client, shelf: Collection, three: list[Track]) -> None:
    response = as_producer.post(f"{shelf.get_absolute_url()}delete/", headers=HTMX)
    assert not Collection.objects.exists() and Track.objects.count() == 3
    as_producer.post(json.loads(response["HX-Trigger"])["ms:toast"]["undo"])
    again = Collection.objects.get()
    assert (again.name, again.created_by, order(again)) == ("Client set", shelf.created_by, ["house", "waltz", "drone"])


def test_a_reviewer_may_not_and_a_stranger_cannot(client: Client, cast: Cast, shelf: Collection, three: list[Track]) -> None:
    posts = [("rename/", {"name": "Mine"}), ("delete/", {}), ("place/", {"track": str(three[0].pk)})]
    for user, status in ((cast.reviewer, 403), (cast.stranger, 404)):
        client.force_login(user)
        assert client.post("/t/northlight/collections/", {"name": "Mine"}).status_code == status
        for path, words in posts:
            assert client.post(f"{shelf.get_absolute_url()}{path}", words).status_code == status
    assert order(Collection.objects.get()) == ["house", "waltz", "drone"]


def test_a_track_of_another_team_has_no_place(as_producer: Client, cast: Cast, shelf: Collection) -> None:
    theirs = make_track(cast.other_project, cast.stranger, "theirs")
    assert place(as_producer, shelf, theirs, None).status_code == 404
    words = {"act": "collect", "name": "Client set", "track": [str(theirs.pk)]}
    as_producer.post("/t/northlight/tracks/act/", words)
    assert "theirs" not in order(shelf)
