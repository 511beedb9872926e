"""The gateway's contract as the studio keeps it: its errors and what to do about each, and a job before and after."""

from dataclasses import dataclass
from typing import Any

ID = "0198f2a4-6c1e-4b7a-9d57-2f60c1a9e3b4"
NAME = "0198f2a46c1e.mp3"
NOTHING = "no"
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@dataclass(frozen=True)
class Refusal:
    """One status of an error: type and code of its envelope, what it means, whether it costs, what to do."""

    status: int
    type: str
    code: str
    means: str
    do: str
    charged: str = NOTHING


ERRORS = (
    Refusal(
        400,
        "invalid_request_error",
        "invalid_request",
        "The body is no JSON, or a link is bad.",
        "Correct it; a repeat fails again.",
    ),
    Refusal(401, "authentication_error", "invalid_key", "The token is missing, unknown, revoked or over.", "Use another token."),
    Refusal(
        402,
        "insufficient_credits",
        "insufficient_credits",
        "A cap is too small. The message names it, what is left, when it resets and who can raise it.",
        "Ask that person, or ask for less. Do not repeat it.",
    ),
    Refusal(
        403, "permission_error", "scope_exceeded", "The token lacks a scope, or its person the role.", "Use a token that may."
    ),
    Refusal(404, "not_found", "not_found", "There is no such model, job, file, project or address.", "Look at the name."),
    Refusal(
        405, "invalid_request_error", "method_not_allowed", "The address does not take this method.", "See the Allow header."
    ),
    Refusal(409, "conflict", "idempotency_conflict", "This Idempotency-Key came with another body before.", "Use a fresh key."),
    Refusal(413, "invalid_request_error", "payload_too_large", "The request is larger than 1 MB.", "Send less."),
    Refusal(416, "invalid_request_error", "range_not_satisfiable", "The file has no such bytes.", "Ask for others."),
    Refusal(
        422,
        "invalid_request_error",
        "invalid_request",
        "A parameter is wrong, or the model may not be used; param names it.",
        "Correct it.",
    ),
    Refusal(
        429,
        "rate_limit_error",
        "rate_limited",
        "More requests in a minute than one token may send.",
        "Wait as long as Retry-After says.",
    ),
    Refusal(
        500,
        "server_error",
        "internal_error",
        "A fault of the studio.",
        "Try again; tell an admin the request id.",
        "only if a job was made: ask again with the same Idempotency-Key",
    ),
    Refusal(503, "service_unavailable", "service_unavailable", "The studio is busy or being updated.", "Try again in a moment."),
)
FAILED = Refusal(
    200,
    "failed",
    "",
    "The job failed at the provider: its record has status failed, and error says why.",
    "Read error.message; ask again.",
    "no; unless the provider bills it all the same, and then usage says how much",
)


def queued(model: str = "sketch/studio-sketch") -> dict[str, Any]:
    """A job that was just asked for."""
    return {
        "id": ID,
        "object": "job",
        "status": "queued",
        "modality": "music",
        "model": model,
        "created": 1790000000,
        "created_at": 1790000000,
        "updated_at": 1790000000,
        "progress": 0,
        "project": "spots",
        "take": 1,
        "jobs": [ID],
        "detail": "",
        "result": None,
        "result_url": None,
        "error": None,
        "usage": {"cost": 0.0, "cost_cents": 0.0, "currency": "USD", "settled": False},
    }


def completed(model: str = "sketch/studio-sketch", base: str = "https://studio.example.com", usd: float = 0.0) -> dict[str, Any]:
    """The same job with its file."""
    url = f"{base}/v1/files/jobs/{ID}/{NAME}"
    result = {
        "url": url,
        "file_url": url,
        "filename": NAME,
        "duration": 15.0,
        "format": "mp3",
        "sha256": SHA,
        "loudness_lufs": -14.1,
        "true_peak_dbtp": -1.2,
    }
    usage = {"cost": usd, "cost_cents": usd * 100, "currency": "USD", "settled": True}
    done = {"status": "completed", "progress": 100, "updated_at": 1790000009, "result": result, "result_url": url, "usage": usage}
    return queued(model) | done
