"""The ledger alone: admission, ending a hold, months, and the database's own guards."""

import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from musicstudio.budgets.models import Bucket, Cap, Entry, EntryChanged, Hold, NoCap, OverCap
from musicstudio.budgets.period import month_of
from musicstudio.budgets.verify import broken_invariants
from tests.conftest import Cast
from tests.factories import make_team, make_user

USD = 1_000_000


def quote(usd: float) -> dict[str, int]:
    return {"amount_micros": round(usd * USD)}


def hold(cast: Cast, *usd: float) -> list[Hold]:
    return Hold.objects.reserve(cast.team, [(uuid.uuid4(), quote(amount)) for amount in usd], cast.producer)


def counters(cast: Cast) -> tuple[int, int]:
    bucket = Cap.objects.of(cast.team).bucket()
    return bucket.held_micros, bucket.settled_micros


def test_it_holds_up_to_the_cap_and_not_a_micro_more(cast: Cast) -> None:
    hold(cast, 20, 29.999999)
    hold(cast, 0.000001)
    with pytest.raises(OverCap) as refused:
        hold(cast, 0.000001)
    assert counters(cast) == (50 * USD, 0)
    assert "$0.00 is left of the monthly cap of $50.00 of Northlight" in str(refused.value)
    assert broken_invariants() == []


def test_it_refuses_one_request_larger_than_the_cap(cast: Cast) -> None:
    with pytest.raises(OverCap):
        hold(cast, 50.01)
    assert not Hold.objects.exists() and not Entry.objects.exists() and counters(cast) == (0, 0)


def test_it_holds_all_or_none(cast: Cast) -> None:
    with pytest.raises(OverCap):
        hold(cast, 30, 30)
    assert not Hold.objects.exists() and counters(cast) == (0, 0)


def test_it_returns_the_rest_when_less_was_charged(cast: Cast) -> None:
    [held] = hold(cast, 12)
    assert held.settle(5 * USD)
    assert counters(cast) == (0, 5 * USD)
    assert broken_invariants() == []


def test_it_books_an_overrun_and_blocks_new_holds(cast: Cast) -> None:
    [held] = hold(cast, 50)
    assert held.settle(60 * USD)
    assert counters(cast) == (0, 60 * USD)
    with pytest.raises(OverCap):
        hold(cast, 0.01)
    assert broken_invariants() == []


def test_it_ends_a_hold_once(cast: Cast) -> None:
    [held] = hold(cast, 10)
    assert held.release()
    assert not held.settle() and not held.release()
    assert counters(cast) == (0, 0)
    assert broken_invariants() == []


def test_it_keeps_the_money_of_an_unknown_outcome(cast: Cast) -> None:
    [held] = hold(cast, 10)
    assert held.doubt() and not held.doubt()
    assert counters(cast) == (10 * USD, 0)
    assert held.settle()
    assert counters(cast) == (0, 10 * USD)
    assert broken_invariants() == []


def test_a_free_take_needs_no_cap(db: None) -> None:
    owner = make_user("free@example.com")
    team = make_team("Free", owner, cap=None)
    [held] = Hold.objects.reserve(team, [(uuid.uuid4(), quote(0))], owner)
    assert held.settle() and not held.lines.exists()
    with pytest.raises(NoCap):
        Hold.objects.reserve(team, [(uuid.uuid4(), quote(0.01))], owner)
    assert broken_invariants() == []


def test_the_database_refuses_an_unguarded_update(cast: Cast) -> None:
    Cap.objects.of(cast.team).bucket()
    with pytest.raises(IntegrityError), transaction.atomic():
        Bucket.objects.update(held_micros=F("held_micros") + 51 * USD)
    with pytest.raises(IntegrityError), transaction.atomic():
        Bucket.objects.update(settled_micros=-1)


def test_entries_are_never_changed(cast: Cast) -> None:
    hold(cast, 1)
    with pytest.raises(EntryChanged):
        Entry.objects.update(held_delta=0)
    with pytest.raises(EntryChanged):
        Entry.objects.all().delete()


def test_lowering_the_cap_stops_new_holds_and_lets_running_ones_finish(cast: Cast) -> None:
    [held] = hold(cast, 30)
    Cap.objects.set_monthly(cast.team, 10 * USD, cast.owner)
    with pytest.raises(OverCap):
        hold(cast, 1)
    assert held.settle()
    Cap.objects.set_monthly(cast.team, 31 * USD, cast.owner)
    hold(cast, 1)
    assert broken_invariants() == []


@pytest.mark.parametrize("limit", [0, -1])
def test_it_refuses_a_cap_of_nothing(cast: Cast, limit: int) -> None:
    with pytest.raises(ValueError, match="more than \\$0"):
        Cap.objects.set_monthly(cast.team, limit, cast.owner)


def test_a_new_month_is_a_new_bucket(cast: Cast) -> None:
    cap = Cap.objects.of(cast.team)
    assert cap is not None
    november = cap.bucket(datetime(2026, 11, 30, 22, 59, tzinfo=UTC))  # 23:59 in Madrid
    december = cap.bucket(datetime(2026, 11, 30, 23, 0, tzinfo=UTC))  # midnight in Madrid
    assert november.pk != december.pk and november.period_end == december.period_start
    assert cap.bucket(datetime(2026, 11, 30, 22, 0, tzinfo=UTC)) == november


def test_months_tile_in_every_time_zone() -> None:
    for name in sorted(available_timezones()):
        moment = datetime(2026, 1, 15, tzinfo=UTC)
        for _ in range(14):
            start, end = month_of(moment, ZoneInfo(name))
            assert start <= moment < end
            assert month_of(end, ZoneInfo(name))[0] == end, name
            moment = end


def test_a_reservation_costs_few_statements(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """One on PostgreSQL, whatever the number of caps; on SQLite, where nothing travels, a few for each."""
    hold(cast, 1)
    with django_assert_num_queries({"postgresql": 1, "sqlite": 9}[connection.vendor]):
        hold(cast, 1)
