"""The list of tracks as a page shows it: filtered, cut into pages, the takes of one request together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from uuid import UUID

from django.db.models import Count
from django.http import QueryDict

from musicstudio.library.models import Tag, Track, TrackQuerySet
from musicstudio.projects.models import Prompt

PER_PAGE = 50
FACETS = 12


@dataclass
class Group:
    """The takes of one request on this page. `continued`: its heading stands on the page before."""

    batch: UUID
    tracks: list[Track]
    continued: bool = False

    @property
    def prompt(self) -> Prompt:
        """What was asked."""
        return self.tracks[0].prompt

    @property
    def first(self) -> Track:
        """For what the takes have in common: model, author, time."""
        return self.tracks[0]

    @property
    def cost_micros(self) -> int:
        """What the takes shown cost together."""
        return sum(track.cost_micros for track in self.tracks)


def grouped(tracks: Iterable[Track]) -> list[Group]:
    """Neighbours of the same request become one group."""
    return [Group(batch, list(takes)) for batch, takes in groupby(tracks, key=lambda track: track.batch)]


@dataclass
class Listing:
    """One page of tracks under the filters of the address: `q` words, `tag` a name, `page` from 1."""

    tracks: TrackQuerySet
    q: str = ""
    tag: str = ""
    page: int = 1
    base: TrackQuerySet = field(init=False)

    def __post_init__(self) -> None:
        self.base = self.tracks
        if self.q:
            self.tracks = self.tracks.search(self.q)
        if self.tag:
            self.tracks = self.tracks.tagged(self.tag)

    @classmethod
    def from_query(cls, tracks: TrackQuerySet, query: QueryDict) -> "Listing":
        """Reads the filters; anything unreadable falls back to none."""
        page = query.get("page", "1")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        return cls(
            tracks,
            query.get("q", "").strip()[:200].replace("\0", ""),
            query.get("tag", "").strip()[:60].replace("\0", ""),
            max(1, number),
        )

    @property
    def is_filtered(self) -> bool:
        """Whether some tracks may be hidden."""
        return bool(self.q or self.tag)

    @cached_property
    def groups(self) -> list[Group]:
        """This page's groups; one row before it tells whether the first group began there."""
        start = (self.page - 1) * PER_PAGE
        rows = list(self.tracks.for_lists()[max(0, start - 1) : start + PER_PAGE + 1])
        before = rows.pop(0) if start and rows else None
        self.has_more = len(rows) > PER_PAGE
        groups = grouped(rows[:PER_PAGE])
        if before and groups:
            groups[0].continued = groups[0].batch == before.batch
        return groups

    @property
    def next_page(self) -> int | None:
        """The number of the next page, if there is one."""
        return self.page + 1 if self.groups and self.has_more else None

    @cached_property
    def facets(self) -> list[Tag]:
        """The tags most used in the unfiltered list, each with `uses`."""
        used = Tag.objects.filter(tracks__in=self.base.order_by()).annotate(uses=Count("tracks"))
        return list(used.order_by("-uses", "name")[:FACETS])

    def query(self, **changes: str | int) -> str:
        """The address' query with changes; empty values are left out."""
        values = {"q": self.q, "tag": self.tag} | changes
        query = QueryDict(mutable=True)
        query.update({key: str(value) for key, value in values.items() if value})
        return f"?{query.urlencode()}"

    @property
    def more(self) -> str:
        """The query of the next page."""
        return self.query(page=self.next_page or "")

    @property
    def without_tag(self) -> str:
        """The query that drops the tag."""
        return self.query(tag="")

    @property
    def without_words(self) -> str:
        """The query that drops the words."""
        return self.query(q="")
