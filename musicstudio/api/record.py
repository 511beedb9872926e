"""A job as `/v1` answers with it: the schema of `generation.record`, under the host that was asked."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Schema
from pydantic import ConfigDict, Field

from musicstudio.generation.models import Job
from musicstudio.generation.record import as_record

ID = "0198f2a4-6c1e-4b7a-9d57-2f60c1a9e3b4"
AUDIO = f"https://studio.example.com/v1/files/jobs/{ID}/0198f2a46c1e.mp3"
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
WAITING = {
    "id": ID,
    "object": "job",
    "status": "queued",
    "modality": "music",
    "model": "sketch/studio-sketch",
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
FINISHED: dict[str, Any] = {
    "url": AUDIO,
    "file_url": AUDIO,
    "filename": "0198f2a46c1e.mp3",
    "duration": 15.0,
    "format": "mp3",
    "sha256": SHA,
    "loudness_lufs": -14.1,
    "true_peak_dbtp": -1.2,
}
DONE = WAITING | {
    "status": "completed",
    "progress": 100,
    "updated_at": 1790000009,
    "result": FINISHED,
    "result_url": AUDIO,
    "usage": {"cost": 0.0, "cost_cents": 0.0, "currency": "USD", "settled": True},
}


class Result(Schema):
    """Where the finished file is. `duration` in seconds, measured."""

    url: str
    file_url: str
    filename: str
    duration: float
    format: str
    sha256: str
    loudness_lufs: float | None
    true_peak_dbtp: float | None


class Fault(Schema):
    """Why a job failed."""

    code: str
    message: str


class Usage(Schema):
    """What it cost, or holds while it runs."""

    cost: float = Field(description="US dollars")
    cost_cents: float
    currency: Literal["USD"] = "USD"
    settled: bool = Field(description="False while the amount is only held: the most that it can cost")


class JobRecord(Schema):
    """One take on its way. Times are Unix seconds."""

    model_config = ConfigDict(json_schema_extra={"examples": [WAITING, DONE]})

    id: str
    object: Literal["job"] = "job"
    status: Literal["queued", "processing", "completed", "failed", "cancelled"]
    modality: Literal["music"] = "music"
    model: str
    created: int
    created_at: int
    updated_at: int
    progress: int = Field(description="0 to 100")
    project: str
    take: int
    jobs: list[str] = Field(description="the ids of all takes asked for together")
    detail: str = Field(default="", description="one sentence for people, when there is something to say")
    result: Result | None = None
    result_url: str | None = None
    error: Fault | None = None
    usage: Usage


def base_of(request: HttpRequest) -> str:
    """The address the studio was called by, as links begin with it."""
    return f"{request.scheme}://{request.get_host()}"


def record(request: HttpRequest, job: Job, together: list[str] | None = None) -> JobRecord:
    """The job as it stands; its cost goes into the answer's header, too."""
    found = JobRecord(**as_record(job, base_of(request), together))
    request.cost_cents = found.usage.cost_cents  # type: ignore[attr-defined]
    return found
