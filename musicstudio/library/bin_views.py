"""The archive and the bin: what no list shows, and how it comes back or goes for good."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from musicstudio.accounts.access import get_team
from musicstudio.accounts.models import AuditEvent, Role
from musicstudio.core.pages import page, toast
from musicstudio.library import bin as binned
from musicstudio.library.models import Track
from musicstudio.library.scope import chosen, listed, scoped


@require_GET
@login_required
def archive(request: HttpRequest, team: str) -> HttpResponse:
    """What was archived, with the filters of every list."""
    return shelf(request, team, "archive")


@require_GET
@login_required
def trash(request: HttpRequest, team: str) -> HttpResponse:
    """What was deleted and can still be restored."""
    return shelf(request, team, "bin")


def shelf(request: HttpRequest, team: str, scope: str) -> HttpResponse:
    """A list of tracks that are out of the way."""
    place = get_team(request, team)
    listing = listed(place, request.user, scope, request.GET)  # type: ignore[arg-type]
    shown = {"team": place, "listing": listing, "scope": scope, "days": binned.days_of(place), "here": scope}
    return page(request, f"library/{scope}.html", shown)


@require_POST
@login_required
def purge(request: HttpRequest, team: str) -> HttpResponse:
    """Deletes tracks of the bin for good, when their number was typed; else asks for it."""
    place = get_team(request, team, Role.PRODUCER)
    try:
        rows = scoped(place, "bin").filter(pk__in=chosen(place, request.user, request.POST))  # type: ignore[arg-type]
    except ValidationError as refused:
        return toast(HttpResponse(status=422), refused.messages[0])
    ids, sure = list(rows.values_list("pk", flat=True)), request.POST.get("sure", "").strip()
    if not ids or sure != str(len(ids)):
        shown = {"team": place, "rows": rows.order_by(*Track.LIST_ORDER), "wrong": bool(sure)}
        return page(request, "library/_purge.html", shown, status=422 if sure else 200)
    names = ", ".join(rows.order_by("title").values_list("title", flat=True)[:20])
    number = binned.purge(rows)
    AuditEvent.objects.note(place, request.user, "tracks.purge", names, after=number)  # type: ignore[arg-type]
    response = trigger_client_event(HttpResponse(), "ms:changed", {})
    return toast(response, f"{number} track{'s' * (number != 1)} deleted for good.")
