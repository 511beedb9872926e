"""Where a track comes from: its sheet as a file, the sheet's schema, and reading the stored file again."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from musicstudio.core.pages import page
from musicstudio.library.models import FileCheck, Track
from musicstudio.library.views import get_track
from musicstudio.web.provenance import SCHEMA, Sheet


def sheet_of(track: Track) -> dict[str, object]:
    """What the tab shows."""
    return {"track": track, "team": track.team, "sheet": Sheet(track)}


@require_GET
@login_required
def provenance_json(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The sheet as JSON; with `?download=1` as a file that lies beside the music."""
    track = get_track(request, team, pk)
    response = JsonResponse(Sheet(track).as_json(), json_dumps_params={"indent": 2, "ensure_ascii": False})
    name = f"{track.filename.rpartition('.')[0]} provenance.json"
    if "download" in request.GET and (disposition := content_disposition_header(True, name)):
        response.headers["Content-Disposition"] = disposition
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@require_GET
def schema(request: HttpRequest) -> HttpResponse:
    """The form of the sheet, for everybody who reads one."""
    return JsonResponse(SCHEMA, json_dumps_params={"indent": 2}, content_type="application/schema+json")


@require_http_methods(["GET", "POST"])
@login_required
def file_check(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """What is known of the stored file; posting has it read again."""
    track = get_track(request, team, pk)
    if request.method == "POST":
        FileCheck.objects.ask(track, request.user)  # type: ignore[arg-type]
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect("track_provenance", team, pk)
    return page(request, "web/_file_check.html", sheet_of(track))
