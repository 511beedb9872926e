"""Completion webhooks of AIgateway: is it really from there, and which job does it hint at.

There are two senders with one construction: HMAC-SHA256 over `"{timestamp}." + raw body`, in hex. A job's own
`webhook_url` is signed in `X-Gateway-Signature: t=…,v1=…` (the SDKs), a dashboard endpoint in `aig-signature` and
`aig-timestamp` (the webhooks page). A webhook is a hint only: read the job at the gateway before money moves.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpx

from musicstudio.providers import aigateway_wire as wire
from musicstudio.providers.base import BadAnswer

TOLERANCE = 300.0  # seconds a signature is good for, either way: clocks differ
MAX_SIGNATURES = 8


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook says happened. `event` is "" for a bare job record; `key` is the same for every redelivery."""

    job_id: str
    event: str
    key: str


def is_authentic(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float, *, tolerance: float = TOLERANCE
) -> bool:
    """Whether one of `secrets` signed this body within `tolerance` seconds of `now` (Unix time).

    Several secrets may be valid at once, so that rotating one leaves no gap; several signatures may be sent, too.
    """
    stamp, signatures = _signatures({name.lower(): value for name, value in headers.items()})
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 15 or abs(now - int(stamp)) > tolerance:
        return False
    given = [text.encode("ascii", "replace") for text in signatures[:MAX_SIGNATURES]]
    signed = stamp.encode() + b"." + body
    wanted = [hmac.new(s.encode(), signed, hashlib.sha256).hexdigest().encode() for s in secrets if s]
    # Every pair is compared, in constant time each, so that timing tells nothing about which one is near.
    return sum(hmac.compare_digest(a, b) for a in given for b in wanted) > 0


def _signatures(headers: Mapping[str, str]) -> tuple[str, list[str]]:
    """(timestamp, signatures in lower-case hex) of either scheme."""
    if "x-gateway-signature" in headers:
        pairs = [part.strip().partition("=") for part in headers["x-gateway-signature"].split(",")]
        stamp = next((value for name, _, value in pairs if name == "t"), "")
        return stamp, [value.strip().lower() for name, _, value in pairs if name == "v1"]
    text = headers.get("aig-signature", "").strip().lower().removeprefix("sha256=")
    return headers.get("aig-timestamp", "").strip(), [text] if text else []


def hint(body: bytes) -> Hint:
    """The job a webhook is about: `{id, type, created, data: {job_id, …}}` or a bare job record. Raises BadAnswer."""
    value = wire.read_json(wire.Answer(200, httpx.Headers(), body))
    if not isinstance(value, dict):
        raise BadAnswer("The webhook holds no job.", code="no_record")
    data = value.get("data")
    wrapped = isinstance(data, dict) and "type" in value
    record = data if wrapped and isinstance(data, dict) else value
    job = wire.word(record.get("job_id"), 200) or wire.job_id(record)
    if not job:
        raise BadAnswer("The webhook names no job.", code="no_id")
    event = wire.word(value.get("type"), 80) if wrapped else ""
    own = wire.word(value.get("id"), 200) if wrapped else ""
    return Hint(job, event, own or f"{job}:{wire.word(record.get('status'), 60)}")
