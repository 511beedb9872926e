"""A connection check that spends nothing: does the key work, what does the gateway offer, how far away is it."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from asgiref.sync import sync_to_async

from musicstudio.core.money import format_micros
from musicstudio.providers import base
from musicstudio.providers.aigateway import AIGateway
from musicstudio.providers.download import shared_ssl_context
from musicstudio.providers.models import ProviderKey
from musicstudio.providers.recorder import Recorder

T = TypeVar("T")
WITHIN = 25.0  # seconds for the whole check
SKEW = 60.0  # seconds between the clocks from which on webhook signatures and expiry times suffer
UNKNOWN_JOB = "job_connection_check"


@dataclass
class Checked:
    """What was found. `findings` are (topic, sentence) pairs; `ok`: the key works; `secret` signs the key's webhooks."""

    ok: bool = False
    findings: list[tuple[str, str]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    secret: str = ""
    milliseconds: list[float] = field(default_factory=list)

    def say(self, topic: str, sentence: str) -> None:
        """Adds a finding."""
        self.findings.append((topic, sentence))


async def check(key: ProviderKey) -> Checked:
    """Asks for the models, the balance, a job that does not exist and the webhook secret. Never raises for the provider."""
    found = Checked()
    recorder = Recorder(httpx.AsyncHTTPTransport(verify=shared_ssl_context()))
    client = await sync_to_async(key.client)(transport=recorder)
    try:
        async with asyncio.timeout(WITHIN):
            await _ask_all(client, found)
    except TimeoutError:
        found.say("Latency", f"The check did not end within {WITHIN:g} s.")
        found.ok = False
    finally:
        await client.aclose()
    found.answers = recorder.answers
    return found


async def _ask_all(client: AIGateway, found: Checked) -> None:
    models = await _timed(found, "Models", client.models)
    if models is None:
        return
    found.ok = True
    found.say("Models", f"{len(models)} music models: {', '.join(model.slug for model in models[:8]) or 'none'}.")
    before = client.rate
    balance = await _timed(found, "Balance", client.balance)
    if balance is not None:
        amount = "in a shape the studio does not know" if balance.micros is None else format_micros(balance.micros)
        found.say("Balance", f"Left at the provider: {amount}.")
    after_read = client.rate
    try:
        await client.poll({"id": UNKNOWN_JOB})
    except base.ProviderError as error:
        found.say("Unknown job", f"Answered with {error.kind} (HTTP {error.status or 'none'}).")
    if before and after_read and client.rate:
        counted = client.rate.remaining < after_read.remaining
        found.say("Limits", f"{client.rate.limit} requests a minute; a poll {'counts' if counted else 'does not count'}.")
    else:
        found.say("Limits", "The gateway tells no request limit.")
    found.secret = await _timed(found, "Webhooks", client.webhook_secret) or ""
    found.say("Webhooks", "Signed with a secret, which is kept." if found.secret else "The gateway gives no signing secret.")
    found.say("Latency", f"{statistics.median(found.milliseconds):.0f} ms, the median of {len(found.milliseconds)} calls.")
    if client.clock_skew is not None:
        far = abs(client.clock_skew) > SKEW
        found.say(
            "Clock", f"{client.clock_skew:+.0f} s apart{'; set one of the clocks, or webhooks are refused' if far else ''}."
        )


async def _timed(found: Checked, topic: str, call: Callable[[], Awaitable[T]]) -> T | None:
    """The call's result, its time taken; None and a finding when it failed."""
    started = time.monotonic()
    try:
        return await call()
    except base.ProviderError as error:
        found.say(topic, f"{error.message} ({error.kind})")
        return None
    finally:
        found.milliseconds.append((time.monotonic() - started) * 1000)
