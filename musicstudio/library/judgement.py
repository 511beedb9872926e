"""What people think of a track: stars and favourites are each person's own, a decision is the team's."""

from django.conf import settings
from django.db import models
from django.db.models import Q

STARS = range(1, 6)


class Status(models.TextChoices):
    """Where the team stands with a track; the value is the newest decision's."""

    NEW = "new", "New"
    SHORTLISTED = "shortlisted", "Shortlisted"
    CHANGES = "changes", "Changes wanted"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class Rating(models.Model):
    """One person's stars for a track, 1 to 5. No row means no opinion."""

    track = models.ForeignKey("library.Track", models.CASCADE, related_name="ratings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="ratings")
    stars = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["track", "user"], name="rating_once"),
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="rating_stars_one_to_five"),
        ]

    def __str__(self) -> str:
        return f"{self.stars} stars for {self.track_id} by {self.user_id}"


class Favourite(models.Model):
    """One person wants to find the track again."""

    track = models.ForeignKey("library.Track", models.CASCADE, related_name="favourites")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="favourites")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["track", "user"], name="favourite_once")]

    def __str__(self) -> str:
        return f"{self.track_id} of {self.user_id}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Reads the history."""

    def standing(self) -> "DecisionQuerySet":
        """Without what was taken back, and without the taking back."""
        return self.filter(undoes=None, undone=None)


class Decision(models.Model):
    """A line of a track's history: who moved it from where to where, and why. Lines are only ever added.

    Taking a decision back adds a line that `undoes` it. When a track was approved: its last standing decision `approved`.
    """

    track = models.ForeignKey("library.Track", models.CASCADE, related_name="decisions")
    was = models.CharField(max_length=12, choices=Status)
    status = models.CharField(max_length=12, choices=Status)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=400, blank=True)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, blank=True, related_name="undone")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["track", "-at"], name="decision_newest")]

    def __str__(self) -> str:
        return f"{self.track_id}: {self.was} to {self.status}"
