"""Naming a track."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast
from tests.factories import make_track

HTMX = {"HX-Request": "true"}


def test_it_renames_and_answers_with_the_part_of_the_page(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    response = as_producer.post(
        reverse("track_rename", args=["northlight", track.pk]), {"title": "  Glass   house "}, headers=HTMX
    )
    track.refresh_from_db()
    assert track.title == "Glass house"
    assert response.status_code == 200 and b"<h1>Glass house</h1>" in response.content and b"<html" not in response.content


@pytest.mark.parametrize("title", ["", "   ", "x" * 121])
def test_it_refuses_a_bad_title_and_keeps_what_was_typed(as_producer: Client, cast: Cast, title: str) -> None:
    track = make_track(cast.project, cast.producer)
    response = as_producer.post(reverse("track_rename", args=["northlight", track.pk]), {"title": title}, headers=HTMX)
    track.refresh_from_db()
    assert response.status_code == 422 and track.title == "lo-fi piano with light rain"
    assert b"A title has 1 to 120 characters." in response.content and b'aria-invalid="true"' in response.content


def test_without_script_it_goes_back_to_the_page(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    response = as_producer.post(reverse("track_rename", args=["northlight", track.pk]), {"title": "Glass"})
    assert response.status_code == 302 and response["Location"] == track.get_absolute_url()


def test_a_reviewer_may_not_and_a_stranger_cannot(client: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    for user, status in ((cast.reviewer, 403), (cast.stranger, 404)):
        client.force_login(user)
        assert client.post(reverse("track_rename", args=["northlight", track.pk]), {"title": "Mine"}).status_code == status
    track.refresh_from_db()
    assert track.title != "Mine"
