"""Is a webhook from the gateway, and what does it hint at."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicstudio.providers.base import BadAnswer
from musicstudio.providers.webhook import Hint, hint, is_authentic
from tests.gateway import Gateway, Job, JobPlan
from tests.providers.asking import sampled

NOW = 1_776_947_082.0
BODY = {"prompt": "rain", "model": "elevenlabs/elevenlabs-music", "duration": 3}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def make_job(gateway: Gateway) -> Job:
    gateway.plan = JobPlan(polls=0)
    gateway.submit(BODY, "")
    return next(iter(gateway.jobs.values()))


@pytest.mark.parametrize("scheme", ["gateway", "dashboard"])
def test_it_accepts_both_schemes(gateway: Gateway, scheme: str) -> None:
    headers, body = gateway.webhook(make_job(gateway), scheme, now=NOW)
    assert is_authentic(headers, body, ["old-secret", "whsec-test"], NOW + 299)
    assert not is_authentic(headers, body, ["old-secret"], NOW)
    assert not is_authentic(headers, body, ["", "other"], NOW)
    assert not is_authentic(headers, body, [], NOW)
    assert not is_authentic(headers, body + b" ", ["whsec-test"], NOW)


@pytest.mark.parametrize("scheme", ["gateway", "dashboard"])
@pytest.mark.parametrize("skew", [-301, 301, 10**12])
def test_it_refuses_an_old_or_early_signature(gateway: Gateway, scheme: str, skew: float) -> None:
    headers, body = gateway.webhook(make_job(gateway), scheme, now=NOW)
    assert not is_authentic(headers, body, ["whsec-test"], NOW + skew)


def test_it_accepts_one_good_signature_among_several(gateway: Gateway) -> None:
    headers, body = gateway.webhook(make_job(gateway), now=NOW)
    stamp, good = headers["X-Gateway-Signature"].split(",")
    assert is_authentic({"x-gateway-signature": f"{stamp}, v1={'0' * 64}, {good}"}, body, ["whsec-test"], NOW)
    assert not is_authentic({"x-gateway-signature": f"{stamp},v0={good[3:]}"}, body, ["whsec-test"], NOW)


def test_it_accepts_a_prefix_before_the_hex(gateway: Gateway) -> None:
    headers, body = gateway.webhook(make_job(gateway), "dashboard", now=NOW)
    marked = {"AIG-Signature": f"sha256={headers['aig-signature'].upper()}", "AIG-Timestamp": headers["aig-timestamp"]}
    assert is_authentic(marked, body, ["whsec-test"], NOW)


@sampled
@given(st.dictionaries(st.sampled_from(["x-gateway-signature", "aig-signature", "aig-timestamp"]), st.text()), st.binary())
def test_it_refuses_anything_else(headers: dict[str, str], body: bytes) -> None:
    assert not is_authentic(headers, body, ["whsec-test"], NOW)


def test_it_names_the_job_in_either_body(gateway: Gateway) -> None:
    job = make_job(gateway)
    _, bare = gateway.webhook(job)
    _, wrapped = gateway.webhook(job, "dashboard")
    assert hint(bare) == Hint(job.id, "", f"{job.id}:completed")
    assert hint(wrapped) == Hint(job.id, "job.completed", f"evt_{job.id}")


@pytest.mark.parametrize("value", [[], {}, {"type": "x", "data": {}}, {"data": 3}, None, 7, {"id": ["x"]}])
def test_it_needs_a_job(value: Any) -> None:
    with pytest.raises(BadAnswer):
        hint(json.dumps(value).encode())


@sampled
@given(st.binary())
def test_it_survives_any_body(body: bytes) -> None:
    try:
        assert hint(body).job_id
    except BadAnswer as error:
        assert error.message
