"""Checking a connection and keeping what was found, for the command and the page."""

from asgiref.sync import async_to_sync

from musicstudio.accounts.models import User
from musicstudio.generation.models import Report
from musicstudio.generation.report import Kind
from musicstudio.providers.check import check
from musicstudio.providers.models import KeyState, ProviderKey, WebhookSecret


def check_connection(key: ProviderKey, by: User | None) -> Report:
    """Runs the check, keeps its report and the webhook secret, and marks a refused key, or one that is accepted again.

    Raises crypto.Undecryptable and ProviderError when no client can be made of the key.
    """
    found = async_to_sync(check)(key)
    if found.secret:
        WebhookSecret.objects.learn(key.pk, found.secret)
    refused = any(answer["status"] == 401 for answer in found.answers)
    if refused:
        key.reject("The connection check was answered with 401.")
    elif found.ok:
        ProviderKey.objects.filter(pk=key.pk, state=KeyState.REJECTED).update(state=KeyState.ACTIVE, last_error="")
    said = {"findings": [list(pair) for pair in found.findings], "answers": found.answers}
    return Report.objects.create(key=key, kind=Kind.CHECK, ok=found.ok, by=by, **said)
