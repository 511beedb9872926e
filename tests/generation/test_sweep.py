"""Paid takes against the test gateway, through a socket: what goes out, what comes in, what it costs."""

import hashlib
import json
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone
from django_q.models import OrmQ

from musicstudio.core import cluster
from musicstudio.generation import claim, collect, lease, outcome, sweep
from musicstudio.generation.models import Job, Pause, Reason, State, Sweeper
from musicstudio.library.models import Track
from musicstudio.providers import base
from musicstudio.providers.models import ProviderKey
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
    real, tries = collect.store, []

    def full_twice(*args: Any, **kwargs: Any) -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(28, "No space left on device")
        return real(*args, **kwargs)

    monkeypatch.setattr(collect, "store", full_twice)
    assert stage.run().state == State.SUCCEEDED
    assert stage.money == (0, PRICE) and len(stage.gateway.submissions) == 1


def test_cancelling_a_job_that_waits_at_the_gateway_releases_it(stage: Stage) -> None:
    [job] = stage.ask()
    stage.gateway.plan = JobPlan(ends="never", words=("queued", "queued"))
    cancel_after("submitted", job)
    job.refresh_from_db()
    assert job.state == State.CANCELLED and stage.money == (0, 0)


def test_cancelling_a_job_in_the_making_keeps_the_money_held(stage: Stage) -> None:
    [job] = stage.ask()
    stage.gateway.plan = JobPlan(ends="never", words=("running", "running"))
    cancel_after("keep_waiting", job)
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.UNCERTAIN, Reason.CANCELLED_LATE)
    assert stage.money == (PRICE, 0) and len(stage.gateway.requests("cancel")) == 1


def cancel_after(step: str, job: Job) -> None:
    """Somebody presses Cancel right after a step was written."""
    real = getattr(outcome, step)

    def then_cancel(*args: Any) -> float:
        seconds = real(*args)
        Job.objects.get(pk=job.pk).cancel()
        return float(seconds)

    setattr(outcome, step, then_cancel)
    try:
        sweep.run(HURRY)
    finally:
        setattr(outcome, step, real)


def send_and_die(job: Job) -> uuid.UUID:
    """A sweeper marks the job as being sent, and is never heard of again."""
    token = Sweeper.take("dead", 60)
    assert token is not None
    [claimed] = claim.take_to_submit(token, claim.Turns(), 1, 60.0, lambda key: True)
    assert claimed.pk == job.pk
    Sweeper.objects.update(alive_until=timezone.now() - timedelta(seconds=1))
    return token


def test_a_submit_cut_short_by_a_dying_worker_waits_for_a_person(stage: Stage) -> None:
    [job] = stage.ask()
    send_and_die(job)
    sweep.run(HURRY)
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.UNCERTAIN, Reason.NO_ANSWER)
    assert stage.money == (PRICE, 0) and stage.gateway.submissions == []


def test_where_repeats_are_recognised_a_submit_cut_short_is_sent_again(stage: Stage) -> None:
    [job] = stage.ask()
    ProviderKey.objects.update(repeats="key")
    stage.gateway.idempotency = True
    send_and_die(job)
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and stage.money == (0, PRICE)


def test_a_lost_answer_is_asked_for_again_with_the_same_reference(stage: Stage) -> None:
    ProviderKey.objects.update(repeats="key")
    stage.gateway.idempotency = True
    stage.gateway.fail("submit", "drop after", times=2)
    assert stage.run().state == State.SUCCEEDED
    assert len(stage.gateway.jobs) == 1 and len({sent.headers["idempotency-key"] for sent in stage.gateway.submissions}) == 1
    assert stage.gateway.replays == 2 and stage.money == (0, PRICE)


def test_after_a_lost_answer_not_even_a_clear_no_releases_the_money(stage: Stage) -> None:
    ProviderKey.objects.update(repeats="key")
    stage.gateway.fail("submit", "drop after")
    stage.gateway.fail("submit", "400 text")
    job = stage.run()
    assert job.state == State.UNCERTAIN and stage.money == (PRICE, 0)


def test_a_running_job_is_followed_by_the_next_worker(stage: Stage) -> None:
    [job] = stage.ask()
    token = send_and_die(job)
    Job.objects.filter(pk=job.pk).update(state=State.QUEUED, owner=None, next_at=timezone.now())
    stage.gateway.plan = JobPlan(polls=3)
    stop_after_submits(stage)
    job.refresh_from_db()
    assert job.state == State.RUNNING and job.owner is None
    Job.objects.filter(pk=job.pk).update(owner=token)  # as if the dead one had sent it
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and len(stage.gateway.submissions) == 1


def stop_after_submits(stage: Stage) -> None:
    """A sweep whose worker is told to stop once everything is sent."""
    real = outcome.submitted

    def then_stop(*args: Any) -> float:
        cluster._stopping = not Job.objects.filter(state=State.QUEUED).exists()
        return real(*args)

    outcome.submitted = then_stop
    try:
        sweep.run(HURRY)
    finally:
        outcome.submitted, cluster._stopping = real, False


def test_a_cluster_sweeps_once_at_a_time(stage: Stage) -> None:
    stage.ask()
    token = Sweeper.take(lease.place(), 60)
    assert token is not None and Sweeper.take(lease.place(), 60) is None
    sweep.run(HURRY)
    assert stage.gateway.submissions == []
    assert Sweeper.beat(token, 60) and not Sweeper.beat(uuid.uuid4(), 60)


