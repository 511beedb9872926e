"""Hearing and picking: no vote before every take was really heard, and no browser that lies about it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from musicstudio.library.models import Track
from musicstudio.review.models import Ballot, Round
from musicstudio.review.vote import covered, hear
from tests.conftest import Cast
from tests.factories import make_round, make_track
from tests.review.voting import at, booth_of, choose, listen, pass_time

EIGHT = [f"take {n}" for n in range(1, 9)]


@pytest.fixture
def pair(cast: Cast) -> Round:
    tracks = [make_track(cast.project, cast.producer, title, take=n) for n, title in enumerate(EIGHT[:2], 1)]
    return make_round(tracks, cast.owner, [cast.producer, cast.reviewer], min_seconds=10)


@pytest.fixture
def eight(cast: Cast) -> Round:
    tracks = [make_track(cast.project, cast.producer, title, take=n) for n, title in enumerate(EIGHT, 1)]
    return make_round(tracks, cast.owner, [cast.producer, cast.reviewer])


def test_nothing_is_picked_before_every_take_was_heard_long_enough(as_producer: Client, cast: Cast, pair: Round) -> None:
    page = as_producer.get(pair.get_absolute_url()).content.decode()
    assert page.count('data-left="10.0"') == 2 and page.count('data-key="pick" disabled') == 2
    turns = booth_of(pair, cast.producer).turns
    words = {"heat": "0.0", "key": turns[0].key}
    response = as_producer.post(at("round_pick", pair), words)
    assert response.status_code == 422 and "too short so far: take 1, 2." in response.content.decode()
    for number, turn in enumerate(turns):
        pass_time(pair, cast.producer, 10)
        answer = as_producer.post(at("round_heard", pair), {"key": turn.key, "from": 2000, "to": 12_000}).json()
        assert answer["left"][turn.key] == 0 and as_producer.post(at("round_pick", pair), words).status_code == (
            302 if number else 422
        )
    assert Ballot.objects.get(voter=cast.producer).picks == [["0.0", turns[0].take.pk]]


def test_nobody_hears_faster_than_the_music_plays(as_producer: Client, cast: Cast, pair: Round) -> None:
    as_producer.get(pair.get_absolute_url())
    turn = booth_of(pair, cast.producer).turns[0]
    lie = {"key": turn.key, "from": 0, "to": 10_000}
    assert as_producer.post(at("round_heard", pair), lie).status_code == 422
    assert Ballot.objects.get(voter=cast.producer).heard == {}
    pass_time(pair, cast.producer, 3600)  # an hour with the page open is worth fifteen seconds, once
    assert as_producer.post(at("round_heard", pair), lie).status_code == 200
    other = booth_of(pair, cast.producer).turns[1]
    assert as_producer.post(at("round_heard", pair), lie | {"key": other.key}).status_code == 422


@pytest.mark.parametrize("speed", [1.0, 1.02])
def test_a_long_listening_is_credited_in_full_but_never_beyond_the_clock(cast: Cast, pair: Round, speed: float) -> None:
    """Sound cards run a little fast or slow; reports are cut to the time that has passed."""
    start = timezone.now()
    Ballot.objects.filter(voter=cast.producer).update(opened_at=start, heard_until=start)
    booth = booth_of(pair, cast.producer)
    take, passed = booth.turns[0].take, timedelta()
    for number in range(7):
        passed += timedelta(seconds=2 / speed)
        booth = hear(booth, take, number * 2000, number * 2000 + 2000, start + passed)
        assert sum(stop - begin for begin, stop in booth.ballot.heard[str(take.pk)]) <= passed / timedelta(milliseconds=1) + 1


def test_the_same_second_counts_once_and_holes_stay_holes() -> None:
    assert covered([[0, 1000], [500, 1500], [3000, 4000], [4000, 4500]]) == [[0, 1500], [3000, 4500]]


@pytest.mark.parametrize("span", [("5", "5"), ("9000", "200000"), ("-1", "5"), ("a", "5"), ("7", "3"), ("0", "9" * 12)])
def test_nonsense_is_refused(as_producer: Client, cast: Cast, pair: Round, span: tuple[str, str]) -> None:
    as_producer.get(pair.get_absolute_url())
    key = booth_of(pair, cast.producer).turns[0].key
    assert as_producer.post(at("round_heard", pair), {"key": key, "from": span[0], "to": span[1]}).status_code == 422


def test_hearing_counts_only_after_the_page_was_opened(cast: Cast, pair: Round) -> None:
    booth = booth_of(pair, cast.producer)
    with pytest.raises(ValidationError, match="Open the round first"):
        hear(booth, booth.turns[0].take, 0, 100)


def test_a_short_take_has_to_be_heard_almost_to_its_end(cast: Cast) -> None:
    tracks = [make_track(cast.project, cast.producer, duration_ms=4000) for _ in range(2)]
    made = make_round(tracks, cast.owner, [cast.producer], min_seconds=10)
    assert [turn.left for turn in booth_of(made, cast.producer).turns] == [3.6, 3.6]


def test_eight_takes_are_seven_picks_left_and_taken_up_again(client: Client, cast: Cast, eight: Round) -> None:
    client.force_login(cast.producer)
    seen = []
    for number in range(7):
        booth = booth_of(eight, cast.producer)  # every time from the row alone, as after closing the browser
        assert (booth.heats, booth.heat_number) == (7, number + 1) and booth.standing.now
        listen(client, eight, cast.producer)
        turn = min(booth.turns, key=lambda turn: turn.take.name)
        client.post(at("round_pick", eight), {"heat": booth.standing.now.key, "key": turn.key})
        seen.append(turn.take.name)
    done = booth_of(eight, cast.producer)
    assert done.chosen and done.chosen.take.name == "take 1 take A" and seen[-1] == "take 1 take A"
    client.post(at("round_pick", eight), {"undo": "1"})
    assert booth_of(eight, cast.producer).standing.now == done.standing.done[-1][0]


def test_a_pick_from_a_tab_left_behind_changes_nothing(client: Client, cast: Cast, pair: Round) -> None:
    Round.objects.update(min_seconds=1)
    choose(client, pair, cast.producer, EIGHT)
    before = Ballot.objects.get(voter=cast.producer).picks
    other = booth_of(pair, cast.producer).turns[1]
    response = client.post(at("round_pick", pair), {"heat": "0.0", "key": other.key})
    assert response.status_code == 422 and "perhaps in another tab" in response.content.decode()
    assert Ballot.objects.get(voter=cast.producer).picks == before


def test_a_key_of_somebody_else_picks_and_hears_nothing(client: Client, cast: Cast, pair: Round) -> None:
    theirs = booth_of(pair, cast.reviewer).turns[0].key
    client.force_login(cast.producer)
    client.get(pair.get_absolute_url())
    pass_time(pair, cast.producer, 10)
    assert client.post(at("round_heard", pair), {"key": theirs, "from": 0, "to": 5}).status_code == 422
    assert client.get(at("round_hear", pair, theirs)).status_code == 404


def test_who_is_not_asked_has_no_booth(client: Client, cast: Cast, pair: Round) -> None:
    client.force_login(cast.owner)
    assert "You are not asked in this round" in client.get(pair.get_absolute_url()).content.decode()
    for name in ("round_heard", "round_pick", "round_cast"):
        assert client.post(at(name, pair)).status_code == 404


def test_a_pick_whose_track_is_deleted_before_the_vote_is_asked_again(client: Client, cast: Cast, eight: Round) -> None:
    choose(client, eight, cast.producer, EIGHT)
    Track.objects.filter(title="take 1").update(deleted_at=timezone.now())
    assert client.post(at("round_cast", eight)).status_code == 422
    choose(client, eight, cast.producer, EIGHT)
    chosen = booth_of(eight, cast.producer).chosen
    assert chosen and chosen.take.name == "take 2 take B"


def test_a_note_that_is_too_long_is_said_and_kept(client: Client, cast: Cast, pair: Round) -> None:
    Round.objects.update(min_seconds=1)
    choose(client, pair, cast.producer, EIGHT)
    response = client.post(at("round_cast", pair), {"note": "x" * 1001})
    assert response.status_code == 422 and "x" * 1001 in response.content.decode()
