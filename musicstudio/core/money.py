"""Money: integer micro-units (1 USD = 1 000 000 micros) inside, Decimal at the edges, never float."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_EVEN, Decimal, InvalidOperation

MICRO = 1_000_000
MAX_MICROS = 10**15  # a billion; far below BIGINT, far above any cap


def to_micros(amount: Decimal | int | str, *, up: bool = False) -> int:
    """Micros of an amount in whole currency units; a quote rounds up, everything else half to even.

    Raises ValueError for text that is no finite number and for amounts beyond a billion.
    """
    try:
        value = Decimal(amount)
        if not value.is_finite() or abs(value) > MAX_MICROS // MICRO:
            raise ValueError(f"{amount!r} is not an amount of money.")
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not an amount of money.") from None
    return int((value * MICRO).to_integral_value(ROUND_CEILING if up else ROUND_HALF_EVEN))


def from_micros(micros: int) -> Decimal:
    """The amount in whole currency units, exact."""
    return Decimal(micros) / MICRO


sign: ContextVar[str] = ContextVar("sign", default="$")  # what the team in force writes before amounts


@contextmanager
def written_with(symbol: str) -> Iterator[None]:
    """Within it amounts are written with this symbol; they are US dollars all the same."""
    token = sign.set(symbol)
    try:
        yield
    finally:
        sign.reset(token)


def format_micros(micros: int) -> str:
    """`$1,234.50` with the symbol in force; fractions of a cent are shown, never rounded away (`$0.0015`)."""
    value = from_micros(abs(micros))
    cents = value.quantize(Decimal("0.01"), ROUND_DOWN)
    text = f"{cents:,.2f}" if cents == value else f"{value:,.6f}".rstrip("0")
    return f"{'−' if micros < 0 else ''}{sign.get()}{text}"
