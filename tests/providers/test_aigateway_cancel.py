"""Stopping a job: both documented ways, and never believing that it worked before the job says so."""

from collections.abc import Iterator
from typing import Any

import pytest

from musicstudio.providers.base import InvalidRequest, JobStatus, Unauthorized
from tests.gateway import Gateway, JobPlan
from tests.providers.asking import ask, make_request


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def cancel_new_job(gateway: Gateway, polls: int = 0) -> JobStatus:
    async def call(client: Any) -> JobStatus:
        ref = (await client.submit(make_request())).ref
        for _ in range(polls):
            await client.poll(ref)
        return await client.cancel(ref)

    return ask(gateway, call)


@pytest.mark.parametrize("way", ["delete", "post"])
@pytest.mark.parametrize("answer", ["record", "empty"])
def test_it_cancels_either_way(gateway: Gateway, way: str, answer: str) -> None:
    gateway.cancel_by, gateway.cancel_answer = way, answer
    assert cancel_new_job(gateway).status == "cancelled"
    assert [seen.method for seen in gateway.requests("cancel")] == ["DELETE", "POST"][: 1 if way == "delete" else 2]
    assert len(gateway.polls) == (answer == "empty")


def test_it_tells_that_a_running_job_goes_on(gateway: Gateway) -> None:
    gateway.plan, gateway.poll_floor = JobPlan(polls=9), 0
    assert cancel_new_job(gateway, polls=2).status == "running"


def test_it_tells_that_a_job_is_already_done(gateway: Gateway) -> None:
    gateway.plan = JobPlan(polls=0)
    told = cancel_new_job(gateway)
    assert (told.status, len(told.outputs)) == ("succeeded", 1)


def test_it_reads_the_job_where_nothing_can_be_cancelled(gateway: Gateway) -> None:
    gateway.cancel_by = "neither"
    assert cancel_new_job(gateway).status == "succeeded"
    assert len(gateway.polls) == 1


def test_it_knows_nothing_new_when_asking_again_is_too_early(gateway: Gateway) -> None:
    gateway.plan, gateway.cancel_answer = JobPlan(polls=9), "empty"
    assert cancel_new_job(gateway, polls=1).unchanged


def test_it_keeps_what_the_answer_said_when_the_job_can_not_be_read(gateway: Gateway) -> None:
    gateway.plan, gateway.poll_floor = JobPlan(polls=9), 0

    async def call(client: Any) -> JobStatus:
        ref = (await client.submit(make_request())).ref
        for _ in range(2):
            await client.poll(ref)
        gateway.fail("poll", "503 text")
        return await client.cancel(ref)

    assert ask(gateway, call).status == "running"


def test_it_fails_on_a_job_nobody_knows(gateway: Gateway) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ask(gateway, lambda client: client.cancel({"id": "job_unknown"}))
    assert caught.value.status == 404


def test_it_fails_with_a_revoked_key(gateway: Gateway) -> None:
    gateway.fail("cancel", "401 text")
    with pytest.raises(Unauthorized):
        cancel_new_job(gateway)
