"""Asking for music and following it: `POST /v1/audio/music` and the jobs."""

import hashlib
import json
import uuid
from typing import Annotated, Any

from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Header, Router, Schema, Status
from pydantic import ConfigDict, Field, field_validator

from musicstudio.accounts.access import visible
from musicstudio.api.errors import ApiError, refused
from musicstudio.api.gateway import need, pace, project_of
from musicstudio.api.record import JobRecord, base_of, record
from musicstudio.api.repeat import once
from musicstudio.api.replies import MISSING, SPENDING
from musicstudio.core import crypto
from musicstudio.generation.models import Job
from musicstudio.generation.record import STATUS
from musicstudio.generation.submit import MAX_TAKES
from musicstudio.projects.models import Prompt, TokenScope
from musicstudio.providers.models import MusicModel, Provider

WAITING = {"queued", "processing"}
POLL_SECONDS = 3
AUTO = {"", "auto", "auto/music"}
KEY = "a name of your own for this request; within 24 hours the same body answers with the same jobs, another with 409"
TAG = "what GET /v1/usage/by-tag sums this spending up by; left out: team/project"
router = Router(tags=["music"])


class MusicRequest(Schema):
    """What is asked for. `project`, `takes` and `seed` are the studio's own; what it does not know is ignored with a
    warning in `x-aig-warning`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": "sketch/studio-sketch", "prompt": "lo-fi piano with light rain", "duration": 15, "format": "mp3"}
            ]
        },
    )

    prompt: str = Field(min_length=1, max_length=20_000, description="what you want to hear")
    model: str = Field(default="", max_length=200, description="a slug of GET /v1/models; left out: the free sketch engine")
    lyrics: str = Field(default="", max_length=20_000, description="the words to sing, sent as they are, where the model sings")
    duration: float = Field(default=30.0, gt=0, le=3_600, description="seconds; the model's range is in its schema")
    format: str = Field(default="mp3", max_length=8, description="mp3 or wav")
    is_instrumental: bool | None = Field(default=None, description="left out: true without lyrics")
    lyrics_optimizer: bool = Field(default=False, description="never done: your words are sent as they are")
    project: str | None = Field(default=None, max_length=80, description="a project's slug; left out: the token's, or the first")
    takes: int = Field(default=1, ge=1, le=MAX_TAKES, description="how many; each is a job, all of them run or none")
    seed: int | None = Field(default=None, ge=0, description="where the model takes one; counts up from take to take")
    webhook_url: str = Field(default="", max_length=1_000, description="https; told the job's record when it has ended")

    @field_validator("*")
    @classmethod
    def can_be_stored(cls, value: Any) -> Any:
        """No NUL and no half of a surrogate pair: JSON can spell them, databases and files cannot hold them."""
        if isinstance(value, str) and (
            "\0" in value or (not value.isprintable() and value != value.encode(errors="ignore").decode())
        ):
            raise ValueError("It has a character that cannot be stored.")
        return value


def jobs_of(request: HttpRequest) -> Any:
    """The jobs this token may see."""
    token = request.token  # type: ignore[attr-defined]
    rows: Any = Job.objects.filter(team=token.team).select_related("hold", "model", "project", "track", "key", "team", "prompt")
    rows = visible(rows, request.membership)  # type: ignore[attr-defined]
    return rows.filter(project=token.project) if token.project_id else rows


def model_of(slug: str) -> MusicModel:
    """The model; raises ApiError 404. Nothing is ever routed to another, dearer one."""
    rows = MusicModel.objects.enabled()
    found = rows.filter(provider=Provider.SKETCH).first() if slug in AUTO else rows.filter(slug=slug).first()
    if found is None:
        raise ApiError(
            404, f"There is no model “{slug[:100]}”. GET /v1/models lists them.", param="model", code="model_not_found"
        )
    return found


@router.post("/audio/music", response={202: JobRecord, **SPENDING}, summary="Ask for music", url_name="music")
def create_music(
    request: HttpRequest,
    asked: MusicRequest,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=255, description=KEY)] = "",
    tag: Annotated[str, Header(alias="x-aig-tag", max_length=64, description=TAG)] = "",
) -> Any:
    """Queues the takes and holds their price: all of them, or nothing. Answers at once with the first take's record, whose
    `jobs` names all; follow them with GET /v1/jobs/{id}, or be told at `webhook_url`."""
    need(request, TokenScope.GENERATE)
    pace(request)
    note_unknown(request, asked)
    said = json.dumps([asked.model_dump(mode="json"), tag], sort_keys=True)
    try:
        jobs = once(request.token, idempotency_key.strip(), said, lambda batch: submit(request, asked, tag.strip(), batch))  # type: ignore[attr-defined]
    except ValidationError as error:
        raise refused(error) from None
    answer = record(request, jobs[0], [str(job.pk) for job in jobs])
    request.cost_cents = answer.usage.cost_cents * len(jobs)  # type: ignore[attr-defined]
    return Status(202, answer)


def submit(request: HttpRequest, asked: MusicRequest, tag: str, batch: uuid.UUID | None) -> list[Job]:
    """The jobs; the same ones when the request was sent before with the same `batch`."""
    token = request.token  # type: ignore[attr-defined]
    model, by = model_of(asked.model), request.membership.user  # type: ignore[attr-defined]
    if not tag.isprintable():
        raise ApiError(422, "A tag has printable characters.", param="x-aig-tag")
    prompt = Prompt(
        project=project_of(request, asked.project),
        text=asked.prompt.strip(),
        lyrics=asked.lyrics.strip(),
        duration_ms=round(asked.duration * 1000),
        format=asked.format.lower(),
        instrumental=not asked.lyrics.strip() if asked.is_instrumental is None else asked.is_instrumental,
        model_slug=model.slug,
        created_by=by,
    )
    told = callback_of(request, asked.webhook_url.strip())
    how = {"seed": asked.seed, "batch": batch, "token": token, "tag": tag, "callback": told}
    return Job.objects.submit(prompt, asked.takes, model, by, **how)


def callback_of(request: HttpRequest, url: str) -> dict[str, Any] | None:
    """Who is told when a take has ended, for the verb; raises ApiError 503 when the studio cannot read its own secrets."""
    if not url:
        return None
    token = request.token  # type: ignore[attr-defined]
    try:
        token.signing_secret()
    except crypto.Undecryptable as error:
        raise ApiError(503, f"No callback can be signed. {error}") from None
    return {"url": url, "signer": token.pk, "secret": token.signing, "base": base_of(request)}


def note_unknown(request: HttpRequest, asked: MusicRequest) -> None:
    """What was sent and means nothing here is said in a header, as the gateway does."""
    known = MusicRequest.model_fields
    unknown = sorted(name for name in json.loads(request.body) if name not in known and name.isascii() and name.isprintable())[
        :10
    ]
    said = [f"ignored: {', '.join(name[:40] for name in unknown)}"] if unknown else []
    said += ["lyrics_optimizer is never done"] if asked.lyrics_optimizer else []
    request.warning = "; ".join(said)  # type: ignore[attr-defined]


@router.get("/jobs/{uuid:job_id}", response={200: JobRecord, 304: None, **MISSING}, summary="Follow a job", url_name="job")
def get_job(
    request: HttpRequest,
    job_id: uuid.UUID,
    response: HttpResponse,
    if_none_match: Annotated[str, Header(alias="If-None-Match", description="the ETag of the record you have")] = "",
) -> Any:
    """The job as it stands. Ask every three seconds at most. With `If-None-Match` an unchanged job answers 304, and so does
    one that is still under way and was read less than three seconds ago."""
    need(request, TokenScope.READ)
    job = get_object_or_404(jobs_of(request), pk=job_id)
    tag = f'"{hashlib.sha256(f"{job.updated_at}:{job.state}:{job.progress}".encode()).hexdigest()[:20]}"'
    response["ETag"] = tag
    if STATUS[job.state] in WAITING:
        response["Retry-After"] = str(POLL_SECONDS)
    if tag in if_none_match or if_none_match.strip() == "*":
        return Status(304, None)
    if too_soon(request, job) and (if_none_match or "If-Modified-Since" in request.headers):
        del response["ETag"]  # what the asker has is older than this tag
        return Status(304, None)
    together = list(Job.objects.filter(batch=job.batch, team=job.team_id).order_by("take").values_list("pk", flat=True))
    return Status(200, record(request, job, [str(pk) for pk in together]))


def too_soon(request: HttpRequest, job: Job) -> bool:
    """Whether the token read this job, which is under way, less than three seconds ago. What has ended is always told."""
    fresh = caches["process"].add(f"poll:{request.token.pk}:{job.pk}", 1, POLL_SECONDS)  # type: ignore[attr-defined]
    return not fresh and STATUS[job.state] in WAITING


@router.delete("/jobs/{uuid:job_id}", response={200: JobRecord, **MISSING}, summary="Cancel a job", url_name="job")
def delete_job(request: HttpRequest, job_id: uuid.UUID) -> Any:
    """Stops it where that is possible. What was sent already may be charged: read the job again."""
    return cancel(request, job_id)


@router.post("/jobs/{uuid:job_id}/cancel", response={200: JobRecord, **MISSING}, summary="Cancel a job", url_name="job_cancel")
def cancel_job(request: HttpRequest, job_id: uuid.UUID) -> Any:
    """The same as DELETE."""
    return cancel(request, job_id)


def cancel(request: HttpRequest, job_id: uuid.UUID) -> JobRecord:
    """The job, cancelled or on its way there; one that has ended stays as it is."""
    need(request, TokenScope.GENERATE)
    job = get_object_or_404(jobs_of(request), pk=job_id)
    if job.is_active:
        job.cancel()
    return record(request, get_object_or_404(jobs_of(request), pk=job_id))
