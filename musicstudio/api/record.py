"""A job as the contract shows it: the union of what the gateway's pages, SDKs and examples read."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema
from pydantic import Field

from musicstudio.core.money import from_micros
from musicstudio.generation.models import Job, State
from musicstudio.generation.reasons import explain
from musicstudio.library.models import Track

STATUS: dict[str, str] = {
    State.QUEUED: "queued",
    State.SUBMITTING: "processing",
    State.RUNNING: "processing",
    State.COLLECTING: "processing",
    State.UNCERTAIN: "processing",  # the money is held and a person decides: nobody should ask for it again
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
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
    settled: bool = Field(description="False while the amount is only held")


class JobRecord(Schema):
    """One take on its way. Times are Unix seconds."""

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


def seconds(moment: datetime | None) -> int:
    """Unix seconds."""
    return int(moment.timestamp()) if moment else 0


def record(request: HttpRequest, job: Job, together: list[str] | None = None) -> JobRecord:
    """The job as it stands."""
    settled = job.hold.actual_micros is not None
    micros = (job.hold.actual_micros or 0) if settled else job.hold.amount_micros
    micros = 0 if job.hold.state == "released" else micros
    usage = Usage(cost=float(from_micros(micros)), cost_cents=float(from_micros(micros) * 100), settled=settled)
    said: dict[str, Any] = {"result": None, "result_url": None, "error": None, "detail": job.message}
    if job.state == State.SUCCEEDED and job.track:
        found = result(request, job, job.track)
        said |= {"result": found, "result_url": found.url, "detail": ""}
    if job.state in (State.FAILED, State.UNCERTAIN):
        words = explain(job)
        said["detail"] = f"{words.maker} {words.cost}"
        said["error"] = Fault(code=job.reason or "failed", message=said["detail"]) if job.state == State.FAILED else None
    return JobRecord(
        id=str(job.pk),
        status=STATUS[job.state],  # type: ignore[arg-type]
        model=job.model.slug,
        created=seconds(job.created_at),
        created_at=seconds(job.created_at),
        updated_at=seconds(job.updated_at),
        progress=100 if job.state == State.SUCCEEDED else job.progress,
        project=job.project.slug,
        take=job.take,
        jobs=together or [str(job.pk)],
        usage=usage,
        **said,
    )


def result(request: HttpRequest, job: Job, track: Track) -> Result:
    """The file's place, under the host that was asked."""
    name = f"{track.pk.hex[:12]}.{track.format}"
    url = request.build_absolute_uri(reverse("v1:file", args=[job.pk, name]))
    return Result(
        url=url,
        file_url=url,
        filename=name,
        duration=track.duration_ms / 1000,
        format=track.format,
        sha256=track.sha256,
        loudness_lufs=track.lufs,
        true_peak_dbtp=track.true_peak_db,
    )
