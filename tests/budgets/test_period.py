"""Months as rows: they tile time in every zone, also across a change of zone, and nothing is ever reset."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import time_machine

from musicstudio.accounts.models import Team
from musicstudio.budgets.models import Cap, Hold
from musicstudio.budgets.period import month_from, month_of
from musicstudio.budgets.verify import broken_invariants
from tests.conftest import Cast

USD = 1_000_000
ZONES = sorted(available_timezones())


def team_cap(team: Team) -> Cap:
    cap = Cap.objects.of(team)
    assert cap is not None
    return cap


def test_months_tile_in_every_time_zone() -> None:
    for name in ZONES:
        zone, moment = ZoneInfo(name), datetime(2026, 1, 15, tzinfo=UTC)
        for _ in range(72):
            start, end = month_of(moment, zone)
            assert start.astimezone(UTC) <= moment < end.astimezone(UTC), name
            assert month_of(end, zone)[0] == end and month_from(end, zone)[0] == end, name
            moment = end.astimezone(UTC)


def test_months_tile_when_the_zone_changes_at_random() -> None:
    dice = random.Random(7)
    for _ in range(300):
        _, end = month_of(datetime(2026, 1, 15, tzinfo=UTC), ZoneInfo(dice.choice(ZONES)))
        for _ in range(60):
            start, after = month_from(end, ZoneInfo(dice.choice(ZONES)))
            length = after.astimezone(UTC) - start.astimezone(UTC)
            assert start == end and timedelta(days=26) < length < timedelta(days=34)
            end = after


def test_a_change_of_zone_gives_no_fresh_limit_for_the_hours_between(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 15, tzinfo=UTC), tick=False):
        november = team_cap(cast.team).bucket()
    cast.team.time_zone = "America/Los_Angeles"
    cast.team.save()
    still = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)  # November in Madrid and in Los Angeles
    between = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)  # December in Madrid, November in Los Angeles
    december = team_cap(cast.team).bucket(between)
    assert team_cap(cast.team).bucket(still) == november
    assert december.period_start == november.period_end
    assert december == team_cap(cast.team).bucket(datetime(2026, 12, 31, 12, tzinfo=UTC))  # one limit for both
    assert december.period_end == datetime(2027, 1, 1, 8, tzinfo=UTC)
    assert broken_invariants() == []


def test_months_without_spending_are_rows_too(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 2, 3, tzinfo=UTC), tick=False):
        team_cap(cast.team).buckets.all().delete()
        team_cap(cast.team).bucket()
    with time_machine.travel(datetime(2026, 6, 3, tzinfo=UTC), tick=False):
        team_cap(cast.team).bucket()
    assert team_cap(cast.team).buckets.count() == 5
    assert broken_invariants() == []


def test_a_charge_belongs_to_the_month_it_was_held_in(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 22, 59, tzinfo=UTC), tick=False):
        [held] = Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": 9 * USD})], cast.owner)
        november = team_cap(cast.team).bucket()
    with time_machine.travel(datetime(2026, 11, 30, 23, 1, tzinfo=UTC), tick=False):
        held.settle(8 * USD)
        assert team_cap(cast.team).bucket().committed_micros == 0
    november.refresh_from_db()
    assert (november.held_micros, november.settled_micros) == (0, 8 * USD)


def test_rollover_is_off_by_default(cast: Cast) -> None:
    with time_machine.travel(datetime(2027, 1, 10, tzinfo=UTC), tick=False):
        assert team_cap(cast.team).bucket().limit_micros == 50 * USD


def test_a_month_grants_what_it_left_to_the_next_one(cast: Cast) -> None:
    with time_machine.travel(datetime(2027, 1, 10, tzinfo=UTC), tick=False):
        team_cap(cast.team).bucket()  # the months until then roll nothing over
        cap = Cap.objects.set(cast.team, 50 * USD, cast.owner, rollover=True)
        Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": 20 * USD})], cast.owner)
    with time_machine.travel(datetime(2027, 2, 10, tzinfo=UTC), tick=False):
        assert cap.bucket().limit_micros == 80 * USD
    with time_machine.travel(datetime(2027, 3, 10, tzinfo=UTC), tick=False):
        assert cap.bucket().limit_micros == 100 * USD  # what February left of its own 50, not of what had rolled into it
    assert broken_invariants() == []
