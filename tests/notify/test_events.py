"""What happens in a team is told to its webhooks, in the transaction in which it happens."""

import uuid

import pytest
from django.db import transaction

from musicstudio.budgets.models import Hold
from musicstudio.budgets.warn import tell
from musicstudio.generation import sweep
from musicstudio.library.models import Status
from musicstudio.notify.models import Delivery, Event
from tests.factories import make_track
from tests.gateway.server import JobPlan
from tests.generation.conftest import HURRY, Stage, stage  # noqa: F401 (a fixture)
from tests.notify.conftest import Told, listener, told  # noqa: F401 (fixtures)


def events() -> list[str]:
    return list(Delivery.objects.order_by("created_at").values_list("event", flat=True))


def test_a_finished_and_a_failed_take(told: Told, stage: Stage) -> None:  # noqa: F811
    stage.gateway.next_jobs(JobPlan(), JobPlan(ends="failed"))
    stage.ask(takes=2)
    sweep.run(HURRY)
    assert sorted(events()) == [Event.JOB_FAILED, Event.TRACK_CREATED]
    assert all("sk-aig" not in body for body in Delivery.objects.values_list("body", flat=True))


def test_an_approval(told: Told, stage: Stage) -> None:  # noqa: F811
    track = make_track(stage.cast.project, stage.cast.producer)
    track.decide(Status.REJECTED, stage.cast.owner)
    track.decide(Status.APPROVED, stage.cast.owner)
    assert events() == [Event.TRACK_APPROVED] and "Olga Prieto approved" in Delivery.objects.get().body


def test_a_threshold_says_used_and_left(told: Told, stage: Stage) -> None:  # noqa: F811
    Hold.objects.reserve(stage.cast.team, [(uuid.uuid4(), {"amount_micros": 41_000_000})], stage.cast.producer)
    tell()
    assert set(events()) == {Event.CAP_THRESHOLD}
    assert any("$41.00 used and $9.00 left" in body for body in Delivery.objects.values_list("body", flat=True))


def test_what_is_rolled_back_is_not_told(told: Told, stage: Stage) -> None:  # noqa: F811
    track = make_track(stage.cast.project, stage.cast.producer)
    with pytest.raises(RuntimeError), transaction.atomic():
        track.decide(Status.APPROVED, stage.cast.owner)
        raise RuntimeError
    assert events() == []
