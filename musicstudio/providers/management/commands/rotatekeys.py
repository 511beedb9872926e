"""manage.py rotatekeys: writes every stored secret again under the newest encryption key."""

import sys
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import QuerySet

from musicstudio.core import crypto
from musicstudio.core.migrate import migrate_if_needed
from musicstudio.notify.callbacks import Callback
from musicstudio.notify.models import Webhook
from musicstudio.projects.models import ApiToken
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import ProviderKey
from musicstudio.providers.signing import WebhookSecret


def secrets() -> list[tuple[QuerySet[Any], str]]:
    """Every column that holds something encrypted."""
    hooks, callbacks = Webhook.objects.all(), Callback.objects.all()
    keys = [
        (ProviderKey.objects.all(), "ciphertext"),
        (Connection.objects.all(), "own_key"),
        (WebhookSecret.objects.all(), "ciphertext"),
    ]
    of_tokens = [(ApiToken.objects.all(), "signing"), (callbacks, "ciphertext"), (callbacks, "secret")]
    return [*keys, *of_tokens, (hooks, "ciphertext"), (hooks, "secret")]


def rotate_factor(factor: Authenticator) -> None:
    """The secret of an authenticator app or of recovery codes; raises Undecryptable."""
    for name in ("secret", "seed"):
        if text := factor.data.get(name):
            factor.data[name] = crypto.rotate(text)
    factor.save(update_fields=["data"])


class Command(BaseCommand):
    """After it, the older keys of STUDIO_KEY_ENCRYPTION_KEYS may go."""

    help = "Re-encrypts every stored secret with the first key of STUDIO_KEY_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        done = failed = 0
        for rows, field in secrets():
            with transaction.atomic():
                for row in rows.exclude(**{field: ""}).select_for_update():
                    try:
                        type(row).objects.filter(pk=row.pk).update(**{field: crypto.rotate(getattr(row, field))})
                        done += 1
                    except crypto.Undecryptable as error:
                        self.stderr.write(f"{row}: {error}")
                        failed += 1
        for factor in Authenticator.objects.filter(type__in=["totp", "recovery_codes"]):
            try:
                rotate_factor(factor)
                done += 1
            except crypto.Undecryptable as error:
                self.stderr.write(f"Second factor {factor.pk}: {error}")
                failed += 1
        self.stdout.write(f"{done} re-encrypted, {failed} could not be read.")
        if failed:
            sys.exit(1)
