"""Several connections to one host without a shared pool.

httpcore's pool hands one idle connection to several waiting requests at once; all but one are turned away and ask again.
With eight requests at a time that costs more than the requests themselves. Here every lane is a transport with a single
connection, and a request takes a free lane until its answer is read (httpcore 1.0.9, `AsyncConnectionPool`).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import cast

import httpx


class Lanes(httpx.AsyncBaseTransport):
    """A transport of `count` lanes; further requests wait for a free one, the one used last goes first."""

    def __init__(self, count: int, verify: ssl.SSLContext) -> None:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        self._all = [httpx.AsyncHTTPTransport(verify=verify, limits=limits, trust_env=False) for _ in range(count)]
        self._free: asyncio.LifoQueue[httpx.AsyncHTTPTransport] = asyncio.LifoQueue()
        for lane in self._all:
            self._free.put_nowait(lane)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request over a free lane, and waits for one when there is none."""
        lane = await self._free.get()
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            self._free.put_nowait(lane)
            raise
        stream = cast(httpx.AsyncByteStream, response.stream)  # what an async transport answers with
        response.stream = _Occupying(stream, lane, self._free)
        return response

    async def aclose(self) -> None:
        """Closes every lane."""
        for lane in self._all:
            await lane.aclose()


class _Occupying(httpx.AsyncByteStream):
    """An answer's body; its lane is free again once it is closed."""

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        lane: httpx.AsyncHTTPTransport,
        free: asyncio.LifoQueue[httpx.AsyncHTTPTransport],
    ) -> None:
        self._stream, self._lane, self._free = stream, lane, free
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        """Closes the body and gives the lane back, once."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._stream.aclose()
        finally:
            self._free.put_nowait(self._lane)
