"""Trying a take again: a new attempt in the same place, with a new quote and a new hold; the old one stays visible."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from musicstudio.accounts.models import User
from musicstudio.budgets.models import Hold, NoCap, OverCap
from musicstudio.generation.models import Attempt, Job, State, wake
from musicstudio.generation.render import enqueue
from musicstudio.generation.submit import agreed_quote, why_no_key
from musicstudio.providers.models import ProviderKey

ENDED_WITHOUT = (State.FAILED, State.CANCELLED)


def retry(job: Job, by: User) -> Job:
    """The job, queued again at today's price. Nothing is written when it cannot be.

    Raises ValidationError: the job did not end without a track, or the key, the price or the cap is missing or short.
    """
    if job.state not in ENDED_WITHOUT:
        raise ValidationError({"job": "Only a take that failed or was cancelled can be tried again."})
    key = ProviderKey.objects.for_model(job.team, job.model, job.project) if job.model.needs_key else None
    if job.model.needs_key and key is None:
        raise ValidationError({"model": why_no_key(job.team, job.model)})
    job.model.check_prompt(job.prompt)
    try:
        with transaction.atomic():
            quote = agreed_quote(job.prompt, 1, job.model, None)
            wanted = [(uuid.uuid4(), quote.as_json())]
            where = {"project": job.project, "key": key, "token": job.hold.token, "tag": job.hold.tag}
            [hold] = Hold.objects.reserve(job.team, wanted, by, **where)
            _queue_again(job, key, hold, by)
    except (OverCap, NoCap) as short:
        raise ValidationError({"cost": str(short)}) from short
    job.refresh_from_db()
    return job


def _queue_again(job: Job, key: ProviderKey | None, hold: Hold, by: User) -> None:
    now, before = timezone.now(), Job.objects.get(pk=job.pk)
    last = before.attempts.last()
    asked_at = last.retried_at if last else before.created_at
    copied = ("hold", "key", "state", "reason", "message", "request_id", "remote_ref", "facts", "submit_at", "finished_at")
    said = {name: getattr(before, name) for name in copied}
    fresh: dict[str, Any] = {
        "reason": "",
        "message": "",
        "request_id": "",
        "remote_ref": {},
        "facts": {},
        "outputs": [],
        "cost_micros": None,
    }
    fresh |= {"submit_at": None, "cancel_at": None, "finished_at": None, "asked_again_at": None, "hint_at": None}
    moved = Job.objects.move(
        job.pk,
        ENDED_WITHOUT,
        State.QUEUED,
        hold=hold,
        key=key,
        attempt=before.attempt + 1,
        tries=0,
        progress=0,
        dismissed=False,
        next_at=now,
        **fresh,
    )
    if not moved:
        raise ValidationError({"job": "Somebody was faster: it is being tried again already."})
    Attempt.objects.create(job=job, number=before.attempt, asked_at=asked_at, retried_by=by, **said)
    wake() if job.model.needs_key else enqueue(job.pk)
