"""Approving one take of a set and rejecting the others in one go, with one way back."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict

from musicstudio.accounts.models import Role, Team, User
from musicstudio.library.acts import perform
from musicstudio.library.approvals import Terms, TermsWanted
from musicstudio.library.done import Done
from musicstudio.library.models import Status, Undo
from musicstudio.library.undo import WAYS, Way

ASKS = "This project asks what an approval is for: approve that take on its own page, or in the result of a round."


@transaction.atomic
def settle(
    team: Team, winner: uuid.UUID, others: Sequence[uuid.UUID], by: User, reason: str = "", terms: Terms | None = None
) -> Done:
    """Approves the winner, for the `terms`, and rejects the others; `failed` says which of these stayed as they were.

    Raises ValidationError, and decides nothing, where the project wants terms or somebody else's approval.
    """
    done, said = Done("", [], []), []
    for status, tracks in ((Status.APPROVED, [winner]), (Status.REJECTED, list(others))):
        words = QueryDict(mutable=True)
        words.update({"status": status, "reason": reason} | (terms or Terms())._asdict())
        part = approved_by(team, tracks, by, words) if status == Status.APPROVED else perform("decide", team, tracks, by, words)
        done.tracks += part.tracks
        done.failed += part.failed
        done.facts += [part.undo.pk.hex] if part.undo else []
        said += [part.said] if part.tracks else []
    done.said = "; ".join(said)
    if done.tracks:
        done.undo = Undo.objects.create(team=team, by=by, act="settle", facts=done.facts)
    return done


def approved_by(team: Team, tracks: list[uuid.UUID], by: User, words: QueryDict) -> Done:
    """The approval alone, with a reason people understand when it is refused."""
    try:
        done = perform("decide", team, tracks, by, words)
    except TermsWanted as wanted:
        said = " ".join(wanted.messages) if words["use"] or words["territory"] or words["term"] else ""
        raise ValidationError(said or f"{ASKS} Nothing was decided.") from wanted
    if done.failed:
        name, why = done.failed[0]
        raise ValidationError(f"{name} {why}. Nothing was decided.")
    return done


def back(facts: Any, team: Team, by: User) -> int:
    """Both decisions, where they still are the newest."""
    return sum(row.take_back() for row in Undo.objects.filter(team=team, by=by, pk__in=facts, used_at=None))


WAYS["settle"] = Way(Role.REVIEWER, back)
