"""Where a period will end if the rest of it goes like what has passed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from musicstudio.budgets.models import Bucket, Period

TOO_EARLY = timedelta(days=1)


@dataclass(frozen=True)
class Forecast:
    """What would be committed at the end, and the days that the guess rests on."""

    micros: int
    days: int
    over_micros: int

    @property
    def assumption(self) -> str:
        """Said beside the number."""
        days = "day" if self.days == 1 else f"{self.days} days"
        return f"if the rest of the month goes like its first {days}"


def forecast(bucket: Bucket, now: datetime) -> Forecast | None:
    """Linear in time from the period's start; None for a total cap, in a period's first day, and when nothing was spent."""
    passed, whole = now - bucket.period_start, bucket.period_end - bucket.period_start
    if bucket.cap.period != Period.MONTH or passed < TOO_EARLY or not bucket.committed_micros:
        return None
    micros = bucket.committed_micros * (whole // timedelta(seconds=1)) // (passed // timedelta(seconds=1))
    return Forecast(micros, passed.days, max(0, micros - bucket.limit_micros))
