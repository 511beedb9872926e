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
from musicstudio.notify.callbacks import Callback
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


def claim() -> list[Delivery | Callback]:
    """What is due and nobody else has: each is put off by a lease with one conditional UPDATE."""
    now = timezone.now()
    of_hooks = Delivery.objects.filter(webhook__is_active=True).select_related("webhook__team")
    mine: list[Delivery | Callback] = []
    for rows in (of_hooks, Callback.objects.all()):
        row: Delivery | Callback
        for row in rows.filter(state=State.WAITING, next_at__lte=now).order_by("next_at")[:ROUND]:
            free = type(row).objects.filter(pk=row.pk, state=State.WAITING, next_at=row.next_at)
            if free.update(next_at=now + LEASE):
                row.next_at = now + LEASE
                mine.append(row)
    return mine


@dataclass(frozen=True)
class Parcel:
    """Everything that sending needs, so that no thread touches the database. The address is a secret: never in a repr."""

    url: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Parcel({len(self.body)} bytes)"


def parcel(delivery: Delivery | Callback, now: datetime | None = None) -> Parcel | str:
    """The signed request; a sentence when the stored secrets cannot be read."""
    if isinstance(delivery, Callback):
        return parcel_of_callback(delivery, now or timezone.now())
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


def parcel_of_callback(callback: Callback, now: datetime) -> Parcel | str:
    """Signed as the AIgateway signs its own, under the names its SDKs look for."""
    try:
        url, secret = crypto.decrypt(callback.ciphertext), crypto.decrypt(callback.secret)
    except crypto.Undecryptable as error:
        return str(error)
    stamp, body = str(int(now.timestamp())), callback.body.encode()
    headers = {"Content-Type": "application/json", "User-Agent": "musicstudio", "X-Gateway-Delivery": str(callback.event)}
    headers |= {"X-Gateway-Attempt": str(callback.tries + 1), "X-Gateway-Signature": sign_callback(secret, stamp, body)}
    return Parcel(url, headers, body)


def sign_callback(secret: str, stamp: str, body: bytes) -> str:
    """`t=<unix>,v1=<hex>`: HMAC-SHA-256 over `t.body` under the secret's text (aigateway-py 0.1.3, `verify_webhook`)."""
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"


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


def note(delivery: Delivery | Callback, answer: Answer) -> None:
    """Writes down how the try went and when the next is; an address that is gone for good is switched off.

    Nothing is written about what became due anew while it was on its way: that is sent as well.
    """
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
    type(delivery).objects.filter(pk=delivery.pk, next_at=delivery.next_at).update(**said)
    if answer.status == GONE and isinstance(delivery, Delivery):
        delivery.webhook.switch(False, "Its host says it is gone (HTTP 410).")
