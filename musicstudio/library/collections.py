"""Collections: tracks in an order somebody chose. A track may be in many; nothing is copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.urls import reverse

from musicstudio.accounts.access import in_project, visible
from musicstudio.accounts.models import Membership, Team, User

if TYPE_CHECKING:
    from musicstudio.library.models import Track


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Finds and makes collections."""

    def named(self, team: Team, name: str, by: User) -> tuple[Collection, bool]:
        """The team's collection of this name, whatever its case, and whether it was made.

        Raises ValidationError for a bad name.
        """
        name = checked(name)
        if found := visible(self.filter(team=team, name__iexact=name), team).first():
            return found, False
        wanted, number = name, 2
        while team.limited and self.filter(team=team, name__iexact=name).exists():  # one that the person may not know of
            name, number = f"{wanted[:75]} {number}", number + 1
        return self.get_or_create(team=team, name=name, defaults={"created_by": by})


def seen(member: Membership) -> models.Q:
    """One's own collections, and those with a track that one may see."""
    inside = Collection.objects.filter(tracks__project__in=member.only or ()).values("pk")
    return models.Q(created_by=member.user_id) | models.Q(pk__in=inside)


@in_project(seen)
class Collection(models.Model):
    """A named, ordered choice of the team's tracks."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="collections")
    name = models.CharField(max_length=80)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    tracks = models.ManyToManyField("library.Track", through="CollectionItem", related_name="collections")

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("team", Lower("name"), name="collection_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("collection", args=[self.team.slug, self.pk])

    def rename(self, name: str) -> None:
        """Raises ValidationError for a bad name and for one that another collection has."""
        name = checked(name)
        if Collection.objects.filter(team=self.team, name__iexact=name).exclude(pk=self.pk).exists():
            raise ValidationError({"name": f"There is a collection {name} already."})
        self.name = name
        self.save(update_fields=["name"])

    @transaction.atomic
    def append(self, tracks: Sequence[Track]) -> list[Track]:
        """Puts those that are not in it to the end, in their order; answers them."""
        Collection.objects.select_for_update().get(pk=self.pk)
        has = set(self.items.values_list("track", flat=True))
        last = self.items.aggregate(last=models.Max("position"))["last"]
        fresh = [track for track in tracks if track.pk not in has]
        first = 0 if last is None else last + 1
        CollectionItem.objects.bulk_create(
            [CollectionItem(collection=self, track=track, position=first + n) for n, track in enumerate(fresh)]
        )
        return fresh

    @transaction.atomic
    def place(self, track: Track, before: Track | None) -> None:
        """Puts the track in front of another one of the collection; None: to the end."""
        Collection.objects.select_for_update().get(pk=self.pk)
        items = list(self.items.all())
        moved = [item for item in items if item.track_id == track.pk]
        rest = [item for item in items if item.track_id != track.pk]
        at = next((n for n, item in enumerate(rest) if before and item.track_id == before.pk), len(rest))
        for position, item in enumerate(rest[:at] + moved + rest[at:]):
            item.position = position
        CollectionItem.objects.bulk_update(items, ["position"])


class CollectionItem(models.Model):
    """A track's place in a collection; 0 is the first, gaps do no harm."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="items")
    track = models.ForeignKey("library.Track", models.CASCADE, related_name="collection_items")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["collection", "track"], name="collection_item_once")]

    def __str__(self) -> str:
        return f"{self.track_id} in {self.collection_id}"


def checked(name: str) -> str:
    """The name without surplus blanks. Raises ValidationError unless it has 1 to 80 characters."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise ValidationError({"name": "A collection's name has 1 to 80 characters."})
    return name
