"""Who is sent next, and how fast: turns between teams and projects, and a key's limits."""

import uuid
from collections import Counter
from datetime import timedelta

from django.utils import timezone

from musicstudio.generation.claim import Candidate, Turns
from musicstudio.generation.models import Job
from musicstudio.generation.pace import POLL_FLOOR, Pace, Tap
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_project

KEY = uuid.uuid4()


def queue(*wanted: tuple[str, str, int]) -> list[Candidate]:
    """(team, project, jobs) …"""
    return [Candidate(uuid.uuid4(), team, project, KEY) for team, project, number in wanted for _ in range(number)]


def test_a_team_with_many_jobs_does_not_hold_up_the_others() -> None:
    turns, waiting = Turns(), queue(("big", "a", 500), ("small", "b", 4), ("tiny", "c", 1))
    first = turns.choose(waiting, 8, lambda key: True)
    assert Counter(candidate.team for candidate in first) == {"big": 4, "small": 3, "tiny": 1}


def test_projects_of_a_team_take_turns_and_the_turn_is_remembered() -> None:
    turns, waiting = Turns(), queue(("t", "long", 100), ("t", "short", 2))
    served = []
    for _ in range(4):
        [one] = turns.choose(waiting, 1, lambda key: True)
        waiting.remove(one)
        served.append(one.project)
    assert served in (["long", "short"] * 2, ["short", "long"] * 2)


def test_a_key_without_room_is_passed_over() -> None:
    other = uuid.uuid4()
    waiting = [*queue(("t", "p", 5)), Candidate(uuid.uuid4(), "u", "q", other)]
    assert [c.key for c in Turns().choose(waiting, 5, lambda key: key == other)] == [other]


def test_a_claim_takes_turns_over_the_database_s_rows(cast: Cast) -> None:
    from musicstudio.generation import claim
    from musicstudio.generation.models import Sweeper

    make_key(cast.team)
    model = gateway_model("0.01")
    make_jobs(cast.project, cast.producer, takes=8, model=model)
    second = make_project(cast.team, "Second")
    make_jobs(second, cast.producer, takes=2, model=model)
    token = Sweeper.take("here")
    assert token is not None
    sent = claim.take_to_submit(token, Turns(), 4, 60.0, lambda key: True)
    assert Counter(job.project_id for job in sent) == {cast.project.pk: 2, second.pk: 2}
    assert {job.take for job in sent} == {1, 2}


def test_a_tap_lets_through_what_a_minute_allows() -> None:
    now = [0.0]
    tap = Tap(60.0, clock=lambda: now[0], tokens=1.0)
    sent = 0
    for _ in range(600):
        now[0] += 0.1
        sent += tap.wait() == 0.0
    assert 58 <= sent <= 63


def test_a_tap_learns_its_limit_and_closes_when_nothing_is_left() -> None:
    now = [100.0]
    tap = Tap(clock=lambda: now[0])
    assert tap.wait() == 0.0 and tap.rate is None
    tap.learn(600, 0, 12.0)
    assert tap.rate == 10.0 and not tap.has_room() and tap.wait() == 12.0
    now[0] += 12.0
    assert tap.has_room() and tap.wait() == 0.0


def test_sweepers_that_use_the_same_key_share_its_limit() -> None:
    assert Tap(600.0, share=2).rate == 5.0


def test_a_limit_set_by_an_admin_is_kept() -> None:
    tap = Tap(30.0, fixed=True)
    tap.learn(600, 10, 5.0)
    assert tap.per_minute == 30.0


def test_with_more_jobs_than_the_limit_allows_the_gaps_stretch() -> None:
    assert Tap(600.0).stretch(3.05, 10) == 3.05
    assert Tap(600.0).stretch(3.05, 90) == 10.0
    assert Tap().stretch(3.05, 4_800) == 10.0


def test_the_gap_grows_with_the_job_s_age_and_is_never_below_three_seconds() -> None:
    pace = Pace()
    gaps = [pace.at_age(age) for age in (0, 119, 121, 299, 301, 400, 500, 10_000)]
    assert gaps == sorted(gaps) and gaps[0] >= POLL_FLOOR and gaps[2] == 5.0 and gaps[-1] == 30.0
    assert all(pace.spread(gap) >= POLL_FLOOR for gap in gaps for _ in range(50))
    assert pace.after(Job(created_at=timezone.now() - timedelta(minutes=3))) == 5.0
