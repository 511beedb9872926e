"""What the charges say about a price: whether another unit explains them better than the one it is listed with."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from musicstudio.providers.models import Price, Unit

ENOUGH = 3  # charges
CLOSE, FAR = 0.02, 0.2  # relative errors: a reading that fits, and one that does not


@dataclass(frozen=True)
class Reading:
    """A unit that explains the charges; `error` is the median relative difference, 0.01 = 1 %."""

    unit: Unit
    round_up_ms: int
    error: float

    @property
    def words(self) -> str:
        """`per minute`, `per minute, whole minutes`, `per generation`."""
        return f"per {self.unit.label}" + (", whole minutes" if self.round_up_ms == 60_000 else "")


def better_reading(price: Price, charges: Sequence[tuple[int, int]]) -> Reading | None:
    """The unit to switch to, when the listed one is clearly off and another clearly fits.

    `charges` are (length in milliseconds, charged micros) of takes whose charge the provider reported.
    """
    charges = [(ms, micros) for ms, micros in charges if micros > 0]
    if len(charges) < ENOUGH or price.unit in {Unit.FREE, Unit.TIER} or price.amount_micros == 0:
        return None
    if error_of(price, price.unit, price.round_up_ms, charges) < FAR:
        return None
    others = [(Unit.SECOND, 1_000), (Unit.MINUTE, 1), (Unit.MINUTE, 60_000), (Unit.GENERATION, 1_000)]
    readings = [Reading(unit, step, error_of(price, unit, step, charges)) for unit, step in others]
    best = min(readings, key=lambda reading: reading.error)
    return best if best.error <= CLOSE else None


def error_of(price: Price, unit: str, step: int, charges: Sequence[tuple[int, int]]) -> float:
    """The median relative difference between the charges and this reading of the price."""
    as_read = Price(amount_micros=price.amount_micros, unit=unit, round_up_ms=step, minimum_micros=price.minimum_micros)
    return median(abs(micros - predicted(as_read, ms)) / micros for ms, micros in charges)


def predicted(price: Price, duration_ms: int) -> float:
    """What the price makes of a length, in micros."""
    return max(float(price.quantity(duration_ms)) * price.amount_micros, price.minimum_micros)
