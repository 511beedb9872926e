"""What each member really heard of a track: the seconds that sounded, joined; and the switch that stops the noting.

Only what a player reports as played counts, a jump does not. Reports may come twice and from several tabs: joining them
again changes nothing.
"""

import uuid
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction

from musicstudio.accounts.models import User
from musicstudio.library.models import Track

GAP = 300  # milliseconds: a player's clock ticks about four times a second, so shorter holes between reports are none
MOST = 200  # ranges in one report
Spans = list[tuple[int, int]]


def joined(spans: Iterable[Sequence[int]], end: int) -> Spans:
    """The spans (milliseconds) in order, cut to 0..end, with overlaps and holes below `GAP` closed."""
    found: Spans = []
    for start, stop in sorted((max(0, span[0]), min(end, span[1])) for span in spans):
        if stop <= start:
            continue
        if found and start - found[-1][1] <= GAP:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found


def read(text: str) -> Spans:
    """`0-12.5,30-41.2` in seconds, as the player writes it. Raises ValidationError."""
    try:
        spans = [tuple(round(1000 * float(side)) for side in part.split("-", 1)) for part in text.split(",") if part]
    except (ValueError, OverflowError):
        spans = [()]
    if len(spans) > MOST or any(len(span) != 2 or span[0] > span[1] for span in spans):
        raise ValidationError("Ranges are seconds: 0-12.5,30-41.2")
    return [(span[0], span[1]) for span in spans]


class PrivateListening(models.Model):
    """While the row exists, nothing is noted of what this person hears."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="private_listening")
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.user_id} since {self.since}"

    @classmethod
    def set(cls, user: User, on: bool) -> None:
        """Switches it; what was noted before stays."""
        if on:
            cls.objects.get_or_create(user=user)
        else:
            cls.objects.filter(user=user).delete()

    @classmethod
    def of(cls, user: User) -> bool:
        """Whether it is on."""
        return cls.objects.filter(user=user).exists()


class HeardQuerySet(models.QuerySet["Heard"]):
    """Notes and tells what was heard."""

    @transaction.atomic
    def add(self, track: Track, user: User, spans: Iterable[Sequence[int]]) -> "Heard | None":
        """Joins the spans (milliseconds) to what the person has heard; None while they listen in private."""
        if PrivateListening.of(user):
            return None
        self.get_or_create(track=track, user=user)
        row = self.select_for_update().get(track=track, user=user)
        row.spans = joined([*row.spans, *spans], track.duration_ms)
        row.heard_ms = sum(stop - start for start, stop in row.spans)
        row.save(update_fields=["spans", "heard_ms", "at"])
        return row

    def report(self, track: Track, user: User, text: str) -> "Heard | None":
        """The same for a player's report, see `read`. Raises ValidationError."""
        return self.add(track, user, read(text))

    def seconds(self, user: User, track_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, float]:
        """How many seconds of each track the person has heard; tracks not heard at all are absent."""
        rows = self.filter(user=user, track__in=list(track_ids), heard_ms__gt=0)
        return {track: heard / 1000 for track, heard in rows.values_list("track", "heard_ms")}


class Heard(models.Model):
    """What one person heard of one track: `spans` in milliseconds, in order and apart; `heard_ms` is their sum."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="heard")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="heard")
    spans = models.JSONField(default=list)
    heard_ms = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now=True)

    objects = HeardQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["track", "user"], name="heard_once")]

    def __str__(self) -> str:
        return f"{self.heard_ms / 1000:.1f} s of {self.track_id} by {self.user_id}"

    @property
    def percent(self) -> int:
        """Of the whole length; 100 only when all but a tick of the player was heard."""
        left = self.track.duration_ms - self.heard_ms
        return 100 if left <= GAP else min(99, 100 * self.heard_ms // self.track.duration_ms)
