"""Asking the gateway for a take: what goes out, what may come back, and when an answer means "nobody knows"."""

import json
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from musicstudio.providers.base import (
    BadAnswer,
    ContentRefused,
    Forbidden,
    InvalidRequest,
    NoFunds,
    ProviderError,
    RateLimited,
    SubmitUncertain,
    Unauthorized,
    Unavailable,
)
from tests.gateway import LOST_SUBMITS, REVOKED, UNREADABLE, Gateway, JobPlan
from tests.providers.asking import KEY, REFERENCE, ask, ask_wire, make_request


def patience(fault: str) -> float:
    """Seconds to wait for an answer: only one that never comes is given up soon."""
    return 1.0 if "hang" in fault else 60.0


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def test_it_sends_what_the_model_page_shows(gateway: Gateway) -> None:
    prompt = "Lo-fi hip-hop with vinyl crackle and warm Rhodes piano"
    request = make_request(prompt=prompt, lyrics="Rain, rain", seconds=Decimal("30.0"), tag="Northlight/Album")
    ask(gateway, lambda client: client.submit(request))
    sent = gateway.submissions[0]
    assert (sent.method, sent.path) == ("POST", "/v1/audio/music")
    assert sent.json == {
        "model": "elevenlabs/elevenlabs-music",
        "prompt": prompt,
        "lyrics": "Rain, rain",
        "duration": 30,
        "format": "mp3",
        "is_instrumental": False,
        "lyrics_optimizer": False,
    }
    assert b'"duration": 30,' in sent.body
    wanted = {
        "authorization": f"Bearer {KEY}",
        "content-type": "application/json",
        "idempotency-key": REFERENCE,
        "x-request-id": REFERENCE,
        "x-aig-tag": "Northlight/Album",
        "x-cache": "skip",
    }
    assert wanted.items() <= sent.headers.items()


def test_it_sends_fractions_of_a_second_and_words_in_any_script(gateway: Gateway) -> None:
    prompt = "שלום 🎹 <script>alert(1)</script>\n\x00 end"
    ask(gateway, lambda client: client.submit(make_request(prompt=prompt, seconds=Decimal("12.5"))))
    assert gateway.submissions[0].json["prompt"] == prompt
    assert gateway.submissions[0].json["duration"] == 12.5
    assert "lyrics" not in gateway.submissions[0].json


def test_it_cuts_the_tag_and_keeps_it_ascii(gateway: Gateway) -> None:
    ask(gateway, lambda client: client.submit(make_request(tag="Çafé\r\nX-Evil: 1 " + "x" * 100)))
    tag = gateway.submissions[0].headers["x-aig-tag"]
    assert tag.startswith("Cafe  X-Evil: 1 x")
    assert len(tag) == 64
    assert "x-evil" not in gateway.submissions[0].headers


def test_it_keeps_the_id_and_the_request_id(gateway: Gateway) -> None:
    told = ask(gateway, lambda client: client.submit(make_request()))
    assert told.ref == {"id": next(iter(gateway.jobs))}
    assert (told.status, told.raw_status, told.request_id) == ("queued", "queued", REFERENCE)
    assert told.created_at is not None
    assert json.loads(json.dumps(dict(told.ref))) == told.ref


def test_it_reports_warnings_of_the_gateway_and_of_what_it_could_not_send(gateway: Gateway) -> None:
    gateway.warned = {"format"}
    request = make_request(seed=7, webhook_url="http://studio.example/hook")
    told = ask(gateway, lambda client: client.submit(request))
    assert "webhook_url" not in gateway.submissions[0].json
    assert told.warnings == (
        "The webhook address is not https and was not sent.",
        "The gateway has no seed; it was not sent.",
        "dropped: format",
    )


def test_it_sends_an_https_webhook(gateway: Gateway) -> None:
    ask(gateway, lambda client: client.submit(make_request(webhook_url="https://studio.example/hook")))
    assert gateway.submissions[0].json["webhook_url"] == "https://studio.example/hook"


