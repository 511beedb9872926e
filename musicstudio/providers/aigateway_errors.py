"""Everything that goes wrong on the wire, turned into one of ours: statuses, both error envelopes, httpx's exceptions.

One question decides: may the request have started something that costs money? Only a submit can, and only when it left
and its answer is no clear refusal; that is `SubmitUncertain`. The same fault on any other call is `Unavailable`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx

from musicstudio.providers import aigateway_wire as wire
from musicstudio.providers.base import (
    BadAnswer,
    ContentRefused,
    Forbidden,
    InvalidRequest,
    NoFunds,
    ProviderError,
    RateLimited,
    SubmitUncertain,
    Unauthorized,
    Unavailable,
)

# What each of httpx's exceptions says about a request. "unsent": it surely never reached the other side. "sent": it may
# have. "answered": an answer came and is unreadable. A subclass httpx adds one day is found through its bases.
TRANSPORT_FAULTS: dict[type[Exception], str] = {
    httpx.ConnectError: "unsent",
    httpx.ConnectTimeout: "unsent",
    httpx.PoolTimeout: "unsent",
    httpx.ProxyError: "unsent",
    httpx.UnsupportedProtocol: "unsent",
    httpx.InvalidURL: "unsent",
    httpx.ReadError: "sent",
    httpx.ReadTimeout: "sent",
    httpx.WriteError: "sent",
    httpx.WriteTimeout: "sent",
    httpx.CloseError: "sent",
    httpx.RemoteProtocolError: "sent",
    httpx.LocalProtocolError: "sent",
    httpx.ProtocolError: "sent",
    httpx.NetworkError: "sent",
    httpx.TimeoutException: "sent",
    httpx.TransportError: "sent",
    httpx.RequestError: "sent",
    httpx.HTTPError: "sent",
    httpx.StreamError: "sent",
    httpx.StreamClosed: "sent",
    httpx.StreamConsumed: "sent",
    httpx.RequestNotRead: "sent",
    httpx.ResponseNotRead: "answered",
    httpx.DecodingError: "answered",
    httpx.TooManyRedirects: "answered",
    httpx.HTTPStatusError: "answered",
    httpx.CookieConflict: "answered",
    TimeoutError: "sent",  # our own limit on a whole call
    OSError: "sent",  # a TLS failure in mid-stream reaches us unwrapped
}

#: For `except`: everything above, without naming each.
TRANSPORT_EXCEPTIONS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, OSError)

SPEND_WORDS = ("spend", "spent", "budget", "credit", "balance", "fund", "ceiling", "payment", "cap ", "cap_", "quota")
MODEL_WORDS = ("allow-list", "allowlist", "allow list", "allowed model", "not allowed", "model")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an error body says. `code` is the stable word to branch on, "" when the body is no error envelope."""

    code: str = ""
    message: str = ""
    param: str = ""
    suggestion: str = ""


def from_exception(error: Exception, *, submitting: bool = False) -> ProviderError:
    """Our error for a transport exception; the request object inside it, which holds the key, is left behind."""
    fault = next((TRANSPORT_FAULTS[kind] for kind in type(error).__mro__ if kind in TRANSPORT_FAULTS), "sent")
    detail = wire.word(str(error), 200) or type(error).__name__
    if fault == "answered":
        return BadAnswer(f"The gateway's answer can't be read ({detail}).", code="undecodable")
    if fault == "unsent":
        return Unavailable(f"The gateway can't be reached ({detail}).", code="no_connection")
    if submitting:
        return SubmitUncertain(
            f"The request left and no answer came back ({detail}). The gateway may be working on it.", code="no_answer"
        )
    return Unavailable(f"The gateway didn't answer ({detail}).", code="no_answer")


def from_answer(answer: wire.Answer, *, submitting: bool = False) -> ProviderError:
    """Our error for an answer that is no success. `request_id` and the gateway's own word (`code`) are kept."""
    said = envelope(answer)
    status = answer.status
    code = said.code or f"http_{status}"
    about: dict[str, Any] = {"code": code, "request_id": answer.request_id, "status": status}
    if _refuses_words(said, status):
        text = _sentence("The model refuses this prompt", said)
        return ContentRefused(text, suggestion=said.suggestion, **about)
    if status in (408, 425, 499) or status >= 500:
        return _trouble(answer, said, code, submitting=submitting)
    if status == 429:
        wait = wire.retry_after(answer.headers)
        text = _sentence("The gateway asks to slow down", said)
        return RateLimited(text, retry_after=wait, **about)
    kind, text = _refusal(status, said)
    return kind(_sentence(text, said), **about)


