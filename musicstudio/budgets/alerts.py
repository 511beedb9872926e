"""Thresholds crossed, and the ledger's last audit."""

from typing import Self

from django.db import models
from django.utils import timezone

from musicstudio.budgets.models import Bucket
from musicstudio.core.money import format_micros


class Alert(models.Model):
    """A bucket's commitments reached a percentage of its limit: one row each, made by the transaction that crossed it."""

    bucket = models.ForeignKey(Bucket, models.CASCADE, related_name="alerts")
    percent = models.PositiveSmallIntegerField()
    used_micros = models.BigIntegerField()
    limit_micros = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-percent"]
        constraints = [models.UniqueConstraint(fields=["bucket", "percent"], name="alert_once")]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """One sentence that says what is used and what is left."""
        left = max(0, self.limit_micros - self.used_micros)
        cap = self.bucket.cap
        return (
            f"{format_micros(self.used_micros)} used and {format_micros(left)} left of the {cap.noun} of "
            f"{format_micros(self.limit_micros)} of {cap.whose}: {self.percent} % is reached."
        )


class LedgerCheck(models.Model):
    """One run of `verify_ledger`. Only the newest are kept."""

    at = models.DateTimeField(default=timezone.now)
    milliseconds = models.PositiveIntegerField()
    holds = models.PositiveIntegerField()
    broken = models.JSONField(default=list, help_text="one sentence per broken invariant")

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{len(self.broken)} broken at {self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def newest(cls) -> Self | None:
        """The last run."""
        return cls.objects.first()
