"""Callbacks: one address that is told how one job ended, as the AIgateway does it.

Signed with `X-Gateway-Signature: t=<unix>,v1=<hex>`, HMAC-SHA-256 over `t.body`, which its SDKs verify (the secret is the
API token's, see `projects.tokens`). The row is promise and outbox in one: it is made with the job and sent when that ends.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from musicstudio.accounts.models import Team
from musicstudio.core import crypto
from musicstudio.notify.models import Sending, deliver_soon, host_of


class Stage(models.TextChoices):
    """Where a callback stands."""

    LATER = "later", "The job runs"
    DUE = "due", "Being written"
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


UNDONE = (Stage.LATER, Stage.DUE, Stage.WAITING)


class CallbackQuerySet(models.QuerySet["Callback"]):
    """Promises callbacks and makes them due."""

    def promise(self, team: Team, subjects: Iterable[uuid.UUID], url: str, *, signer: uuid.UUID, secret: str, base: str) -> None:
        """One for each subject. `secret` is encrypted; `base` is the address the studio was called by, for links.

        Raises ValidationError, under `url`, for an address that is not https on a named host.
        """
        url = url.strip()
        said = {"team": team, "ciphertext": crypto.encrypt(url), "host": host_of(url)}
        said |= {"signer": signer, "secret": secret, "base": base}
        self.bulk_create(Callback(subject=subject, **said) for subject in subjects)

    def end(self, subject: uuid.UUID) -> bool:
        """The subject has ended, so what it became is to be told; False when nobody wants to know.

        One that ends a second time, after it was tried again, is told again, as another event.
        """
        anew: dict[str, Any] = {"state": Stage.DUE, "event": uuid.uuid4(), "tries": 0, "note": "", "status": None}
        return bool(self.filter(subject=subject).update(**anew, next_at=timezone.now(), milliseconds=None, tried_at=None))


class Callback(Sending):
    """One promised callback."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="callbacks")
    subject = models.UUIDField(unique=True, help_text="the job")
    signer = models.UUIDField(help_text="the API token that asked")
    event = models.UUIDField(default=uuid.uuid4, help_text="the same with every try: the receiver can tell repeats")
    ciphertext = models.TextField(editable=False, help_text="the address, encrypted")
    host = models.CharField(max_length=255)
    secret = models.TextField(editable=False, help_text="the signing secret, encrypted")
    base = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=Stage, default=Stage.LATER)

    objects = CallbackQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["next_at"], name="callback_due", condition=models.Q(state__in=["due", "waiting"]))]

    def __str__(self) -> str:
        return f"{self.subject} to {self.host}"

    @property
    def short(self) -> str:
        """The job's first letters, for a table."""
        return self.subject.hex[:8]

    @transaction.atomic
    def write(self, body: str) -> bool:
        """What is sent, exactly as it is signed; False when it was written, or became due anew, meanwhile."""
        mine = Callback.objects.filter(pk=self.pk, event=self.event, state=Stage.DUE)
        if written := mine.update(body=body, state=Stage.WAITING, next_at=timezone.now()):
            deliver_soon()
        return bool(written)
