"""Caps of every scope: the smallest one binds, and the refusal says whose it is, what is left and who can raise it."""

import uuid
from datetime import UTC, datetime

import pytest
import time_machine

from musicstudio.budgets.models import Bucket, Cap, Hold, OnExceed, OverCap, Period, Scope
from musicstudio.budgets.setcap import end_cap
from musicstudio.budgets.verify import broken_invariants
from tests.conftest import Cast
from tests.factories import make_key, make_project

USD = 1_000_000


def hold(cast: Cast, usd: float, **where: object) -> Hold:
    quote = {"amount_micros": round(usd * USD)}
    where = {"project": cast.project} | where
    return Hold.objects.reserve(cast.team, [(uuid.uuid4(), quote)], cast.producer, **where)[0]


def refusal(cast: Cast, usd: float, **where: object) -> OverCap:
    with pytest.raises(OverCap) as refused:
        hold(cast, usd, **where)
    return refused.value


def test_the_smallest_applicable_cap_wins(cast: Cast) -> None:
    key = make_key(cast.team)
    Cap.objects.set(cast.team, 30 * USD, cast.owner, project=cast.project)
    Cap.objects.set(cast.team, 20 * USD, cast.owner, member=cast.producer)
    Cap.objects.set(cast.team, 10 * USD, cast.owner, key=key)
    assert refusal(cast, 10.01, key=key).cap.scope == Scope.KEY
    assert refusal(cast, 20.01).cap.scope == Scope.MEMBER
    assert not Hold.objects.exists()
    assert hold(cast, 10, key=key).lines.count() == 4
    assert broken_invariants() == []


def test_a_refusal_names_the_cap_what_is_left_when_it_resets_and_who_can_raise_it(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
        Cap.objects.set(cast.team, 5 * USD, cast.owner, project=cast.project)
        hold(cast, 3)
        text = str(refusal(cast, 2.5))
    assert text == (
        "This needs $2.50, and $2.00 is left of the monthly cap of $5.00 of the project Aurora spring film. "
        "It resets on 1 Dec. Olga Prieto (owner) can raise it. Nothing was charged."
    )


def test_what_others_do_does_not_count_in_a_members_cap(cast: Cast) -> None:
    Cap.objects.set(cast.team, 5 * USD, cast.owner, member=cast.producer)
    Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": 20 * USD})], cast.owner)
    hold(cast, 5)
    assert refusal(cast, 0.01).left_micros == 0
    assert broken_invariants() == []


def test_a_total_cap_does_not_reset(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 22, tzinfo=UTC), tick=False):
        Cap.objects.set(cast.team, 8 * USD, cast.owner, project=cast.project, period=Period.TOTAL)
        hold(cast, 5).settle()
    with time_machine.travel(datetime(2027, 3, 1, tzinfo=UTC), tick=False):
        refused = refusal(cast, 4)
        assert "$3.00 is left of the total cap of $8.00" in str(refused) and "It does not reset." in str(refused)
        hold(cast, 3)
        assert Cap.objects.of(cast.team).bucket().committed_micros == 3 * USD  # the month began anew
    assert broken_invariants() == []


def test_a_cap_per_take_looks_at_one_take_only(cast: Cast) -> None:
    Cap.objects.set(cast.team, 2 * USD, cast.owner, period=Period.TAKE)
    for _ in range(3):
        hold(cast, 2)
    assert "A take may cost $2.00 in Northlight, and this one costs $2.01." in str(refusal(cast, 2.01))
    assert hold(cast, 2.01, approved=True).amount_micros == 2_010_000
    assert not Bucket.objects.filter(cap__period=Period.TAKE).exists()


def test_a_member_may_have_nothing_to_spend(cast: Cast) -> None:
    Cap.objects.set(cast.team, 0, cast.owner, member=cast.producer)
    assert refusal(cast, 0.000001).cap.member == cast.producer
    hold(cast, 0)  # free takes run all the same


def test_a_new_cap_counts_what_was_spent_before_it(cast: Cast) -> None:
    hold(cast, 4).settle(3 * USD)
    running = hold(cast, 2)
    hold(cast, 9).release()
    hold(cast, 7, project=make_project(cast.team, "Another"))
    bucket = Cap.objects.set(cast.team, 6 * USD, cast.owner, project=cast.project).bucket()
    assert (bucket.settled_micros, bucket.held_micros) == (3 * USD, 2 * USD)
    running.settle(1 * USD)
    bucket.refresh_from_db()
    assert (bucket.settled_micros, bucket.held_micros) == (4 * USD, 0)
    assert refusal(cast, 2.01).cap.project == cast.project
    assert broken_invariants() == []


def test_a_removed_cap_no_longer_binds_and_settles_what_it_held(cast: Cast) -> None:
    cap = Cap.objects.set(cast.team, 5 * USD, cast.owner, member=cast.producer)
    held = hold(cast, 5)
    end_cap(cap)
    hold(cast, 1)
    assert held.settle()
    assert cap.bucket().settled_micros == 5 * USD
    again = Cap.objects.set(cast.team, 7 * USD, cast.owner, member=cast.producer)
    assert again.pk == cap.pk and again.bucket().committed_micros == 6 * USD
    assert broken_invariants() == []


def test_the_teams_last_cap_stays(cast: Cast) -> None:
    cap = Cap.objects.of(cast.team)
    assert cap is not None
    with pytest.raises(ValueError, match="keeps one cap"):
        end_cap(cap)


def test_lowering_says_what_was_committed_before(cast: Cast) -> None:
    hold(cast, 30)
    bucket = Cap.objects.set_monthly(cast.team, 10 * USD, cast.owner).bucket()
    assert (bucket.left_micros, bucket.over_micros, bucket.ceiling_micros) == (0, 20 * USD, 30 * USD)


@pytest.mark.parametrize("which", ["member", "project", "key"])
def test_a_cap_is_only_for_the_teams_own(cast: Cast, which: str) -> None:
    strange = {"member": cast.stranger, "project": cast.other_project, "key": make_key(cast.other_team)}
    with pytest.raises(ValueError):
        Cap.objects.set(cast.team, USD, cast.owner, **{which: strange[which]})


def test_whether_one_may_ask_is_each_caps_choice(cast: Cast) -> None:
    Cap.objects.set(cast.team, USD, cast.owner, project=cast.project, on_exceed=OnExceed.STOP)
    assert not refusal(cast, 2).may_ask
    Cap.objects.set(cast.team, USD, cast.owner, project=cast.project, on_exceed=OnExceed.ASK)
    assert refusal(cast, 2).may_ask
