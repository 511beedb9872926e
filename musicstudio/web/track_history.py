"""What happened to one track, newest first: read from the rows that remember it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain

from django.utils import timezone

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Membership, User
from musicstudio.library.models import Decision, Rating, Status, Track
from musicstudio.review.models import Comment
from musicstudio.web.activity import VERBS, moment

PER_PAGE = 40


@dataclass(frozen=True)
class Line:
    """`who` did `what`; `words` are theirs, `url` leads there. Nobody's: the studio's."""

    at: datetime
    who: User | None
    what: str
    words: str = ""
    url: str = ""


def decided(track: Track, before: datetime) -> Iterable[Line]:
    """Decisions, and what was taken back."""
    for row in Decision.objects.filter(track=track, at__lt=before).select_related("by").order_by("-at", "-pk")[: PER_PAGE + 1]:
        back = f"took a decision back: {row.get_status_display().lower()} again"
        what = back if row.undoes_id else f"{VERBS[Status(row.status)]} it"
        yield Line(row.at, row.by, what, row.reason)


def said(track: Track, before: datetime) -> Iterable[Line]:
    """Comments, those carried here when they were carried, and threads that were resolved."""
    rows = Comment.objects.there().filter(track=track).select_related("by", "resolved_by")
    for row in rows.filter(at__lt=before).order_by("-at", "-pk")[: PER_PAGE + 1]:
        what = "replied" if row.parent_id else f"commented at {row.moment}" if row.moment else "commented"
        yield Line(row.at, row.by, what, row.text, f"{track.get_absolute_url()}#c-{row.pk.hex}")
    for row in rows.filter(resolved_at__lt=before).order_by("-resolved_at", "-pk")[: PER_PAGE + 1]:
        if row.resolved_at:
            yield Line(row.resolved_at, row.resolved_by, "resolved", row.text, f"{track.get_absolute_url()}#c-{row.pk.hex}")


def rated(track: Track, before: datetime) -> Iterable[Line]:
    """Everybody's stars as they stand."""
    for row in Rating.objects.filter(track=track, at__lt=before).select_related("user").order_by("-at", "-pk")[: PER_PAGE + 1]:
        yield Line(row.at, row.user, f"gave it {row.stars} star{'s' * (row.stars != 1)}")


def varied(track: Track, before: datetime, member: Membership) -> Iterable[Line]:
    """Takes that were made of it."""
    rows = visible(Track.objects.filter(based_on=track, deleted_at=None, created_at__lt=before), member)
    for row in rows.select_related("created_by", "team").order_by("-created_at", "-pk")[: PER_PAGE + 1]:
        yield Line(row.created_at, row.created_by, "made a variation of it:", str(row), row.get_absolute_url())


def born(track: Track, before: datetime) -> Iterable[Line]:
    """When it was asked for and arrived, its notes as they stand, and whether it was put away."""
    facts = [
        (track.asked_at, track.created_by, f"asked {track.model_name} for it", ""),
        (track.created_at, None, "The take arrived.", ""),
        (track.notes_at, track.notes_by, "wrote the notes" if track.notes else "removed the notes", track.notes),
        (track.archived_at, None, "It was archived.", ""),
        (track.deleted_at, track.deleted_by, "put it into the bin", ""),
    ]
    return [Line(at, who, what, words) for at, who, what, words in facts if at and at < before]


class History:
    """One page of it. `before` is the `next` of the page before."""

    def __init__(self, track: Track, member: Membership, before: str = "") -> None:
        self.track, self.member = track, member
        self.before = moment(before) or timezone.now() + timedelta(days=1)

    @cached_property
    def _found(self) -> list[Line]:
        sources = [source(self.track, self.before) for source in (decided, said, rated, born)]
        lines = chain(*sources, varied(self.track, self.before, self.member))
        return sorted(lines, key=lambda line: line.at, reverse=True)[: PER_PAGE + 1]

    @property
    def lines(self) -> list[Line]:
        """This page's."""
        return self._found[:PER_PAGE]

    @property
    def next(self) -> str:
        """For the address of the next page; empty on the last."""
        return self.lines[-1].at.isoformat() if len(self._found) > PER_PAGE else ""
