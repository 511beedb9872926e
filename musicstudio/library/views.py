"""What is done to a track: hear it, download it, name it, tag it."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from musicstudio.accounts.access import get_team_object, visible
from musicstudio.accounts.models import Role, User
from musicstudio.core.media import serve
from musicstudio.core.pages import page, toast
from musicstudio.library.acts import perform
from musicstudio.library.approvals import approvers_of
from musicstudio.library.models import Status, Track
from musicstudio.library.peaks import order, peaks_name
from musicstudio.library.suggest import suggested


def get_track(request: HttpRequest, team: str, pk: uuid.UUID, role: Role = Role.VIEWER) -> Track:
    """The team's track with what its page shows."""
    tracks = Track.objects.select_related("team", "project", "prompt", "created_by", "notes_by").prefetch_related(
        "tags", "ratings", "favourites", "collections"
    )
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


@require_safe
@login_required
def peaks(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponseBase:
    """The fine waveform, one byte a level. 202 while a worker draws it: ask again in a few seconds."""
    track = get_track(request, team, pk)
    name = peaks_name(str(track.file.name))
    if not track.file.storage.exists(name):
        order(track)
        return HttpResponse(status=202, headers={"Retry-After": "2", "Cache-Control": "no-store"})
    file = FieldFile(track, track.file.field, name)
    mime, tag = "application/octet-stream", f"{track.sha256}-waveform"
    response = serve(request, file, size=file.size, etag=tag, mime=mime, filename="peaks.bin")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@require_POST
@login_required
def rename(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """A new title; 422 with the message beside the field."""
    track = get_track(request, team, pk, Role.PRODUCER)
    try:
        return changed(request, track, "rename", title=request.POST.get("title", ""))
    except ValidationError as error:
        return words(request, track, status=422, title=request.POST.get("title", ""), title_error=error.messages[0])


@require_POST
@login_required
def note(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Other notes; 422 with the message beside the field when they are too long or somebody else was faster."""
    track = get_track(request, team, pk, Role.PRODUCER)
    said = {name: request.POST[name] for name in ("notes", "since") if name in request.POST}
    try:
        return changed(request, track, "note", **said)
    except ValidationError as error:
        return words(request, track, status=422, notes=said.get("notes", ""), notes_error=error.messages[0])


@require_POST
@login_required
def tag(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Adds a word of the team's vocabulary; 422 with the message beside the field."""
    track = get_track(request, team, pk, Role.PRODUCER)
    try:
        return changed(request, track, "tag", name=request.POST.get("name", ""))
    except ValidationError as error:
        return words(request, track, status=422, name=request.POST.get("name", ""), tag_error=error.messages[0])


@require_POST
@login_required
def untag(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Takes a tag off the track; the team keeps the word."""
    return changed(request, get_track(request, team, pk, Role.PRODUCER), "untag", name=request.POST.get("name", ""))


def changed(request: HttpRequest, track: Track, act: str, **said: str) -> HttpResponse:
    """Does it to the one track; answers the head of its page and the way back. Without script: the page."""
    form = QueryDict(mutable=True)
    form.update(said)
    done = perform(act, track.team, [track.pk], request.user, form)  # type: ignore[arg-type]
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(track)
    response = words(request, track)
    return toast(response, f"{done.said}.", done.undo.address) if done.undo else response


def words(request: HttpRequest, track: Track, status: int = 200, **said: str) -> HttpResponse:
    """The head of the track page as it stands now."""
    fresh = get_track(request, track.team.slug, track.pk)
    return page(request, "library/_words.html", head_of(request, fresh) | said, status=status)


def head_of(request: HttpRequest, track: Track) -> dict[str, Any]:
    """What the head of the track page shows."""
    member = request.membership  # type: ignore[attr-defined]
    may = member.may(Role.PRODUCER)
    same = Track.objects.filter(team=track.team, sha256=track.sha256, deleted_at=None).exclude(pk=track.pk)
    same = visible(same, track.team)
    history = track.decisions.select_related("by")
    shown = {"track": track, "team": track.team, "may": may, "decides": member.may(Role.REVIEWER), "same": same}
    shown |= {"history": history, "suggestions": suggested(track) if may else [], "statuses": Status.choices}
    return shown | {"approvals": approvals_of(track, request.user)}  # type: ignore[arg-type]


def approvals_of(track: Track, user: User) -> dict[str, Any]:
    """Those that stand, whether the person's own is among them, who else may approve, and the status not to offer."""
    standing = list(track.approvals.standing().select_related("by"))
    given = {row.by_id for row in standing}
    people = approvers_of(track.project)
    missing, may = [person for person in people if person.pk not in given], user in people
    hides = Status.APPROVED if user.pk in given or not may else ""
    return {"standing": standing, "mine": user.pk in given, "missing": missing, "may": may, "hides": hides}
