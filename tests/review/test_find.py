"""Tracks are found by what is said about them."""

from django.test import Client
from django.urls import reverse

from musicstudio.review.models import Comment
from tests.conftest import Cast
from tests.factories import make_track

LIBRARY = "/t/northlight/tracks/"


def found(client: Client, query: str) -> set[str]:
    page = client.get(LIBRARY, {"q": query}).content.decode()
    return {name for name in ("waltz", "polka", "samba") if f'data-title="{name}"' in page}


def test_by_words_of_comments_and_by_whether_there_are_any(as_producer: Client, cast: Cast) -> None:
    waltz, polka, _ = (make_track(cast.project, cast.producer, name) for name in ("waltz", "polka", "samba"))
    Comment.objects.say(waltz, cast.reviewer, "too much zebra")
    Comment.objects.say(polka, cast.reviewer, "fine").resolve(cast.owner)
    assert found(as_producer, "zebra") == {"waltz"}
    assert found(as_producer, "has:comments") == {"waltz", "polka"} and found(as_producer, "has:open") == {"waltz"}
    assert found(as_producer, "-has:comments") == {"samba"}
    facet = as_producer.get(reverse("track_facet", args=["northlight", "has"])).content.decode()
    assert "With comments" in facet and "With open comments" in facet and "q=has%3Aopen" in facet
    assert "Comments" in as_producer.get(LIBRARY).content.decode()


def test_a_track_that_is_indexed_anew_keeps_what_is_said(as_producer: Client, cast: Cast) -> None:
    waltz = make_track(cast.project, cast.producer, "waltz")
    Comment.objects.say(waltz, cast.reviewer, "too much zebra")
    as_producer.post(reverse("track_rename", args=["northlight", waltz.pk]), {"title": "polka"})
    assert found(as_producer, "zebra") == {"polka"}


def test_a_row_tells_how_much_is_said_and_how_much_of_it_is_new(as_producer: Client, cast: Cast) -> None:
    waltz = make_track(cast.project, cast.producer, "waltz")
    first = Comment.objects.say(waltz, cast.reviewer, "one")
    Comment.objects.say(waltz, cast.producer, "mine", parent=first)
    assert 'title="2 comments, 1 new"' in as_producer.get(LIBRARY).content.decode()
    as_producer.post(reverse("comments_seen", args=["northlight", waltz.pk]), {"upto": first.at.isoformat()})
    page = as_producer.get(LIBRARY).content.decode()
    assert 'title="2 comments"' in page
    first.delete_softly(first.at)
    assert 'title="1 comment"' in as_producer.get(LIBRARY).content.decode()
