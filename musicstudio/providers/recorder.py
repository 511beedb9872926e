"""Raw answers of a provider, recorded on the way and made safe to keep: no key, no link token, no file."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

KEPT_HEADERS = re.compile(r"^(content-type|date|retry-after|x-.*|aig-.*|ratelimit.*)$")
SECRET_WORDS = re.compile(r"key|secret|token|signature|authorization|cookie", re.IGNORECASE)
LONG_SECRET = re.compile(r"\b(sk|whsec|rk|pk)[-_][A-Za-z0-9_-]{6,}")
QUERY = re.compile(r"(https?://[^\s\"'?]+)\?[^\s\"']*")
MAX_BODY = 20_000  # characters of one body


def redacted(text: str) -> str:
    """The text without anything that looks like a key, and links without their query."""
    return QUERY.sub(r"\1?[token]", LONG_SECRET.sub("[key]", text))


def clean(value: Any, name: str = "") -> Any:
    """The JSON value with every secret in it replaced."""
    if isinstance(value, dict):
        return {redacted(str(key)): clean(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner, name) for inner in value[:50]]
    if isinstance(value, str):
        return "[hidden]" if SECRET_WORDS.search(name) and len(value) > 5 else redacted(value)
    return value


class Recorder(httpx.AsyncBaseTransport):
    """Passes requests on and keeps what came back in `answers`, one dict per exchange. Bodies of files are left alone."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.answers: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hands the request on, and what came back to the caller, after keeping it."""
        response = await self.inner.handle_async_request(request)
        kind = response.headers.get("content-type", "")
        kept = {name: redacted(value) for name, value in response.headers.items() if KEPT_HEADERS.match(name.lower())}
        said: dict[str, Any] = {"call": f"{request.method} {request.url.path}", "status": response.status_code, "headers": kept}
        self.answers.append(said)
        if kind.startswith("audio/") or response.status_code == 304:
            return response
        body = await response.aread()
        said["body"] = body_of(body)
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
        headers = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"transfer-encoding")]
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    async def aclose(self) -> None:
        """Closes the transport underneath."""
        await self.inner.aclose()


def body_of(body: bytes) -> Any:
    """JSON as a value, anything else as text."""
    text = body.decode("utf-8", "replace")[:MAX_BODY]
    try:
        return clean(json.loads(text))
    except ValueError:
        return redacted(text)
