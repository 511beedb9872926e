"""Calendar months in a team's time zone, as half-open spans [start, end) of aware times."""

import zoneinfo
from datetime import UTC, datetime, timedelta

# Zones differ by at most 26 hours. After a change of zone the next span runs on to the end of the first month that is
# longer than this stub, so that a few hours between two zones never get a month's limit of their own.
STUB = timedelta(hours=48)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


def month_of(moment: datetime, zone: zoneinfo.ZoneInfo) -> tuple[datetime, datetime]:
    """The calendar month around the moment in the zone."""
    start = moment.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return start, following(start)


def following(start: datetime) -> datetime:
    """Midnight of the next month's first day, for the first day of a month."""
    year, month = divmod(start.year * 12 + start.month, 12)
    return start.replace(year=year, month=month + 1)


def month_from(start: datetime, zone: zoneinfo.ZoneInfo) -> tuple[datetime, datetime]:
    """The span that follows one which ended at `start`, whatever zone that one was reckoned in: no gap, no overlap."""
    end = month_of(start, zone)[1]
    return start, end if end.astimezone(UTC) - start.astimezone(UTC) > STUB else following(end)