@pytest.mark.parametrize("field", ["format", "lyrics_optimizer"])
def test_it_leaves_out_an_optional_field_the_gateway_refuses(gateway: Gateway, field: str) -> None:
    gateway.unsupported = {field}
    gateway.idempotency = True
    told = ask(gateway, lambda client: client.submit(make_request()))
    assert [field in sent.json for sent in gateway.submissions] == [True, False]
    keys = [sent.headers["idempotency-key"] for sent in gateway.submissions]
    assert keys == [REFERENCE, f"{REFERENCE}-without-{field}"]  # one key for two bodies would be a conflict
    assert told.warnings == (f"The gateway doesn't know {field}; sent without it.",)
    assert len(gateway.jobs) == 1


def test_it_leaves_out_one_field_only(gateway: Gateway) -> None:
    gateway.unsupported = {"format", "lyrics_optimizer"}
    with pytest.raises(InvalidRequest):
        ask(gateway, lambda client: client.submit(make_request()))
    assert len(gateway.submissions) == 2
    assert not gateway.jobs


@pytest.mark.parametrize("field", ["duration", "lyrics", "is_instrumental", "model"])
def test_it_never_leaves_out_what_makes_the_take(gateway: Gateway, field: str) -> None:
    gateway.unsupported = {field}
    with pytest.raises(InvalidRequest, match=field) as caught:
        ask(gateway, lambda client: client.submit(make_request(lyrics="la la")))
    assert (caught.value.status, caught.value.code) == (422, "unsupported_parameter")
    assert len(gateway.submissions) == 1


def test_it_takes_a_422_that_started_the_job_all_the_same(gateway: Gateway) -> None:
    body = {"id": "job_9", "status": "queued", "error": {"message": "format is not supported", "code": "unsupported"}}
    told = ask_wire(lambda _: httpx.Response(422, json=body), lambda client: client.submit(make_request()))
    assert told.ref == {"id": "job_9"}


def test_it_takes_a_job_that_is_done_at_once(gateway: Gateway) -> None:
    gateway.plan = JobPlan(at_once=True, cost={"usage": {"cost_cents": "12.345678"}})
    told = ask(gateway, lambda client: client.submit(make_request()))
    assert told.status == "succeeded"
    assert told.outputs[0].url.startswith(gateway.url)
    assert told.cost_micros == 123_457


def test_it_takes_a_job_that_fails_at_once(gateway: Gateway) -> None:
    gateway.plan = JobPlan(at_once=True, ends="failed", error="The model gave up.")
    told = ask(gateway, lambda client: client.submit(make_request()))
    assert (told.status, told.error_message) == ("failed", "The model gave up.")


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("400 text", InvalidRequest, "invalid_request"),
        ("400 refused", ContentRefused, "bad_prompt"),
        ("401 text", Unauthorized, "invalid_key"),
        ("402 text", NoFunds, "insufficient_credits"),
        ("402 budget", NoFunds, "budget_exceeded"),
        ("403 text", Forbidden, "scope_exceeded"),
        ("403 spend", NoFunds, "scope_exceeded"),
        ("404 number", InvalidRequest, "model_not_found"),
        ("409 text", InvalidRequest, "idempotency_conflict"),
        ("413 number", InvalidRequest, "payload_too_large"),
        ("422 text", InvalidRequest, "unsupported_parameter"),
        ("429 number", RateLimited, "rate_limited"),
        ("500 text", SubmitUncertain, "internal_error"),
        ("500 page", SubmitUncertain, "http_500"),
        ("502 number", SubmitUncertain, "provider_unavailable"),
        ("503 text", Unavailable, "capacity_exceeded"),
        ("503 number", Unavailable, "capacity_exceeded"),
        ("503 page", SubmitUncertain, "http_503"),
        ("504 text", SubmitUncertain, "provider_timeout"),
        ("524 page", SubmitUncertain, "http_524"),
        ("redirect", InvalidRequest, "http_308"),
        ("drop", SubmitUncertain, "no_answer"),
        ("hang", SubmitUncertain, "no_answer"),
    ],
)
def test_it_says_what_went_wrong(gateway: Gateway, fault: str, kind: type[ProviderError], code: str) -> None:
    gateway.fail("submit", fault)
    with pytest.raises(ProviderError) as caught:
        ask(gateway, lambda client: client.submit(make_request()), timeout=patience(fault))
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(gateway.submissions) == 1
    assert KEY not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


