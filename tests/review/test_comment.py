"""Saying something about a track: at a moment, as a reply, once; resolved, answered, deleted, put back."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.models import Role
from musicstudio.library.models import Track, Undo
from musicstudio.notify.models import Notification
from musicstudio.review.models import Comment, Look
from tests.conftest import Cast
from tests.factories import join, make_track, make_user

HX = {"HX-Request": "true"}


def say(client: Client, track: Track, text: str, **words: str) -> Any:
    return client.post(reverse("comments", args=["northlight", track.pk]), {"text": text} | words, headers=HX)


def listed(client: Client, track: Track, since: str = "") -> str:
    return client.get(reverse("comments", args=["northlight", track.pk]), {"since": since}).content.decode()


@pytest.fixture
def track(cast: Cast) -> Track:
    return make_track(cast.project, cast.producer)


def test_a_comment_stands_at_its_second_or_over_its_range(as_producer: Client, track: Track) -> None:
    assert say(as_producer, track, "too dry", start="0:04.5").status_code == 200
    page = say(as_producer, track, "this part", start="0:02", end="0:08").content.decode()
    assert list(Comment.objects.order_by("at").values_list("start_ms", "end_ms")) == [(4500, None), (2000, 8000)]
    assert page.index("this part") < page.index("too dry") and "#t=4.5" in page and "0:02 – 0:08" in page
    assert 'id="pins" ' in page and 'data-at="4.5"' in page


def test_the_same_form_twice_says_it_once_and_another_persons_id_is_not_taken(client: Client, cast: Cast, track: Track) -> None:
    client.force_login(cast.producer)
    once = str(uuid.uuid4())
    for _ in range(2):
        say(client, track, "too dry", id=once)
    client.force_login(cast.reviewer)
    say(client, track, "mine", id=once)
    assert sorted(Comment.objects.values_list("text", flat=True)) == ["mine", "too dry"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"text": "  "}, "Write something first."),
        ({"text": "x" * 4001}, "at most 4,000"),
        ({"text": "x", "start": "soon"}, "“soon” is not a time"),
        ({"text": "x", "start": "1:00"}, "The track ends at 0:15; 1:00 lies behind that."),
        ({"text": "x", "start": "0:08", "end": "0:08"}, "ends before it begins"),
        ({"text": "x", "end": "0:08"}, "needs a beginning"),
        ({"text": "x", "parent": str(uuid.uuid4())}, "no longer here"),
        ({"text": "x", "edit": str(uuid.uuid4())}, "no longer here"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_the_field(
    as_producer: Client, track: Track, words: dict[str, str], why: str
) -> None:
    answer = as_producer.post(reverse("comments", args=["northlight", track.pk]), words, headers=HX)
    assert answer.status_code == 422 and answer["HX-Retarget"] == "#err_say" and why in answer.content.decode()
    plain = as_producer.post(reverse("comments", args=["northlight", track.pk]), words)
    assert plain.status_code == 422 and words["text"].strip() in plain.content.decode()
    assert not Comment.objects.exists()


def test_text_is_never_markup_and_its_times_and_names_are_links_and_marks(as_producer: Client, track: Track) -> None:
    text = '<img src=x onerror=alert(1)> at 0:07 and 9:59, 12:30pm, @Rafa Nunes, @rafa, x@Rafa Nunes "&'
    page = say(as_producer, track, text).content.decode()
    assert "<img" not in page and "&lt;img" in page and "alert(1)&gt;" in page
    assert '<a class="link num" href="#t=7">0:07</a>' in page and 'href="#t=599"' not in page and "12:30pm" in page
    assert page.count('<b class="at">@Rafa Nunes</b>') == 1


def test_a_mention_tells_members_who_may_see_the_track_once(as_producer: Client, cast: Cast, track: Track) -> None:
    say(as_producer, track, "@Rafa Nunes, @Pia Duval and @Sam Stranger: listen", start="0:03")
    [news] = Notification.objects.all()
    comment = Comment.objects.get()
    assert (news.person, news.url) == (cast.reviewer, comment.address) and "Pia Duval mentions you" in news.text
    say(as_producer, track, "@Rafa Nunes and @Olga Prieto: listen", edit=str(comment.pk))
    assert sorted(Notification.objects.values_list("person__name", flat=True)) == ["Olga Prieto", "Rafa Nunes"]
    assert "edited" in listed(as_producer, track)


def test_replies_are_one_level_deep_and_open_a_resolved_thread_again(client: Client, cast: Cast, track: Track) -> None:
    client.force_login(cast.reviewer)
    say(client, track, "too dry", start="0:04")
    head = Comment.objects.get()
    client.post(reverse("comment_resolve", args=["northlight", head.pk]))
    assert "Resolved by Rafa Nunes" in listed(client, track) and 'data-at="4"' in listed(client, track)
    say(client, track, "why?", parent=str(head.pk))
    reply = Comment.objects.get(text="why?")
    say(client, track, "because", parent=str(reply.pk))
    head.refresh_from_db()
    assert head.resolved_at is None
    assert set(head.replies.values_list("text", "start_ms")) == {("why?", None), ("because", None)}


def test_a_reaction_is_put_and_taken_off(client: Client, cast: Cast, track: Track) -> None:
    comment = Comment.objects.say(track, cast.producer, "lovely")
    client.force_login(cast.reviewer)
    url = reverse("comment_react", args=["northlight", comment.pk])
    assert 'aria-label="Agree: Rafa Nunes"' in client.post(url, {"kind": "agree"}, headers=HX).content.decode()
    assert 'aria-label="Agree: Rafa Nunes"' not in client.post(url, {"kind": "agree"}, headers=HX).content.decode()
    assert client.post(url, {"kind": "boo"}).status_code == 422


def test_ones_own_is_deleted_and_put_back_and_an_admin_may_delete_any(client: Client, cast: Cast, track: Track) -> None:
    comment = Comment.objects.say(track, cast.reviewer, "zebra")
    url = reverse("comment_delete", args=["northlight", comment.pk])
    client.force_login(cast.producer)
    assert client.post(url, headers=HX).status_code == 403
    client.force_login(cast.owner)
    answer = client.post(url, headers=HX)
    assert "zebra" not in answer.content.decode() and "undo" in answer["HX-Trigger"]
    track.search_text.refresh_from_db()
    assert "zebra" not in track.search_text.text
    client.post(Undo.objects.get().address)
    track.search_text.refresh_from_db()
    assert "zebra" in listed(client, track) and "zebra" in track.search_text.text


def test_a_deleted_head_stays_as_a_gap_while_it_has_replies(as_producer: Client, cast: Cast, track: Track) -> None:
    head = Comment.objects.say(track, cast.producer, "zebra", start_ms=4000)
    Comment.objects.say(track, cast.reviewer, "answer", parent=head)
    as_producer.post(reverse("comment_delete", args=["northlight", head.pk]))
    page = listed(as_producer, track)
    assert "This comment was deleted." in page and "answer" in page and "zebra" not in page and 'class="pin ' not in page


def test_a_viewer_reads_and_a_stranger_learns_nothing(client: Client, cast: Cast, track: Track) -> None:
    comment = Comment.objects.say(track, cast.producer, "too dry")
    client.force_login(join(cast.team, make_user("vera@northlight.example", "Vera"), Role.VIEWER))
    page = client.get(track.get_absolute_url()).content.decode()
    assert "too dry" in page and "ask an admin for the role Reviewer" in page and 'name="text"' not in page
    rows = [("comment_react", comment.pk), ("comment_resolve", comment.pk), ("comment_delete", comment.pk)]
    for name, pk in [("comments", track.pk), ("comments_carry", track.pk), *rows]:
        assert client.post(reverse(name, args=["northlight", pk]), {"text": "x"}).status_code == 403, name
    client.force_login(cast.stranger)
    for name, pk in [("comments", track.pk), ("comments_seen", track.pk), ("comments_carry", track.pk), *rows]:
        for team in ("northlight", "elsewhere"):
            assert client.post(reverse(name, args=[team, pk]), {"text": "x"}).status_code == 404, name


def test_what_others_said_is_new_until_it_was_seen_and_marks_stay_while_the_page_is_open(
    client: Client, cast: Cast, track: Track
) -> None:
    first = Comment.objects.say(track, cast.reviewer, "one")
    client.force_login(cast.producer)
    assert 'data-new="1"' in client.get(track.get_absolute_url()).content.decode()
    client.post(reverse("comments_seen", args=["northlight", track.pk]), {"upto": first.at.isoformat()})
    assert 'data-new="0"' in client.get(track.get_absolute_url()).content.decode()
    assert 'data-new="1"' in listed(client, track)  # the page that was opened before still says so
    Comment.objects.say(track, cast.producer, "two")
    Comment.objects.say(track, cast.reviewer, "three")
    assert 'data-new="1"' in client.get(track.get_absolute_url()).content.decode()
    client.post(reverse("comments_seen", args=["northlight", track.pk]), {"upto": "2020-01-01T00:00:00+00:00"})
    assert Look.objects.get().upto == first.at


def test_an_unchanged_talk_answers_304_and_every_change_is_noticed(client: Client, cast: Cast, track: Track) -> None:
    client.force_login(cast.producer)
    url, tags = reverse("comments", args=["northlight", track.pk]), set()
    comment = Comment.objects.say(track, cast.reviewer, "one")
    changes = (lambda: None, lambda: comment.edit("two"), lambda: comment.react(cast.owner, "love"), comment.touch)
    for change in changes:
        change()
        answer = client.get(url)
        tags.add(answer["ETag"])
        assert client.get(url, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert len(tags) == len(changes)


def test_a_page_costs_few_queries_however_much_is_said(
    as_producer: Client, cast: Cast, track: Track, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        head = Comment.objects.say(track, cast.reviewer, f"zebra {number} @Pia Duval", start_ms=number * 100)
        Comment.objects.say(track, cast.owner, "yes", parent=head)
        head.react(cast.owner, "agree")
    url = reverse("comments", args=["northlight", track.pk])
    with django_assert_max_num_queries(28):
        assert as_producer.get(url).status_code == 200
    tag = as_producer.get(url)["ETag"]
    with django_assert_max_num_queries(6):
        assert as_producer.get(url, headers={"If-None-Match": tag}).status_code == 304
