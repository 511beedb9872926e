"""Emptying the outbox: each delivery is claimed, signed, sent to a public address, and tried again with growing pauses."""

import base64
import hashlib
import hmac
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from django.utils import timezone

from musicstudio.core import crypto
from musicstudio.core.outbound import NotPublic, public_address
from musicstudio.notify.models import PREFIX, Delivery, State

PAUSES = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600)  # seconds, as Standard Webhooks proposes
LEASE = timedelta(seconds=60)  # a worker that dies with a delivery in its hands gives it back after this
WITHIN = 10.0  # seconds for an answer
AT_ONCE, ROUND = 8, 40
GONE = 410


@dataclass(frozen=True)
class Answer:
    """What came back: `status` is none without an answer, `note` one sentence."""

    status: int | None
    note: str
    milliseconds: int

    @property
    def ok(self) -> bool:
        """Taken."""
        return self.status is not None and 200 <= self.status < 300


def deliver() -> int:
    """Sends what is due, a round at a time; answers how many were tried."""
    tried = 0
    while due := claim():
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
            sent = pool.map(send, [parcel(delivery) for delivery in due])
            for delivery, answer in zip(due, sent, strict=True):
                note(delivery, answer)
        tried += len(due)
    return tried


def claim() -> list[Delivery]:
    """What is due and nobody else has: each is put off by a lease with one conditional UPDATE."""
    now = timezone.now()
    waiting = Delivery.objects.filter(state=State.WAITING, next_at__lte=now, webhook__is_active=True)
    rows = waiting.select_related("webhook__team").order_by("next_at")[:ROUND]
    mine = Delivery.objects.filter(state=State.WAITING)
    return [row for row in rows if mine.filter(pk=row.pk, next_at=row.next_at).update(next_at=now + LEASE)]


@dataclass(frozen=True)
class Parcel:
    """Everything that sending needs, so that no thread touches the database. The address is a secret: never in a repr."""

    url: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Parcel({len(self.body)} bytes)"


def parcel(delivery: Delivery, now: datetime | None = None) -> Parcel | str:
    """The signed request; a sentence when the stored secrets cannot be read."""
    hook, body = delivery.webhook, delivery.body.encode()
    try:
        url, secret = crypto.decrypt(hook.ciphertext), crypto.decrypt(hook.secret)
    except crypto.Undecryptable as error:
        return str(error)
    stamp = str(int((now or timezone.now()).timestamp()))
    headers = {"Content-Type": "application/json", "User-Agent": "musicstudio", "webhook-id": str(delivery.pk)}
    return Parcel(
        url, headers | {"webhook-timestamp": stamp, "webhook-signature": sign(secret, str(delivery.pk), stamp, body)}, body
    )


def sign(secret: str, message: str, stamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body` under the secret's bytes (Standard Webhooks)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    mac = hmac.new(key, b".".join([message.encode(), stamp.encode(), body]), hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def send(what: Parcel | str) -> Answer:
    """One try. Goes to a public address only, follows no redirect, reads no answer body."""
    if isinstance(what, str):
        return Answer(None, what, 0)
    started = time.monotonic()
    status, said = None, ""
    try:
        status = post(what)
        said = "" if 200 <= status < 300 else f"Answered with HTTP {status}."
    except NotPublic as error:
        said = str(error)
    except httpx.TimeoutException:
        said = f"No answer within {WITHIN:g} seconds."
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = f"No connection ({type(error).__name__})."
    return Answer(status, said, round((time.monotonic() - started) * 1000))


def post(what: Parcel) -> int:
    """The status of the answer; raises NotPublic and httpx's errors."""
    url = httpx.URL(what.url)
    host = url.raw_host.decode("ascii")
    port = url.port or {"http": 80}.get(url.scheme, 443)
    address = public_address(host, port, allow_loopback=settings.ALLOW_LOOPBACK_WEBHOOKS)
    headers = what.headers | {"Host": url.netloc.decode("ascii")}
    with (
        httpx.Client(trust_env=False, timeout=WITHIN, follow_redirects=False) as client,
        client.stream(
            "POST", url.copy_with(host=address), content=what.body, headers=headers, extensions={"sni_hostname": host}
        ) as answer,
    ):
        return answer.status_code


def note(delivery: Delivery, answer: Answer) -> None:
    """Writes down how the try went and when the next is; an address that is gone for good is switched off."""
    now, tries = timezone.now(), delivery.tries + 1
    said: dict[str, Any] = {
        "tries": tries,
        "status": answer.status,
        "note": answer.note[:200],
        "milliseconds": answer.milliseconds,
    }
    said |= {"tried_at": now}
    if answer.ok:
        said["state"] = State.DELIVERED
    elif tries > len(PAUSES) or answer.status == GONE:
        said["state"] = State.FAILED
    else:
        said["next_at"] = now + timedelta(seconds=PAUSES[tries - 1])
    Delivery.objects.filter(pk=delivery.pk).update(**said)
    if answer.status == GONE:
        delivery.webhook.switch(False, "Its host says it is gone (HTTP 410).")