def test_it_keeps_the_request_id_and_the_wait_of_an_error(gateway: Gateway) -> None:
    gateway.fail("submit", "429 seconds")
    gateway.headers = {"x-request-id": "req_1"}
    with pytest.raises(RateLimited) as caught:
        ask(gateway, lambda client: client.submit(make_request()))
    assert (caught.value.retry_after, caught.value.request_id, caught.value.status) == (7.0, "req_1", 429)


def test_it_shows_the_wording_a_model_would_take(gateway: Gateway) -> None:
    gateway.fail("submit", "400 refused")
    with pytest.raises(ContentRefused) as caught:
        ask(gateway, lambda client: client.submit(make_request()))
    assert caught.value.suggestion == "Soft piano."


@pytest.mark.parametrize("fault", sorted(LOST_SUBMITS))
def test_it_never_calls_a_lost_answer_a_failure(gateway: Gateway, fault: str) -> None:
    gateway.fail("submit", fault)
    with pytest.raises((SubmitUncertain, BadAnswer)) as caught:
        ask(gateway, lambda client: client.submit(make_request()), timeout=patience(fault))
    assert not caught.value.retryable
    assert len(gateway.submissions) == len(gateway.jobs) == 1


@pytest.mark.parametrize("fault", sorted(UNREADABLE))
def test_it_names_an_answer_it_can_not_read(gateway: Gateway, fault: str) -> None:
    gateway.fail("submit", fault)
    with pytest.raises(BadAnswer) as caught:
        ask(gateway, lambda client: client.submit(make_request()))
    codes = {"page": "html", "empty": "empty", "not an object": "no_record", "null": "no_record"}
    assert caught.value.code == codes.get(fault, "bad_json")


def test_it_is_sure_when_nobody_listens() -> None:
    with Gateway() as gateway:
        pass
    with pytest.raises(Unavailable) as caught:
        ask(gateway, lambda client: client.submit(make_request()))
    assert caught.value.retryable
    assert caught.value.code == "no_connection"


def test_it_refuses_a_revoked_key(gateway: Gateway) -> None:
    with pytest.raises(Unauthorized):
        ask(gateway, lambda client: client.submit(make_request()), key=REVOKED)
    assert not gateway.jobs


def test_it_hides_a_key_the_gateway_echoes() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        said = f"Bad key {request.headers['authorization']}"
        return httpx.Response(401, json={"error": {"message": said, "type": said, "code": 401}})

    with pytest.raises(Unauthorized) as caught:
        ask_wire(echo, lambda client: client.submit(make_request()))
    assert caught.value.message == "The gateway doesn't accept the key: Bad key Bearer [key]"
    assert KEY not in repr(vars(caught.value))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"model": ""}, "no_model"),
        ({"model": "auto"}, "no_model"),
        ({"model": "auto/music"}, "no_model"),
        ({"seconds": Decimal(0)}, "bad_duration"),
        ({"seconds": Decimal(-1)}, "bad_duration"),
        ({"seconds": Decimal("NaN")}, "bad_duration"),
        ({"seconds": Decimal("Infinity")}, "bad_duration"),
        ({"prompt": "half a \ud83d surrogate"}, "bad_text"),
    ],
)
def test_it_sends_nothing_it_must_not(gateway: Gateway, changes: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ask(gateway, lambda client: client.submit(make_request(**changes)))
    assert caught.value.code == code
    assert not gateway.seen


def test_it_opens_a_new_connection_for_every_submit(gateway: Gateway) -> None:
    """On a kept connection that the server is closing, a submit would be uncertain for no reason."""

    async def twice(client: object) -> None:
        for _ in range(2):
            await client.submit(make_request())  # type: ignore[attr-defined]
        assert not client._submits._transport._pool.connections  # type: ignore[attr-defined]

    ask(gateway, twice)
    assert len(gateway.jobs) == 2


def test_idempotency_gives_the_same_job(gateway: Gateway) -> None:
    gateway.idempotency = True
    first = ask(gateway, lambda client: client.submit(make_request()))
    again = ask(gateway, lambda client: client.submit(make_request()))
    assert first.ref == again.ref
    assert (len(gateway.jobs), gateway.replays) == (1, 1)
