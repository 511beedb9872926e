"""A client for AIgateway: music jobs over its JSON API, files from its media host.

Its pages contradict each other in many places (request fields, status words, where the file link is, how to cancel);
the client takes every documented variant. What it can't know it doesn't guess: a submit whose answer is lost is
`SubmitUncertain`.
"""

from __future__ import annotations

import asyncio
import json
import time
import unicodedata
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from musicstudio.providers import aigateway_errors as faults
from musicstudio.providers import aigateway_wire as wire
from musicstudio.providers.base import (
    BadAnswer,
    Balance,
    Downloaded,
    InvalidRequest,
    JobStatus,
    MusicRequest,
    Output,
    RateLimited,
    RemoteModel,
    Submitted,
    Unauthorized,
    Unavailable,
)
from musicstudio.providers.download import Downloader, Origin, Resolver, resolve, shared_ssl_context
from musicstudio.providers.lanes import Lanes

BASE_URL = "https://api.aigateway.sh"
MEDIA_HOSTS = ("media.aigateway.sh",)
LANES = 24  # reads at once: 500 a second where an answer takes 48 ms
MAX_CONNECTIONS = 8  # of submits at once
MAX_BODY = 4_000_000  # bytes of JSON; a catalogue of a thousand models is about a tenth of that
MAX_TAG = 64
CONNECT_SECONDS = 10.0
# What a submit may leave out when the gateway objects to it. Never the words, the length or the model: they make the
# take.
OPTIONAL_FIELDS = ("format", "lyrics_optimizer", "webhook_url")


class BearerKey(httpx.Auth):
    """Puts the key on a request as it leaves, so that no dictionary of headers with a key in it ever lies around.

    `own_keys` are further keys by provider, which travel as x-byok-<provider> with a submit and with nothing else.
    """

    def __init__(self, key: str, own_keys: Mapping[str, str] | None = None) -> None:
        self._key, self._own = key, dict(own_keys or {})

    def __repr__(self) -> str:
        return "BearerKey(…)"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key}"
        if request.method == "POST" and request.url.path.endswith("/v1/audio/music"):
            for provider, key in self._own.items():
                request.headers[f"x-byok-{provider}"] = key
        yield request

    def is_in(self, raw: bytes) -> bool:
        """Whether the other side has echoed the key here; most answers do not, and need no rewriting."""
        return len(self._key) >= 8 and self._key.encode() in raw

    def hidden(self, text: str) -> str:
        """The text without the key, should the other side have echoed it."""
        for key in (self._key, *self._own.values()):
            text = text.replace(key, "[key]") if len(key) >= 8 else text
        return text


