"""Which tracks an act is for: those named, or all that match the list the person sees."""

import uuid

from django.core.exceptions import ValidationError
from django.http import QueryDict

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team, User
from musicstudio.library.acts import MOST
from musicstudio.library.filters import Reader
from musicstudio.library.listing import Listing
from musicstudio.library.models import Collection, Track, TrackQuerySet
from musicstudio.projects.models import Project


def scoped(team: Team, scope: str) -> TrackQuerySet:
    """The tracks of a kind of list: "" the library, `project:SLUG`, `collection:ID`, `archive`, `bin`."""
    kind, _, which = scope.partition(":")
    tracks = visible(Track.objects.filter(team=team), team)
    if kind == "bin":
        return tracks.exclude(deleted_at=None)
    if kind == "archive":
        return tracks.filter(deleted_at=None).exclude(archived_at=None)
    if kind == "project":
        return tracks.kept().filter(project__slug=which)
    if kind == "collection":
        return tracks.kept().filter(collection_items__collection=int(which) if which.isdigit() else 0)
    return tracks.kept()


def listed(team: Team, user: User, scope: str, values: QueryDict) -> Listing:
    """The list of a scope under an address."""
    kind, _, which = scope.partition(":")
    place = visible(Project.objects.filter(team=team, slug=which), team).first() if kind == "project" else None
    listing = Listing.from_query(scoped(team, scope), values, Reader(team, user), place)
    listing.kind = kind if kind in ("archive", "bin") else ""
    return listing


def chosen(team: Team, user: User, words: QueryDict) -> list[uuid.UUID]:
    """The ids meant by a form: `track`, many; or with `matching` all of the list `scope` under its address' `query`.

    Raises ValidationError for none and for more than can be done at once.
    """
    if words.get("matching"):
        found = listed(team, user, words.get("scope", ""), QueryDict(words.get("query", "").lstrip("?")))
        ids = list(found.ordered.values_list("pk", flat=True)[: MOST + 1])
        if len(ids) > MOST:
            raise ValidationError(f"More than {MOST:,} tracks match. Narrow the list first.")
        return ids
    named = [pk for text in words.getlist("track") if (pk := readable(text))]
    if not named:
        raise ValidationError("Select a track first.")
    return named


def in_order(team: Team, user: User, words: QueryDict) -> tuple[TrackQuerySet, str, bool]:
    """What is handed over: the tracks meant as a query, its name, and whether it is a collection in its own order."""
    ids, (kind, _, which) = chosen(team, user, words), words.get("scope", "").partition(":")
    tracks = visible(Track.objects.filter(team=team, pk__in=ids), team)
    shelves = visible(Collection.objects.filter(team=team), team)
    if kind == "collection" and which.isdigit() and (found := shelves.filter(pk=which).first()):
        items = tracks.filter(collection_items__collection=found)
        return items.order_by("collection_items__position", "collection_items__pk"), found.name, True
    project = visible(Project.objects.filter(team=team, slug=which), team).first() if kind == "project" else None
    return tracks.order_by(*Track.LIST_ORDER), project.name if project else team.name, False


def readable(text: str) -> uuid.UUID | None:
    """The id, or None."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
