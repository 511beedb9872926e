"""Completion webhooks: a hint that a job is worth a look. Nothing a webhook says moves money; the job is read again."""

import time
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from musicstudio.core.crypto import Undecryptable
from musicstudio.generation.models import IN_HAND, Job, State, WebhookCall
from musicstudio.providers import webhook
from musicstudio.providers.base import BadAnswer
from musicstudio.providers.models import KeyState, ProviderKey, WebhookSecret

KEPT = timedelta(days=7)  # the gateway repeats a delivery for a day


def address_for(key: ProviderKey) -> str | None:
    """Where the gateway is to call; None on a studio without a public https address."""
    return f"{settings.PUBLIC_URL}{reverse('webhook', args=[key.pk])}" if settings.HTTPS else None


def receive(key: ProviderKey, headers: Mapping[str, str], body: bytes) -> bool:
    """Takes note of a call; False when it is not authentic or cannot be read, and then nothing has changed.

    A repeated delivery is recognised and changes nothing either.
    """
    try:
        secrets = WebhookSecret.objects.of(key.pk)
    except Undecryptable:
        return False
    if key.state == KeyState.REVOKED or not webhook.is_authentic(headers, body, secrets, time.time()):
        return False
    try:
        hint = webhook.hint(body)
    except BadAnswer:
        return False
    with transaction.atomic():
        _, is_new = WebhookCall.objects.get_or_create(key=key, event=hint.key[:280])
        if is_new:
            running = Job.objects.filter(key=key, state__in=IN_HAND, remote_ref__id=hint.job_id)
            running.filter(state=State.RUNNING).update(hint_at=timezone.now())
    return True


def forget() -> int:
    """Removes the notes of old calls; answers how many."""
    return WebhookCall.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
