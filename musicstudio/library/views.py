"""What is done to a track: hear it, download it, name it, tag it."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from musicstudio.accounts.access import get_team_object
from musicstudio.accounts.models import Role
from musicstudio.core.media import serve
from musicstudio.core.pages import page
from musicstudio.library.models import Tag, Track


def get_track(request: HttpRequest, team: str, pk: uuid.UUID, role: Role = Role.VIEWER) -> Track:
    """The team's track with what its page shows."""
    tracks = Track.objects.select_related("team", "project", "prompt", "created_by").prefetch_related("tags")
    return get_team_object(request, tracks, role, team=team, pk=pk)


@require_safe
@login_required
def audio(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponseBase:
    """The original bytes, in ranges; `?download=1` offers them as a file."""
    track = get_track(request, team, pk)
    if not track.file.name or not track.file.storage.exists(track.file.name):
        raise Http404("The file of this track is missing.")
    wanted = "download" in request.GET
    return serve(
        request, track.file, size=track.size, etag=track.sha256, mime=track.mime, filename=track.filename, download=wanted
    )


@require_POST
@login_required
def rename(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """A new title; 422 with the message beside the field."""
    track = get_track(request, team, pk, Role.PRODUCER)
    try:
        track.rename(request.POST.get("title", ""))
    except ValidationError as error:
        return words(request, track, status=422, title=request.POST.get("title", ""), title_error=error.messages[0])
    return words(request, track) if request.htmx else redirect(track)  # type: ignore[attr-defined]


@require_POST
@login_required
def tag(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Adds a word of the team's vocabulary; 422 with the message beside the field."""
    track = get_track(request, team, pk, Role.PRODUCER)
    try:
        track.tag(request.POST.get("name", ""))
    except ValidationError as error:
        return words(request, track, status=422, name=request.POST.get("name", ""), tag_error=error.messages[0])
    return words(request, track) if request.htmx else redirect(track)  # type: ignore[attr-defined]


@require_POST
@login_required
def untag(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Takes a tag off the track; the team keeps the word."""
    track = get_track(request, team, pk, Role.PRODUCER)
    track.untag(request.POST.get("name", ""))
    return words(request, track) if request.htmx else redirect(track)  # type: ignore[attr-defined]


def words(request: HttpRequest, track: Track, status: int = 200, **said: str) -> HttpResponse:
    """The part of the track page with its title and tags, as it stands now."""
    fresh = get_track(request, track.team.slug, track.pk)
    context = {"track": fresh, "team": fresh.team, "may": True, "vocabulary": Tag.objects.filter(team=fresh.team)} | said
    return page(request, "library/_words.html", context, status=status)
