"""Fetching a result file that a provider points at, as if the link were hostile.

A link is followed only over https, only to listed hosts, and only to addresses that are public *after* resolution; the
connection then goes to exactly that address, so a name can't change its mind in between (DNS rebinding). Redirects are
taken one by one through the same checks. The key goes to the provider's own origins and to nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import os
import re
import secrets
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from musicstudio.audio.sniff import MIME_TYPES, sniff
from musicstudio.core.outbound import is_loopback, is_public
from musicstudio.providers import aigateway_errors as faults
from musicstudio.providers import aigateway_wire as wire
from musicstudio.providers.base import BadAnswer, Downloaded, LinkExpired, ProviderError, RateLimited, Unavailable

Resolver = Callable[[str, int], Awaitable[list[str]]]

MAX_HOPS = 4  # the first request and three redirects
MAX_ADDRESSES = 3  # of a name are tried before giving up
HEAD = 512  # bytes looked at to tell audio from anything else
LOOPBACK_NAMES = frozenset({"127.0.0.1", "::1", "localhost"})
HOST = re.compile(rb"[A-Za-z0-9._:-]+")


@functools.cache
def shared_ssl_context() -> ssl.SSLContext:
    """One context for every client of the process; each of its own would cost about 0.85 MB and some milliseconds."""
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower-case ASCII) and port of a URL."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> Origin:
        """Where a URL leads; the port that the scheme implies when it names none."""
        return cls(url.scheme, url.raw_host.decode("ascii").lower(), url.port or {"http": 80}.get(url.scheme, 443))

    @classmethod
    def listed(cls, entry: str) -> Origin:
        """From "host" or "host:port" of a setting; https. Raises ValueError for anything else."""
        try:
            url = httpx.URL(f"https://{entry.strip()}")
        except httpx.InvalidURL as error:
            raise ValueError(f"{entry!r} is not a host name.") from error
        if not HOST.fullmatch(url.raw_host) or url.raw_path not in (b"", b"/") or url.userinfo:
            raise ValueError(f"{entry!r} is not a host name.")
        return cls.of(url)

    @property
    def is_loopback(self) -> bool:
        """Whether it names this machine."""
        return self.host in LOOPBACK_NAMES


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, in the order the system prefers them. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Downloader:
    """Fetches files from a short list of origins.

    `origins` may be asked for files, `own` (a part of them) also get the key through `auth`. With `allow_loopback`,
    http to a loopback origin among them is allowed: for tests and trials with a gateway on this machine.
    """

    def __init__(
        self,
        origins: Iterable[Origin],
        own: Iterable[Origin] = (),
        *,
        auth: httpx.Auth | None = None,
        allow_loopback: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        resolver: Resolver = resolve,
        timeout: float = 30.0,
    ) -> None:
        self._own = frozenset(own)
        self._origins = frozenset(origins) | self._own
        self._auth = auth
        self._allow_loopback = allow_loopback
        self._resolve = resolver
        # No connection is kept: requests go to bare addresses, and two hosts may share one.
        self._http = httpx.AsyncClient(
            transport=transport,
            verify=shared_ssl_context(),
            trust_env=False,
            timeout=httpx.Timeout(timeout, connect=10.0, pool=None),  # the deadline covers waiting for a place
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=0),
            headers={"Accept": "audio/*, */*;q=0.1", "Accept-Encoding": "identity", "User-Agent": "musicstudio"},
        )

    async def aclose(self) -> None:
        """Closes the connections; the downloader is of no use afterwards."""
        await self._http.aclose()

    async def fetch(self, url: str, to: Path, *, max_bytes: int, deadline_seconds: float) -> Downloaded:
        """Puts the audio behind `url` at `to`, whole and on disk, or leaves no trace.

        Raises BadAnswer (`code`: bad_link, host_not_allowed, private_address, redirects, too_large, encoded, empty,
        html, not_audio), LinkExpired, Unavailable (truncated, too_slow, no_connection, dns …), RateLimited, and OSError
        when the file can't be written.
        """
        part = to.with_name(f"{to.name}.{secrets.token_hex(4)}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        deadline = asyncio.timeout(deadline_seconds)
        try:
            with part.open("xb") as file:
                async with deadline:
                    found = await self._follow(url, file, max_bytes)
                await asyncio.to_thread(_flush, file)
            await asyncio.to_thread(_settle, part, to)
        except TimeoutError:
            if not deadline.expired():
                raise
            text = f"The file didn't arrive within {deadline_seconds:g} seconds."
            raise Unavailable(text, code="too_slow") from None
        finally:
            part.unlink(missing_ok=True)
        return Downloaded(to, found.size, found.sha256, found.mime)

    async def _follow(self, link: str, file: BinaryIO, max_bytes: int) -> _Found:
        url = self._checked(link)
        with_key = self._wants_key(url)
        for _hop in range(MAX_HOPS):
            async with contextlib.aclosing(await self._open(url, with_key=with_key)) as response:
                if response.has_redirect_location:
                    url = self._joined(url, response.headers["location"])
                    with_key = self._wants_key(url)
                elif response.status_code in (401, 403) and not with_key and Origin.of(url) in self._own:
                    with_key = True
                else:
                    return await _save(response, file, max_bytes)
        raise BadAnswer("The file link redirects too often.", code="redirects")

    def _wants_key(self, url: httpx.URL) -> bool:
        """A link with a query is signed and goes without; a bare path on one of the provider's own hosts needs it."""
        return Origin.of(url) in self._own and not url.query

    def _checked(self, link: str) -> httpx.URL:
        try:
            url = httpx.URL(link)
            origin = Origin.of(url)
        except (httpx.InvalidURL, ValueError, UnicodeError):
            raise BadAnswer("The file link is not a valid address.", code="bad_link") from None
        if not origin.host or url.userinfo or origin.scheme not in ("https", "http"):
            raise BadAnswer("The file link is not a valid address.", code="bad_link")
        if origin not in self._origins:
            name = wire.word(f"{origin.host}:{origin.port}" if url.port else origin.host, 100)
            text = f"The file link points to {name} over {origin.scheme}, which is not on the list of allowed hosts."
            raise BadAnswer(text, code="host_not_allowed")
        if origin.scheme == "http" and not (self._allow_loopback and origin.is_loopback):
            raise BadAnswer("The file link is not encrypted (http).", code="host_not_allowed")
        return url

    def _joined(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            return self._checked(str(url.join(location)))
        except (httpx.InvalidURL, ValueError):
            raise BadAnswer("The file link redirects to an invalid address.", code="bad_link") from None

    async def _addresses(self, origin: Origin) -> list[str]:
        """Where a host may be reached. One bad address spoils the name: honest hosts don't mix public and private."""
        try:
            found = await self._resolve(origin.host.strip("[]"), origin.port)
        except TimeoutError:
            raise
        except (OSError, UnicodeError):
            raise Unavailable(f"The file host {origin.host} has no address.", code="dns") from None
        loopback = self._allow_loopback and origin.is_loopback
        if not found or not all(is_public(text) or (loopback and is_loopback(text)) for text in found):
            text = f"The file host {origin.host} resolves to an address that is not public."
            raise BadAnswer(text, code="private_address")
        return found[:MAX_ADDRESSES]

    async def _open(self, url: httpx.URL, *, with_key: bool) -> httpx.Response:
        """A GET to one of the checked addresses, under the host's own name for both HTTP and TLS."""
        origin = Origin.of(url)
        error: ProviderError = Unavailable(f"The file host {origin.host} can't be reached.", code="no_connection")
        for address in await self._addresses(origin):
            request = self._http.build_request(
                "GET",
                url.copy_with(host=address),
                headers={"Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": origin.host},
            )
            try:
                return await self._http.send(request, auth=self._auth if with_key else None, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as failed:
                error = faults.from_exception(failed)
            except faults.TRANSPORT_EXCEPTIONS as failed:
                raise faults.from_exception(failed) from None
        raise error


@dataclass(frozen=True, slots=True)
class _Found:
    size: int
    sha256: str
    mime: str


async def _save(response: httpx.Response, file: BinaryIO, max_bytes: int) -> _Found:
    """Writes the body to `file`, hashing on the way, and stops at the first sign that it is not what was asked for."""
    if response.status_code != 200:
        raise _refused(response)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadAnswer("The file came compressed, which was not asked for.", code="encoded")
    declared = wire.number(response.headers.get("content-length"))
    size, head, digest = 0, b"", hashlib.sha256()
    async with contextlib.aclosing(_chunks(response)) as chunks:
        async for chunk in chunks:
            size += len(chunk)
            if max(size, declared or 0) > max_bytes:
                raise BadAnswer(f"The file is larger than the {max_bytes:,} bytes allowed.", code="too_large")
            if len(head) < HEAD:
                head += chunk[: HEAD - len(head)]
                if len(head) == HEAD:
                    _mime(head)
            digest.update(chunk)
            file.write(chunk)
    if declared is not None and size < declared:
        raise Unavailable("The file broke off before its end.", code="truncated")
    if not size:
        raise BadAnswer("The file is empty.", code="empty")
    return _Found(size, digest.hexdigest(), _mime(head))


async def _chunks(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.TimeoutException as error:
        raise faults.from_exception(error) from None
    except faults.TRANSPORT_EXCEPTIONS:
        raise Unavailable("The file broke off before its end.", code="truncated") from None


def _mime(head: bytes) -> str:
    """The MIME type the first bytes prove. Raises BadAnswer for anything but audio, whatever its headers claim."""
    found = sniff(head)
    if found is not None:
        return MIME_TYPES[found]
    if head.lstrip()[:1] == b"<":
        raise BadAnswer("The file link gave a web page, not audio.", code="html")
    raise BadAnswer("The file is not audio.", code="not_audio")


def _refused(response: httpx.Response) -> ProviderError:
    status = response.status_code
    about: dict[str, Any] = {"code": f"http_{status}", "status": status}
    about["request_id"] = wire.word(response.headers.get("x-request-id"), 200)
    if status in (400, 401, 403, 404, 410):
        return LinkExpired(f"The file link is no longer good (HTTP {status}).", **about)
    if status == 429:
        wait = wire.retry_after(response.headers)
        return RateLimited("The file host asks to slow down.", retry_after=wait, **about)
    if status == 408 or status >= 500:
        wait = wire.retry_after(response.headers)
        return Unavailable(f"The file host is in trouble (HTTP {status}).", retry_after=wait, **about)
    return BadAnswer(f"The file link gave no file (HTTP {status}).", **about)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _settle(part: Path, to: Path) -> None:
    """Gives the finished file its name, and the name its place on disk: a power cut leaves the whole file or none."""
    os.replace(part, to)
    if os.name == "posix":
        folder = os.open(to.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
