"""What holds a key back: a pause, the provider's own limits, and whether a repeated request is recognised."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Repeats(models.TextChoices):
    """What the provider does with a second submit of the same Idempotency-Key. `none` until a calibration has proved more."""

    NONE = "none", "waits for a person, until a calibration has proved more"
    KEY = "key", "is asked for again under the same reference"


class Throttled(models.Model):
    """The part of a provider key that says how fast, and whether at all, jobs go out with it."""

    paused_at = models.DateTimeField(null=True, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False, help_text="empty: until somebody resumes it")
    pause_reason = models.CharField(max_length=200, blank=True, editable=False)
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="empty: as the provider tells")
    max_running = models.PositiveSmallIntegerField(null=True, blank=True, help_text="jobs at once; empty: any number")
    repeats = models.CharField(max_length=8, choices=Repeats, default=Repeats.NONE, editable=False)

    class Meta:
        abstract = True

    @property
    def is_paused(self) -> bool:
        """Nothing is sent with it now; what runs is followed all the same."""
        return self.paused_at is not None and (self.paused_until is None or self.paused_until > timezone.now())

    def pause(self, why: str, until: datetime | None = None) -> None:
        """Stops every submit with this key: its jobs stay queued with their money held."""
        said: dict[str, Any] = {"paused_at": timezone.now(), "paused_until": until, "pause_reason": why[:200]}
        type(self)._default_manager.filter(pk=self.pk).update(**said)
        for name, value in said.items():
            setattr(self, name, value)

    def resume(self) -> None:
        """Submits go out again; wake the sweeper afterwards."""
        type(self)._default_manager.filter(pk=self.pk).update(paused_at=None, paused_until=None, pause_reason="")
        self.paused_at = self.paused_until = None
        self.pause_reason = ""


def paused_now(prefix: str = "") -> Q:
    """The condition of `is_paused` for a query; `prefix` is the way to the key, like `key__`."""
    until = Q(**{f"{prefix}paused_until__isnull": True}) | Q(**{f"{prefix}paused_until__gt": timezone.now()})
    return Q(**{f"{prefix}paused_at__isnull": False}) & until
