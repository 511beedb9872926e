"""Tagging a track with the team's words."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.library.models import Tag
from tests.conftest import Cast
from tests.factories import make_track

HTMX = {"HX-Request": "true"}


def test_it_adds_a_tag_and_offers_it_to_the_next_track(as_producer: Client, cast: Cast) -> None:
    first, second = make_track(cast.project, cast.producer), make_track(cast.project, cast.producer, "waltz")
    response = as_producer.post(reverse("track_tag", args=["northlight", first.pk]), {"name": "#Spring  film"}, headers=HTMX)
    assert response.status_code == 200 and [tag.name for tag in first.tags.all()] == ["Spring film"]
    panel = as_producer.post(reverse("pick", args=["northlight", "tag"]), {"track": [str(second.pk)]})
    assert b'data-value="Spring film"' in panel.content


def test_case_makes_no_second_word(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    for name in ("Calm", "CALM"):
        as_producer.post(reverse("track_tag", args=["northlight", track.pk]), {"name": name}, headers=HTMX)
    assert [tag.name for tag in Tag.objects.all()] == ["Calm"]


@pytest.mark.parametrize("name", ["", "a,b", "x" * 41, "a\nb" * 20])
def test_it_refuses_a_bad_name_beside_the_field(as_producer: Client, cast: Cast, name: str) -> None:
    track = make_track(cast.project, cast.producer)
    response = as_producer.post(reverse("track_tag", args=["northlight", track.pk]), {"name": name}, headers=HTMX)
    assert response.status_code == 422 and b"A tag " in response.content and not track.tags.exists()


def test_markup_in_a_tag_stays_text(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    response = as_producer.post(reverse("track_tag", args=["northlight", track.pk]), {"name": "<b>'\"x"}, headers=HTMX)
    assert b"<b>" not in response.content and b"&lt;b&gt;" in response.content


def test_it_takes_a_tag_off_and_keeps_the_word(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    track.tag("calm")
    as_producer.post(reverse("track_untag", args=["northlight", track.pk]), {"name": "calm"}, headers=HTMX)
    assert not track.tags.exists() and Tag.objects.filter(name="calm").exists()


def test_a_reviewer_may_not_tag(client: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    client.force_login(cast.reviewer)
    for name in ("track_tag", "track_untag"):
        assert client.post(reverse(name, args=["northlight", track.pk]), {"name": "calm"}).status_code == 403
    assert not track.tags.exists()
