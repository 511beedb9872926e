"""Idempotency-Key: a request sent again within a day is recognised, also while the first is still being served."""

import hashlib
import uuid
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils import timezone

from musicstudio.api.errors import ApiError
from musicstudio.generation.models import Job
from musicstudio.generation.repeat import REMEMBERED_FOR, Repeat
from musicstudio.projects.models import ApiToken

LONGEST = 255
OTHER = "This Idempotency-Key came within the last 24 hours with another body. Nothing was charged. Use a fresh key."


def once(token: ApiToken, key: str, said: str, ask: Callable[[uuid.UUID | None], list[Job]]) -> list[Job]:
    """What `ask(batch)` answers: for a key of the last 24 hours it is asked with the same batch again, and so answers with
    the same jobs. `said` is everything that the request asks for.

    A refused request is forgotten: corrected, it may come again under its key. Raises ApiError 400 for a key that is too
    long and 409 for one that came with something else; and whatever `ask` raises.
    """
    if not key:
        return ask(None)
    if len(key) > LONGEST:
        raise ApiError(400, f"An Idempotency-Key has {LONGEST} characters at most.")
    Repeat.objects.filter(at__lt=timezone.now() - REMEMBERED_FOR).delete()
    body = digest(said)
    row, _ = Repeat.objects.get_or_create(token=token, key=digest(key), defaults={"body": body})
    if row.body != body:
        raise ApiError(409, OTHER)
    try:
        jobs = ask(row.batch)
    except (ApiError, ValidationError):
        if not Job.objects.filter(team=token.team_id, batch=row.batch).exists():
            Repeat.objects.filter(pk=row.pk).delete()
        raise
    # the same request, served at the same time and refused, may have forgotten the row meanwhile
    Repeat.objects.get_or_create(token=token, key=row.key, defaults={"body": body, "batch": row.batch, "at": row.at})
    return jobs


def digest(text: str) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
