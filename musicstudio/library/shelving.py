"""Deleting a collection, with the way back."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, Sum

from musicstudio.accounts.access import visible, within
from musicstudio.accounts.models import Role, Team, User
from musicstudio.library.collections import Collection, CollectionItem, CollectionQuerySet
from musicstudio.library.models import Track
from musicstudio.library.undo import WAYS, Undo, Way


def counted(team: Team) -> CollectionQuerySet:
    """The team's collections with `number` of kept tracks and their length `ms`."""
    kept = Q(tracks__archived_at=None, tracks__deleted_at=None) & within("tracks__project", team)
    rows = visible(Collection.objects.filter(team=team), team).select_related("created_by")
    return rows.annotate(number=Count("tracks", filter=kept), ms=Sum("tracks__duration_ms", filter=kept))


@transaction.atomic
def delete(collection: Collection, by: User) -> Undo:
    """Deletes the collection; its tracks stay where they are."""
    items = [[pk.hex, position] for pk, position in collection.items.values_list("track", "position")]
    facts = {"name": collection.name, "by": collection.created_by_id, "items": items}
    team = collection.team
    collection.delete()
    return Undo.objects.create(team=team, by=by, act="delete_shelf", facts=facts)


def back(facts: Any, team: Team, by: User) -> int:
    """The collection again, in its order."""
    collection, _ = Collection.objects.named(team, facts["name"], by)
    Collection.objects.filter(pk=collection.pk).update(created_by=facts["by"])
    here = Track.objects.filter(team=team).in_bulk([pk for pk, _ in facts["items"]])
    items = [(here.get(uuid.UUID(pk)), position) for pk, position in facts["items"]]
    rows = [CollectionItem(collection=collection, track=track, position=position) for track, position in items if track]
    CollectionItem.objects.bulk_create(rows, ignore_conflicts=True)
    return len(items) - len(rows)


WAYS["delete_shelf"] = Way(Role.PRODUCER, back)
