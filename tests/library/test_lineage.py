"""The family of a take as a tree, and takes as versions of a piece."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from musicstudio.library.lineage import Request, differ, lineage
from musicstudio.library.models import Piece, Track, Undo, Version
from musicstudio.review.models import Comment
from tests.conftest import Cast
from tests.factories import make_track


@pytest.fixture
def first(cast: Cast) -> Track:
    return made(cast, 0, seed=7)


def made(cast: Cast, minute: int, **facts: Any) -> Track:
    """A take asked so many minutes after the first."""
    return make_track(cast.project, cast.producer, **{"asked_at": timezone.now() + timedelta(minutes=minute)} | facts)


def drawn(requests: list[Request]) -> list[Any]:
    """The tree in letters: takes and what was asked from them, then what was asked from the request itself."""
    return [
        [[[take.track.letter, drawn(take.requests)] if take.requests else take.track.letter for take in one.takes]]
        + ([drawn(one.requests)] if one.requests else [])
        for one in requests
    ]


def test_takes_their_variations_and_changed_prompts_make_a_tree(cast: Cast, first: Track) -> None:
    other = made(cast, 0, batch=first.batch, take=2, prompt=first.prompt, asked_at=first.asked_at)
    made(cast, 1, take=3, based_on=other, prompt=first.prompt)
    longer = first.prompt.change(cast.producer, text="lo-fi piano with heavy rain", duration_ms=30_000, chips="warm")
    last = made(cast, 2, take=4, prompt=longer, model_slug="x/y", model_name="Cadenza", seed=8)
    made(cast, 3, take=5, prompt=longer)
    tree = lineage(last, cast.team)
    assert drawn(tree.roots) == [[["A", ["B", [[["C"]]]]], [[["D"], [[["E"]]]]]]]
    [root] = tree.roots
    [changed] = root.requests
    assert changed.changes == ["style +warm", "length 0:15 → 0:30", "model Studio Sketch → Cadenza", "seed 7 → 8"]
    assert ("gone", "light") in changed.words and ("new", "heavy") in changed.words
    assert lineage(first, cast.team).number == 5


def test_a_prompt_without_takes_in_between_does_not_break_the_line(cast: Cast, first: Track) -> None:
    between = first.prompt.change(cast.producer, text="piano")
    last = made(cast, 1, take=2, prompt=between.change(cast.producer, text="grand piano"))
    assert drawn(lineage(first, cast.team).roots) == drawn(lineage(last, cast.team).roots) == [[["A"], [[["B"]]]]]


def test_strangers_the_bin_and_other_prompts_stay_out(cast: Cast, first: Track) -> None:
    made(cast, 1, based_on=first, deleted_at=timezone.now())
    make_track(cast.project, cast.producer, "something else")
    make_track(cast.other_project, cast.stranger, based_on=first)
    assert lineage(first, cast.team).number == 1


def test_it_stops_at_a_number_of_takes_and_says_so(cast: Cast, first: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicstudio.library.lineage.MOST", 3)
    for number in range(2, 6):
        made(cast, number, take=number, prompt=first.prompt, batch=uuid.uuid4())
    found = lineage(first, cast.team)
    assert found.more and found.number == 3


def test_the_page_shows_the_tree_with_what_changed_and_compares_any_two(
    cast: Cast, as_producer: Client, first: Track, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    changed = first.prompt.change(cast.producer, text="lo-fi piano with heavy rain")
    other = made(cast, 1, take=2, prompt=changed, based_on=first)
    for number in range(3, 12):
        made(cast, number, take=number, prompt=changed, based_on=other)
    with django_assert_max_num_queries(75):
        page = as_producer.get(reverse("track_versions", args=["northlight", first.pk])).content.decode()
    assert "<del>light</del>" in page and "<ins>heavy</ins>" in page and "from take A" in page
    assert f"{reverse('compare', args=['northlight'])}?track={first.pk}&amp;track={other.pk}" in page
    assert "Edit and ask again" in page and "seed 7" in page


def promote(client: Client, track: Track, name: str = "Main theme", **words: str) -> Any:
    return client.post(reverse("track_promote", args=["northlight", track.pk]), {"name": name, **words}, follow=True)


def test_takes_become_versions_of_a_piece_and_the_head_switches(cast: Cast, as_producer: Client, first: Track) -> None:
    second = made(cast, 1, take=2)
    assert "This take is Main theme v1 now." in promote(as_producer, first, " Main   theme ").content.decode()
    page = promote(as_producer, second, "main THEME").content.decode()
    assert "This take is Main theme v2 now." in page and 'aria-label="Versions of Main theme"' in page
    assert [str(one) for one in Version.objects.all()] == ["Main theme v1", "Main theme v2"]
    assert "already is Main theme v2" in promote(as_producer, second, "Other").content.decode()
    assert promote(as_producer, made(cast, 2, take=3), " ").status_code == 422


def test_open_comments_come_along_when_wanted(cast: Cast, as_producer: Client, first: Track) -> None:
    second = made(cast, 1, take=2)
    Comment.objects.say(first, cast.owner, "The hats are late.", start_ms=1000)
    promote(as_producer, first)
    assert "1 open comment carried from v1" in promote(as_producer, second, carry="on").content.decode()
    assert Comment.objects.filter(track=second).exclude(carried_from=None).count() == 1


def undo(client: Client, act: str) -> None:
    assert client.post(Undo.objects.filter(act=act).latest("at").address).status_code == 200


def test_promoting_can_be_undone_and_leaves_no_empty_piece(cast: Cast, as_producer: Client, first: Track) -> None:
    promote(as_producer, first)
    undo(as_producer, "promote")
    assert not Version.objects.exists() and not Piece.objects.exists()
    promote(as_producer, first)
    assert str(Version.objects.get()) == "Main theme v1"


def test_a_version_taken_out_keeps_its_number_free_and_comes_back(cast: Cast, as_producer: Client, first: Track) -> None:
    second, third = made(cast, 1, take=2), made(cast, 2, take=3)
    for track in (first, second):
        promote(as_producer, track)
    as_producer.post(reverse("track_take_out", args=["northlight", second.pk]))
    promote(as_producer, third)
    assert Version.objects.get(track=third).number == 3
    undo(as_producer, "take_out")
    assert Version.objects.get(track=second).number == 2


def test_a_piece_is_renamed_but_not_to_a_name_that_is_taken(cast: Cast, as_producer: Client, first: Track) -> None:
    second = made(cast, 1, take=2)
    promote(as_producer, first)
    promote(as_producer, second, "End titles")
    url = reverse("piece_rename", args=["northlight", second.pk])
    assert as_producer.post(url, {"name": "MAIN theme"}).status_code == 422
    assert (
        as_producer.post(url, {"name": "Closing"}).status_code == 302
        and Version.objects.get(track=second).piece.name == "Closing"
    )


def test_reviewers_look_but_do_not_promote(cast: Cast, client: Client, first: Track) -> None:
    client.force_login(cast.reviewer)
    assert promote(client, first).status_code == 403
    assert "A producer can make it one" in client.get(reverse("track_versions", args=["northlight", first.pk])).content.decode()


def test_words_are_compared_one_by_one() -> None:
    assert differ("a b c", "a x c d") == [("same", "a "), ("gone", "b"), ("new", "x"), ("same", " c"), ("new", " d")]
