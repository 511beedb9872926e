"""Reading AIgateway's answers: every shape its pages, its OpenAPI file and its SDKs show for the same thing.

The sources contradict each other and none has response schemas for jobs, so each reader tries the known places in order
and gives None for what is absent or absurd. Whatever JSON comes, the result is a value or `BadAnswer`, nothing else.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from musicstudio.core.money import to_micros
from musicstudio.providers.base import BadAnswer, Balance, JobStatus, Output, RemoteModel, Status, Submitted

logger = logging.getLogger(__name__)

POLL_FLOOR = 3.0  # seconds; the async-jobs page: at most one poll per 3 s a job, faster ones answer 304
LONGEST_WAIT = 3600.0  # seconds; a Retry-After beyond an hour is a wrong unit, and would park a take for good
MAX_COST = Decimal(10_000)  # USD; a larger cost of one take is a wrong unit or damage, and is no cost we can settle
MAX_SECONDS = Decimal(86_400)
MAX_URL = 8_192

STATUS_WORDS: dict[str, Status] = {
    **dict.fromkeys(("queued", "pending", "accepted", "submitted", "created", "in_queue"), "queued"),
    **dict.fromkeys(("running", "processing", "in_progress", "started", "starting", "generating"), "running"),
    **dict.fromkeys(("completed", "complete", "succeeded", "success", "done", "finished", "ready"), "succeeded"),
    **dict.fromkeys(("failed", "failure", "error", "errored", "expired", "timeout", "timed_out"), "failed"),
    **dict.fromkeys(("cancelled", "canceled", "aborted"), "cancelled"),
}

REFUSAL_WORDS = frozenset({"bad_prompt", "bad_composition_plan", "content_policy", "content_refused", "content_filter"})
REFUSAL_WORDS |= {"moderation", "safety", "harmful", "copyright", "sensitive", "nsfw", "prohibited"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end. `request_id` is the gateway's x-request-id, else the one we sent."""

    status: int
    headers: httpx.Headers
    body: bytes
    request_id: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The key's request window: `limit` requests, `remaining` of them now, all again in `reset_seconds`."""

    limit: int
    remaining: int
    reset_seconds: float


def read_json(answer: Answer) -> Any:
    """The JSON value of an answer, numbers exact (int or Decimal). Raises BadAnswer: empty, html or bad_json."""
    text = answer.body.strip()
    if not text:
        raise _bad("The gateway's answer is empty.", "empty", answer)
    if text.startswith(b"<"):
        raise _bad("The gateway answered with a web page instead of JSON.", "html", answer)
    try:
        return json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise _bad("The gateway's answer is not valid JSON.", "bad_json", answer) from None


def read_record(answer: Answer) -> dict[str, Any]:
    """The job record of an answer, taken out of a `data` or `job` wrapper where there is one."""
    value = read_json(answer)
    if isinstance(value, dict) and "status" not in value:
        inner = next((value[name] for name in ("data", "job") if isinstance(value.get(name), dict)), None)
        value = value if inner is None else inner
    if not isinstance(value, dict):
        raise _bad("The gateway's answer holds no job record.", "no_record", answer)
    return value


def _bad(message: str, code: str, answer: Answer) -> BadAnswer:
    return BadAnswer(message, code=code, request_id=answer.request_id, status=answer.status)


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond what decimal can hold
        return None
    return number if abs(number.adjusted()) < 40 else None  # int(Decimal("1e999999")) would eat the memory


def _integer(text: str) -> int | None:
    return int(text) if len(text) <= 40 else None


def number(value: Any) -> Decimal | None:
    """A finite number from JSON or from text, else None. Booleans are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, str):
        parsed = _decimal(value.strip()) if len(value) <= 64 else None
        return parsed if parsed is not None and parsed.is_finite() else None
    return Decimal(value)


def word(value: Any, limit: int = 300) -> str:
    """A short printable text from anything: a string or a number, blanks and control characters folded; else ""."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    text = "".join(c if c.isprintable() else " " for c in str(value)[: limit * 4])
    return " ".join(text.split())[:limit]


