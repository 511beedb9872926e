"""The files of a track: asking for one in another format, watching it being made, taking it away."""

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from musicstudio.audio.convert import kbits
from musicstudio.core.media import serve
from musicstudio.core.pages import page
from musicstudio.library.derivatives import LOSSY, Derivative, Making, offers
from musicstudio.library.models import Track
from musicstudio.library.views import get_track


def files_of(track: Track) -> dict[str, object]:
    """What the list of files shows; `waits`: something is under way, so the list looks again by itself."""
    found = offers(track)
    waits = any(offer.row is not None and offer.row.is_under_way for offer in found)
    ready = [offer.target.name for offer in found if offer.row is not None and offer.row.state == Making.READY]
    rate = kbits(track.size, track.duration_ms / 1000) if track.format in LOSSY else None
    shown = {"track": track, "team": track.team, "offers": found, "waits": waits, "ready": ready}
    return shown | {"rate": rate, "days": settings.DERIVATIVE_DAYS}


@require_GET
@login_required
def made(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The list of files as it is now."""
    return page(request, "library/_files.html", files_of(get_track(request, team, pk)))


@require_POST
@login_required
def ask(request: HttpRequest, team: str, pk: uuid.UUID, kind: str) -> HttpResponse:
    """Has the file made, unless it is there or under way. Every member may who may download."""
    track = get_track(request, team, pk)
    offer = next((offer for offer in offers(track) if offer.kind == kind), None)
    if offer is None or offer.why_not:
        raise Http404("This file cannot be made.")
    Derivative.objects.ask(track, kind, request.user)  # type: ignore[arg-type]
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("track_files", team, pk)
    return page(request, "library/_files.html", files_of(track))


@require_safe
@login_required
def download(request: HttpRequest, team: str, pk: uuid.UUID, kind: str) -> HttpResponseBase:
    """The file, in ranges. 404 while it is not ready; the list then offers to make it."""
    track = get_track(request, team, pk)
    row = get_object_or_404(track.derivatives, kind=kind, state=Making.READY)
    if not default_storage.exists(str(row.file.name)):
        row.delete()
        raise Http404("The file is gone; it can be made again.")
    track.derivatives.filter(pk=row.pk).update(used_at=timezone.now())
    row.track = track
    mime, name = row.target.mime, row.filename
    return serve(request, row.file, size=row.size, etag=row.sha256, mime=mime, filename=name, download=True)
