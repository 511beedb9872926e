"""What templates write: times, amounts, bars."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from musicstudio.core.templatetags import studio


@pytest.mark.parametrize(("ms", "text"), [(0, "0:00"), (89_200, "1:29"), (300_000, "5:00"), (3_723_000, "1:02:03"), (None, "")])
def test_clock(ms: int | None, text: str) -> None:
    assert studio.clock(ms) == text


@pytest.mark.parametrize(("ms", "text"), [(15_000, "15"), (89_200, "89.2"), (100_000, "100"), (3_001, "3.001")])
def test_seconds_have_no_needless_zeros(ms: int, text: str) -> None:
    assert studio.seconds(ms) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 10, 59, 40, tzinfo=UTC), "just now"),
        (datetime(2026, 11, 22, 10, 20, tzinfo=UTC), "40 min ago"),
        (datetime(2026, 11, 22, 8, 30, tzinfo=UTC), "2 h ago"),
        (datetime(2026, 11, 21, 12, 0, tzinfo=UTC), "yesterday"),
        (datetime(2026, 11, 19, 12, 0, tzinfo=UTC), "19 Nov"),
        (datetime(2025, 3, 1, 12, 0, tzinfo=UTC), "1 Mar 2025"),
    ],
)
def test_ago(moment: datetime, text: str) -> None:
    with time_machine.travel(datetime(2026, 11, 22, 11, 0, tzinfo=UTC), tick=False):
        assert studio.ago(moment) == text


def test_yesterday_is_the_teams_yesterday() -> None:
    now, moment = datetime(2026, 11, 22, 0, 30, tzinfo=UTC), datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    with time_machine.travel(now, tick=False), timezone.override(ZoneInfo("America/Los_Angeles")):
        assert studio.ago(moment) == "15 h ago"


@pytest.mark.parametrize(("part", "whole", "text"), [(58, 100, "58.0%"), (200, 100, "100.0%"), (-1, 100, "0.0%"), (1, 0, "0.0%")])
def test_a_bar_stays_inside_its_frame(part: int, whole: int, text: str) -> None:
    assert studio.percent(part, whole) == text


def test_negative_numbers_have_a_real_minus() -> None:
    assert studio.signed(-13.24) == "−13.2" and studio.signed(None) == ""
