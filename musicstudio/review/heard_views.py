"""The player's reports of what was heard, and the switch of private listening."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.core.pages import page, toast
from musicstudio.library.models import Track
from musicstudio.library.scope import readable
from musicstudio.library.views import get_track
from musicstudio.review.models import Heard, PrivateListening
from musicstudio.review.talk import Talk


@require_POST
@login_required
def heard(request: HttpRequest, team: str) -> HttpResponse:
    """`track` and `ranges` (seconds: `0-12.5,30-41.2`); 204. The same report may come twice. 422 for other ranges."""
    get_team(request, team)
    pk = readable(request.POST.get("track", ""))
    if pk is None:
        raise Http404("No such track.")
    track = get_team_object(request, Track.objects.all(), team=team, pk=pk)
    try:
        Heard.objects.report(track, request.user, request.POST.get("ranges", ""))  # type: ignore[arg-type]
    except ValidationError as refused:
        return HttpResponse(" ".join(refused.messages), status=422)
    return HttpResponse(status=204)


@require_GET
@login_required
def hearing(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Who has heard how much of the track, as it stands now."""
    track = get_track(request, team, pk)
    talk = Talk(track, request.membership)  # type: ignore[attr-defined]
    return page(request, "review/_hearing.html", {"track": track, "team": track.team, "talk": talk})


@require_POST
@login_required
def private_listening(request: HttpRequest, team: str) -> HttpResponse:
    """Switches it `on`, or off without that; the lists of who has heard what fetch themselves."""
    place = get_team(request, team)
    on = request.POST.get("on") == "1"
    PrivateListening.set(request.user, on)  # type: ignore[arg-type]
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("team", place.slug)
    said = "Private listening is on. Nothing you hear is noted." if on else "Private listening is off. What you hear is noted."
    return trigger_client_event(toast(HttpResponse(status=204), said), "ms:changed")
