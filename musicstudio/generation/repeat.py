"""Requests by program that named themselves with an Idempotency-Key, as long as they are remembered."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

from musicstudio.projects.models import ApiToken

REMEMBERED_FOR = timedelta(hours=24)


class Repeat(models.Model):
    """One request that may come again. The jobs it made carry its `batch`."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64, help_text="SHA-256 of the Idempotency-Key")
    body = models.CharField(max_length=64, help_text="SHA-256 of what was asked")
    batch = models.UUIDField(default=uuid.uuid4)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="repeat_once")]
        indexes = [models.Index(fields=["at"], name="repeat_at")]

    def __str__(self) -> str:
        return f"{self.key[:8]} of {self.token_id}"
