"""Paid takes against the test gateway, through a socket: what goes out, what comes in, what it costs."""

import hashlib
import json
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from musicstudio.generation import outcome, sweep
from musicstudio.generation.models import Job, Reason, State, Sweeper
from musicstudio.library.models import Track
from tests.gateway.faults import LOST_SUBMITS, RESULT_SHAPES, UNREADABLE
from tests.gateway.server import BROKE, REVOKED, JobPlan
from tests.generation.conftest import HURRY, PRICE, Stage


def test_a_prompt_becomes_a_track_with_its_whole_story(stage: Stage) -> None:
    job = stage.run(text="lo-fi piano with light rain")
    track = job.track
    assert job.state == State.SUCCEEDED and track is not None and track.pk == job.pk
    with default_storage.open(track.file.name) as file:
        assert hashlib.sha256(file.read()).hexdigest() == track.sha256
    assert abs(track.duration_ms - 15_000) < 200 and len(track.peaks) == 200 and track.lufs is not None
    assert (track.quoted_micros, track.cost_micros, stage.money) == (PRICE, PRICE, (0, PRICE))
    assert track.upstream_id in stage.gateway.jobs and track.parameters["sent"]["prompt"] == "lo-fi piano with light rain"
    assert (track.model_slug, track.key_label) == ("elevenlabs/elevenlabs-music", "Studio key •••• 6789")


def test_it_goes_out_as_the_model_page_shows(stage: Stage) -> None:
    job = stage.run(text="lo-fi piano", lyrics="Rain, rain", instrumental=False, format="wav")
    [sent] = stage.gateway.submissions
    expected = {
        "model": "elevenlabs/elevenlabs-music",
        "prompt": "lo-fi piano",
        "lyrics": "Rain, rain",
        "duration": 15,
        "format": "wav",
    }
    assert {name: sent.json[name] for name in expected} == expected
    assert sent.headers["idempotency-key"] == sent.headers["x-request-id"] == str(job.pk)
    assert sent.headers["x-aig-tag"] == "northlight/aurora-spring-film"
    assert job.track is not None and job.track.format == "wav"


def test_eight_takes_are_sent_once_each_and_all_arrive(stage: Stage) -> None:
    jobs = stage.ask(takes=8)
    sweep.run(HURRY)
    assert Job.objects.filter(state=State.SUCCEEDED).count() == Track.objects.count() == len(stage.gateway.submissions) == 8
    assert [track.letter for track in Track.objects.order_by("take")] == list("ABCDEFGH")
    assert stage.money == (0, 8 * PRICE) and len({job.pk for job in jobs}) == 8


@pytest.mark.parametrize("shape", RESULT_SHAPES)
def test_it_finds_the_file_in_every_documented_place(stage: Stage, shape: str) -> None:
    assert stage.run(JobPlan(shape=shape)).state == State.SUCCEEDED
    assert stage.money == (0, PRICE)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("400 text", Reason.INVALID_REQUEST),
        ("400 refused", Reason.CONTENT_REFUSED),
        ("401 number", Reason.KEY_REJECTED),
        ("402 text", Reason.NO_FUNDS),
        ("403 spend", Reason.NO_FUNDS),
        ("403 text", Reason.FORBIDDEN),
        ("404 text", Reason.INVALID_REQUEST),
        ("409 number", Reason.INVALID_REQUEST),
        ("413 text", Reason.INVALID_REQUEST),
    ],
)
def test_a_refused_submit_costs_nothing(stage: Stage, fault: str, reason: Reason) -> None:
    stage.gateway.fail("submit", fault, times=None)
    job = stage.run()
    assert (job.state, job.reason) == (State.FAILED, reason)
    assert stage.money == (0, 0) and len(stage.gateway.submissions) == 1


@pytest.mark.parametrize("fault", ["429 text", "429 seconds", "503 text", "503 seconds"])
def test_a_busy_gateway_is_asked_again(stage: Stage, fault: str) -> None:
    stage.gateway.fail("submit", fault, times=2)
    job = stage.run()
    assert job.state == State.SUCCEEDED and len(stage.gateway.submissions) == 3
    assert stage.money == (0, PRICE)
    if fault == "429 seconds":
        assert stage.waits.count(7.0) == 2


def test_a_gateway_that_stays_busy_is_given_up_without_a_charge(stage: Stage) -> None:
    stage.gateway.fail("submit", "503 text", times=None)
    job = stage.run()
    assert (job.state, job.reason) == (State.FAILED, Reason.UNAVAILABLE)
    assert stage.money == (0, 0) and len(stage.gateway.submissions) == outcome.SUBMIT_TRIES


