"""A job as `/v1` answers with it: the schema of `generation.record`, under the host that was asked."""

from typing import Literal

from django.http import HttpRequest
from ninja import Schema
from pydantic import ConfigDict, Field

from musicstudio.generation.contract import completed, queued
from musicstudio.generation.models import Job
from musicstudio.generation.record import as_record


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

    model_config = ConfigDict(json_schema_extra={"examples": [queued(), completed()]})

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
