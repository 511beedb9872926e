"""What can go wrong with the gateway, by name. Every entry is one a client has to survive; tests walk the tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The rows of the error tables: status, name, a line a gateway would say.
ERRORS: tuple[tuple[int, str, str], ...] = (
    (400, "invalid_request", "The request body is not valid."),
    (401, "invalid_key", "The API key is missing, malformed or revoked."),
    (402, "insufficient_credits", "Your balance is too low for this request."),
    (403, "scope_exceeded", "This key may not use the model."),
    (404, "model_not_found", "No model of that name."),
    (409, "idempotency_conflict", "The idempotency key was used with another body."),
    (413, "payload_too_large", "The body is too large."),
    (422, "unsupported_parameter", "The parameter is not supported."),
    (429, "rate_limited", "Too many requests."),
    (500, "internal_error", "Something broke."),
    (502, "provider_unavailable", "The upstream provider failed."),
    (503, "capacity_exceeded", "No capacity at the moment."),
    (504, "provider_timeout", "The upstream provider took too long."),
)


@dataclass(frozen=True)
class Fault:
    """One way to answer wrongly, or not at all.

    `act` is when: "instead" of doing what was asked, or "after" doing it. `how` is "answer" (with `status`, `body`,
    `headers`), "drop" (the connection closes without a byte) or "hang" (nothing comes until the gateway stops).
    """

    act: str = "instead"
    how: str = "answer"
    status: int = 500
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def error(status: int, name: str, message: str, *, shape: str = "text", **headers: str) -> Fault:
    """A documented error envelope; `shape` "text" has the name as `code`, "number" has it as `type` beside an integer."""
    code: Any = name if shape == "text" else status
    kind = "gateway_error" if shape == "text" else name
    body = {"error": {"message": message, "type": kind, "code": code, "param": None}}
    sent = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return Fault(status=status, body=json.dumps(body).encode(), headers=sent)


def _page(status: int) -> Fault:
    return Fault(status=status, body=b"<!doctype html><title>Bad gateway</title><h1>Oops</h1>", headers=HTML)


HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}

#: Faults that fit any call of the JSON API.
API_FAULTS: dict[str, Fault] = {
    **{f"{s} {shape}": error(s, n, m, shape=shape) for s, n, m in ERRORS for shape in ("text", "number")},
    "403 spend": error(403, "scope_exceeded", "The monthly spend ceiling of this key is reached."),
    "402 budget": error(402, "budget_exceeded", "The sub-account's cap is reached.", shape="number"),
    "400 refused": Fault(
        status=400,
        headers=JSON,
        body=json.dumps(
            {"error": {"message": "No artist names.", "code": "bad_prompt", "data": {"prompt_suggestion": "Soft piano."}}}
        ).encode(),
    ),
    "429 seconds": error(429, "rate_limited", "Too many requests.", Retry_After="7"),
    "429 date": error(
        429, "rate_limited", "Slow down.", Date="Sun, 22 Nov 2026 10:00:00 GMT", Retry_After="Sun, 22 Nov 2026 10:00:09 GMT"
    ),
    "503 seconds": error(503, "capacity_exceeded", "No capacity at the moment.", Retry_After="4"),
    "500 page": _page(500),
    "502 page": _page(502),
    "503 page": _page(503),
    "504 page": _page(504),
    "524 page": _page(524),
    "redirect": Fault(status=308, headers={"Location": "/elsewhere"}),
    "drop": Fault(how="drop"),
    "hang": Fault(how="hang"),
}

#: 2xx answers that say nothing a client can use; "instead": nothing was started.
UNREADABLE: dict[str, Fault] = {
    "page": _page(200),
    "empty": Fault(status=200),
    "half json": Fault(status=200, headers=JSON, body=b'{"id": "job_1", "sta'),
    "not an object": Fault(status=200, headers=JSON, body=b'["job_1"]'),
    "null": Fault(status=200, headers=JSON, body=b"null"),
    "deep json": Fault(status=200, headers=JSON, body=b"[" * 50_000),
    "not utf-8": Fault(status=200, headers=JSON, body=b'{"id": "\xff\xfe", "status": "queued"}'),
}

#: Only for a submit: the job is taken, and the client is not told how to find it.
LOST_SUBMITS: dict[str, Fault] = {
    "drop after": Fault(act="after", how="drop"),
    "hang after": Fault(act="after", how="hang"),
    "500 after": Fault(act="after", status=500, headers=JSON, body=b'{"error": {"message": "Something broke."}}'),
    "502 after": Fault(act="after", status=502, headers=HTML, body=b"<html>bad gateway</html>"),
    "504 after": Fault(act="after", status=504, headers=HTML, body=b"<html>timeout</html>"),
    "no id": Fault(act="after", status=202, headers=JSON, body=b'{"status": "queued", "object": "job"}'),
    "page after": Fault(act="after", status=200, headers=HTML, body=b"<html>welcome</html>"),
    "empty after": Fault(act="after", status=202),
}

NAMED: dict[str, Fault] = {**API_FAULTS, **UNREADABLE, **LOST_SUBMITS}

#: Where a finished job's record has its link: the name is a `JobPlan.shape`.
RESULT_SHAPES: tuple[str, ...] = (
    "result.url",
    "result.file_url",
    "result_url",
    "resultUrl",
    "result.audio.url",
    "result.audio_url",
    "result.files",
    "result.outputs",
    "outputs",
    "output text",
    "result text",
    "wrapped",
    "relative",
    "filename",
)


def result(shape: str, url: str, seconds: float) -> dict[str, Any]:
    """The part of a finished job's record that has the link."""
    path = url[url.index("/", len("https://")) :]
    file = {"url": url, "duration": seconds}
    shapes: dict[str, dict[str, Any]] = {
        "result.url": {"result": file},
        "result.file_url": {"result": {"file_url": url, "duration": seconds}},
        "result_url": {"result_url": url},
        "resultUrl": {"resultUrl": url},
        "result.audio.url": {"result": {"audio": {"url": url, "content_type": "audio/mpeg"}, "duration": seconds}},
        "result.audio_url": {"result": {"audio_url": url, "duration": seconds}},
        "result.files": {"result": {"files": [file]}},
        "result.outputs": {"result": {"outputs": [file]}},
        "outputs": {"outputs": [file]},
        "output text": {"output": [url]},
        "result text": {"result": url},
        "wrapped": {"result": file},
        "relative": {"result": {"url": path, "duration": seconds}},
        "filename": {"result": {"filename": path.split("?")[0].removesuffix("/public").rpartition("/")[2], "duration": seconds}},
    }
    return shapes[shape]


#: What can be wrong with a result file or its link: the name is a `JobPlan.file` or goes to `Gateway.fail("file", …)`.
FILE_FAULTS: tuple[str, ...] = (
    "expired",
    "gone",
    "401",
    "404",
    "429",
    "500",
    "503",
    "drop",
    "hang",
    "redirect elsewhere",
    "redirect private",
    "redirect loop",
    "redirect nowhere",
    "link elsewhere",
    "link private",
    "link http",
    "link odd",
    "no link",
    "too large",
    "endless",
    "truncated",
    "short",
    "mislabelled",
    "page",
    "json",
    "empty",
    "noise",
    "compressed",
)