@pytest.mark.parametrize(
    "fault", [*(name for name in LOST_SUBMITS if name != "hang after"), *UNREADABLE, "500 text", "502 page", "504 text", "drop"]
)
def test_a_submit_without_a_usable_answer_keeps_the_money_held(stage: Stage, fault: str) -> None:
    stage.gateway.fail("submit", fault)
    job = stage.run()
    assert job.state == State.UNCERTAIN and job.reason in {Reason.NO_ANSWER, Reason.BAD_ANSWER}
    assert stage.money == (PRICE, 0) and len(stage.gateway.submissions) == 1


def test_a_submit_that_never_answers_keeps_the_money_held(stage: Stage, settings: Any) -> None:
    settings.GATEWAY_ANSWER_SECONDS = 0.3
    stage.gateway.fail("submit", "hang after")
    assert stage.run().state == State.UNCERTAIN
    assert stage.money == (PRICE, 0) and len(stage.gateway.submissions) == 1


def test_a_gateway_that_is_not_there_costs_nothing(stage: Stage, settings: Any) -> None:
    settings.AIGATEWAY_BASE_URL = "http://127.0.0.1:1"
    job = stage.run()
    assert (job.state, job.reason) == (State.FAILED, Reason.UNAVAILABLE)
    assert stage.money == (0, 0)


def test_a_rejected_key_is_marked_and_not_used_again(stage: Stage) -> None:
    stage.gateway.fail("submit", "401 text", times=None)
    job = stage.run()
    assert job.key is not None
    job.key.refresh_from_db()
    assert job.key.state == "rejected" and REVOKED != BROKE


@pytest.mark.parametrize(
    "fault", ["429 seconds", "500 text", "502 page", "503 page", "drop", "page", "empty", "half json", "not utf-8"]
)
def test_a_poll_that_goes_wrong_is_repeated(stage: Stage, fault: str) -> None:
    stage.gateway.fail("poll", fault, times=2)
    assert stage.run(JobPlan(polls=2)).state == State.SUCCEEDED
    assert stage.money == (0, PRICE)


def test_a_job_that_stays_unreadable_waits_for_a_person(stage: Stage) -> None:
    stage.gateway.fail("poll", "page", times=None)
    job = stage.run()
    assert (job.state, job.reason) == (State.UNCERTAIN, Reason.BAD_ANSWER)
    assert stage.money == (PRICE, 0)


def test_a_failed_job_costs_nothing(stage: Stage) -> None:
    job = stage.run(JobPlan(ends="failed"))
    assert (job.state, job.reason, job.message) == (State.FAILED, Reason.PROVIDER_FAILED, "The model gave up.")
    assert stage.money == (0, 0)


def test_a_failed_job_that_reports_a_charge_is_booked_at_that(stage: Stage) -> None:
    stage.gateway.next_jobs(JobPlan(ends="failed", extra={"cost": "0.40"}))
    assert stage.run().state == State.FAILED
    assert stage.money == (0, 400_000)


def test_a_job_the_gateway_no_longer_knows_keeps_the_money_held(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.gateway.fail("poll", "404 text", times=None)
    job = stage.run()
    assert (job.state, job.reason) == (State.UNCERTAIN, Reason.VANISHED)
    assert stage.money == (PRICE, 0) and len(stage.gateway.polls) == 2


def test_a_job_that_never_ends_waits_for_a_person(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "DEADLINE", timedelta(seconds=0.2))
    job = stage.run(JobPlan(ends="never"))
    assert (job.state, job.reason) == (State.UNCERTAIN, Reason.TIMED_OUT)
    assert stage.money == (PRICE, 0)


def test_the_reported_cost_is_booked(stage: Stage) -> None:
    job = stage.run(JobPlan(cost={"usage": {"cost_cents": 42.5}}))
    assert job.track is not None and job.track.cost_micros == 425_000
    assert stage.money == (0, 425_000)


def test_a_job_that_is_done_at_once_needs_no_poll(stage: Stage) -> None:
    assert stage.run(JobPlan(at_once=True)).state == State.SUCCEEDED
    assert stage.gateway.polls == [] and stage.money == (0, PRICE)


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (JobPlan(file="link elsewhere"), Reason.FILE_REFUSED),
        (JobPlan(file="link private"), Reason.FILE_REFUSED),
        (JobPlan(file="link http"), Reason.FILE_REFUSED),
        (JobPlan(file="404"), Reason.FILE_UNREACHABLE),
        (JobPlan(file="redirect elsewhere"), Reason.FILE_REFUSED),
        (JobPlan(file="redirect private"), Reason.FILE_REFUSED),
        (JobPlan(file="page"), Reason.NOT_AUDIO),
        (JobPlan(file="json"), Reason.NOT_AUDIO),
        (JobPlan(file="noise"), Reason.NOT_AUDIO),
        (JobPlan(file="empty"), Reason.NOT_AUDIO),
        (JobPlan(file="short"), Reason.TRUNCATED),
        (JobPlan(file="no link"), Reason.FILE_UNREACHABLE),
    ],
)
def test_a_file_that_is_no_take_fails_with_its_reason_and_its_charge(stage: Stage, plan: JobPlan, reason: Reason) -> None:
    job = stage.run(plan)
    assert (job.state, job.reason) == (State.FAILED, reason), job.message
    assert stage.money == (0, PRICE) and not Track.objects.exists()


