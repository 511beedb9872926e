"""Webhooks: where a team's own machines want to be told, what they were told, and how that went.

Signed as the Standard Webhooks specification says (https://www.standardwebhooks.com, 1.0.0): libraries in most languages
verify it. An address may hold a secret itself, as Slack's do, so it is encrypted like one.
"""

import base64
import json
import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.accounts.models import Team, User
from musicstudio.core import crypto

MOST = 10  # of a team
KEPT = timedelta(days=30)
PREFIX = "whsec_"


class Event(models.TextChoices):
    """What can be told."""

    TRACK_CREATED = "track.created", "a take has become a track"
    TRACK_APPROVED = "track.approved", "a track was approved"
    JOB_FAILED = "job.failed", "a take failed"
    CAP_THRESHOLD = "cap.threshold", "a cap reached a threshold"


class Shape(models.TextChoices):
    """What the body looks like."""

    JSON = "json", "JSON with every field"
    SLACK = "slack", "Slack: one line of text"


class State(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Adds webhooks and tells them."""

    def add(self, team: Team, url: str, events: list[str], by: User, shape: str = Shape.JSON) -> tuple["Webhook", str]:
        """The webhook and its signing secret, which is shown only now.

        Raises ValidationError with a message beside the field that is wrong.
        """
        url = url.strip()
        host = host_of(url)
        if not events or not set(events) <= set(Event.values):
            raise ValidationError({"events": "Choose what it shall be told."})
        if shape not in Shape.values:
            raise ValidationError({"shape": "No such format."})
        if self.filter(team=team).count() >= MOST:
            raise ValidationError({"url": f"A team has {MOST} webhooks at most. Remove one first."})
        secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
        said = {"ciphertext": crypto.encrypt(url), "host": host, "secret": crypto.encrypt(secret)}
        return self.create(team=team, events=sorted(set(events)), shape=shape, created_by=by, **said), secret

    def tell(self, team: Team, event: str, text: str, *, path: Callable[[], str] | None = None, **data: Any) -> int:
        """Puts the news into the outbox of every webhook that wants it; answers how many.

        Part of the caller's transaction: what is rolled back is never told. `text` is one sentence for people, `data`
        plain JSON values: money is micros, lengths are seconds. `path` becomes a whole `url`; it is asked only when
        somebody wants to know, because a worker that follows thousands of jobs need not load every page for it.
        """
        wanting = [hook for hook in self.filter(team=team, is_active=True) if event in hook.events]
        if wanting and path is not None:
            data["url"] = settings.PUBLIC_URL + path()
        for hook in wanting:
            hook.deliveries.create(event=event, body=hook.body(event, text, data))
        if wanting:
            deliver_soon()
        return len(wanting)


class Webhook(models.Model):
    """One address that is told what happens in a team."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="webhooks")
    ciphertext = models.TextField(editable=False, help_text="the address, encrypted")
    host = models.CharField(max_length=255)
    secret = models.TextField(editable=False, help_text="the signing secret, encrypted")
    events = models.JSONField(default=list)
    shape = models.CharField(max_length=8, choices=Shape, default=Shape.JSON)
    is_active = models.BooleanField(default=True)
    why_off = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.host

    @property
    def labels(self) -> list[str]:
        """What it wants to be told, in words."""
        return [event.label for event in Event if event in self.events]

    def body(self, event: str, text: str, data: dict[str, Any]) -> str:
        """What is sent, exactly as it is signed."""
        if self.shape == Shape.SLACK:
            return json.dumps({"text": text}, ensure_ascii=False)
        said = {"type": event, "timestamp": timezone.now().isoformat(), "text": text, "team": self.team.slug, "data": data}
        return json.dumps(said, ensure_ascii=False)

    def switch(self, on: bool, why: str = "") -> None:
        """On or off; what waits stays in the outbox."""
        self.is_active, self.why_off = on, "" if on else why[:200]
        self.save(update_fields=["is_active", "why_off"])
        if on:
            deliver_soon()

    def ping(self) -> "Delivery":
        """A delivery that says nothing, to try the way."""
        found = self.deliveries.create(event="ping", body=self.body("ping", f"Hello from {self.team.name}.", {}))
        deliver_soon()
        return found


class Sending(models.Model):
    """What every message in the outbox knows about its tries."""

    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(null=True, help_text="the last answer's HTTP status")
    note = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @transaction.atomic
    def replay(self) -> None:
        """The same news once more, now, under the same id."""
        anew: dict[str, Any] = {"state": State.WAITING, "tries": 0, "next_at": timezone.now(), "note": ""}
        for name, value in anew.items():
            setattr(self, name, value)
        self.save(update_fields=list(anew))
        deliver_soon()


class Delivery(Sending):
    """One piece of news for one webhook; its id is the same with every try, so that the receiver can tell repeats."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["next_at"], name="delivery_due", condition=models.Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook}"


def host_of(url: str) -> str:
    """The host of an address that may be told things; raises ValidationError for any other."""
    wrong = ValidationError({"url": "Write a whole address that begins with https://."})
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    plain = parts.scheme == "http" and settings.ALLOW_LOOPBACK_WEBHOOKS and host in {"127.0.0.1", "localhost", "::1"}
    if len(url) > 1_000 or not url.isascii() or not url.isprintable() or " " in url or not (parts.scheme == "https" or plain):
        raise wrong
    if not host or parts.username or parts.password or parts.fragment or port == 0:
        raise wrong
    return host


def deliver_soon() -> None:
    """Asks a worker to empty the outbox, once the caller's transaction is through; the schedule is the safety net."""
    async_task("musicstudio.notify.tasks.deliver", q_options={"save": False})


from musicstudio.notify.callbacks import Callback  # noqa: E402 (found here by Django, as is the next)
from musicstudio.notify.notices import NoticeSetting, Notification  # noqa: E402

__all__ = ["Callback", "NoticeSetting", "Notification"]
