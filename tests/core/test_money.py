"""Money at the edges: text in, micros inside, text out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicstudio.core.money import format_micros, from_micros, to_micros


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "$0.00"),
        (960_000, "$0.96"),
        (1_234_500_000, "$1,234.50"),
        (1_500, "$0.0015"),
        (1, "$0.000001"),
        (-42_100_000, "−$42.10"),
    ],
)
def test_it_shows_every_digit_that_counts(micros: int, text: str) -> None:
    assert format_micros(micros) == text


@given(st.integers(-(10**15), 10**15))
def test_micros_survive_the_trip_through_decimal(micros: int) -> None:
    assert to_micros(from_micros(micros)) == micros


def test_quotes_round_up_and_charges_to_even() -> None:
    assert to_micros(Decimal("0.0000015"), up=True) == 2
    assert to_micros(Decimal("0.0000025")) == 2
    assert to_micros(Decimal("0.0000035")) == 4


@pytest.mark.parametrize("bad", ["", "abc", "NaN", "Infinity", "1e40", "1,5"])
def test_it_refuses_what_is_no_amount(bad: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        to_micros(bad)
