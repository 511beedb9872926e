"""Unknown outcomes: the gateway is asked again, and what nobody decides is not held for ever."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from musicstudio.budgets.models import Bucket
from musicstudio.generation.models import Job, Reason, State
from musicstudio.generation.reconcile import ask_gateway, reconcile
from musicstudio.providers import base
from musicstudio.providers.models import ProviderKey
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key
from tests.generation.conftest import PRICE, Stage


class Says:
    """A client that answers a poll."""

    def __init__(self, answer: base.JobStatus | Exception) -> None:
        self.answer = answer

    async def poll(self, ref: object) -> base.JobStatus:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def aclose(self) -> None:
        return None


@pytest.fixture
def job(cast: Cast) -> Job:
    make_key(cast.team)
    [made] = make_jobs(cast.project, cast.producer, model=gateway_model("0.10"))
    Job.objects.move(made.pk, (State.QUEUED,), State.RUNNING, remote_ref={"id": "job_1"})
    made.refresh_from_db()
    made.doubt(Reason.TIMED_OUT)
    return made


@pytest.mark.parametrize(
    ("answer", "state", "settled"),
    [
        (base.JobStatus(status="succeeded"), "settled", PRICE),
        (base.JobStatus(status="succeeded", cost_micros=9), "settled", 9),
        (base.JobStatus(status="failed"), "released", 0),
        (base.JobStatus(status="failed", cost_micros=7), "settled", 7),
        (base.JobStatus(status="cancelled", cost_micros=0), "released", 0),
        (base.JobStatus(status="cancelled"), "unknown", None),
        (base.JobStatus(status="running"), "unknown", None),
        (base.Unavailable("down"), "unknown", None),
        (base.InvalidRequest("no such job", status=404), "unknown", None),
    ],
)
def test_it_books_what_the_gateway_says(
    job: Job, monkeypatch: pytest.MonkeyPatch, answer: base.JobStatus | Exception, state: str, settled: int | None
) -> None:
    monkeypatch.setattr(ProviderKey, "client", lambda self: Says(answer))
    assert ask_gateway(job)
    job.hold.refresh_from_db()
    assert (job.hold.state, job.hold.actual_micros) == (state, settled)


def test_what_the_gateway_never_named_cannot_be_asked(job: Job) -> None:
    Job.objects.update(remote_ref={})
    job.refresh_from_db()
    assert "cannot be asked" in ask_gateway(job)


def test_long_after_the_period_it_is_booked_as_charged(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProviderKey, "client", lambda self: Says(base.Unavailable("down")))
    reconcile()
    job.hold.refresh_from_db()
    assert job.hold.state == "unknown"  # never by itself while the period runs
    start = timezone.now() - timedelta(days=60)
    Bucket.objects.update(period_start=start, period_end=start + timedelta(days=30))
    [(_, said)] = reconcile()
    job.hold.refresh_from_db()
    assert (job.hold.state, job.hold.actual_micros) == ("settled", PRICE) and "refundable later" in said


def test_the_command_asks_over_the_wire(stage: Stage) -> None:
    [made] = stage.ask()
    Job.objects.move(made.pk, (State.QUEUED,), State.RUNNING, remote_ref={"id": "job_unknown_there"})
    made.refresh_from_db()
    made.doubt(Reason.TIMED_OUT)
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "The gateway did not say" in out.getvalue() and stage.money == (PRICE, 0)
    made.resolve(charged=False)
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue() == "No outcome is unknown.\n"
