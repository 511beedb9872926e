"""Builders for the provider tests: a request, a client, and one call through it."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

import httpx
from hypothesis import HealthCheck, settings

from musicstudio.providers.aigateway import AIGateway
from musicstudio.providers.base import MusicRequest
from tests.gateway import Gateway

T = TypeVar("T")

#: For property tests: no clock (the machine may be busy), nothing written beside the tests.
sampled = settings(deadline=None, database=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])

KEY = "sk-aig-test-0123456789"
REFERENCE = "0b6f2a64-3c1e-4c53-9a55-6e2c8f1d7a10"


def make_request(**changes: Any) -> MusicRequest:
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "model": "elevenlabs/elevenlabs-music",
        "prompt": "lo-fi piano with light rain",
        "seconds": Decimal(4),
    }
    return MusicRequest(**{**values, **changes})


def ask(gateway: Gateway, call: Callable[[AIGateway], Awaitable[T]], **options: Any) -> T:
    """The outcome of `call` on a client of the test gateway."""

    async def main() -> T:
        async with AIGateway(options.pop("key", KEY), gateway.url, allow_loopback=True, **options) as client:
            return await call(client)

    return asyncio.run(main())


def ask_wire(answer: Callable[[httpx.Request], httpx.Response], call: Callable[[AIGateway], Awaitable[T]], **options: Any) -> T:
    """The outcome of `call` on a client whose wire is the function `answer`; every host resolves to a public address."""

    async def resolver(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    async def main() -> T:
        made = {"transport": httpx.MockTransport(answer), "resolver": resolver, **options}
        async with AIGateway(KEY, "https://api.aigateway.sh", **made) as client:
            return await call(client)

    return asyncio.run(main())
