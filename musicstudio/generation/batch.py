"""Writing in batches: what the looks at jobs want written within 50 ms goes into one transaction."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection, transaction

log = logging.getLogger(__name__)

EVERY = 0.05  # seconds
Op = tuple[Callable[..., Any], tuple[Any, ...], "asyncio.Future[Any]"]


class Batch:
    """Collects writes and runs them together, each in a savepoint of its own: one that fails takes no other with it.

    When the database is away, the whole batch is tried again as long as `alive` says so. Every write must therefore be
    a conditional change that may be repeated.
    """

    def __init__(self, alive: Callable[[], bool]) -> None:
        self.alive = alive
        self.ops: list[Op] = []
        self.wanted = asyncio.Event()
        self.closing = False

    async def write(self, function: Callable[..., Any], *args: Any) -> Any:
        """Runs `function(*args)` in the next batch; its result or exception is ours once the batch is committed."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.ops.append((function, args, future))
        self.wanted.set()
        return await future

    async def run(self) -> None:
        """Writes until `close`; what was wanted before is still written."""
        while self.ops or not self.closing:
            await self.wanted.wait()
            self.wanted.clear()
            if not self.closing:
                await asyncio.sleep(EVERY)
            ops, self.ops = self.ops, []
            if ops:
                for (_, _, future), (done, value) in zip(ops, await sync_to_async(self.flush)(ops), strict=True):
                    if not future.done():
                        future.set_result(value) if done else future.set_exception(value)

    def close(self) -> None:
        """Ends `run` after the last batch."""
        self.closing = True
        self.wanted.set()

    def flush(self, ops: list[Op]) -> list[tuple[bool, Any]]:
        """One transaction; per write True and its result, or False and its exception."""
        pause = 0.1
        while True:
            try:
                with transaction.atomic():
                    return [attempt(function, args) for function, args, _ in ops]
            except (OperationalError, InterfaceError) as error:
                log.warning("Writing %d changes failed: %s", len(ops), error)
                if not self.alive() or connection.in_atomic_block:
                    return [(False, error)] * len(ops)
                connection.close()
                time.sleep(pause)
                pause = min(2.0, pause * 2)


def attempt(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[bool, Any]:
    """The write in a savepoint. A database that is away ends the batch."""
    try:
        with transaction.atomic():
            return True, function(*args)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        return False, error
