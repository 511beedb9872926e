"""The files of finished jobs: with the token, or by a signed link that works for a while without one."""

import time
import uuid
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Query, Router, Schema

from musicstudio.api.errors import ApiError
from musicstudio.api.gateway import need
from musicstudio.api.music import jobs_of
from musicstudio.api.replies import MISSING
from musicstudio.core.media import serve
from musicstudio.generation.models import Job
from musicstudio.library.models import Track
from musicstudio.projects.models import TokenScope

SHORTEST, LONGEST = 60, 604_800  # seconds
SALT = "musicstudio.api.file"
router = Router(tags=["files"])


class Signed(Schema):
    """A link that needs no token, and when it ends (Unix seconds)."""

    url: str
    expires_at: int


def file_of(job: Job, name: str) -> Track:
    """The track behind the name; raises Http404, also when its file is gone."""
    track = job.track
    if track is None or name != f"{track.pk.hex[:12]}.{track.format}" or not track.file.storage.exists(track.file.name or ""):
        raise Http404
    return track


def send(request: HttpRequest, track: Track) -> HttpResponseBase:
    """The original bytes, in ranges."""
    return serve(
        request, track.file, size=track.size, etag=track.sha256, mime=track.mime, filename=track.filename, download=False
    )


@router.get("/files/jobs/{uuid:job_id}/{name}", summary="Download a file", url_name="file", response={200: bytes, **MISSING})
def get_file(request: HttpRequest, job_id: uuid.UUID, name: str) -> Any:
    """The audio, whole or in ranges."""
    need(request, TokenScope.READ)
    return send(request, file_of(get_object_or_404(jobs_of(request), pk=job_id), name))


@router.get("/files/jobs/{uuid:job_id}/{name}/signed", response={200: Signed, **MISSING}, summary="A link without a token")
def get_signed(request: HttpRequest, job_id: uuid.UUID, name: str, expires_in: int = Query(3600, ge=SHORTEST, le=LONGEST)) -> Any:  # type: ignore[type-arg]
    """`expires_in` is 60 to 604800 seconds."""
    need(request, TokenScope.READ)
    file_of(get_object_or_404(jobs_of(request), pk=job_id), name)
    ends = int(time.time()) + expires_in
    token = signing.Signer(salt=SALT).sign(f"{job_id}/{name}/{ends}").rpartition(":")[2]
    path = reverse("v1:file_public", args=[job_id, name])
    return Signed(url=request.build_absolute_uri(f"{path}?exp={ends}&token={token}"), expires_at=ends)


@router.get(
    "/files/jobs/{uuid:job_id}/{name}/public", auth=None, summary="Follow a link", url_name="file_public",
    response={200: bytes, **MISSING},
)  # fmt: skip
def get_public(request: HttpRequest, job_id: uuid.UUID, name: str, exp: int, token: str) -> Any:
    """Answers 400 to a bad or expired link, as the gateway's media host does."""
    try:
        signing.Signer(salt=SALT).unsign(f"{job_id}/{name}/{exp}:{token}")
    except signing.BadSignature:
        raise ApiError(400, "This link is not valid.", code="bad_signature") from None
    if exp < time.time():
        raise ApiError(400, "This link has expired.", code="expired")
    return send(request, file_of(get_object_or_404(Job.objects.select_related("track"), pk=job_id), name))
