"""Finding: the values of a facet, suggestions while typing, saved views."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from musicstudio.accounts.access import get_team, get_team_object, visible
from musicstudio.accounts.models import Role
from musicstudio.core.pages import page, say
from musicstudio.core.templatetags.studio import fixed
from musicstudio.library.complete import completions
from musicstudio.library.facets import FACETS
from musicstudio.library.filters import Reader
from musicstudio.library.listing import MANY, Listing
from musicstudio.library.models import SavedView, Track
from musicstudio.library.onward import onward
from musicstudio.library.saved import KEPT
from musicstudio.library.scope import listed, readable
from musicstudio.projects.models import Project


def listing_of(request: HttpRequest, team: str) -> Listing:
    """The list the address is about: the team's, or with `of` one project's (its slug), the archive (`:archive`) or the bin."""
    place, of = get_team(request, team), request.GET.get("of", "")
    if of and not of.startswith(":"):
        get_object_or_404(visible(Project.objects.filter(team=place), place), slug=of)
    return listed(place, request.user, of[1:] if of.startswith(":") else f"project:{of}" if of else "", request.GET)  # type: ignore[arg-type]


@require_GET
@login_required
def facet(request: HttpRequest, team: str, key: str) -> HttpResponse:
    """The values of a facet with their counts, for its popover."""
    listing = listing_of(request, team)
    if key not in FACETS:
        raise Http404("No such facet.")
    return page(request, "library/_facet.html", {"facet": listing.facet(key), "listing": listing})


@require_GET
@login_required
def suggest(request: HttpRequest, team: str) -> HttpResponse:
    """What could come next in the search line."""
    listing = listing_of(request, team)
    found = completions(listing.reader, request.GET.get("q", ""), listing.place)
    return page(request, "library/_suggest.html", {"found": found})


@require_GET
@login_required
def neighbours(request: HttpRequest, team: str) -> HttpResponse:
    """What plays after the track `after`, or before the track `before`, in the list the address is about: for the player."""
    listing, back = listing_of(request, team), "before" in request.GET
    pk = readable(request.GET.get("before" if back else "after", ""))
    track = get_team_object(request, Track.objects.all(), team=team, pk=pk)
    shown = [heard(one, reverse("track", args=[team, one.pk])) for one in onward(listing, track, back=back)]
    return JsonResponse({"tracks": shown})


def heard(track: Track, href: str) -> dict[str, Any]:
    """A track as static/js/player.js describes one, from a row of a list (templates/library/_row.html)."""
    facts = {"id": str(track.pk), "src": f"{href}audio", "href": href, "title": track.title, "peaks": track.row_peaks}
    said = {"sub": f"take {track.letter} · {track.created_by.get_short_name()}", "seconds": track.duration_ms / 1000}
    return facts | said | {"lufs": fixed(track.lufs), "peak": fixed(track.true_peak_db), "hue": str(track.project.hue)}


@require_GET
@login_required
def views(request: HttpRequest, team: str) -> HttpResponse:
    """The names of the saved views, for the sidebar."""
    get_team(request, team)
    return page(request, "library/_views.html")


@require_GET
@login_required
def view_counts(request: HttpRequest, team: str) -> HttpResponse:
    """How many tracks each view of the sidebar has now; asked for after the page, so that it need not wait."""
    place = get_team(request, team)
    reader, tracks = Reader(place, request.user), visible(Track.objects.kept().filter(team=place), place)  # type: ignore[arg-type]
    counts = {}
    for view in SavedView.objects.with_built_in(place, request.user):  # type: ignore[arg-type]
        counts[view.key] = Listing.from_query(tracks, QueryDict(view.query), reader).rough_count
    return JsonResponse({key: f"{MANY}+" if number > MANY else f"{number:,}" for key, number in counts.items()})


@require_POST
@login_required
def view_save(request: HttpRequest, team: str) -> HttpResponse:
    """Keeps the list's address under a name; 422 with the message beside the field. For the team: producers."""
    shared = bool(request.POST.get("shared"))
    place = get_team(request, team, Role.PRODUCER if shared else Role.VIEWER)
    said = [(name, value) for name, value in parse_qsl(request.POST.get("query", "").lstrip("?")) if name in KEPT]
    context = {"team": place, "name": request.POST.get("name", ""), "query": request.POST.get("query", "")}
    try:
        view = SavedView.objects.keep(place, request.user, context["name"], urlencode(said), shared)  # type: ignore[arg-type]
    except ValidationError as refused:
        return page(request, "library/_save_view.html", context | {"error": refused.messages[0]}, status=422)
    shown = page(request, "library/_save_view.html", context | {"kept": view, "name": ""})
    return trigger_client_event(say(shown, f"Saved as {view.name}."), "ms:views", {})


@require_POST
@login_required
def view_delete(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Forgets one of the person's own views; admins forget the team's too."""
    view = get_team_object(request, SavedView.objects.all(), team=team, pk=pk)
    admin = request.membership.may(Role.ADMIN)  # type: ignore[attr-defined]
    if view.owner_id != request.user.pk and not (view.shared and admin):
        raise Http404("No such view.")
    view.delete()
    return trigger_client_event(say(HttpResponse(), f"{view.name} is no longer kept."), "ms:views", {})
