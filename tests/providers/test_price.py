"""Prices and quotes: units, rounding, minimum, effective dates."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from musicstudio.providers.catalogue import seed
from musicstudio.providers.models import MusicModel, NoPrice, Price
from tests.factories import GATEWAY_MODEL, gateway_model


def price(usd_micros: int, unit: str, **fields: int) -> Price:
    return Price(pk=1, amount_micros=usd_micros, unit=unit, source="test", **fields)


def amount(of: Price, duration_ms: int) -> int:
    return of.quote(MusicModel(slug="a/b", provider="aigateway"), duration_ms).amount_micros


def test_the_listed_price_of_the_first_model_is_marked_unverified(db: None) -> None:
    model = MusicModel.objects.get(slug=GATEWAY_MODEL)
    assert model.price is not None and not model.price.verified
    assert model.price.label == "$0.80 / second"
    assert model.quote(15_000).amount_micros == 12_000_000


@pytest.mark.parametrize(
    ("unit", "fields", "duration_ms", "expected"),
    [
        ("second", {}, 15_000, 12_000_000),
        ("second", {}, 15_001, 12_800_000),
        ("second", {"round_up_ms": 1}, 15_001, 12_000_800),
        ("minute", {"round_up_ms": 60_000}, 61_000, 1_600_000),
        ("minute", {}, 90_000, 1_200_000),
        ("generation", {}, 300_000, 800_000),
        ("second", {"minimum_micros": 5_000_000}, 3_000, 5_000_000),
    ],
)
def test_it_quotes_by_the_unit(unit: str, fields: dict[str, int], duration_ms: int, expected: int) -> None:
    assert amount(price(800_000, unit, **fields), duration_ms) == expected


@given(
    st.integers(0, 10**9),
    st.sampled_from(["second", "minute", "generation"]),
    st.integers(1, 60_000),
    st.integers(3_000, 600_000),
)
def test_a_quote_is_never_below_the_exact_price(micros: int, unit: str, step: int, duration_ms: int) -> None:
    quoted = amount(price(micros, unit, round_up_ms=step), duration_ms)
    divisor = {"second": 1_000, "minute": 60_000}.get(unit)
    exact = micros * duration_ms if divisor else micros
    assert quoted * (divisor or 1) >= exact
    assert quoted <= (micros * (duration_ms + step)) / (divisor or 1) + 1 if divisor else quoted == micros


def test_without_a_price_in_force_there_is_no_quote(db: None) -> None:
    model = gateway_model()
    model.prices.update(effective_from=timezone.now() + timedelta(days=1))
    with pytest.raises(NoPrice):
        model.quote(15_000)


def test_the_newest_price_in_force_counts(db: None) -> None:
    model = gateway_model("0.80")
    model.prices.update(effective_from=timezone.now() - timedelta(days=9))
    Price.objects.create(
        model=model, amount_micros=10_000, unit="second", source="new", effective_from=timezone.now() - timedelta(1)
    )
    Price.objects.create(
        model=model, amount_micros=99_000, unit="second", source="later", effective_from=timezone.now() + timedelta(1)
    )
    assert model.quote(10_000).amount_micros == 100_000


def test_seeding_again_changes_nothing(db: None) -> None:
    MusicModel.objects.filter(slug=GATEWAY_MODEL).update(name="Ours")
    gateway_model("0.60", "minute")
    assert seed() == 0
    model = MusicModel.objects.get(slug=GATEWAY_MODEL)
    assert (model.name, model.price.label if model.price else "") == ("Ours", "$0.60 / minute")
