"""The page of a track: a head that every tab shares, and its tabs."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from musicstudio.accounts.models import Role
from musicstudio.core.pages import page
from musicstudio.library.file_views import files_of
from musicstudio.library.models import Track
from musicstudio.library.views import get_track
from musicstudio.review.models import Comment
from musicstudio.web.provenance_views import sheet_of
from musicstudio.web.track_history import History
from musicstudio.web.track_page import say_context, track_context
from musicstudio.web.version_views import versions_of


@require_GET
@login_required
def track(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """What is said about the track, and what was asked."""
    found = get_track(request, team, pk)
    return page(request, "web/track.html", track_context(request, found.team, found) | say_context(request, found))


@require_GET
@login_required
def versions(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Its relatives."""
    return tab(request, team, pk, "track_versions", versions_of)


@require_GET
@login_required
def provenance(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Where it comes from."""
    return tab(request, team, pk, "track_provenance", sheet_of)


@require_GET
@login_required
def files(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The original file and its measures, and the formats it can be had in."""
    return tab(request, team, pk, "track_files", files_of)


@require_GET
@login_required
def activity(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """What happened to it, newest first, in pages."""
    found = get_track(request, team, pk)
    past = History(found, request.membership, request.GET.get("before", ""))  # type: ignore[attr-defined]
    context = track_context(request, found.team, found) | {"at": "track_activity", "past": past}
    return page(request, "web/track_activity.html", context)


def tab(
    request: HttpRequest, team: str, pk: uuid.UUID, name: str, more: Callable[[Track], dict[str, Any]] = lambda track: {}
) -> HttpResponse:
    """The tab of that name, which is its template's too; `more` answers what only this tab shows."""
    found = get_track(request, team, pk)
    shown = track_context(request, found.team, found) | more(found)
    return page(request, f"web/{name}.html", shown | {"at": name})


@require_GET
@login_required
def standing(request: HttpRequest, team: str, pk: uuid.UUID) -> JsonResponse:
    """For the player: what the team has decided, whether the person loves it, its full waveform and where comments are."""
    found = get_track(request, team, pk)
    decides = request.membership.may(Role.REVIEWER)  # type: ignore[attr-defined]
    loved = found.is_favourite_of(request.user)  # type: ignore[arg-type]
    pins = [moment / 1000 for moment in Comment.objects.moments(found)]
    said = {"status": found.status, "favourite": loved, "decides": decides, "peaks": found.peaks_base64, "pins": pins}
    return JsonResponse(said)
