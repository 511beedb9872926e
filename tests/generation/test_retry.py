"""Trying a take again: a new attempt in the same place, at today's price, with the old one still visible."""

import pytest
from django.core.exceptions import ValidationError
from django_q.models import OrmQ

from musicstudio.budgets.models import Cap
from musicstudio.generation import sweep
from musicstudio.generation.models import Job, Reason, State
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs
from tests.gateway.server import JobPlan
from tests.generation.conftest import HURRY, PRICE, Stage


def test_a_failed_take_is_made_in_a_new_attempt_with_a_hold_of_its_own(stage: Stage) -> None:
    job = stage.run(JobPlan(ends="failed"))
    gateway_model("0.20")
    job.retry(stage.cast.owner)
    assert (job.state, job.attempt, job.hold.amount_micros) == (State.QUEUED, 2, 2 * PRICE)
    [before] = job.attempts.all()
    assert (before.number, before.state, before.reason) == (1, State.FAILED, Reason.PROVIDER_FAILED)
    assert (before.hold.state, before.message) == ("released", "The model gave up.")
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and job.track is not None and job.track.pk == job.pk
    assert stage.money == (0, 2 * PRICE)
    references = [sent.headers["idempotency-key"] for sent in stage.gateway.submissions]
    assert references == [str(before.hold_id), str(job.hold_id)] and len(set(references)) == 2


def test_a_take_that_was_charged_stays_charged_when_it_is_tried_again(stage: Stage) -> None:
    job = stage.run(JobPlan(file="noise"))
    job.retry(stage.cast.owner)
    sweep.run(HURRY)
    assert stage.money == (0, 2 * PRICE) and Job.objects.get(pk=job.pk).state == State.SUCCEEDED


def test_a_cancelled_sketch_is_rendered_again(cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    job.cancel()
    OrmQ.objects.all().delete()
    job.retry(cast.producer)
    assert (job.state, OrmQ.objects.count(), job.attempts.count()) == (State.QUEUED, 1, 1)


def test_over_the_cap_it_stays_as_it_was(stage: Stage) -> None:
    job = stage.run(JobPlan(ends="failed"))
    Cap.objects.set_monthly(stage.cast.team, PRICE - 1, None)
    with pytest.raises(ValidationError, match="is left of the monthly cap"):
        job.retry(stage.cast.owner)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.attempts.count()) == (State.FAILED, 1, 0) and stage.money == (0, 0)


def test_the_new_hold_belongs_to_the_project_and_the_key(stage: Stage) -> None:
    job = stage.run(JobPlan(ends="failed"))
    job.retry(stage.cast.owner)
    assert (job.hold.project, job.hold.key) == (job.project, job.key)


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.UNCERTAIN, State.SUCCEEDED])
def test_only_what_ended_without_a_track_can_be_tried_again(stage: Stage, state: State) -> None:
    [job] = stage.ask()
    Job.objects.filter(pk=job.pk).update(state=state)
    job.refresh_from_db()
    with pytest.raises(ValidationError, match="Only a take that failed or was cancelled"):
        job.retry(stage.cast.owner)


def test_pressed_twice_it_is_tried_once(stage: Stage) -> None:
    job = stage.run(JobPlan(ends="failed"))
    same = Job.objects.get(pk=job.pk)
    job.retry(stage.cast.owner)
    with pytest.raises(ValidationError, match="Somebody was faster"):
        same.retry(stage.cast.owner)
    assert stage.money == (PRICE, 0)


def test_an_uncertain_job_with_a_known_id_is_asked_about_again(stage: Stage) -> None:
    stage.gateway.fail("poll", "page", times=10)
    job = stage.run()
    assert job.state == State.UNCERTAIN and job.ask_again()
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and stage.money == (0, PRICE)


def test_an_uncertain_job_whose_id_a_person_found_is_followed(stage: Stage) -> None:
    stage.gateway.fail("submit", "drop after")
    job = stage.run()
    assert not job.ask_again()
    [remote] = stage.gateway.jobs
    assert job.ask_again(remote)
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and stage.money == (0, PRICE) and len(stage.gateway.submissions) == 1
