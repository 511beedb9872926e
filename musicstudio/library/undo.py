"""The way back: what an act noted so that the person can take it back for a while, once."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from musicstudio.accounts.models import Role, Team, User

LASTS = timedelta(hours=1)  # a message shows its button for seconds; a page left open keeps the address longer


@dataclass(frozen=True)
class Way:
    """The way back of one act: the role it needs, and what restores the facts; it answers how much somebody changed since."""

    role: Role
    back: Callable[[Any, Team, User], int]


WAYS: dict[str, Way] = {}  # by the name of the act; the modules that do things put theirs here


class UndoQuerySet(models.QuerySet["Undo"]):
    """Finds ways back."""

    def usable(self, by: User) -> "UndoQuerySet":
        """The person's own, neither used nor expired."""
        return self.filter(by=by, used_at=None, at__gt=timezone.now() - LASTS)

    def forget(self) -> int:
        """Removes what can no longer be used; answers how many."""
        return self.exclude(used_at=None, at__gt=timezone.now() - LASTS).delete()[0]


class Undo(models.Model):
    """What to put back, for the one who did it. `facts` belong to the act."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    act = models.CharField(max_length=16)
    facts = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    objects = UndoQuerySet.as_manager()

    def __str__(self) -> str:
        return f"undo {self.act} by {self.by_id}"

    @property
    def address(self) -> str:
        """Where the message's button posts to."""
        return reverse("undo", args=[self.team.slug, self.pk])

    @property
    def role(self) -> Role:
        """Who may still take it back."""
        return WAYS[self.act].role

    @transaction.atomic
    def take_back(self) -> int:
        """Puts back what was there, once; answers how many rows were left alone because somebody has changed them since.

        Raises ValidationError when it was used or is too old.
        """
        if not Undo.objects.usable(self.by).filter(pk=self.pk).update(used_at=timezone.now()):
            raise ValidationError("This can no longer be undone.")
        return WAYS[self.act].back(self.facts, self.team, self.by)
