"""Extra room: a row with an expiry, never an edit of the cap."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from musicstudio.budgets.grants import Grant
from musicstudio.budgets.models import Bucket, Cap, Hold, OverCap
from musicstudio.budgets.verify import broken_invariants
from tests.conftest import Cast

USD = 1_000_000


def bucket_of(cast: Cast) -> Bucket:
    cap = Cap.objects.of(cast.team)
    assert cap is not None
    return cap.bucket()


def hold(cast: Cast, usd: int) -> Hold:
    return Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": usd * USD})], cast.producer)[0]


def test_a_grant_makes_room_until_it_expires(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 10, tzinfo=UTC), tick=False):
        Grant.objects.give(
            bucket_of(cast), 20 * USD, "client deadline", cast.owner, expires_at=timezone.now() + timedelta(days=2)
        )
        hold(cast, 65)
    with time_machine.travel(datetime(2026, 11, 13, tzinfo=UTC), tick=False):
        with pytest.raises(OverCap):
            hold(cast, 1)
        bucket = bucket_of(cast)
        assert (bucket.limit_micros, bucket.over_micros, bucket.ceiling_micros) == (50 * USD, 15 * USD, 65 * USD)
        assert broken_invariants() == []


def test_changing_the_cap_keeps_its_grants(cast: Cast) -> None:
    Grant.objects.give(bucket_of(cast), 20 * USD, "client deadline", cast.owner)
    Cap.objects.set_monthly(cast.team, 30 * USD, cast.owner)
    assert bucket_of(cast).limit_micros == 50 * USD
    hold(cast, 50)
    assert broken_invariants() == []


@pytest.mark.parametrize("amount", [0, -1])
def test_a_grant_is_more_than_nothing(cast: Cast, amount: int) -> None:
    with pytest.raises(ValueError, match="more than"):
        Grant.objects.give(bucket_of(cast), amount, "why", cast.owner)


def test_a_grant_expires_in_the_future(cast: Cast) -> None:
    with pytest.raises(ValueError, match="in the future"):
        Grant.objects.give(bucket_of(cast), USD, "why", cast.owner, expires_at=timezone.now())
