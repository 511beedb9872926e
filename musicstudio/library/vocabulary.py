"""Tending the team's vocabulary: rename, colour, merge, delete; each with a way back that restores exactly."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q

from musicstudio.accounts.access import visible, within
from musicstudio.accounts.models import Role, Team, User
from musicstudio.library.models import Tag, Track
from musicstudio.library.tags import Color, TagQuerySet, checked
from musicstudio.library.undo import WAYS, Undo, Way

Tagged = Track.tags.through


def counted_all(seen: Q | None = None) -> TagQuerySet:
    """Words with `uses`, how many kept tracks carry them, and `carried`, how many with the archive and the bin.

    `seen`: which tracks count, when not all do.
    """
    kept, seen = Q(tracks__archived_at=None, tracks__deleted_at=None), seen or Q()
    rows = Tag.objects.select_related("team")
    return rows.annotate(uses=Count("tracks", filter=kept & seen), carried=Count("tracks", filter=seen or None)).order_by("name")


def counted(team: Team) -> TagQuerySet:
    """The team's words, counted as far as the person sees its tracks."""
    return visible(counted_all(within("tracks__project", team)).filter(team=team), team)


@transaction.atomic
def edit(tag: Tag, name: str, color: str, by: User) -> Undo:
    """A new name and colour. Raises ValidationError for a bad name, a taken one, and an unknown colour."""
    name, was = checked(name), [tag.name, tag.color]
    if Tag.objects.filter(team=tag.team, name__iexact=name).exclude(pk=tag.pk).exists():
        raise ValidationError({"name": f"There is a tag {name} already. Merge them instead."})
    if color not in Color.values:
        raise ValidationError({"color": "Choose one of the colours."})
    tag.name, tag.color = name, color
    tag.save(update_fields=["name", "color"])
    Track.objects.filter(tags=tag).index()
    return Undo.objects.create(team=tag.team, by=by, act="edit_tag", facts={"tag": tag.pk, "was": was, "now": [name, color]})


def edit_back(facts: Any, team: Team, by: User) -> int:
    """The old name and colour, unless somebody edited it again or the name is taken by now."""
    (name, color), now = facts["was"], facts["now"]
    taken = Tag.objects.filter(team=team, name__iexact=name).exclude(pk=facts["tag"]).exists()
    same = Tag.objects.filter(team=team, pk=facts["tag"], name=now[0], color=now[1])
    changed = 0 if taken else same.update(name=name, color=color)
    Track.objects.filter(tags=facts["tag"]).index()
    return 1 - changed


def both(tag: Tag, into: Tag) -> int:
    """How many tracks carry both words."""
    return Track.objects.filter(tags=tag).filter(tags=into).count()


@transaction.atomic
def merge(tag: Tag, into: Tag, by: User) -> Undo:
    """Every track of one word gets the other; the first word is gone. Raises ValidationError for one and the same."""
    if tag.pk == into.pk:
        raise ValidationError("Choose another tag to merge into.")
    has = set(Tagged.objects.filter(tag=into).values_list("track", flat=True))
    mine = list(Tagged.objects.filter(tag=tag).values_list("track", flat=True))
    fresh = [pk for pk in mine if pk not in has]
    Tagged.objects.bulk_create([Tagged(tag=into, track_id=pk) for pk in fresh])
    facts = removed(tag, mine) | {"into": into.pk, "fresh": [pk.hex for pk in fresh]}
    return Undo.objects.create(team=into.team, by=by, act="merge_tags", facts=facts)


@transaction.atomic
def delete(tag: Tag, by: User) -> Undo:
    """Takes the word off every track and out of the vocabulary."""
    team = tag.team
    facts = removed(tag, list(Tagged.objects.filter(tag=tag).values_list("track", flat=True)))
    return Undo.objects.create(team=team, by=by, act="delete_tag", facts=facts)


@transaction.atomic
def delete_unused(team: Team, by: User) -> tuple[Undo, int]:
    """Deletes the words that no track carries; answers the way back and how many."""
    unused = list(Tag.objects.filter(team=team, tracks=None))
    facts = [[tag.name, tag.color] for tag in unused]
    Tag.objects.filter(pk__in=[tag.pk for tag in unused]).delete()
    return Undo.objects.create(team=team, by=by, act="delete_unused", facts=facts), len(unused)


def unused_back(facts: Any, team: Team, by: User) -> int:
    """The words again."""
    for name, color in facts:
        Tag.objects.filter(pk=Tag.objects.named(team, name).pk).update(color=color)
    return 0


def removed(tag: Tag, tracks: list[Any]) -> dict[str, Any]:
    """Deletes the word; answers what brings it back."""
    facts = {"name": tag.name, "color": tag.color, "tracks": [pk.hex for pk in tracks]}
    tag.delete()
    Track.objects.index(tracks)
    return facts


def back(facts: Any, team: Team, by: User) -> int:
    """The word again, on the tracks that had it; what a merge added goes."""
    if "into" in facts:
        Tagged.objects.filter(tag__team=team, tag=facts["into"], track__in=facts["fresh"]).delete()
    tag = Tag.objects.named(team, facts["name"])
    Tag.objects.filter(pk=tag.pk).update(color=facts["color"])
    here = Track.objects.filter(team=team, pk__in=facts["tracks"])
    Tagged.objects.bulk_create([Tagged(tag=tag, track=track) for track in here], ignore_conflicts=True)
    Track.objects.filter(team=team).index(facts["tracks"])
    return len(facts["tracks"]) - len(here)


WAYS["delete_unused"] = Way(Role.PRODUCER, unused_back)
WAYS["edit_tag"] = Way(Role.PRODUCER, edit_back)
WAYS["merge_tags"] = WAYS["delete_tag"] = Way(Role.PRODUCER, back)
