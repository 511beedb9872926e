"""Holding work back: everything, for maintenance, or one provider. What was sent is followed to its end all the same."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from musicstudio.accounts.models import User

EVERYTHING = "everything"


class PauseQuerySet(models.QuerySet["Pause"]):
    """Sets and lifts pauses."""

    def begin(self, scope: str, why: str, by: "User | None" = None) -> "Pause":
        """Nothing new is sent to the provider (or to anybody, with `EVERYTHING`); queued jobs wait with their money held."""
        return self.update_or_create(scope=scope, defaults={"reason": why[:200], "by": by})[0]

    def end(self, scope: str) -> bool:
        """Lifts the pause; False when there was none. Wake the queue afterwards."""
        return bool(self.filter(scope=scope).delete()[0])

    def scopes(self) -> set[str]:
        """What is held back now."""
        return set(self.values_list("scope", flat=True))

    def holds(self, provider: str) -> bool:
        """Whether nothing new may go to this provider."""
        return self.filter(scope__in=(provider, EVERYTHING)).exists()


class Pause(models.Model):
    """One thing held back. `scope` is a provider's name or `everything`."""

    scope = models.CharField(max_length=20, primary_key=True)
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    objects = PauseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.scope} since {self.since:%Y-%m-%d %H:%M}"
