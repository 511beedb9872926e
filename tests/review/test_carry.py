"""Comments go with the work from one version to the next, marked as carried."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from musicstudio.library.models import Undo
from musicstudio.review.models import Comment
from tests.conftest import Cast
from tests.factories import make_track


def test_open_threads_are_carried_with_their_replies_and_people(as_producer: Client, cast: Cast) -> None:
    old = make_track(cast.project, cast.producer)
    new = make_track(cast.project, cast.producer, take=2, batch=old.batch, prompt=old.prompt, duration_ms=6000)
    head = Comment.objects.say(old, cast.reviewer, "too dry", start_ms=4000, end_ms=9000)
    Comment.objects.say(old, cast.owner, "yes", parent=head)
    Comment.objects.say(old, cast.owner, "late", start_ms=14_000)
    Comment.objects.say(old, cast.owner, "done").resolve(cast.owner)
    assert "Take A has 2 open comments" in as_producer.get(new.get_absolute_url()).content.decode()
    url = reverse("comments_carry", args=["northlight", new.pk])
    answer = as_producer.post(url, {"from": old.pk}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "2 open comments carried from take A." in answer["HX-Trigger"] and page.count("carried from take A") == 2
    there = set(new.comments.values_list("text", "by__name", "start_ms", "end_ms", "parent__text"))
    assert there == {
        ("too dry", "Rafa Nunes", 4000, 6000, None),
        ("yes", "Olga Prieto", None, None, "too dry"),
        ("late", "Olga Prieto", None, None, None),
    }
    assert as_producer.post(url, {"from": old.pk}).status_code == 302 and new.comments.count() == 3
    assert Comment.objects.not_yet_on(old, [new.pk]) == {}
    Comment.objects.say(old, cast.reviewer, "later")
    assert [copy.text for copy in Comment.objects.carry(old, new, cast.producer)] == ["later"]


def test_it_is_taken_back_but_for_what_was_answered(as_producer: Client, cast: Cast) -> None:
    old, new = make_track(cast.project, cast.producer), make_track(cast.project, cast.producer)
    for text in ("zebra", "giraffe"):
        Comment.objects.say(old, cast.reviewer, text)
    as_producer.post(reverse("comments_carry", args=["northlight", new.pk]), {"from": old.pk})
    Comment.objects.say(new, cast.owner, "yes", parent=new.comments.get(text="zebra"))
    as_producer.post(Undo.objects.get().address)
    assert sorted(new.comments.values_list("text", flat=True)) == ["yes", "zebra"] and old.comments.count() == 2
    new.search_text.refresh_from_db()
    assert "giraffe" not in new.search_text.text and "zebra" in new.search_text.text


def test_not_from_another_team_and_not_onto_itself(as_producer: Client, cast: Cast) -> None:
    mine, theirs = make_track(cast.project, cast.producer), make_track(cast.other_project, cast.stranger)
    url = reverse("comments_carry", args=["northlight", mine.pk])
    assert as_producer.post(url, {"from": theirs.pk}).status_code == 404
    assert as_producer.post(url, {"from": "x"}).status_code == 404
    assert as_producer.post(url, {"from": mine.pk}).status_code == 422
    with pytest.raises(ValidationError):
        Comment.objects.carry(mine, theirs, cast.producer)