def test_a_file_that_was_not_reached_can_be_fetched_later_for_the_same_money(stage: Stage) -> None:
    stage.gateway.fail("file", "404", times=None)
    job = stage.run()
    assert job.state == State.FAILED
    stage.gateway.mend()
    assert job.collect_again()
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and stage.money == (0, PRICE)


@pytest.mark.parametrize("fault", ["expired", "401", "500", "503", "drop", "truncated", "429"])
def test_a_file_that_is_not_there_at_first_is_fetched_again(stage: Stage, fault: str) -> None:
    stage.gateway.fail("file", fault)
    assert stage.run().state == State.SUCCEEDED
    assert stage.money == (0, PRICE)


def test_a_full_disk_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    real, tries = sweep.finish, []

    def full_twice(*args: Any, **kwargs: Any) -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(28, "No space left on device")
        return real(*args, **kwargs)

    monkeypatch.setattr(sweep, "finish", full_twice)
    assert stage.run().state == State.SUCCEEDED
    assert stage.money == (0, PRICE) and len(stage.gateway.submissions) == 1


def test_cancelling_a_job_that_waits_at_the_gateway_releases_it(stage: Stage) -> None:
    [job] = stage.ask()
    stage.gateway.plan = JobPlan(ends="never", words=("queued", "queued"))
    assert outcome.claim(job, 60)
    Job.objects.filter(pk=job.pk).update(state=State.QUEUED, next_at=timezone.now())
    cancel_at_first_poll(stage, job)
    job.refresh_from_db()
    assert job.state == State.CANCELLED and stage.money == (0, 0)


def test_cancelling_a_job_in_the_making_keeps_the_money_held(stage: Stage) -> None:
    [job] = stage.ask()
    stage.gateway.plan = JobPlan(ends="never", words=("running", "running"))
    cancel_at_first_poll(stage, job)
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.UNCERTAIN, Reason.CANCELLED_LATE)
    assert stage.money == (PRICE, 0)


def cancel_at_first_poll(stage: Stage, job: Job) -> None:
    """Somebody presses Cancel after the gateway has taken the job and was asked once."""
    answered = outcome.keep_waiting

    def then_cancel(*args: Any) -> None:
        answered(*args)
        Job.objects.get(pk=job.pk).cancel()

    outcome.keep_waiting = then_cancel
    try:
        sweep.run(HURRY)
    finally:
        outcome.keep_waiting = answered


def test_a_submit_cut_short_by_a_dying_worker_waits_for_a_person(stage: Stage) -> None:
    [job] = stage.ask()
    assert outcome.claim(job, 0)  # the worker dies here
    sweep.run(HURRY)
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.UNCERTAIN, Reason.NO_ANSWER)
    assert stage.money == (PRICE, 0) and stage.gateway.submissions == []


def test_a_running_job_is_followed_by_the_next_worker(stage: Stage) -> None:
    stage.gateway.next_jobs(JobPlan(polls=1))
    [job] = stage.ask()
    Sweeper.take(sweep.SLOT, -5)  # a dead worker's lease, run out
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED


def test_only_the_holder_of_the_lease_sweeps(stage: Stage) -> None:
    stage.ask()
    token = Sweeper.take(sweep.SLOT, 60)
    assert token is not None and Sweeper.take(sweep.SLOT, 60) is None
    sweep.run(HURRY)
    assert stage.gateway.submissions == []
    assert Sweeper.beat(sweep.SLOT, token, 60) and not Sweeper.beat(sweep.SLOT, uuid.uuid4(), 60)


def test_a_job_is_polled_no_faster_than_every_three_seconds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # real time from here on
    stage.gateway.poll_floor = 3.0
    stage.gateway.next_jobs(JobPlan(polls=3))
    [job] = stage.ask()
    started = time.monotonic()
    sweep.run(sweep.Pace(first=0.0, tick=0.05))
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and stage.gateway.too_soon == 0
    assert stage.gateway.shortest_gap is not None and stage.gateway.shortest_gap >= 3.0
    assert time.monotonic() - started < 15


def test_the_key_is_in_no_log_and_in_no_row(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.gateway.fail("poll", "500 text")
    job = stage.run()
    kept = json.dumps([*Job.objects.values(), *Track.objects.values("parameters", "request_id", "key_label")], default=str)
    assert "sk-aig-test-0123456789" not in kept + caplog.text and job.state == State.SUCCEEDED
