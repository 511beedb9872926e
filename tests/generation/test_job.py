"""A person's verbs on a job: cancel, decide about an uncertain one, fetch a paid file again."""

from musicstudio.budgets.models import Cap
from musicstudio.budgets.verify import broken_invariants
from musicstudio.generation.models import Job, Reason, State
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key


def paid_job(cast: Cast) -> Job:
    make_key(cast.team)
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("0.10"))
    return job


def money(cast: Cast) -> tuple[int, int]:
    bucket = Cap.objects.of(cast.team).bucket()
    assert broken_invariants() == []
    return bucket.held_micros, bucket.settled_micros


def test_cancelling_a_queued_job_releases_its_hold(cast: Cast) -> None:
    job = paid_job(cast)
    assert job.cancel() and job.state == State.CANCELLED
    assert money(cast) == (0, 0)
    assert not job.cancel()


def test_cancelling_a_running_job_only_asks_for_it(cast: Cast) -> None:
    job = paid_job(cast)
    Job.objects.move(job.pk, (State.QUEUED,), State.RUNNING)
    assert not job.cancel()
    assert job.state == State.RUNNING and job.cancel_at is not None
    assert money(cast) == (1_500_000, 0)


def test_a_state_changes_once(cast: Cast) -> None:
    job = paid_job(cast)
    assert job.fail(Reason.NO_FUNDS) and not job.fail(Reason.NO_FUNDS) and not job.doubt(Reason.NO_ANSWER)
    assert (job.state, job.reason) == (State.FAILED, Reason.NO_FUNDS)
    assert money(cast) == (0, 0)


def test_an_uncertain_job_keeps_its_money_until_somebody_decides(cast: Cast) -> None:
    job = paid_job(cast)
    assert job.doubt(Reason.NO_ANSWER)
    assert money(cast) == (1_500_000, 0)
    assert job.resolve(charged=True) and not job.resolve(charged=False)
    assert money(cast) == (0, 1_500_000)


def test_an_uncertain_job_that_was_not_charged_gives_its_money_back(cast: Cast) -> None:
    job = paid_job(cast)
    job.doubt(Reason.NO_ANSWER)
    assert job.resolve(charged=False)
    assert money(cast) == (0, 0)


def test_a_paid_file_can_be_fetched_again_without_paying_again(cast: Cast) -> None:
    job = paid_job(cast)
    links = [{"url": "https://media.example/a.mp3", "seconds": None}]
    Job.objects.move(job.pk, (State.QUEUED,), State.COLLECTING, remote_ref={"id": "job_1"}, outputs=links)
    job.fail(Reason.FILE_UNREACHABLE, charged=True)
    assert job.collect_again() and job.state == State.COLLECTING
    assert money(cast) == (0, 1_500_000)


def test_a_job_that_was_never_delivered_has_no_file_to_fetch(cast: Cast) -> None:
    job = paid_job(cast)
    job.fail(Reason.PROVIDER_FAILED)
    assert not job.collect_again()
