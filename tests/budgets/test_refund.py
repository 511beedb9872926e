"""What a provider gives back: a correcting entry where the charge was, once per refund id."""

import uuid

import pytest

from musicstudio.budgets.models import Cap, Entry, Hold
from musicstudio.budgets.verify import broken_invariants
from tests.conftest import Cast

USD = 1_000_000


def charged(cast: Cast, usd: int) -> Hold:
    Cap.objects.set(cast.team, 40 * USD, cast.owner, project=cast.project)
    [held] = Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": usd * USD})], cast.owner, project=cast.project)
    held.settle()
    return held


def settled(cast: Cast) -> set[int]:
    return {cap.bucket().settled_micros for cap in Cap.objects.filter(team=cast.team)}


def test_it_returns_to_every_bucket_of_the_charge(cast: Cast) -> None:
    held = charged(cast, 10)
    assert held.refund(4 * USD, "re_1", by=cast.owner)
    assert settled(cast) == {6 * USD} and held.refunded_micros == 4 * USD
    assert Entry.objects.filter(kind="refund", actor=cast.owner, settled_delta=-4 * USD).count() == 2
    assert broken_invariants() == []


def test_the_same_refund_twice_is_booked_once(cast: Cast) -> None:
    held = charged(cast, 10)
    assert held.refund(4 * USD, "re_1") and not held.refund(4 * USD, "re_1")
    assert settled(cast) == {6 * USD}


def test_refunds_never_exceed_the_charge(cast: Cast) -> None:
    held = charged(cast, 10)
    held.refund(4 * USD, "re_1")
    with pytest.raises(ValueError, match="at most"):
        held.refund(6 * USD + 1, "re_2")
    assert held.refund(6 * USD, "re_2") and settled(cast) == {0}
    assert broken_invariants() == []


def test_what_was_not_charged_is_not_refunded(cast: Cast) -> None:
    [held] = Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": USD})], cast.owner)
    for act in (lambda: None, held.release):
        act()
        with pytest.raises(ValueError, match="at most"):
            held.refund(1, "re_1")
    assert broken_invariants() == []


@pytest.mark.parametrize(("amount", "ref"), [(0, "re"), (-5, "re"), (5, " ")])
def test_a_refund_has_an_amount_and_an_id(cast: Cast, amount: int, ref: str) -> None:
    with pytest.raises(ValueError, match="A refund has"):
        charged(cast, 1).refund(amount, ref)
