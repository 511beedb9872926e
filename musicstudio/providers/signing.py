"""The secrets that sign a key's completion webhooks: several at once, so that rotating one leaves no gap."""

import uuid

from django.db import models

from musicstudio.core import crypto

KEPT = 3  # secrets per key: the newest, and those a late delivery may still be signed with


class WebhookSecretQuerySet(models.QuerySet["WebhookSecret"]):
    """Adds and reads secrets."""

    def learn(self, key_id: uuid.UUID, secret: str) -> bool:
        """Keeps the secret encrypted and forgets all but the newest `KEPT`; False when it was known already."""
        if not secret.strip() or self.filter(key_id=key_id, fingerprint=crypto.fingerprint(secret)).exists():
            return False
        self.create(key_id=key_id, ciphertext=crypto.encrypt(secret), fingerprint=crypto.fingerprint(secret))
        newest = self.filter(key_id=key_id).order_by("-created_at", "-pk").values_list("pk", flat=True)[:KEPT]
        self.filter(key_id=key_id).exclude(pk__in=list(newest)).delete()
        return True

    def of(self, key_id: uuid.UUID) -> list[str]:
        """The key's secrets, newest first. Raises crypto.Undecryptable."""
        found = self.filter(key_id=key_id).order_by("-created_at", "-pk")
        return [crypto.decrypt(row.ciphertext) for row in found]


class WebhookSecret(models.Model):
    """One secret, encrypted."""

    key = models.ForeignKey("providers.ProviderKey", models.CASCADE, related_name="webhook_secrets")
    ciphertext = models.TextField(editable=False)
    fingerprint = models.CharField(max_length=16)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WebhookSecretQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["key", "fingerprint"], name="webhook_secret_once")]

    def __str__(self) -> str:
        return f"webhook secret of {self.created_at:%Y-%m-%d}"
