"""Saved views: the address of a list under a name, for oneself or for the team."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.library.models import SavedView
from musicstudio.library.saved import MOST
from tests.conftest import Cast
from tests.factories import make_track

SAVE = reverse("view_save", args=["northlight"])
COUNTS = reverse("view_counts", args=["northlight"])
LIBRARY = "/t/northlight/tracks/"


def save(client: Client, name: str = "Rain", query: str = "?q=tag%3Arain&sort=title&page=3&x=1", **more: str) -> int:
    return client.post(SAVE, {"name": name, "query": query, **more}).status_code


def test_a_view_keeps_search_and_order_and_stands_in_the_sidebar(as_producer: Client, cast: Cast) -> None:
    assert save(as_producer) == 200
    view = SavedView.objects.get()
    assert (view.query, view.shared, view.owner) == ("q=tag%3Arain&sort=title", False, cast.producer)
    page = as_producer.get(LIBRARY).content.decode()
    assert f'href="{LIBRARY}?q=tag%3Arain&amp;sort=title"' in page and ">Rain</span>" in page


def test_the_same_name_changes_the_view(as_producer: Client) -> None:
    save(as_producer)
    save(as_producer, name="rain", query="?q=sea")
    assert list(SavedView.objects.values_list("name", "query")) == [("rain", "q=sea")]


def test_a_private_view_is_seen_by_its_owner_only_and_a_shared_one_by_the_team(client: Client, cast: Cast) -> None:
    client.force_login(cast.producer)
    save(client, name="Mine alone")
    save(client, name="For all", shared="1")
    client.force_login(cast.reviewer)
    page = client.get(LIBRARY).content.decode()
    assert "For all" in page and "Mine alone" not in page


def test_a_reviewer_keeps_private_views_only(client: Client, cast: Cast) -> None:
    client.force_login(cast.reviewer)
    assert save(client) == 200 and save(client, name="Shared", shared="1") == 403


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb"])
def test_a_bad_name_is_refused_beside_the_field(as_producer: Client, name: str) -> None:
    response = as_producer.post(SAVE, {"name": name, "query": "?q=x"})
    assert response.status_code == 422 and b"A view has a name of 1 to 60 characters." in response.content
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_the_views_of_a_person(as_producer: Client, cast: Cast) -> None:
    rows = [SavedView(team=cast.team, owner=cast.producer, name=f"v{number}") for number in range(MOST)]
    SavedView.objects.bulk_create(rows)
    assert save(as_producer) == 422


def test_counts_are_live_and_those_of_the_reader(client: Client, cast: Cast) -> None:
    track, other = (make_track(cast.project, cast.producer, text) for text in ("waltz", "house"))
    track.tag("rain")
    track.favourites.create(user=cast.producer)
    other.ratings.create(user=cast.producer, stars=3)
    client.force_login(cast.producer)
    save(client, shared="1")
    view = str(SavedView.objects.get().pk)
    assert client.get(COUNTS).json() == {"Needs my ears": "1", "Favourites": "1", view: "1"}
    client.force_login(cast.reviewer)
    assert client.get(COUNTS).json() == {"Needs my ears": "2", "Favourites": "0", view: "1"}


def test_a_view_is_deleted_by_its_owner_or_if_shared_by_an_admin(client: Client, cast: Cast) -> None:
    client.force_login(cast.producer)
    save(client, name="private")
    save(client, name="shared", shared="1")
    private, shared = SavedView.objects.order_by("name")
    remove = {view.name: reverse("view_delete", args=["northlight", view.pk]) for view in (private, shared)}
    client.force_login(cast.reviewer)
    assert [client.post(url).status_code for url in remove.values()] == [404, 404]
    client.force_login(cast.owner)
    assert [client.post(url).status_code for url in remove.values()] == [404, 200]
    client.force_login(cast.producer)
    assert client.post(remove["private"]).status_code == 200 and not SavedView.objects.exists()
