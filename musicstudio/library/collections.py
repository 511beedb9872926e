"""Collections: tracks in an order somebody chose. A track may be in many; nothing is copied."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from musicstudio.accounts.models import Team


class Collection(models.Model):
    """A named, ordered choice of the team's tracks."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="collections")
    name = models.CharField(max_length=80)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    tracks = models.ManyToManyField("library.Track", through="CollectionItem", related_name="collections")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("team", Lower("name"), name="collection_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("collection", args=[self.team.slug, self.pk])


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
