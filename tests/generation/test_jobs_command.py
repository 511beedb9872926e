"""manage.py jobs: what an admin does from the terminal."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from musicstudio.generation import sweep
from musicstudio.generation.models import Job, State
from musicstudio.generation.pause import EVERYTHING, Pause
from musicstudio.providers.models import ProviderKey
from tests.gateway.server import JobPlan
from tests.generation.conftest import HURRY, PRICE, Stage


def jobs(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("jobs", *words, stdout=out, stderr=err, no_color=True)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, out.getvalue(), err.getvalue()


def test_it_lists_and_shows_jobs_with_their_reason(stage: Stage) -> None:
    job = stage.run(JobPlan(ends="failed"))
    code, out, _ = jobs("list", "--state", "failed")
    assert code == 0 and job.pk.hex[:8] in out and "provider_failed" in out and "1 failed" in out
    assert jobs("list", "--state", "queued")[1] == "No jobs.\n"
    [facts] = json.loads(jobs("list", "--json")[1])
    assert facts["job"] == str(job.pk) and facts["charged_micros"] == 0
    code, out, _ = jobs("show", job.pk.hex[:8])
    assert "The provider failed to make it. Nothing was charged." in out and job.request_id in out


def test_it_tries_again_and_shows_the_attempt_before(stage: Stage) -> None:
    job = stage.run(JobPlan(ends="failed"))
    assert jobs("retry", str(job.pk)) == (0, "Attempt 2 is queued; $1.50 is held.\n", "")
    assert "Attempt 1: failed" in jobs("show", str(job.pk))[1]
    assert jobs("retry", str(job.pk))[0] == 1


def test_it_cancels(stage: Stage) -> None:
    [job] = stage.ask()
    assert jobs("cancel", str(job.pk)) == (0, "Cancelled. Nothing was charged.\n", "")
    assert jobs("cancel", str(job.pk))[0] == 1 and stage.money == (0, 0)


@pytest.mark.parametrize(("word", "money"), [("--charged", (0, PRICE)), ("--not-charged", (0, 0))])
def test_it_decides_about_an_uncertain_job_once(stage: Stage, word: str, money: tuple[int, int]) -> None:
    stage.gateway.fail("submit", "drop after")
    job = stage.run()
    assert jobs("resolve", str(job.pk), "--ask")[0] == 1
    assert jobs("resolve", str(job.pk), word)[0] == 0 and stage.money == money
    assert jobs("resolve", str(job.pk), word)[0] == 1 and stage.money == money


def test_it_follows_an_uncertain_job_by_the_id_somebody_found(stage: Stage) -> None:
    stage.gateway.fail("submit", "drop after")
    job = stage.run()
    [remote] = stage.gateway.jobs
    assert jobs("resolve", str(job.pk), "--remote-id", remote)[0] == 0
    sweep.run(HURRY)
    assert Job.objects.get().state == State.SUCCEEDED and stage.money == (0, PRICE)


@pytest.mark.parametrize("what", ["6789", "aigateway", EVERYTHING])
def test_it_pauses_and_resumes(stage: Stage, what: str) -> None:
    stage.ask()
    assert jobs("pause", what, "--why", "Invoices")[0] == 0
    sweep.run(HURRY)
    assert stage.gateway.submissions == [] and "Invoices" in jobs("list")[1]
    assert jobs("resume", what)[0] == 0
    sweep.run(HURRY)
    assert Job.objects.get().state == State.SUCCEEDED and not ProviderKey.objects.get().is_paused


def test_it_sets_and_lifts_a_key_s_limits(stage: Stage) -> None:
    assert jobs("limit", "6789", "--per-minute", "30", "--at-once", "2")[1].endswith("30 requests a minute, 2 jobs at once.\n")
    assert ProviderKey.objects.get().max_running == 2
    assert jobs("limit", "6789", "--at-once", "0")[1].endswith(": 30 requests a minute.\n")
    assert ProviderKey.objects.get().max_running is None
    assert jobs("limit", "6789")[0] == jobs("limit", "aigateway", "--at-once", "1")[0] == 2


def test_a_drain_waits_until_nothing_runs(stage: Stage) -> None:
    assert jobs("drain")[0] == 0 and Pause.objects.scopes() == {EVERYTHING}
    Pause.objects.end(EVERYTHING)
    [job] = stage.ask()
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING)
    assert jobs("drain", "--within", "0")[0] == 1 and Pause.objects.holds("aigateway")


@pytest.mark.parametrize("words", [("show", "zzzz"), ("show", "ab"), ("pause", "nobody"), ("retry", "0000000000")])
def test_what_it_cannot_find_is_one_line(stage: Stage, words: tuple[str, ...]) -> None:
    code, out, err = jobs(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
