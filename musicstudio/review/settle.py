"""Approving one take of a set and rejecting the others in one go, with one way back."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import QueryDict

from musicstudio.accounts.models import Role, Team, User
from musicstudio.library.acts import perform
from musicstudio.library.done import Done
from musicstudio.library.models import Status, Undo
from musicstudio.library.undo import WAYS, Way


@transaction.atomic
def settle(team: Team, winner: uuid.UUID, others: Sequence[uuid.UUID], by: User, reason: str = "") -> Done:
    """Approves the winner and rejects the others; `failed` says which stayed as they were."""
    done, said = Done("", [], []), []
    for status, tracks in ((Status.APPROVED, [winner]), (Status.REJECTED, list(others))):
        words = QueryDict(mutable=True)
        words.update({"status": status, "reason": reason})
        part = perform("decide", team, tracks, by, words)
        done.tracks += part.tracks
        done.failed += part.failed
        done.facts += [part.undo.pk.hex] if part.undo else []
        said += [part.said] if part.tracks else []
    done.said = "; ".join(said)
    if done.tracks:
        done.undo = Undo.objects.create(team=team, by=by, act="settle", facts=done.facts)
    return done


def back(facts: Any, team: Team, by: User) -> int:
    """Both decisions, where they still are the newest."""
    return sum(row.take_back() for row in Undo.objects.filter(team=team, by=by, pk__in=facts, used_at=None))


WAYS["settle"] = Way(Role.REVIEWER, back)