def _refusal(status: int, said: Envelope) -> tuple[type[ProviderError], str]:
    """The class and the first half of the message for a 3xx or 4xx: nothing was started, nothing is charged."""
    if status == 401:
        return Unauthorized, "The gateway doesn't accept the key"
    if status == 402:
        return NoFunds, "The gateway's wallet is empty or a spending limit is reached"
    if status == 403:
        if about_money(said):
            return NoFunds, "The key has reached its spending limit at the gateway"
        return Forbidden, "The key may not do this at the gateway"
    if status == 404:
        return InvalidRequest, "The gateway doesn't know this model, job or path"
    if status == 409:
        return InvalidRequest, "The gateway already has another request under this reference"
    if status == 413:
        return InvalidRequest, "The request is too large for the gateway"
    if 300 <= status < 400 and status != 303:
        return InvalidRequest, "The gateway has moved: its address in the settings must be the final one"
    if 400 <= status < 500:
        return InvalidRequest, "The gateway rejects the request"
    return BadAnswer, f"The gateway gave an answer that makes no sense here (HTTP {status})"


def _trouble(answer: wire.Answer, said: Envelope, code: str, *, submitting: bool) -> ProviderError:
    """5xx and the timeouts. On a submit only a 503 in the gateway's own words is believed to have started nothing."""
    about: dict[str, Any] = {"code": code, "request_id": answer.request_id, "status": answer.status}
    refused_clearly = answer.status == 503 and bool(said.code or said.message)
    if submitting and not refused_clearly:
        text = _sentence(f"The gateway broke off (HTTP {answer.status}) and may be working on it all the same", said)
        return SubmitUncertain(text, **about)
    text = _sentence(f"The gateway is in trouble (HTTP {answer.status})", said)
    return Unavailable(text, retry_after=wire.retry_after(answer.headers), **about)


def _sentence(text: str, said: Envelope) -> str:
    return f"{text}: {said.message}" if said.message else f"{text}."


def envelope(answer: wire.Answer) -> Envelope:
    """Reads `{"error": {message, type, code, param}}` with a text or an integer code, a bare text, or `detail`.

    A text code is used, else the type (the documents disagree whether `code` is a name or the HTTP status).
    """
    try:
        value = wire.read_json(answer)
    except BadAnswer:
        return Envelope()
    body = value if isinstance(value, dict) else {}
    error = body.get("error", body.get("detail", body))
    if isinstance(error, list):  # validation lists: [{"loc": […], "msg": …}]
        error = error[0] if error and isinstance(error[0], dict) else {}
    if not isinstance(error, dict):
        return Envelope(message=wire.word(error) or wire.word(body.get("message")))
    names = [wire.word(error.get(n), 80) for n in ("code", "type", "status") if isinstance(error.get(n), str)]
    return Envelope(
        code=next((n for n in names if n and not n.isdigit()), ""),
        message=wire.word(error.get("message") or error.get("msg")),
        param=wire.word(error.get("param"), 80),
        suggestion=wire.suggestion_in(body),
    )


def about_money(said: Envelope) -> bool:
    """Whether a 403 is about spending. `scope_exceeded` is a key's model list or its ceiling: the text decides."""
    text = f"{said.code} {said.message} ".lower()
    if any(name in text for name in SPEND_WORDS):
        return True
    return "scope_exceeded" in text and not any(name in said.message.lower() for name in MODEL_WORDS)


def _refuses_words(said: Envelope, status: int) -> bool:
    clear = bool(said.code) and wire.is_refusal(said.code)
    return status in (400, 403, 422, 451) and (clear or bool(said.suggestion))


def unsupported_field(answer: wire.Answer, optional: tuple[str, ...]) -> str:
    """The optional field that a 422 objects to (by `param`, else named in the text), "" when it is another matter."""
    if answer.status != 422:
        return ""
    said = envelope(answer)
    if said.param:
        return said.param if said.param in optional else ""
    return next((name for name in optional if re.search(rf"\b{name}\b", said.message)), "")
