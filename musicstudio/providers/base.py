"""What every music provider looks like to the studio: errors, results, protocol.

Nothing here knows Django, HTTP or a database. A client takes plain values, answers with the frozen results below and
raises nothing but `ProviderError` (or `OSError` when the studio's own disk fails during a download).

Units: money is integer micros (1 USD = 1,000,000), lengths are Decimal seconds, points in time are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

#: A job in one of these never changes again.
FINAL: frozenset[Status] = frozenset({"succeeded", "failed", "cancelled"})


# The error tree. `kind` is the word stored with a job, `retryable` says whether the same call may be made again by
# a machine. `code` is the provider's own word ("insufficient_credits"), `status` the HTTP status where there was one.
#
#   ProviderError
#   ├── Unauthorized     401: the key is missing, malformed or revoked
#   ├── NoFunds          402, or 403 naming a spend limit: nothing was charged
#   ├── Forbidden        403: the key may not do this
#   ├── InvalidRequest   400 404 409 413 422: sending it again gives the same answer
#   ├── ContentRefused   the model refuses the words; may carry other words it would take
#   ├── RateLimited      429: wait `retry_after` seconds
#   ├── Unavailable      502 503 504, 500 on a read, no connection, too slow: surely nothing was started
#   ├── SubmitUncertain  a submit left and no answer came back: it may run, and may be charged
#   ├── BadAnswer        an answer came and can't be read or trusted (HTML, half JSON, a file that is not audio)
#   └── LinkExpired      the file link is no longer good: read the job again for a fresh one


class ProviderError(Exception):
    """Something a provider, or the way to it, did wrong. `message` is fit for people and never holds a key."""

    kind: ClassVar[str] = "provider_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", *, request_id: str = "", code: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.request_id = request_id
        self.code = code
        self.status = status


class Unauthorized(ProviderError):
    """401: the key is missing, malformed or revoked. Pause the key; a person has to act."""

    kind = "unauthorized"


class NoFunds(ProviderError):
    """402, or 403 with a spend reason: wallet empty or the provider's cap reached. Never charged."""

    kind = "no_funds"


class Forbidden(ProviderError):
    """403 without a spend reason: the key may not use this model or path."""

    kind = "forbidden"


class InvalidRequest(ProviderError):
    """400, 404, 409, 413, 422: wrong in itself. `status` 404 on a poll means the provider doesn't know the job."""

    kind = "invalid_request"


class ContentRefused(ProviderError):
    """The model refuses these words. `suggestion` holds a wording it would take, or ""."""

    kind = "content_refused"

    def __init__(
        self,
        message: str = "",
        *,
        suggestion: str = "",
        request_id: str = "",
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, code=code, status=status)
        self.suggestion = suggestion


class RateLimited(ProviderError):
    """429. `retry_after` is in seconds, None when the provider didn't say."""

    kind = "rate_limited"
    retryable = True

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        request_id: str = "",
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, code=code, status=status)
        self.retry_after = retry_after


class Unavailable(ProviderError):
    """The provider can't be reached or is in trouble, and surely started nothing. `retry_after` seconds when known."""

    kind = "unavailable"
    retryable = True

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        request_id: str = "",
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, code=code, status=status)
        self.retry_after = retry_after


class SubmitUncertain(ProviderError):
    """A submit may have reached the provider, and no answer tells. Never repeated by a machine; the hold stays."""

    kind = "submit_uncertain"


class BadAnswer(ProviderError):
    """A success that can't be read, or a file that can't be trusted. `code` names which (`not_audio`, …)."""

    kind = "bad_answer"


class LinkExpired(ProviderError):
    """400, 401, 403, 404 or 410 from a file link: read the job once more, take its fresh link, try again."""

    kind = "link_expired"
    retryable = True


@dataclass(frozen=True, slots=True)
class MusicRequest:
    """One take to ask for. `reference` is the job's uuid; it travels as Idempotency-Key and X-Request-Id.

    `lyrics` is "" for none. `seconds` is what is asked, not what a model will give. `format` is "mp3" or "wav".
    `tag` is free text for the provider's own usage reports. `webhook_url` is https, or None. `variation` asks the sketch
    engine for another arrangement of the same seed; gateways know no such thing.
    """

    reference: str
    model: str
    prompt: str
    lyrics: str = ""
    seconds: Decimal = Decimal(30)
    format: str = "mp3"
    instrumental: bool = False
    seed: int | None = None
    tag: str = ""
    webhook_url: str | None = None
    variation: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """One piece of audio: one of `url`, `data`, `path` is set. `seconds` and `mime` are the provider's claim."""

    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    path: Path | None = None
    mime: str = ""
    seconds: Decimal | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The provider took the job. `ref` is opaque JSON to keep with the job and hand back to `poll` and `cancel`.

    A synchronous provider answers `succeeded` with `outputs` at once. `cost_micros` is None while unknown.
    `raw_status` is the provider's own word, `served_by` the model that really runs it when the provider tells. `facts` is
    JSON that belongs to the take's provenance.
    """

    ref: Mapping[str, Any]
    status: Status = "queued"
    request_id: str = ""
    outputs: tuple[Output, ...] = ()
    cost_micros: int | None = None
    warnings: tuple[str, ...] = ()
    raw_status: str = ""
    error_kind: str = ""
    error_code: str = ""
    error_message: str = ""
    suggestion: str = ""
    served_by: str = ""
    created_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What a poll or a cancel learned. With `unchanged` (304) nothing is known: keep the state you have.

    `retry_after` is the provider's wish in seconds until the next poll, None when it has none. `succeeded` without
    `outputs` means the provider says it is done and shows no file. Of a failed job `error_kind` is "content_refused"
    or "" and `suggestion` a wording the model would take, or "".
    """

    status: Status = "running"
    outputs: tuple[Output, ...] = ()
    error_kind: str = ""
    error_code: str = ""
    error_message: str = ""
    suggestion: str = ""
    cost_micros: int | None = None
    retry_after: float | None = None
    unchanged: bool = False
    request_id: str = ""
    raw_status: str = ""
    served_by: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left at the provider: `micros`, or None when the answer has no amount we know how to read."""

    micros: int | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """One entry of a provider's catalogue. `pricing` is as listed and untrusted: units there are often wrong."""

    slug: str
    provider: str = ""
    modality: str = ""
    pricing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file in place on disk: `bytes` long, `sha256` in hex, `mime` found from its first bytes, not from its name."""

    path: Path
    bytes: int
    sha256: str
    mime: str


class MusicClient(Protocol):
    """A provider the studio can ask for music. Every method raises only `ProviderError` and its children.

    `submit` is called once per take. `cancel` answers with the truth read after the attempt, and never promises
    that the charge stopped. `balance` is None where a provider has no such thing.
    """

    async def submit(self, request: MusicRequest) -> Submitted: ...

    async def poll(self, ref: Mapping[str, Any]) -> JobStatus: ...

    async def cancel(self, ref: Mapping[str, Any]) -> JobStatus: ...

    async def download(self, output: Output, to: Path, *, max_bytes: int, deadline_seconds: float) -> Downloaded: ...

    async def models(self) -> list[RemoteModel]: ...

    async def balance(self) -> Balance | None: ...

    async def aclose(self) -> None: ...
