"""Collections: the list of them, one in its order, and what is done to it."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from musicstudio.accounts.access import get_team, get_team_object, visible
from musicstudio.accounts.models import Role
from musicstudio.core.pages import page, say, toast
from musicstudio.library import shelving
from musicstudio.library.models import Collection
from musicstudio.library.scope import readable, scoped


@require_http_methods(["GET", "POST"])
@login_required
def collections(request: HttpRequest, team: str) -> HttpResponse:
    """All of the team; POST makes a new one."""
    place = get_team(request, team, Role.PRODUCER if request.method == "POST" else Role.VIEWER)
    name, error = request.POST.get("name", ""), ""
    if request.method == "POST":
        try:
            return redirect(Collection.objects.named(place, name, request.user)[0])  # type: ignore[arg-type]
        except ValidationError as refused:
            error = refused.messages[0]
    shown = {"team": place, "collections": shelving.counted(place), "name": name, "error": error, "here": "collections"}
    return page(request, "library/collections.html", shown, status=422 if error else 200)


@require_GET
@login_required
def collection(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Its tracks in their order; the player plays them in it."""
    found = get_team_object(request, Collection.objects.select_related("team", "created_by"), team=team, pk=pk)
    return collection_page(request, found)


def collection_page(request: HttpRequest, found: Collection, status: int = 200, **said: object) -> HttpResponse:
    """The page, with the name that was refused, if one was."""
    scope = f"collection:{found.pk}"
    rows = scoped(found.team, scope).for_lists(request.user)  # type: ignore[arg-type]
    rows = rows.order_by("collection_items__position", "collection_items__pk")
    may = request.membership.may(Role.PRODUCER) and tended(request, found)  # type: ignore[attr-defined]
    length = sum(track.duration_ms for track in rows)
    shown = {"team": found.team, "collection": found, "rows": rows, "scope": scope, "may": may, "length": length}
    return page(request, "library/collection.html", shown | {"here": "collections"} | said, status=status)


def tended(request: HttpRequest, found: Collection) -> bool:
    """Whether the person may change it: who sees chosen projects only tends only what they made themselves."""
    return not found.team.limited or found.created_by_id == request.user.pk


def get_shelf(request: HttpRequest, team: str, pk: int) -> Collection:
    """The team's collection, to be changed; raises PermissionDenied where the person may not."""
    rows = Collection.objects.select_related("team", "created_by")
    found = get_team_object(request, rows, Role.PRODUCER, team=team, pk=pk)
    if not tended(request, found):
        raise PermissionDenied(
            "You see chosen projects, and this collection is somebody else's. An owner or admin can change it."
        )
    return found


@require_POST
@login_required
def collection_rename(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """A new name; 422 with the message beside the field."""
    found = get_shelf(request, team, pk)
    name = request.POST.get("name", "")
    try:
        found.rename(name)
    except ValidationError as refused:
        return collection_page(request, found, 422, name=name, error=refused.messages[0])
    return redirect(found)


@require_POST
@login_required
def collection_delete(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Deletes it; the tracks stay."""
    found = get_shelf(request, team, pk)
    undo = shelving.delete(found, request.user)  # type: ignore[arg-type]
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("collections", team)
    shown = {"team": undo.team, "collections": shelving.counted(undo.team), "here": "collections"}
    return toast(page(request, "library/collections.html", shown), f"Collection {found.name} deleted.", undo.address)


@require_POST
@login_required
def collection_place(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Puts `track` in front of `before`, or at the end."""
    found = get_shelf(request, team, pk)
    inside = {track.pk: track for track in visible(found.tracks.all(), found.team)}
    track, before = (inside.get(readable(request.POST.get(name, "")) or uuid.UUID(int=0)) for name in ("track", "before"))
    if track is None:
        raise Http404("Not in this collection.")
    found.place(track, before)
    rows = scoped(found.team, f"collection:{found.pk}").order_by("collection_items__position", "collection_items__pk")
    place = list(rows.values_list("pk", flat=True))
    return say(HttpResponse(), f"{track.title} is now {place.index(track.pk) + 1} of {len(place)}." if track.pk in place else "")
