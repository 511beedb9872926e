"""A gateway on a socket, a paid model, a key, and a sweeper that hurries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from musicstudio.budgets.models import Cap
from musicstudio.budgets.verify import broken_invariants
from musicstudio.generation import batch, outcome, sweep
from musicstudio.generation.models import Job
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key
from tests.gateway.server import Gateway, JobPlan

PRICE = 1_500_000  # micros: 15 seconds at $0.10


class Hurried(sweep.Pace):
    """Waits of any length take 20 ms at most."""

    def wait(self, seconds: float) -> float:
        return min(seconds, 0.02)


HURRY = Hurried(first=0.0, gap=0.01, slow_gap=0.01, slowest=0.01, tick=0.01)


@dataclass
class Stage:
    """What a pipeline test plays on."""

    cast: Cast
    gateway: Gateway
    waits: list[float]

    def ask(self, takes: int = 1, **words: Any) -> list[Job]:
        return make_jobs(self.cast.project, self.cast.producer, takes=takes, model=gateway_model("0.10"), **words)

    def run(self, plan: JobPlan | None = None, **words: Any) -> Job:
        """One paid take from the request to its end."""
        if plan is not None:
            self.gateway.next_jobs(plan)
        [job] = self.ask(**words)
        sweep.run(HURRY)
        job.refresh_from_db()
        return job

    @property
    def money(self) -> tuple[int, int]:
        """Held and settled, after every invariant was checked."""
        assert broken_invariants() == []
        bucket = Cap.objects.of(self.cast.team).bucket()
        return bucket.held_micros, bucket.settled_micros


@pytest.fixture
def stage(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    waits: list[float] = []

    def soon(seconds: float) -> Any:
        waits.append(seconds)
        return timezone.now() + timedelta(seconds=min(seconds, 0.02))

    monkeypatch.setattr(outcome, "later", soon)
    monkeypatch.setattr(outcome, "LOST_AFTER", timedelta(0))
    monkeypatch.setattr(batch, "EVERY", 0.005)
    settings.GATEWAY_ANSWER_SECONDS = 5.0
    with Gateway(poll_floor=0.0) as gateway:
        settings.AIGATEWAY_BASE_URL = gateway.url
        make_key(cast.team)
        yield Stage(cast, gateway, waits)
        assert gateway.strangers_with_key == []
