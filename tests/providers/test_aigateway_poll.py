"""Reading a job: every documented shape of the same answer, and everything that is no answer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from musicstudio.providers.base import (
    BadAnswer,
    Forbidden,
    InvalidRequest,
    JobStatus,
    NoFunds,
    ProviderError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from tests.gateway import RESULT_SHAPES, UNREADABLE, Gateway, JobPlan
from tests.providers.asking import ask, ask_wire, make_request


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(poll_floor=0) as running:
        yield running


def poll_new_job(gateway: Gateway, polls: int = 1) -> JobStatus:
    """The answer to the last of `polls` polls of a job made for it."""

    async def call(client: Any) -> JobStatus:
        made = await client.submit(make_request())
        for _ in range(polls - 1):
            await client.poll(made.ref)
        return await client.poll(made.ref)

    return ask(gateway, call)


def poll_record(record: Any, **headers: str) -> JobStatus:
    """What a poll makes of one JSON answer."""
    return ask_wire(lambda _: httpx.Response(200, json=record, headers=headers), lambda client: client.poll({"id": "job_1"}))


@pytest.mark.parametrize("shape", RESULT_SHAPES)
def test_it_finds_the_file_in_every_documented_place(gateway: Gateway, shape: str) -> None:
    gateway.plan = JobPlan(shape=shape)
    told = poll_new_job(gateway)
    (job,) = gateway.jobs.values()
    (output,) = told.outputs
    assert told.status == "succeeded"
    assert output.url.startswith(f"{gateway.url}/v1/files/jobs/{job.id}/track-1.mp3")
    if "duration" in str(gateway.record(job)):
        assert output.seconds == Decimal(4)


def test_it_passes_through_the_stages(gateway: Gateway) -> None:
    gateway.plan = JobPlan(polls=3)

    async def watch(client: Any) -> list[tuple[str, str]]:
        ref = (await client.submit(make_request())).ref
        told = [await client.poll(ref) for _ in range(3)]
        return [(status.status, status.raw_status) for status in told]

    assert ask(gateway, watch) == [("queued", "queued"), ("running", "processing"), ("succeeded", "completed")]


def test_it_takes_304_for_no_news(gateway: Gateway) -> None:
    gateway.poll_floor = 3.0
    told = poll_new_job(gateway, polls=2)
    assert (told.unchanged, told.retry_after, told.outputs) == (True, 3.0, ())
    assert gateway.too_soon == 1


@pytest.mark.parametrize(
    ("word", "status"),
    [
        *[(word, "queued") for word in ("queued", "pending", "accepted", "QUEUED", "in_queue")],
        *[(word, "running") for word in ("running", "processing", "in_progress", "In-Progress", "in progress", "mixing")],
        *[(word, "succeeded") for word in ("completed", "succeeded", "success", "done", " Completed ")],
        *[(word, "failed") for word in ("failed", "error", "expired")],
        *[(word, "cancelled") for word in ("cancelled", "canceled")],
    ],
)
def test_it_understands_every_status_word(word: str, status: str) -> None:
    assert poll_record({"id": "job_1", "status": word}).status == status


def test_it_logs_an_unknown_status_word(caplog: pytest.LogCaptureFixture) -> None:
    poll_record({"id": "job_1", "status": "mixing\n"})
    assert "'mixing'" in caplog.text


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ({"code": "provider_error", "message": "No luck."}, "provider_error", "No luck."),
        ({"code": 502, "type": "provider_error", "message": "No luck."}, "provider_error", "No luck."),
        ({"code": 502, "message": "No luck."}, "502", "No luck."),
        ("No luck.", "", "No luck."),
        (None, "", ""),
        ({}, "", ""),
        (["odd"], "", ""),
    ],
)
def test_it_says_why_a_job_failed(gateway: Gateway, error: Any, code: str, message: str) -> None:
    gateway.plan = JobPlan(ends="failed", error=error)
    told = poll_new_job(gateway)
    assert (told.status, told.error_code, told.error_message) == ("failed", code, message)
    assert told.error_kind == ""


def test_it_tells_a_refused_prompt_from_a_broken_model(gateway: Gateway) -> None:
    gateway.plan = JobPlan(
        ends="failed",
        error={"code": "bad_prompt", "message": "No artist names.", "detail": {"data": {"prompt_suggestion": "Soft piano."}}},
    )
    told = poll_new_job(gateway)
    assert (told.error_kind, told.suggestion) == ("content_refused", "Soft piano.")


def test_it_takes_completed_with_an_error_for_a_failure() -> None:
    told = poll_record({"id": "job_1", "status": "completed", "error": "Upstream timeout", "result": None})
    assert (told.status, told.error_message) == ("failed", "Upstream timeout")


def test_it_shows_a_job_that_is_done_without_a_file(gateway: Gateway) -> None:
    gateway.plan = JobPlan(file="no link")
    told = poll_new_job(gateway)
    assert (told.status, told.outputs) == ("succeeded", ())


def test_it_takes_several_files_each_once() -> None:
    urls = [f"https://media.aigateway.sh/{n}.mp3" for n in (1, 2)]
    told = poll_record({"status": "done", "result": {"url": urls[0], "files": [{"url": u} for u in urls]}})
    assert [output.url for output in told.outputs] == urls


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "//evil.example/x.mp3", "ftp://media.aigateway.sh/x", "x.mp3", "", 7, "https://a/ b"]
)
def test_it_takes_no_odd_thing_for_a_link(link: Any) -> None:
    assert poll_record({"status": "completed", "result": {"url": link}}).outputs == ()


@pytest.mark.parametrize(
    ("part", "headers", "micros"),
    [
        ({"usage": {"cost_cents": 40}}, {}, 400_000),
        ({"usage": {"cost_cents": 0.000001}}, {}, 0),
        ({"usage": {"cost_cents": "0.1234565"}}, {}, 1_235),
        ({"usage": {"cost": 1.1}}, {}, 1_100_000),
        ({"cost": "0.80"}, {}, 800_000),
        ({"cost_cents": 80}, {}, 800_000),
        ({}, {"X-Cost-Cents": "12.345678"}, 123_457),
        ({"usage": {"cost_cents": 0}}, {"X-Cost-Cents": "5"}, 0),
        ({}, {"X-Cost-Cents": "0"}, None),
        ({}, {"X-Cost-Cents": "free"}, None),
        ({}, {}, None),
        ({"usage": {"cost_cents": -40}}, {}, None),
        ({"usage": {"cost_cents": 10**30}}, {}, None),
        ({"usage": {"cost_cents": True}}, {}, None),
        ({"usage": {"cost": "NaN"}}, {}, None),
        ({"usage": {"cost": "1e999999999"}}, {}, None),
        ({"usage": [1, 2]}, {}, None),
    ],
)
def test_it_reads_the_cost_exactly(part: dict[str, Any], headers: dict[str, str], micros: int | None) -> None:
    assert poll_record({"status": "completed", **part}, **headers).cost_micros == micros


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e999999999999", b"9" * 5_000, b"-1"])
def test_it_survives_numbers_no_cost_can_be(literal: bytes) -> None:
    body = b'{"status": "completed", "created": %b, "result": {"duration": %b}, "usage": {"cost": %b}}' % ((literal,) * 3)
    told = ask_wire(lambda _: httpx.Response(200, content=body), lambda client: client.poll({"id": "job_1"}))
    assert (told.status, told.cost_micros) == ("succeeded", None)


@pytest.mark.parametrize(
    "stamp", [1776947082, 1776947082.0, 1776947082000, "1776947082", "2026-04-23T12:24:42Z", "2026-04-23T14:24:42+02:00"]
)
def test_it_reads_every_form_of_a_time(stamp: Any) -> None:
    told = poll_record({"status": "running", "created": stamp, "updated_at": stamp})
    assert told.created_at == told.updated_at == datetime(2026, 4, 23, 12, 24, 42, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["yesterday", True, [], 10**38, -(10**17), None, "0001-01-01T00:00:00+14:00"])
def test_it_has_no_time_for_nonsense(stamp: Any) -> None:
    assert poll_record({"status": "running", "created_at": stamp}).created_at is None


def test_it_asks_for_exactly_the_job() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"status": "running"})

    ask_wire(answer, lambda client: client.poll({"id": "a/../b?c#d"}))
    assert seen == ["https://api.aigateway.sh/v1/jobs/a%2F..%2Fb%3Fc%23d"]


@pytest.mark.parametrize("ref", [{}, {"id": ""}, {"id": ".."}, {"id": None}, {"id": "x" * 300}])
def test_it_asks_for_nothing_without_an_id(gateway: Gateway, ref: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        ask(gateway, lambda client: client.poll(ref))
    assert not gateway.seen


def test_it_accepts_job_id_for_id() -> None:
    assert poll_record({"job_id": "job_1", "status": "running"}).status == "running"


@pytest.mark.parametrize(
    ("record", "code"),
    [({"id": "job_2", "status": "completed"}, "wrong_job"), ({"id": "job_1"}, "no_status"), ([], "no_record")],
)
def test_it_does_not_believe_another_record(record: Any, code: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        poll_record(record)
    assert caught.value.code == code


@pytest.mark.parametrize("fault", sorted(UNREADABLE))
def test_it_names_an_answer_it_can_not_read(gateway: Gateway, fault: str) -> None:
    gateway.fail("poll", fault)
    with pytest.raises(BadAnswer):
        poll_new_job(gateway)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("401 number", Unauthorized),
        ("402 number", NoFunds),
        ("403 number", Forbidden),
        ("404 number", InvalidRequest),
        ("429 text", RateLimited),
        ("500 text", Unavailable),
        ("500 page", Unavailable),
        ("502 page", Unavailable),
        ("503 page", Unavailable),
        ("504 number", Unavailable),
        ("524 page", Unavailable),
        ("drop", Unavailable),
        ("hang", Unavailable),
    ],
)
def test_it_says_what_went_wrong(gateway: Gateway, fault: str, kind: type[ProviderError]) -> None:
    gateway.fail("poll", fault)

    async def call(client: Any) -> JobStatus:
        made = await client.submit(make_request())
        client._timeout = 1.0 if fault == "hang" else 60.0
        return await client.poll(made.ref)

    with pytest.raises(ProviderError) as caught:
        ask(gateway, call)
    assert type(caught.value) is kind
    assert len(gateway.polls) == 1


@pytest.mark.parametrize(("fault", "seconds"), [("429 seconds", 7.0), ("429 date", 9.0), ("503 seconds", 4.0)])
def test_it_reads_how_long_to_wait(gateway: Gateway, fault: str, seconds: float) -> None:
    gateway.fail("poll", fault)
    with pytest.raises((RateLimited, Unavailable)) as caught:
        poll_new_job(gateway)
    assert caught.value.retry_after == seconds


def test_it_knows_a_job_that_vanished(gateway: Gateway) -> None:
    gateway.plan = JobPlan(ends="vanishes")
    with pytest.raises(InvalidRequest) as caught:
        poll_new_job(gateway, polls=2)
    assert (caught.value.status, caught.value.code) == (404, "not_found")


def test_it_remembers_the_request_window(gateway: Gateway) -> None:
    window = {"limit": "600", "remaining": "599", "reset": "59.5"}
    gateway.headers = {f"x-ratelimit-{name}-requests": value for name, value in window.items()}

    async def call(client: Any) -> Any:
        assert client.rate is None
        await client.balance()
        return client.rate

    rate = ask(gateway, call)
    assert (rate.limit, rate.remaining, rate.reset_seconds) == (600, 599, 59.5)


def test_it_gives_up_an_answer_without_end() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b" " * 5_000_000)

    with pytest.raises(BadAnswer) as caught:
        ask_wire(answer, lambda client: client.poll({"id": "job_1"}))
    assert caught.value.code == "too_large"
