"""Every fault the test gateway knows, once at first and for good: no job stuck, none doubled, the money exact.

The stage itself sees to it that the key reached no stranger (its fixture), and every run here that no job would have
been polled within three seconds of its last answer.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from musicstudio.budgets.models import Cap, HoldState
from musicstudio.generation import sweep
from musicstudio.generation.models import ENDED, Job, State
from musicstudio.generation.pace import POLL_FLOOR, Pace
from musicstudio.library.models import Track
from musicstudio.providers.models import KeyState, ProviderKey
from tests.gateway.faults import API_FAULTS, FILE_FAULTS, LOST_SUBMITS, NAMED, UNREADABLE
from tests.gateway.server import JobPlan
from tests.generation.conftest import Stage

SLOW = {"hang", "hang after", "endless", "too large"}
WAITS_FOR_FUNDS = {"402 text", "402 number", "402 budget", "403 spend"}


class Shortened(Pace):
    """The real gaps are worked out, and then not waited for."""

    def wait(self, seconds: float) -> float:
        return min(seconds, 0.01)


@pytest.fixture
def gaps(stage: Stage, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds after each poll until the next one, where there is a next one."""
    found: list[float] = []
    real = sweep.Sweep.poll

    async def measured(self: sweep.Sweep, entry: sweep.Entry, line: sweep.Line) -> float:
        before = entry.asked_at
        seconds = await real(self, entry, line)
        if entry.job.state == State.RUNNING and entry.asked_at != before:
            found.append(seconds)
        return seconds

    monkeypatch.setattr(sweep.Sweep, "poll", measured)
    monkeypatch.setattr(sweep, "MAX_BYTES", 2_000_000)
    monkeypatch.setattr(sweep, "DOWNLOAD_WITHIN", 1.0)
    settings.GATEWAY_ANSWER_SECONDS = 0.5
    Cap.objects.set_monthly(stage.cast.team, 10**9, None)
    yield found
    assert found == [] or min(found) >= POLL_FLOOR


def judge(stage: Stage, job: Job, fault: str) -> None:
    """What has to be true of a job after the sweep, whatever went wrong."""
    job = Job.objects.select_related("hold", "track").get(pk=job.pk)
    assert job.state in (*ENDED, State.UNCERTAIN), (fault, job.state, job.message)
    expected = {
        State.SUCCEEDED: {HoldState.SETTLED},
        State.FAILED: {HoldState.SETTLED, HoldState.RELEASED},
        State.CANCELLED: {HoldState.RELEASED},
        State.UNCERTAIN: {HoldState.UNKNOWN},
    }
    assert job.hold.state in expected[State(job.state)], fault
    assert (job.track is not None) == (job.state == State.SUCCEEDED), fault
    if job.state == State.FAILED and job.hold.state == HoldState.RELEASED:
        assert not job.outputs, f"{fault}: delivered, and yet released"
    assert stage.money and stage.gateway.submitted_twice == [], fault
    made = [upstream for upstream in stage.gateway.jobs.values() if upstream.key == job.reference]
    if made and job.state == State.FAILED and not job.remote_ref:
        raise AssertionError(f"{fault}: the gateway took it, and the studio calls it failed")


def fresh_key() -> None:
    ProviderKey.objects.update(state=KeyState.ACTIVE, paused_at=None, paused_until=None)


@pytest.mark.parametrize(
    ("times", "repeats"), [(1, "none"), (None, "none"), (1, "key")], ids=["once", "for good", "recognised repeats"]
)
def test_submits(stage: Stage, gaps: list[float], times: int | None, repeats: str) -> None:
    ProviderKey.objects.update(repeats=repeats)
    stage.gateway.idempotency = repeats == "key"
    for fault in sorted(set(NAMED) - (SLOW if times is None else set())):
        fresh_key()
        stage.gateway.fail("submit", fault, times=times)
        [job] = stage.ask(text=f"{fault} {times}")
        sweep.run(Shortened(first=0.0, tick=0.01))
        stage.gateway.mend()
        job.refresh_from_db()
        if fault in WAITS_FOR_FUNDS:
            assert job.state == State.QUEUED and ProviderKey.objects.get().is_paused, fault
            fresh_key()
            sweep.run(Shortened(first=0.0, tick=0.01))
        judge(stage, job, fault)
        if repeats == "none" and fault in LOST_SUBMITS:
            assert Job.objects.get(pk=job.pk).state == State.UNCERTAIN, fault
        if repeats == "key" and times == 1 and fault in LOST_SUBMITS:
            assert Job.objects.get(pk=job.pk).state == State.SUCCEEDED, fault


@pytest.mark.parametrize("times", [1, None], ids=["once", "for good"])
def test_polls(stage: Stage, gaps: list[float], times: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from musicstudio.generation import outcome

    for fault in sorted({*API_FAULTS, *UNREADABLE} - (SLOW if times is None else set())):
        fresh_key()
        monkeypatch.setattr(outcome, "DEADLINE", timedelta(minutes=30) if times else timedelta(seconds=0.2))
        stage.gateway.fail("poll", fault, times=times)
        job = stage_run(stage, JobPlan(polls=1), fault)
        judge(stage, job, fault)
        if times == 1:
            assert Job.objects.get(pk=job.pk).state == State.SUCCEEDED, fault
    assert gaps


def stage_run(stage: Stage, plan: JobPlan, text: str) -> Job:
    stage.gateway.next_jobs(plan)
    [job] = stage.ask(text=text)
    sweep.run(Shortened(first=0.0, tick=0.01))
    stage.gateway.mend()
    return job


@pytest.mark.parametrize("half", [0, 1])
def test_files(stage: Stage, gaps: list[float], half: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for fault in sorted(FILE_FAULTS)[half::2]:
        monkeypatch.setattr(sweep, "DOWNLOAD_WITHIN", 0.2 if fault == "hang" else 1.0)  # it takes eight times as long
        judge(stage, stage_run(stage, JobPlan(file=fault), fault), fault)
    delivered = Job.objects.filter(state=State.SUCCEEDED).count()
    assert Track.objects.count() == delivered < len(FILE_FAULTS)


def test_words_and_ends(stage: Stage, gaps: list[float]) -> None:
    plans = {
        "unknown words": JobPlan(words=("dreaming", "composing"), polls=2),
        "ends by another word": JobPlan(last_word="succeeded"),
        "fails": JobPlan(ends="failed", error="It gave up."),
        "fails without a word": JobPlan(ends="failed", error=None),
        "is refused": JobPlan(ends="failed", error={"code": "content_policy", "message": "No."}),
        "is cancelled there": JobPlan(ends="cancelled"),
        "ends at once": JobPlan(at_once=True),
        "fails at once": JobPlan(ends="failed", at_once=True),
        "vanishes": JobPlan(ends="vanishes"),
    }
    for name, plan in plans.items():
        judge(stage, stage_run(stage, plan, name), name)


@pytest.mark.parametrize("fault", ["drop", "500 text", "503 page", "404 text", "401 text", "page", "empty"])
def test_cancellations(stage: Stage, gaps: list[float], fault: str) -> None:
    from musicstudio.generation import outcome

    stage.gateway.fail("cancel", fault, times=None)
    real = outcome.submitted

    def then_cancel(*args: Any) -> float:
        seconds = real(*args)
        Job.objects.get(pk=args[0].pk).cancel()
        return seconds

    outcome.submitted = then_cancel
    try:
        judge(stage, stage_run(stage, JobPlan(polls=2), fault), fault)
    finally:
        outcome.submitted = real