def moment(value: Any) -> datetime | None:
    """A point in time from Unix seconds, milliseconds (beyond 1e12) or ISO 8601 text; None when it is neither."""
    seconds = number(value)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(float(seconds / 1000 if seconds > 10**12 else seconds), UTC)
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
        return parsed and (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait, from a Retry-After in seconds or as a date (RFC 9110, 10.2.3); 0 to an hour, or None.

    A date counts from the answer's own Date header where it has one, so that a wrong clock doesn't matter.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    seconds = number(text)
    if seconds is None:
        until, start = _http_date(text), _http_date(headers.get("date", ""))
        if until is None:
            return None
        seconds = Decimal(until.timestamp() - (start.timestamp() if start else (time.time() if now is None else now)))
    return float(min(max(seconds, Decimal(0)), Decimal(LONGEST_WAIT)))


def clock_skew(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds by which the other side's clock is ahead; to a second, as Date is (RFC 9110, 6.6.1). None without a date."""
    there = _http_date(headers.get("date", ""))
    return None if there is None else there.timestamp() - now


def _http_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def status_of(raw: Any) -> Status | None:
    """The studio's word for a gateway's; an unknown word means still running; None when there is no word."""
    text = word(raw, 60).lower().replace("-", "_").replace(" ", "_")
    if text and text not in STATUS_WORDS:
        logger.warning("The gateway uses an unknown job status %r; taken as running.", text)
    return STATUS_WORDS.get(text, "running") if text else None


def job_id(record: Mapping[str, Any]) -> str:
    """`id` or `job_id` of a record as text, "" when there is none to put into a path."""
    for name in ("id", "job_id", "jobId"):
        text = word(record.get(name), 201)
        if text and len(text) <= 200 and text not in (".", "..") and " " not in text:
            return text
    return ""


def cost_micros(record: Mapping[str, Any], headers: Mapping[str, str]) -> int | None:
    """What the job cost, in micros: usage.cost_cents, usage.cost (USD), the same at the top level, X-Cost-Cents.

    The body goes first and a header of 0 counts as silence: X-Cost-Cents is documented as the cost of *this call*, and
    a poll costs nothing. Absurd, negative and unreadable numbers are None: the cost is then unknown, not zero.
    """
    usage = record.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    header = number(headers.get("x-cost-cents"))
    places = [
        (usage.get("cost_cents"), 100),
        (usage.get("cost"), 1),
        (record.get("cost_cents"), 100),
        (record.get("cost"), 1),
        (header or None, 100),
    ]
    for value, per_dollar in places:
        amount = number(value)
        if amount is not None and 0 <= amount / per_dollar <= MAX_COST:
            return to_micros(amount / per_dollar)
    return None


def _seconds(*values: Any) -> Decimal | None:
    found = (number(value) for value in values)
    return next((n for n in found if n is not None and 0 < n <= MAX_SECONDS), None)


def _url(value: Any) -> str:
    """A link as text, "" unless it is http(s) or a path on the gateway."""
    if not isinstance(value, str) or len(value) > MAX_URL or not value.isprintable() or " " in value.strip():
        return ""
    text = value.strip()
    on_gateway = text.startswith("/") and not text.startswith("//")
    return text if on_gateway or text.lower().startswith(("https://", "http://")) else ""


def _candidates(record: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Everything that may be a link to audio, best first, each with the object that describes it."""
    result = record.get("result")
    inside: Mapping[str, Any] = result if isinstance(result, dict) else {}
    for name in ("file_url", "url"):
        yield inside.get(name), inside
    for name in ("result_url", "resultUrl"):
        yield record.get(name), inside
    for holder in (inside, record):
        audio = holder.get("audio")
        if isinstance(audio, dict):
            yield audio.get("url"), {**inside, **audio}
        yield audio, inside
        yield holder.get("audio_url"), inside
        for name in ("files", "outputs", "output"):
            items = holder.get(name)
            for item in items[:20] if isinstance(items, list) else [items]:
                if isinstance(item, dict):
                    yield item.get("url") or item.get("file_url"), {**inside, **item}
                yield item, inside
    yield result, inside


def outputs_of(record: Mapping[str, Any], files_at: str) -> tuple[Output, ...]:
    """The audio a record points at, each link once. `files_at` is the origin of relative links and bare names."""
    found: dict[str, Output] = {}
    for value, facts in _candidates(record):
        url = _url(value)
        if url:
            url = files_at + url if url[0] == "/" else url
            found.setdefault(url, _output(url, facts, record))
    result = record.get("result")
    named = result if isinstance(result, dict) else record
    name = word(named.get("filename") or named.get("file_name"), 200)
    if not found and name and job_id(record) and "/" not in name and name not in (".", ".."):
        url = f"{files_at}/v1/files/jobs/{quote(job_id(record), safe='')}/{quote(name, safe='')}"
        found[url] = _output(url, named, record)
    return tuple(found.values())


def _output(url: str, facts: Mapping[str, Any], record: Mapping[str, Any]) -> Output:
    expiry = next((facts[n] for n in ("expires_at", "url_expires_at", "expiry") if facts.get(n)), None)
    return Output(
        url=url,
        mime=word(facts.get("content_type") or facts.get("mime_type") or facts.get("mime"), 80),
        seconds=_seconds(facts.get("duration"), facts.get("duration_seconds"), record.get("duration")),
        expires_at=moment(expiry),
    )


def failure_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """(code, message) of a job's `error`: an object, a text or nothing."""
    error = record.get("error")
    if isinstance(error, dict):
        code = next((word(error[n], 80) for n in ("code", "type", "status") if isinstance(error.get(n), str)), "")
        return code or word(error.get("code"), 80), word(error.get("message") or error.get("detail"))
    text = word(error) or word(record.get("error_message")) or word(record.get("failure_reason"))
    return word(record.get("error_code"), 80), text


def is_refusal(text: str) -> bool:
    """Whether an error's words say that the prompt itself was refused."""
    low = text.lower()
    return any(name in low or name.replace("_", " ") in low for name in REFUSAL_WORDS)


def suggestion_in(value: Any, depth: int = 0) -> str:
    """A wording the model would take, wherever it is nested: the documentation names the field, not its place."""
    if depth > 6:
        return ""
    if isinstance(value, dict):
        own = word(value.get("prompt_suggestion"), 5_000)
        return own or next((s for s in (suggestion_in(v, depth + 1) for v in value.values()) if s), "")
    if isinstance(value, list):
        return next((s for s in (suggestion_in(v, depth + 1) for v in value[:20]) if s), "")
    return ""


def parse_job(answer: Answer, files_at: str, expected: str = "") -> JobStatus:
    """What a job record says. Raises BadAnswer for what is no record, has no status, or is about another job."""
    record = read_record(answer)
    if expected and job_id(record) and expected not in (word(record.get("id"), 201), job_id(record)):
        raise _bad("The gateway answered about another job.", "wrong_job", answer)
    status = _state(record)
    if status is None:
        raise _bad("The gateway's job record has no status.", "no_status", answer)
    return _told(status, record, answer, files_at)


def _state(record: Mapping[str, Any]) -> Status | None:
    """The status a record spells out, or the one that follows from what is in it."""
    status = status_of(record.get("status"))
    linked, error = bool(outputs_of(record, "")), any(failure_of(record))
    if status is None:
        return "succeeded" if linked else "failed" if error else None
    if status == "succeeded" and error and not linked:
        return "failed"  # fal.ai, whose catalogue this gateway sells on, reports failure as COMPLETED with an error
    return status


def _told(status: Status, record: Mapping[str, Any], answer: Answer, files_at: str) -> JobStatus:
    code, message = failure_of(record) if status == "failed" else ("", "")
    return JobStatus(
        status=status,
        outputs=outputs_of(record, files_at) if status == "succeeded" else (),
        error_kind="content_refused" if is_refusal(f"{code} {message}") else "",
        error_code=code,
        error_message=message,
        suggestion=suggestion_in(record.get("error")) if status == "failed" else "",
        cost_micros=cost_micros(record, answer.headers),
        retry_after=retry_after(answer.headers),
        request_id=answer.request_id,
        raw_status=word(record.get("status"), 60),
        served_by=word(answer.headers.get("x-aig-served-by"), 200),
        created_at=moment(record.get("created_at") or record.get("created")),
        updated_at=moment(record.get("updated_at") or record.get("updated")),
    )


def accepted_anyway(answer: Answer) -> bool:
    """Whether a 422 is the "non-fatal warning" of the error page: a job record, started all the same."""
    try:
        record = read_record(answer)
    except BadAnswer:
        return False
    return answer.status == 422 and bool(job_id(record)) and _state(record) in ("queued", "running", "succeeded")


def parse_submitted(answer: Answer, files_at: str, warnings: tuple[str, ...] = ()) -> Submitted:
    """What the answer to a submit says; with an id any status will do. Raises BadAnswer: it may run all the same."""
    record = read_record(answer)
    ref = job_id(record)
    if not ref:
        reason = failure_of(record)[1]
        text = "The gateway took the request and gave the job no id"
        raise _bad(f"{text}: {reason}" if reason else f"{text}.", "no_id", answer)
    told = _told(_state(record) or "queued", record, answer, files_at)
    return Submitted(
        ref={"id": ref},
        status=told.status,
        request_id=answer.request_id,
        outputs=told.outputs,
        cost_micros=told.cost_micros,
        warnings=warnings + tuple(filter(None, map(word, answer.headers.get_list("x-aig-warning")))),
        raw_status=told.raw_status,
        error_kind=told.error_kind,
        error_code=told.error_code,
        error_message=told.error_message,
        suggestion=told.suggestion,
        served_by=told.served_by,
        created_at=told.created_at,
    )


def plain(value: Any, depth: int = 0) -> Any:
    """The same JSON with Decimals as text, so that it can be stored again with every digit it came with."""
    if isinstance(value, dict):
        return {str(k): plain(v, depth + 1) for k, v in value.items()} if depth < 20 else {}
    if isinstance(value, list):
        return [plain(v, depth + 1) for v in value] if depth < 20 else []
    return str(value) if isinstance(value, Decimal) else value


def parse_models(answer: Answer, modality: str) -> list[RemoteModel]:
    """The catalogue's models of one modality; filtered here as well, because the server's filter is not reliable."""
    value = read_json(answer)
    rows = value.get("data", value.get("models")) if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise _bad("The gateway's answer holds no list of models.", "no_record", answer)
    found = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        kinds = row.get("modality")
        slug = word(row.get("id") or row.get("slug"), 200)
        if slug and modality in (kinds if isinstance(kinds, list) else [kinds]):
            pricing = plain(row.get("pricing"))
            owner = word(row.get("provider") or row.get("owned_by"), 200)
            found.append(RemoteModel(slug, owner, modality, pricing if isinstance(pricing, dict) else {}))
    return found


def parse_balance(answer: Answer) -> Balance:
    """What is left. No page gives the shape: *_cents are cents, *_usd and bare names are taken as dollars."""
    value = read_json(answer)
    record = value.get("data", value) if isinstance(value, dict) else value
    if not isinstance(record, dict):
        raise _bad("The gateway's answer holds no balance.", "no_record", answer)
    inner = record.get("balance")
    places = {**record, **inner} if isinstance(inner, dict) else record
    currency = word(places.get("currency"), 10).upper()
    names = [("balance_cents", 100), ("available_cents", 100), ("credits_cents", 100), ("cents", 100)]
    names += [(n, 1) for n in ("balance_usd", "usd", "balance", "credit_balance", "credits", "available", "amount")]
    for name, per_dollar in names:
        amount = number(places.get(name))
        if amount is not None and currency in ("", "USD") and abs(amount / per_dollar) <= 10**9:
            return Balance(to_micros(amount / per_dollar), plain(record))
    return Balance(None, plain(record))


def parse_rate(headers: Mapping[str, str]) -> RateLimit | None:
    """The request window as of this answer; None unless all three x-ratelimit headers are there and sane."""
    limit, left, reset = (number(headers.get(f"x-ratelimit-{n}-requests")) for n in ("limit", "remaining", "reset"))
    if limit is None or left is None or reset is None or not (0 < limit <= 10**9 and left >= 0 and reset >= 0):
        return None
    return RateLimit(int(limit), int(min(left, limit)), float(min(reset, Decimal(LONGEST_WAIT))))