class AIGateway:
    """One key's way to the gateway. Implements `MusicClient`; use it within one event loop, close it with `aclose`.

    `media_hosts` ("host" or "host:port") may serve result files; the first is the gateway's own and gets the key,
    further ones never do. `timeout` is in seconds and covers one API call, from its first byte to its last.
    `own_keys` ({"elevenlabs": …}) is experimental: the gateway's pages disagree about whether music takes them.
    `allow_loopback` permits http to 127.0.0.1, for a test gateway. `transport` and `resolver` are for tests.
    Raises Unauthorized for a key that can't be a header, InvalidRequest (code bad_address) for a base URL or a host.
    """

    def __init__(
        self,
        key: str,
        base_url: str = BASE_URL,
        *,
        media_hosts: tuple[str, ...] = MEDIA_HOSTS,
        own_keys: Mapping[str, str] | None = None,
        allow_loopback: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        resolver: Resolver = resolve,
        timeout: float = 60.0,
    ) -> None:
        self._auth = BearerKey(_checked_key(key), {name: _checked_key(own) for name, own in (own_keys or {}).items()})
        self._base = _checked_base(base_url, allow_loopback=allow_loopback)
        self._timeout = timeout
        self._allow_loopback = allow_loopback
        #: The key's request window as the last answer told it, or None.
        self.rate: wire.RateLimit | None = None
        #: Seconds by which the gateway's clock is ahead of ours, as the last answer's Date told it, or None.
        self.clock_skew: float | None = None
        media = _media_origins(media_hosts, allow_loopback=allow_loopback)
        api = Origin.of(httpx.URL(self._base))
        own = [api] if api.is_loopback else [api, *media[:1]]
        self._files_at = self._base if api.is_loopback or not media else f"{media[0].scheme}://{media_hosts[0].strip()}"
        self._downloader = Downloader(
            media, own, auth=self._auth, allow_loopback=allow_loopback, transport=transport, resolver=resolver
        )
        self._reads = self._client(transport or Lanes(LANES, shared_ssl_context()), keep=LANES)
        # A submit gets a connection of its own: on a kept one that the server is just closing, it would be uncertain
        # whether the request was read, and uncertain takes need a person.
        self._submits = self._client(transport, keep=0)

    def _client(self, transport: httpx.AsyncBaseTransport | None, *, keep: int) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=transport,
            verify=shared_ssl_context(),
            trust_env=False,  # a .netrc or a proxy variable must not see the key
            # Shorter than the limit on the whole call: what fails to connect is known to be unsent.
            timeout=httpx.Timeout(self._timeout, connect=min(CONNECT_SECONDS, self._timeout / 2)),
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=keep),
            headers={"Accept": "application/json", "User-Agent": "musicstudio"},
        )

    def __repr__(self) -> str:
        return f"AIGateway({self._base})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._reads.aclose()
        await self._submits.aclose()
        await self._downloader.aclose()

    async def submit(self, request: MusicRequest) -> Submitted:
        """Asks for one take, with one POST to /v1/audio/music.

        An optional field the gateway objects to (422) is left out once, and the result's `warnings` say so.
        Raises SubmitUncertain when the gateway may have taken the job without telling, BadAnswer when it answered 2xx
        without a usable id (it runs, and can't be asked about), and the other errors when nothing was started.
        """
        body, warnings = self._music_body(request)
        answer = await self._post_music(request, body, request.reference)
        dropped = faults.unsupported_field(answer, tuple(name for name in OPTIONAL_FIELDS if name in body))
        if dropped and not wire.accepted_anyway(answer):
            del body[dropped]
            warnings.append(f"The gateway doesn't know {dropped}; sent without it.")
            # Another body under the same key would be a conflict (409); the new key is as repeatable as the first.
            answer = await self._post_music(request, body, f"{request.reference}-without-{dropped}")
        if not answer.ok and not wire.accepted_anyway(answer):
            raise faults.from_answer(answer, submitting=True)
        return wire.parse_submitted(answer, self._files_at, tuple(warnings))

    def _music_body(self, request: MusicRequest) -> tuple[dict[str, Any], list[str]]:
        """The JSON to send and what could not be put into it."""
        if not request.model or request.model.partition("/")[0] == "auto":
            text = "A model must be named: left to itself, the gateway picks one at a price nobody has seen."
            raise InvalidRequest(text, code="no_model")
        if not request.seconds.is_finite() or request.seconds <= 0:
            raise InvalidRequest("The duration must be a number of seconds above 0.", code="bad_duration")
        whole = request.seconds == request.seconds.to_integral_value()
        body: dict[str, Any] = {
            "model": request.model,
            "prompt": request.prompt,
            "duration": int(request.seconds) if whole else float(request.seconds),
            "is_instrumental": request.instrumental,
            "lyrics_optimizer": False,  # the default, true, lets the gateway rewrite the user's lyrics
            "format": request.format,
        }
        warnings = []
        if request.lyrics:
            body["lyrics"] = request.lyrics
        if request.webhook_url and self._may_call_back(request.webhook_url):
            body["webhook_url"] = request.webhook_url
        elif request.webhook_url:
            warnings.append("The webhook address is not https and was not sent.")
        if request.seed is not None:
            warnings.append("The gateway has no seed; it was not sent.")
        return body, warnings

    def _may_call_back(self, address: str) -> bool:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            return False
        return url.scheme == "https" or (self._allow_loopback and url.scheme == "http" and Origin.of(url).is_loopback)

    async def _post_music(self, request: MusicRequest, body: dict[str, Any], idempotency_key: str) -> wire.Answer:
        try:
            content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except (UnicodeEncodeError, ValueError):
            raise InvalidRequest("The text holds characters that can't be sent.", code="bad_text") from None
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": _header(idempotency_key, 255),
            "X-Request-Id": _header(request.reference, 200),
            "x-cache": "skip",  # a re-roll is a new take, not the cached one
        }
        tag = _header(request.tag, MAX_TAG)
        if tag:
            headers["x-aig-tag"] = tag
        return await self._call("POST", "/v1/audio/music", submitting=True, content=content, headers=headers)

    async def poll(self, ref: Mapping[str, Any]) -> JobStatus:
        """Reads a job. The gateway answers polls faster than one per 3 s with 304: `unchanged`.

        Raises InvalidRequest with `status` 404 when the gateway doesn't know the job, BadAnswer for what it can't read.
        """
        remote = _remote_id(ref)
        answer = await self._call("GET", f"/v1/jobs/{quote(remote, safe='')}")
        if answer.status == 304:
            wait = wire.retry_after(answer.headers)
            return JobStatus(
                unchanged=True,
                retry_after=wire.POLL_FLOOR if wait is None else wait,
                request_id=answer.request_id,
            )
        return wire.parse_job(self._ok(answer), self._files_at, remote)

    async def cancel(self, ref: Mapping[str, Any]) -> JobStatus:
        """Asks to stop a job (DELETE, else POST …/cancel) and answers with what the job then is.

        The job is read again unless the answer itself is a job record in a final state. Nothing promises that stopping
        a running job stops its charge. May be repeated.
        """
        remote = _remote_id(ref)
        path = f"/v1/jobs/{quote(remote, safe='')}"
        answer = await self._call("DELETE", path)
        if answer.status in (404, 405):
            answer = await self._call("POST", f"{path}/cancel")
        if not answer.ok and answer.status not in (404, 405, 409):
            raise faults.from_answer(answer)
        told = self._record_in(answer, remote)
        if told is not None and told.status in ("succeeded", "failed", "cancelled"):
            return told
        try:
            return await self.poll(ref)
        except (Unavailable, RateLimited):
            return told or JobStatus(unchanged=True, retry_after=wire.POLL_FLOOR, request_id=answer.request_id)

    def _record_in(self, answer: wire.Answer, remote: str) -> JobStatus | None:
        try:
            return wire.parse_job(answer, self._files_at, remote) if answer.ok else None
        except BadAnswer:
            return None

    async def download(self, output: Output, to: Path, *, max_bytes: int, deadline_seconds: float) -> Downloaded:
        """Puts a result file at `to`, whole and synced to disk, or leaves nothing there.

        Raises LinkExpired (read the job again for a fresh link), BadAnswer, Unavailable, RateLimited, and OSError when
        the disk fails; `download.Downloader.fetch` has the codes.
        """
        if not output.url:
            raise BadAnswer("The job is done and the gateway gives no link to its file.", code="no_link")
        return await self._downloader.fetch(output.url, to, max_bytes=max_bytes, deadline_seconds=deadline_seconds)

    async def models(self) -> list[RemoteModel]:
        """The catalogue's music models, with prices as listed (their units are not to be trusted)."""
        answer = self._ok(await self._call("GET", "/v1/models?modality=music"))
        return wire.parse_models(answer, "music")

    async def balance(self) -> Balance | None:
        """What is left of the prepaid credits; None where the gateway has no such path."""
        answer = await self._call("GET", "/v1/balance")
        if answer.status in (404, 405):
            return None
        return wire.parse_balance(self._ok(answer))

    async def webhook_secret(self) -> str:
        """The secret that signs this key's completion webhooks, "" when there is none."""
        record = wire.read_json(self._ok(await self._call("GET", "/v1/webhook-secret")))
        secret = record.get("secret") if isinstance(record, dict) else None
        return secret if isinstance(secret, str) else ""

    def _ok(self, answer: wire.Answer) -> wire.Answer:
        if not answer.ok:
            raise faults.from_answer(answer)
        return answer

    async def _call(
        self,
        method: str,
        path: str,
        *,
        submitting: bool = False,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> wire.Answer:
        """One request and its whole answer, whatever its status. Raises ProviderError when there is no answer."""
        client = self._submits if submitting else self._reads
        request = client.build_request(method, self._base + path, content=content, headers=headers)
        try:
            async with asyncio.timeout(self._timeout):
                response = await client.send(request, auth=self._auth, stream=True)
                try:
                    return self._answer(response, await _body(response), request)
                finally:
                    await response.aclose()
        except faults.TRANSPORT_EXCEPTIONS as error:
            raise faults.from_exception(error, submitting=submitting) from None

    def _answer(self, response: httpx.Response, body: bytes, request: httpx.Request) -> wire.Answer:
        headers, clean = response.headers, body
        if self._auth.is_in(body) or any(self._auth.is_in(value) for _, value in headers.raw):
            pairs = [(name, self._auth.hidden(value)) for name, value in headers.multi_items()]
            headers = httpx.Headers(pairs, encoding="utf-8")
            clean = self._auth.hidden(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        self.rate = wire.parse_rate(headers) or self.rate
        self.clock_skew = wire.clock_skew(headers, time.time()) if "date" in headers else self.clock_skew
        request_id = wire.word(headers.get("x-request-id"), 200) or request.headers.get("x-request-id", "")
        return wire.Answer(response.status_code, headers, clean, request_id)


async def _body(response: httpx.Response) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_BODY:
            raise BadAnswer("The gateway's answer is far too long.", code="too_large", status=response.status_code)
        parts.append(part)
    return b"".join(parts)


def _remote_id(ref: Mapping[str, Any]) -> str:
    remote = wire.job_id(ref)
    if not remote:
        raise InvalidRequest("The job has no id at the gateway.", code="no_id")
    return remote


def _header(text: str, limit: int) -> str:
    """A text as a header value: letters lose their accents, what then is not ASCII becomes "?"."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    safe = bare.encode("ascii", "replace").decode()
    return "".join(c if c.isprintable() else " " for c in safe)[:limit].strip()


def _checked_key(key: str) -> str:
    """The key without surrounding blanks; anything that couldn't travel in a header can't be a key."""
    bare = key.strip()
    if not bare or not bare.isascii() or not bare.isprintable() or " " in bare:
        raise Unauthorized("The key is empty or has characters no key has.", code="malformed_key")
    return bare


def _checked_base(address: str, *, allow_loopback: bool) -> str:
    """The API's origin (and path, if any) without a trailing slash or /v1, which one of the gateway's files adds."""
    try:
        url = httpx.URL(address.strip())
        origin = Origin.of(url)
    except (httpx.InvalidURL, ValueError):
        raise InvalidRequest("The gateway's address is not valid.", code="bad_address") from None
    plain = origin.scheme == "http" and origin.is_loopback and allow_loopback
    if not origin.host or url.userinfo or url.query or url.fragment or not (plain or origin.scheme == "https"):
        raise InvalidRequest("The gateway's address must start with https://.", code="bad_address")
    return str(url).rstrip("/").removesuffix("/v1")


def _media_origins(hosts: tuple[str, ...], *, allow_loopback: bool) -> list[Origin]:
    try:
        listed = [Origin.listed(host) for host in hosts]
    except ValueError as error:
        raise InvalidRequest(f"The list of file hosts is wrong: {error}", code="bad_address") from None
    return [replace(o, scheme="http") if allow_loopback and o.is_loopback else o for o in listed]
