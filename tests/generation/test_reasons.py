"""Every closed reason has its words, and the button works where it is shown."""

import pytest

from musicstudio.generation.models import Job, Reason, State
from musicstudio.generation.reasons import WORDS, explain
from tests.gateway.server import JobPlan
from tests.generation.conftest import Stage


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_one_sentence_to_each_and_what_is_next(reason: Reason) -> None:
    words = WORDS[reason]
    assert words.button in {"retry", "edit", "fetch", "keys", "ask", "decide"}
    for text in (words.maker, words.admin, words.next):
        assert text.endswith(".") and len(text) > 15
    assert words.maker.count(". ") == 0


def test_the_cost_is_what_became_of_the_hold(stage: Stage) -> None:
    assert explain(stage.run(JobPlan(ends="failed"))).cost == "Nothing was charged."
    assert explain(stage.run(JobPlan(file="noise"), text="b")).cost == "$1.50 was charged."
    stage.gateway.fail("submit", "drop")
    uncertain = stage.run(text="c")
    assert (explain(uncertain).cost, explain(uncertain).button) == ("$1.50 stays held.", "decide")


def test_a_file_that_can_be_fetched_offers_that_and_a_decided_job_another_try(stage: Stage) -> None:
    stage.gateway.fail("file", "404", times=None)
    assert explain(stage.run()).button == "fetch"
    stage.gateway.fail("submit", "drop")
    job = stage.run(text="b")
    job.resolve(charged=False)
    assert explain(job).button == "retry"


def test_a_cancelled_job_says_so() -> None:
    from musicstudio.budgets.models import Hold

    job = Job(state=State.CANCELLED, hold=Hold(amount_micros=5, state="released", actual_micros=0))
    assert explain(job).maker == "It was cancelled."
