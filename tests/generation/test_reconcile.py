"""Unknown outcomes: the gateway is asked again, and what nobody decides is not held for ever."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from musicstudio.budgets.models import Bucket
from musicstudio.generation import sweep
from musicstudio.generation.models import Job, State
from musicstudio.generation.reconcile import ask_gateway, reconcile
from musicstudio.library.models import Track
from musicstudio.providers.models import ProviderKey
from tests.gateway.server import JobPlan
from tests.generation.conftest import HURRY, PRICE, Stage


def lost(stage: Stage, plan: JobPlan | None = None) -> Job:
    """A take that the gateway has, but whose answers could not be read until the studio gave up."""
    stage.gateway.next_jobs(plan or JobPlan())
    stage.gateway.fail("poll", "page", times=10)
    job = stage.run()
    assert job.state == State.UNCERTAIN and stage.money == (PRICE, 0)
    return job


@pytest.mark.parametrize(
    ("plan", "state", "money"),
    [
        (JobPlan(), State.SUCCEEDED, (0, PRICE)),
        (JobPlan(cost={"cost_cents": 9}), State.SUCCEEDED, (0, 90_000)),
        (JobPlan(ends="failed"), State.FAILED, (0, 0)),
        (JobPlan(ends="vanishes"), State.UNCERTAIN, (PRICE, 0)),
    ],
)
def test_it_ends_as_the_gateway_says_and_a_charge_brings_its_track(
    stage: Stage, plan: JobPlan, state: State, money: tuple[int, int]
) -> None:
    job = lost(stage, plan)
    assert "asked again" in ask_gateway(job)
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == state and stage.money == money
    assert Track.objects.filter(pk=job.pk).exists() == (state == State.SUCCEEDED)


def test_what_the_gateway_never_named_cannot_be_asked(stage: Stage) -> None:
    stage.gateway.fail("submit", "drop after")
    assert "cannot be asked" in ask_gateway(stage.run()) and stage.money == (PRICE, 0)


def test_without_its_key_it_cannot_be_asked(stage: Stage) -> None:
    job = lost(stage)
    ProviderKey.objects.get().revoke()
    job = Job.objects.select_related("key").get(pk=job.pk)
    assert "revoked" in ask_gateway(job) and job.state == State.UNCERTAIN


def test_a_repeat_is_sent_only_while_the_provider_remembers_the_first(stage: Stage) -> None:
    stage.gateway.fail("submit", "drop after")
    stage.run()
    ProviderKey.objects.update(repeats="key")
    job = Job.objects.select_related("key").get()
    assert job.may_repeat
    Job.objects.update(submit_at=timezone.now() - timedelta(hours=24))
    job = Job.objects.select_related("key").get()
    assert not job.may_repeat and not job.ask_again()


def test_the_daily_round_sends_nothing_again(stage: Stage) -> None:
    stage.gateway.fail("submit", "drop after")
    stage.run()
    ProviderKey.objects.update(repeats="key")
    [(job, said)] = reconcile()
    assert said == "It waits for a person to decide." and job.state == State.UNCERTAIN


def test_long_after_the_period_it_is_booked_as_charged(stage: Stage) -> None:
    lost(stage)
    start = timezone.now() - timedelta(days=60)
    Bucket.objects.update(period_start=start, period_end=start + timedelta(days=30))
    [(job, said)] = reconcile()
    job.hold.refresh_from_db()
    assert (job.hold.state, job.hold.actual_micros) == ("settled", PRICE) and "refundable later" in said


def test_the_command_hands_it_back_to_the_pipeline(stage: Stage) -> None:
    job = lost(stage)
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "The gateway is asked again" in out.getvalue() and stage.money == (PRICE, 0)
    sweep.run(HURRY)
    job.refresh_from_db()
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert job.state == State.SUCCEEDED and out.getvalue() == "No outcome is unknown.\n"
