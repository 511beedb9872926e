"""Whatever JSON a gateway sends, reading it gives a status or BadAnswer, and costs and times stay sane."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicstudio.providers import aigateway_wire as wire
from musicstudio.providers.aigateway_errors import from_answer
from musicstudio.providers.base import FINAL, BadAnswer, ProviderError
from tests.providers.asking import sampled

FIELDS = "id job_id status result url file_url result_url resultUrl audio audio_url files outputs output error code message"
FIELDS += " type param usage cost cost_cents created created_at updated_at duration data job filename balance modality pricing"

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["completed", "queued", "https://media.aigateway.sh/a.mp3", "/v1/files/x", "NaN", "1e999999", "job_1"]),
)
names = st.one_of(st.sampled_from(FIELDS.split()), st.text(max_size=5))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=8), max_leaves=25
)
records = st.dictionaries(names, values, max_size=12)


def make_answer(value: Any, status: int = 200, **headers: str) -> wire.Answer:
    return wire.Answer(status, httpx.Headers(headers), json.dumps(value).encode(), "req_1")


@sampled
@given(records | values, st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=20))
def test_any_json_gives_a_status_or_bad_answer(value: Any, cost: str) -> None:
    answer = make_answer(value, **{"x-cost-cents": cost, "retry-after": cost})
    try:
        told = wire.parse_job(answer, "https://media.aigateway.sh")
    except BadAnswer as error:
        assert error.code and error.request_id == "req_1"
        return
    assert told.status in {*FINAL, "queued", "running"}
    assert told.cost_micros is None or 0 <= told.cost_micros <= 10**10
    assert told.retry_after is None or 0 <= told.retry_after <= wire.LONGEST_WAIT
    assert all(output.url and output.url.lower().startswith(("https://", "http://")) for output in told.outputs)
    assert all(output.seconds is None or output.seconds > 0 for output in told.outputs)
    assert not told.outputs or told.status == "succeeded"


@sampled
@given(records)
def test_any_record_with_an_id_is_a_job_we_can_ask_about(record: dict[str, Any]) -> None:
    told = wire.parse_submitted(make_answer({**record, "id": "job_1", "status": record.get("status")}), "https://x")
    assert told.ref == {"id": "job_1"}


@sampled
@given(st.binary())
def test_any_bytes_give_a_status_or_bad_answer(body: bytes) -> None:
    try:
        assert wire.parse_job(wire.Answer(200, httpx.Headers(), body), "https://x").status
    except BadAnswer as error:
        assert error.code


@sampled
@given(records | values)
def test_any_json_is_a_balance_or_a_list_of_models_or_bad_answer(value: Any) -> None:
    for read in (wire.parse_balance, lambda answer: wire.parse_models(answer, "music")):
        try:
            told = read(make_answer(value))
        except BadAnswer:
            continue
        json.dumps(told.raw if hasattr(told, "raw") else [dict(model.pricing) for model in told])


@sampled
@given(records | values, st.integers(300, 599), st.booleans())
def test_any_error_body_is_one_of_our_errors(value: Any, status: int, submitting: bool) -> None:
    error = from_answer(make_answer(value, status), submitting=submitting)
    assert type(error) is not ProviderError
    assert error.message.isprintable()
    assert (error.status, error.request_id) == (status, "req_1")
    assert len(error.message) < 500


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "999999999"}, 3600.0),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:09 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 9.0),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:09 GMT"}, 5.0),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_it_reads_a_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert wire.retry_after(httpx.Headers(headers), now=1_795_341_604.0) == seconds


@sampled
@given(st.decimals(min_value=0, max_value=10_000, places=6))
def test_cents_become_micros_without_float(cents: Decimal) -> None:
    told = wire.cost_micros({"usage": {"cost_cents": str(cents)}}, {})
    assert told is not None
    assert abs(told - cents * 10_000) <= Decimal("0.5")


@pytest.mark.parametrize("missing", ["limit", "remaining", "reset"])
def test_a_request_window_needs_all_three_headers(missing: str) -> None:
    window = {"limit": "10", "remaining": "3", "reset": "20"} | {missing: "often"}
    assert wire.parse_rate({f"x-ratelimit-{name}-requests": value for name, value in window.items()}) is None
