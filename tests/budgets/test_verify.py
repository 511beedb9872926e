"""The audit finds what is broken: each invariant is broken on purpose, around the guards that keep it."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from musicstudio.budgets.models import Bucket, Cap, Entry, EntryKind, Hold, HoldState, LedgerCheck
from musicstudio.budgets.verify import KEPT, broken_invariants, check
from tests.conftest import Cast

USD = 1_000_000


@pytest.fixture
def held(cast: Cast) -> Hold:
    return Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": 10 * USD})], cast.owner)[0]


def test_it_finds_counters_that_are_not_their_entries(held: Hold) -> None:
    Bucket.objects.filter(held_micros__gt=0).update(held_micros=F("held_micros") - USD)
    assert any("not the sums of its entries" in text for text in broken_invariants())
    assert any("not the sum of its open holds" in text for text in broken_invariants())


def test_it_finds_a_hold_that_ended_without_its_entries(held: Hold) -> None:
    Hold.objects.update(state=HoldState.SETTLED, actual_micros=10 * USD)
    assert any("do not come to its amount" in text for text in broken_invariants())


def test_it_finds_a_hold_that_ended_twice(held: Hold) -> None:
    held.settle()
    Entry.objects.create(hold=held, bucket=held.buckets.get(), kind=EntryKind.RELEASE)
    assert any("ended twice" in text for text in broken_invariants())


def test_it_finds_a_state_that_contradicts_its_amounts(held: Hold) -> None:
    Hold.objects.update(actual_micros=3)
    assert any("contradict each other" in text for text in broken_invariants())


def test_it_finds_money_without_a_bucket(held: Hold) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM budgets_holdline")
    assert any("contradict each other" in text for text in broken_invariants())


def test_it_finds_a_gap_between_months(cast: Cast) -> None:
    cap = Cap.objects.of(cast.team)
    assert cap is not None
    bucket = cap.bucket()
    later = bucket.period_end + timedelta(hours=1)
    cap.buckets.create(period_start=later, period_end=later + timedelta(days=30), limit_micros=5, ceiling_micros=5)
    assert any("do not tile" in text for text in broken_invariants())


def test_it_keeps_the_results_of_its_checks(held: Hold) -> None:
    assert check().broken == []
    Bucket.objects.update(held_micros=0)
    assert check().broken
    newest = LedgerCheck.newest()
    assert newest is not None and newest.broken and newest.holds == 1
    for _ in range(KEPT + 3):
        LedgerCheck.objects.create(milliseconds=1, holds=0)
    check()
    assert LedgerCheck.objects.count() == KEPT
