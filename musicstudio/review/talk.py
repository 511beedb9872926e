"""What is said about a track as one person sees it: threads in the order of the music, what is new, who has heard how much."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.utils.dateparse import parse_datetime

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Membership, Role, User
from musicstudio.library.models import Track
from musicstudio.review.mentions import members
from musicstudio.review.models import Comment, Heard, Kind, Look, PrivateListening


@dataclass(frozen=True)
class Tally:
    """One kind of reaction to a comment: by whom, and whether the person is among them."""

    kind: str
    label: str
    names: list[str]
    mine: bool


@dataclass
class Line:
    """A comment with what a person may do to it."""

    comment: Comment
    is_new: bool
    own: bool
    may_delete: bool
    tallies: list[Tally]
    replies: list["Line"] = field(default_factory=list)


@dataclass(frozen=True)
class Listener:
    """A member beside a track: stars, the newest decision's word, how much was heard."""

    user: User
    stars: int
    heard: Heard | None


def since_of(text: str) -> datetime | None:
    """A moment as a page hands it on; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None


class Talk:
    """The comments of one track for one member. `since`: what the page was opened with, so that marks stay while it is read."""

    def __init__(self, track: Track, member: Membership, since: str | None = None) -> None:
        self.track, self.member, self.user = track, member, member.user
        look = None if since is not None else Look.objects.filter(track=track, user=member.user).first()
        self.since = since_of(since) if since is not None else look.upto if look else None

    @property
    def since_text(self) -> str:
        """For the addresses with which the page asks again."""
        return self.since.isoformat() if self.since else ""

    @property
    def may(self) -> bool:
        """Whether the person may take part."""
        return self.member.may(Role.REVIEWER)

    @cached_property
    def _comments(self) -> list[Comment]:
        rows = Comment.objects.filter(track=self.track).select_related("by", "resolved_by", "carried_from__track__team")
        return list(rows.prefetch_related("reactions__by").order_by("at", "pk"))

    @cached_property
    def threads(self) -> list[Line]:
        """Those about the whole track first, then in the order of the music. A deleted head stays while a reply does."""
        below: dict[UUID | None, list[Comment]] = defaultdict(list)
        for comment in self._comments:
            below[comment.parent_id].append(comment)
        found = []
        for head in sorted(below[None], key=lambda c: (-1 if c.start_ms is None else c.start_ms, c.at, c.pk)):
            line = self.line(head)
            line.replies = [self.line(reply) for reply in below[head.pk] if not reply.deleted_at]
            if not head.deleted_at or line.replies:
                found.append(line)
        return found

    def line(self, comment: Comment) -> Line:
        """With what is new to the person and allowed to them."""
        own = comment.by_id == self.user.pk
        fresh = not own and not comment.deleted_at and (self.since is None or comment.at > self.since)
        may_delete = self.may and (own or self.member.may(Role.ADMIN))
        return Line(comment, fresh, own, may_delete, self.tallies(comment))

    def tallies(self, comment: Comment) -> list[Tally]:
        """All kinds, those without anybody too: they are the buttons."""
        by_kind: dict[str, list[User]] = defaultdict(list)
        for reaction in comment.reactions.all():
            by_kind[reaction.kind].append(reaction.by)
        return [
            Tally(kind.value, str(kind.label), [user.display_name for user in by_kind[kind]], self.user in by_kind[kind])
            for kind in Kind
        ]

    @property
    def open(self) -> list[Line]:
        """Threads that are not resolved."""
        return [line for line in self.threads if not line.comment.resolved_at]

    @property
    def resolved(self) -> list[Line]:
        """The others."""
        return [line for line in self.threads if line.comment.resolved_at]

    @cached_property
    def count(self) -> int:
        """Comments and replies that are there."""
        return sum(not comment.deleted_at for comment in self._comments)

    @property
    def new(self) -> int:
        """How many of them are new to the person."""
        lines = [line for head in self.threads for line in (head, *head.replies)]
        return sum(line.is_new for line in lines)

    @property
    def newest(self) -> str:
        """Up to when the person has read, once this is shown."""
        return max(comment.at for comment in self._comments).isoformat() if self._comments else ""

    @property
    def pins(self) -> list[Line]:
        """Open threads that have a place in the waveform."""
        return [line for line in self.open if line.comment.start_ms is not None and not line.comment.deleted_at]

    @cached_property
    def people(self) -> list[User]:
        """Who can be mentioned."""
        return members(self.track)

    @cached_property
    def names(self) -> list[str]:
        """Their names, for finding mentions in a text."""
        return [user.display_name for user in self.people]

    @cached_property
    def sources(self) -> list[tuple[Track, int]]:
        """Other versions whose open comments could be carried here, with how many each has that are not here yet."""
        near = Track.objects.kept().filter(team=self.track.team_id, prompt=self.track.prompt_id)
        also = Track.objects.kept().filter(pk=self.track.based_on_id) if self.track.based_on_id else Track.objects.none()
        tracks = [
            *visible(near.exclude(pk=self.track.pk), self.member).order_by("asked_at", "take")[:50],
            *visible(also, self.member),
        ]
        found = Comment.objects.not_yet_on(self.track, [track.pk for track in tracks]) if self.may else {}
        return [(track, found[track.pk]) for track in dict.fromkeys(tracks) if track.pk in found]

    # Who has heard it

    @cached_property
    def listeners(self) -> list[Listener]:
        """Members who have heard, rated or decided something, whoever heard most first."""
        rows = {row.user_id: row for row in Heard.objects.filter(track=self.track).select_related("user")}
        stars = {rating.user_id: rating.stars for rating in self.track.ratings.all()}
        people = [user for user in self.people if user.pk in rows or user.pk in stars]
        found = []
        for user in people:
            row = rows.get(user.pk)
            if row:
                row.track = self.track
            found.append(Listener(user, stars.get(user.pk, 0), row))
        return sorted(found, key=lambda one: -(one.heard.heard_ms if one.heard else 0))

    @cached_property
    def is_private(self) -> bool:
        """Whether nothing is noted of what the person hears."""
        return PrivateListening.of(self.user)


def etag(track: Track, member: Membership, since: str) -> str:
    """Changes with whatever is said, and with who reads: found out before anything is drawn."""
    number, newest = Comment.objects.state(track)
    said = (track.pk, number, newest, member.user_id, member.role, since)
    return f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:20]}"'


def texts(track_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """What is said about the tracks, for the search."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = Comment.objects.there().filter(track__in=list(track_ids)).order_by("at", "pk")
    for track, text in rows.values_list("track", "text"):
        found[track].append(text)
    return found