def test_another_cluster_takes_a_slot_of_its_own_and_leaves_owned_jobs_alone(stage: Stage) -> None:
    [job] = stage.ask()
    token = Sweeper.take("elsewhere", 60)
    assert token is not None
    claim.take_to_submit(token, claim.Turns(), 1, 60.0, lambda key: True)
    mine = Sweeper.take(lease.place(), 60)
    assert mine is not None and claim.take_left_behind(mine, 10) == []
    Sweeper.objects.filter(token=token).update(alive_until=timezone.now() - timedelta(seconds=1))
    assert [left.pk for left in claim.take_left_behind(mine, 10)] == [job.pk]
    assert claim.take_left_behind(mine, 10) == []


def test_a_sweeper_without_its_lease_changes_nothing(stage: Stage) -> None:
    [job] = stage.ask()
    token = Sweeper.take("slow", 60)
    assert token is not None
    [held] = claim.take_to_submit(token, claim.Turns(), 1, 60.0, lambda key: True)
    Sweeper.objects.update(alive_until=timezone.now() - timedelta(seconds=1))
    assert not Sweeper.beat(token, 60)  # ran out, even though nobody took it
    other = Sweeper.take("quick", 60)
    assert other is not None and len(claim.take_left_behind(other, 10)) == 1
    assert not held.fail(Reason.UNAVAILABLE) and not held.doubt(Reason.NO_ANSWER)
    job.refresh_from_db()
    assert (job.state, job.owner) == (State.SUBMITTING, other) and stage.money == (PRICE, 0)


def test_an_answer_that_comes_after_the_lease_was_lost_still_finds_its_job(stage: Stage) -> None:
    [job] = stage.ask()
    token = Sweeper.take("slow", 60)
    assert token is not None
    [held] = claim.take_to_submit(token, claim.Turns(), 1, 60.0, lambda key: True)
    Job.objects.get(pk=job.pk).doubt(Reason.NO_ANSWER)
    _, record = stage.gateway.submit({"prompt": "piano", "model": job.model.slug, "duration": 15}, job.reference)
    outcome.submitted(held, base.Submitted(ref={"id": record["id"]}), 0.0)  # type: ignore[index]
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and stage.money == (0, PRICE)


@pytest.mark.parametrize("fault", ["402 text", "402 budget", "403 spend"])
def test_without_funds_every_job_of_the_key_waits_and_no_further_one_is_sent(stage: Stage, fault: str) -> None:
    stage.gateway.fail("submit", fault, times=None)
    jobs = stage.ask(takes=8) + stage.ask(takes=8)
    sweep.run(HURRY)
    assert set(Job.objects.values_list("state", flat=True)) == {State.QUEUED}
    assert stage.money == (16 * PRICE, 0) and len(stage.gateway.submissions) <= sweep.SUBMITS_AT_ONCE
    key = ProviderKey.objects.get()
    assert key.is_paused and key.pause_reason
    stage.gateway.mend()
    key.resume()
    sweep.run(HURRY)
    assert Track.objects.count() == len(jobs) and stage.money == (0, 16 * PRICE)


def test_a_paused_key_is_tried_again_when_its_time_is_over(stage: Stage) -> None:
    [job] = stage.ask()
    ProviderKey.objects.get().pause("empty", timezone.now() + timedelta(minutes=15))
    sweep.run(HURRY)
    assert stage.gateway.submissions == [] and not outcome.pending()
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        assert outcome.pending()
        sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED


@pytest.mark.parametrize("scope", ["everything", "aigateway"])
def test_a_pause_sends_nothing_new_and_follows_what_runs(stage: Stage, scope: str) -> None:
    stage.gateway.plan = JobPlan(polls=2)
    [running] = stage.ask()
    stop_after_submits(stage)
    Pause.objects.begin(scope, "maintenance")
    [waiting] = stage.ask()
    sweep.run(HURRY)
    running.refresh_from_db()
    waiting.refresh_from_db()
    assert (running.state, waiting.state) == (State.SUCCEEDED, State.QUEUED)
    Pause.objects.end(scope)
    sweep.run(HURRY)
    waiting.refresh_from_db()
    assert waiting.state == State.SUCCEEDED


def test_a_job_whose_key_was_refused_ends_without_being_sent(stage: Stage) -> None:
    [job] = stage.ask()
    ProviderKey.objects.get().reject("Invalid API key")
    sweep.run(HURRY)
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.FAILED, Reason.KEY_REJECTED)
    assert stage.gateway.submissions == [] and stage.money == (0, 0)


def test_a_key_that_retires_still_sends_what_was_queued_with_it(stage: Stage) -> None:
    [job] = stage.ask()
    ProviderKey.objects.update(state="retiring", retire_at=timezone.now() + timedelta(hours=1))
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED


def test_a_key_runs_no_more_jobs_at_once_than_it_may(stage: Stage) -> None:
    ProviderKey.objects.update(max_running=2)
    stage.gateway.plan = JobPlan(polls=3)
    most = []
    real = outcome.submitted

    def counted(*args: Any) -> float:
        most.append(Job.objects.filter(state__in=claim.FLIGHT).count())
        return real(*args)

    outcome.submitted = counted
    try:
        stage.ask(takes=6)
        sweep.run(HURRY)
    finally:
        outcome.submitted = real
    assert max(most) == 2 and Track.objects.count() == 6


def test_a_worker_that_stops_hands_over_and_the_next_poll_keeps_its_distance(stage: Stage) -> None:
    stage.gateway.plan = JobPlan(ends="never")
    stage.ask(takes=3)
    stop_after_submits(stage)
    jobs = list(Job.objects.all())
    assert {job.owner for job in jobs} == {None} and {job.state for job in jobs} == {State.RUNNING}
    assert not Sweeper.living().exists() and OrmQ.objects.exists()


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
