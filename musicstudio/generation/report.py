"""What a connection check or a calibration found out about a key, kept for the page."""

from django.conf import settings
from django.db import models


class Kind(models.TextChoices):
    """A check spends nothing; a calibration makes one take."""

    CHECK = "check", "Connection check"
    CALIBRATION = "calibration", "Calibration"


class Report(models.Model):
    """One run. `findings` are (topic, sentence) pairs, `answers` the raw answers without keys and link tokens."""

    key = models.ForeignKey("providers.ProviderKey", models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=12, choices=Kind)
    ok = models.BooleanField()
    findings = models.JSONField(default=list)
    answers = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.at:%Y-%m-%d %H:%M}"
