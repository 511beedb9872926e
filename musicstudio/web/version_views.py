"""The versions of a track: its family as a tree, and a take that becomes a version of a piece."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from musicstudio.accounts.models import Role
from musicstudio.core.pages import page
from musicstudio.library.lineage import lineage
from musicstudio.library.models import Piece, Track, Version
from musicstudio.library.views import get_track
from musicstudio.review.models import Comment
from musicstudio.web.track_page import track_context


def versions_of(track: Track) -> dict[str, Any]:
    """What the tab shows."""
    pieces = Piece.objects.filter(project=track.project)
    return {"family": lineage(track, track.team), "version": version_of(track), "pieces": pieces}


def version_of(track: Track) -> Version | None:
    """The version the take is, with its piece."""
    return Version.objects.filter(track=track).select_related("piece", "by").first()


def versions_page(request: HttpRequest, track: Track, status: int = 200, **said: Any) -> HttpResponse:
    """The tab, with the form that was refused, if one was."""
    shown = track_context(request, track.team, track) | versions_of(track) | {"at": "track_versions"}
    return page(request, "web/track_versions.html", shown | said, status=status)


@require_POST
@login_required
def promote(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The take becomes the next version of the piece `name`; with `carry`, open comments of the version before come along."""
    track, name = get_track(request, team, pk, Role.PRODUCER), request.POST.get("name", "")
    try:
        version, undo = Piece.objects.promote(track, name, request.user)  # type: ignore[arg-type]
    except ValidationError as refused:
        return versions_page(request, track, 422, name=name, name_error=refused.messages[0])
    carried = 0
    last = version.piece.versions.filter(number__lt=version.number).order_by("-number").select_related("track").first()
    if last and "carry" in request.POST:
        carried = len(Comment.objects.carry(last.track, track, request.user))  # type: ignore[arg-type]
    with_them = f" {carried} open comment{'s' * (carried > 1)} carried from v{last.number}." if last and carried else ""
    messages.success(request, f"This take is {version} now.{with_them}", extra_tags=undo.address)
    return redirect("track_versions", team, pk)


@require_POST
@login_required
def take_out(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The take is no version of its piece any more."""
    track = get_track(request, team, pk, Role.PRODUCER)
    version = get_object_or_404(Version.objects.select_related("piece__team"), track=track)
    said = f"This take no longer is {version}."
    messages.success(request, said, extra_tags=version.take_out(request.user).address)  # type: ignore[arg-type]
    return redirect("track_versions", team, pk)


@require_POST
@login_required
def piece_rename(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Another name for the piece that the take is a version of."""
    track, name = get_track(request, team, pk, Role.PRODUCER), request.POST.get("name", "")
    version = get_object_or_404(Version.objects.select_related("piece"), track=track)
    try:
        version.piece.rename(name)
    except ValidationError as refused:
        return versions_page(request, track, 422, rename=name, rename_error=refused.messages[0])
    messages.success(request, f"The piece is called {version.piece} now.")
    return redirect("track_versions", team, pk)
