"""How often a job is looked at, and how many requests a key may make: seconds, on the loop's monotonic clock."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from musicstudio.generation.models import Job

POLL_FLOOR = 3.0  # seconds between an answer about a job and the next question: the gateway answers 304 below that
POLLS_A_SECOND = 480.0  # one process can make with httpx on one core; beyond, the gaps stretch
SHARE = 0.9  # of a key's requests that polls may use; the rest is left to submits
SPREAD = 0.08  # gaps vary by this much, so that jobs sent together drift apart


@dataclass(frozen=True)
class Pace:
    """Seconds between looks at one job; the gateway's documentation says a job takes 30 s to 5 min."""

    first: float = 5.0
    gap: float = 3.05
    slow_gap: float = 5.0  # after two minutes
    slowest: float = 30.0  # after five minutes, in steps of half as much again
    tick: float = 0.25  # between looks at the database

    def after(self, job: Job) -> float:
        """The gap that fits the job's age."""
        return self.at_age((timezone.now() - started(job)).total_seconds())

    def at_age(self, age: float) -> float:
        """3 s up to two minutes, 5 s up to five, then half as much again every minute, up to 30 s."""
        if age < 300:
            return self.gap if age < 120 else self.slow_gap
        return float(min(self.slowest, self.slow_gap * 1.5 ** (1 + (age - 300) // 60)))

    def spread(self, gap: float) -> float:
        """The gap, a little longer by chance."""
        return gap * (1 + random.uniform(0, SPREAD))

    def wait(self, seconds: float) -> float:
        """What a wait of so many seconds really takes; tests hurry here."""
        return seconds


def started(job: Job) -> datetime:
    """Since when the job is followed: sent, or asked about again by a person."""
    return job.asked_again_at or job.submit_at or job.created_at


@dataclass
class Tap:
    """A token bucket: at most `per_minute` requests a minute, none before `closed_until`.

    `per_minute` None: no limit is known. `fixed`: an admin set it, and what the answers say is not believed.
    """

    per_minute: float | None = None
    fixed: bool = False
    share: int = 1  # sweepers that use the same key
    clock: Callable[[], float] = time.monotonic
    tokens: float = field(default=5.0)
    filled_at: float = field(default=0.0)
    closed_until: float = field(default=0.0)

    @property
    def rate(self) -> float | None:
        """Requests a second for this process."""
        return None if self.per_minute is None else self.per_minute / 60 / self.share

    def wait(self) -> float:
        """Seconds until a request may go out; 0.0 takes a token."""
        now = self.clock()
        if now < self.closed_until:
            return self.closed_until - now
        if self.rate is None:
            return 0.0
        burst = max(1.0, min(8.0, self.rate * 2))
        self.tokens = min(burst, self.tokens + max(0.0, now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens >= 1.0:
            self.tokens -= 1.0
            return 0.0
        return (1.0 - self.tokens) / self.rate

    def has_room(self) -> bool:
        """Whether a request could go out now; takes nothing."""
        now = self.clock()
        filled = self.tokens + max(0.0, now - self.filled_at) * (self.rate or 0.0)
        return now >= self.closed_until and (self.rate is None or filled >= 1.0)

    def close(self, seconds: float) -> None:
        """The provider asked to slow down."""
        self.closed_until = max(self.closed_until, self.clock() + seconds)

    def learn(self, limit: int, remaining: int, reset_seconds: float) -> None:
        """What an answer's x-ratelimit headers say: `limit` requests a minute, `remaining` until the reset."""
        if not self.fixed:
            self.per_minute = float(limit)
        if remaining <= 0:
            self.close(reset_seconds)

    def stretch(self, gap: float, jobs: int) -> float:
        """The gap at which `jobs` jobs of this key can all be polled within the limits."""
        most = POLLS_A_SECOND if self.rate is None else min(POLLS_A_SECOND, self.rate * SHARE)
        return max(gap, jobs / most)
