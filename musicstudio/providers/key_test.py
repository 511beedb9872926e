"""Testing a key without spending anything: the model list, and the balance where the gateway tells it."""

import asyncio
import time
from typing import Any

from asgiref.sync import async_to_sync

from musicstudio.core.crypto import Undecryptable
from musicstudio.core.money import format_micros
from musicstudio.providers.base import Balance, ProviderError, Unauthorized
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import ProviderKey

PATIENCE = 20.0  # seconds


def check_key(key: ProviderKey) -> bool:
    """Asks the provider and keeps result and latency with the key; a 401 marks it. True when it works."""
    started = time.monotonic()

    def spent() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        count, milliseconds, balance = async_to_sync(ask)(key.client())
    except (ProviderError, Undecryptable, TimeoutError) as error:
        note = getattr(error, "message", "") or str(error) or "No answer within 20 seconds."
        key.note_test(ok=False, note=note, milliseconds=spent())
        if isinstance(error, Unauthorized):
            key.reject(note)
            key.refresh_from_db()
        return False
    note = f"Works · {count} music model{'' if count == 1 else 's'}"
    if balance is not None and balance.micros is not None:
        Connection.objects.of(key.team, key.provider).note_balance(balance.micros)
        note += f" · {format_micros(balance.micros)} credit"
    key.note_test(ok=True, note=note, milliseconds=milliseconds)
    return True


async def ask(client: Any) -> tuple[int, int, Balance | None]:
    """How many models, after how many milliseconds, and the balance; an unreadable balance is none."""
    try:
        async with asyncio.timeout(PATIENCE):
            started = time.monotonic()
            found = await client.models()
            milliseconds = round((time.monotonic() - started) * 1000)
            try:
                return len(found), milliseconds, await client.balance()
            except ProviderError:
                return len(found), milliseconds, None
    finally:
        await client.aclose()
