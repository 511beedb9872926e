"""Thresholds: told once each, when they are crossed, with what is used and what is left."""

import uuid

import pytest
from django.core import mail
from django_q.models import OrmQ

from musicstudio.budgets.models import Alert, Cap, Hold, OverCap
from musicstudio.budgets.warn import tell
from tests.conftest import Cast

USD = 1_000_000


def hold(cast: Cast, usd: float) -> Hold:
    return Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": round(usd * USD)})], cast.producer)[0]


def percents() -> list[int]:
    return sorted(Alert.objects.values_list("percent", flat=True))


def test_each_threshold_is_noted_once_by_the_hold_that_crosses_it(cast: Cast) -> None:
    hold(cast, 24.99)
    assert percents() == []
    hold(cast, 0.01)
    assert percents() == [50] and OrmQ.objects.count() == 1
    hold(cast, 20).release()
    hold(cast, 20)
    assert percents() == [50, 80]
    hold(cast, 5)
    assert percents() == [50, 80, 100]


def test_one_large_hold_crosses_several(cast: Cast) -> None:
    hold(cast, 41)
    assert percents() == [50, 80]
    tell()
    assert len(mail.outbox) == 1 and "80 %" in mail.outbox[0].subject


def test_the_mail_says_what_is_used_and_what_is_left(cast: Cast) -> None:
    hold(cast, 41)
    tell()
    tell()
    [letter] = mail.outbox
    assert letter.to == ["olga@northlight.example"]
    assert "$41.00 used and $9.00 left of the monthly cap of $50.00 of Northlight: 80 % is reached." in letter.body


def test_a_member_is_told_about_the_own_cap(cast: Cast) -> None:
    Cap.objects.set(cast.team, 10 * USD, cast.owner, member=cast.producer, alerts=[60])
    hold(cast, 6)
    tell()
    assert mail.outbox[0].to == ["olga@northlight.example", "pia@northlight.example"]


def test_an_overrun_crosses_thresholds_too(cast: Cast) -> None:
    hold(cast, 10).settle(45 * USD)
    assert percents() == [50, 80]


def test_a_refused_hold_warns_nobody(cast: Cast) -> None:
    with pytest.raises(OverCap):
        hold(cast, 51)
    assert percents() == [] and not OrmQ.objects.exists()
