"""The list of tracks as a page shows it: what the search line selects, in an order, in pages, the takes of a request together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from uuid import UUID

from django.db.models import Avg, F, OrderBy, OuterRef, Subquery
from django.http import QueryDict

from musicstudio.accounts.access import visible
from musicstudio.library.facets import FACETS, Facet, facet_of
from musicstudio.library.filters import Reader
from musicstudio.library.models import Decision, Rating, Status, Track, TrackQuerySet
from musicstudio.library.search import Clause, Query, parse
from musicstudio.projects.models import Project, Prompt

PER_PAGE = 50
COMPARED = 4
MOST_PAGES = 10  # shown again at once when the list refreshes itself
MEAN = Rating.objects.filter(track=OuterRef("pk")).order_by().values("track").annotate(mean=Avg("stars")).values("mean")
Order = tuple[str | OrderBy, ...]
ORDERS: dict[str, tuple[str, Order]] = {
    "newest": ("Newest", ("-asked_at", "prompt_id", "take")),
    "oldest": ("Oldest", ("asked_at", "prompt_id", "take")),
    "title": ("Title", ("title", "-asked_at", "take", "pk")),
    "longest": ("Longest", ("-duration_ms", "pk")),
    "shortest": ("Shortest", ("duration_ms", "pk")),
    "rating": ("Best rated", (F("mean_stars").desc(nulls_last=True), "-asked_at", "pk")),
    "loudest": ("Loudest", (F("lufs").desc(nulls_last=True), "pk")),
    "quietest": ("Quietest", (F("lufs").asc(nulls_last=True), "pk")),
}
MANY = 1000  # nobody needs to know more exactly, and counting on takes time
BY_TIME = ("newest", "oldest")  # only then the takes of a request are neighbours
GROUPS = {"generation": "By prompt", "none": "One by one"}
LOOKS = {"list": "List", "grid": "Grid"}
DEFAULTS = {"q": "", "sort": "newest", "group": "generation", "as": "list", "page": "1", "upto": "1"}


@dataclass
class Group:
    """Tracks under one heading. `continued`: it stands on the page before; `plain`: there is none.

    `race`: on the first of the requests that were asked as one, all of them; `lane`: whether it is one of such requests.
    """

    batch: UUID
    tracks: list[Track]
    continued: bool = False
    plain: bool = False
    race: "Race | None" = None
    lane: bool = False

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

    @property
    def compared(self) -> str:
        """The first takes, as many as can be heard against each other, for the address of the compare page."""
        return against(self.tracks)


@dataclass
class Race:
    """The requests of one brief to several models, under one heading."""

    lanes: list[Group]

    @property
    def tracks(self) -> list[Track]:
        """The takes of all of them, the first of each before the second of any."""
        return sorted((track for lane in self.lanes for track in lane.tracks), key=lambda track: track.take)

    @property
    def cost_micros(self) -> int:
        """What the takes shown cost together."""
        return sum(lane.cost_micros for lane in self.lanes)

    @property
    def compared(self) -> str:
        """A take of each model, then further ones."""
        return against(self.tracks)


def against(tracks: list[Track]) -> str:
    """The query of the compare page for 2 to 4 of the tracks; nothing for a single one."""
    return "&".join(f"track={track.pk}" for track in tracks[:COMPARED]) if len(tracks) > 1 else ""


def grouped(tracks: Iterable[Track]) -> list[Group]:
    """Neighbours of the same request become one group, and neighbouring requests of a race know each other."""
    groups = [Group(batch, list(takes)) for batch, takes in groupby(tracks, key=lambda track: track.batch)]
    for race, members in groupby(groups, key=lambda group: group.first.race):
        lanes = list(members)
        if race and len(lanes) > 1:
            lanes[0].race = Race(lanes)
            for lane in lanes:
                lane.lane = True
    return groups


def known(value: str, choices: Iterable[str], default: str) -> str:
    """The value if it is one of the choices."""
    return value if value in choices else default


def number(text: str, most: int) -> int:
    """A whole number from 1 to `most`; 1 for anything else."""
    return min(most, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 6 else 1


@dataclass
class Listing:
    """One page of tracks under an address. `upto`: so many pages at once, for a list that refreshes itself.

    `scope` are the tracks the page is about (a team's or a project's kept ones, the bin's), `place` its project if it has one,
    `kind` what else it is: `archive`, `bin`.
    """

    scope: TrackQuerySet
    reader: Reader
    query: Query = field(default_factory=Query)
    sort: str = "newest"
    group: str = "generation"
    look: str = "list"
    page: int = 1
    upto: int = 1
    place: Project | None = None
    kind: str = ""

    @classmethod
    def from_query(cls, scope: TrackQuerySet, values: QueryDict, reader: Reader, place: Project | None = None) -> "Listing":
        """Reads the address; anything unreadable falls back to the usual, and in the search line it is explained."""
        said = {name: values.get(name, default) for name, default in DEFAULTS.items()}
        return cls(
            scope,
            reader,
            parse(said["q"]),
            known(said["sort"], ORDERS, "newest"),
            known(said["group"], GROUPS, "generation"),
            known(said["as"], LOOKS, "list"),
            number(said["page"], 10**6),
            number(said["upto"], MOST_PAGES),
            place,
        )

    @property
    def q(self) -> str:
        """The search line as it was understood."""
        return str(self.query)

    @property
    def line(self) -> str:
        """The search line as it was typed, with the words that could not be read."""
        return " ".join([self.q, *(trouble.word for trouble in self.query.troubles)]).strip()

    @property
    def is_filtered(self) -> bool:
        """Whether some tracks may be hidden."""
        return bool(self.query or self.query.troubles)

    @property
    def is_grid(self) -> bool:
        """Covers in a grid instead of rows."""
        return self.look == "grid"

    def selecting(self, query: Query) -> TrackQuerySet:
        """The tracks of the scope that a search line selects, in no order. `in:archive` and `in:bin` leave the scope."""
        scope = self.everywhere if query.of("in") else self.scope
        return scope.filter(self.reader.conditions(query)).order_by()

    @property
    def everywhere(self) -> TrackQuerySet:
        """The team's or the project's tracks with those in the archive and the bin."""
        tracks = visible(Track.objects.filter(team=self.reader.team), self.reader.team)
        return tracks.filter(project=self.place) if self.place else tracks

    @cached_property
    def tracks(self) -> TrackQuerySet:
        """Everything that matches, in no order."""
        return self.selecting(self.query)

    @property
    def ordered(self) -> TrackQuerySet:
        """Everything that matches, in the order asked for."""
        return self.put_in_order(self.tracks)

    def put_in_order(self, tracks: TrackQuerySet) -> TrackQuerySet:
        """In the order asked for."""
        rows = tracks.alias(mean_stars=Subquery(MEAN)) if self.sort == "rating" else tracks
        return rows.order_by(*ORDERS[self.sort][1])

    @property
    def is_grouped(self) -> bool:
        """Whether takes of a request share a heading."""
        return self.group == "generation" and self.sort in BY_TIME

    @cached_property
    def groups(self) -> list[Group]:
        """This page's groups; one row before it tells whether the first group began there."""
        start, end = (self.page - 1) * PER_PAGE, (self.page - 1 + self.upto) * PER_PAGE
        keys = self.ordered.values("pk")[max(0, start - 1) : end + 1]  # alone: whole rows are not dragged through the sorting
        rows = list(self.put_in_order(Track.objects.filter(pk__in=keys)).with_row_facts(self.reader.user))
        before = rows.pop(0) if start and rows else None
        self.has_more = len(rows) > end - start
        rows = rows[: end - start]
        if not self.is_grouped:
            return [Group(rows[0].batch, rows, continued=True, plain=True)] if rows else []
        groups = grouped(rows)
        if before and groups:
            groups[0].continued = groups[0].batch == before.batch
        return groups

    @property
    def next_page(self) -> int | None:
        """The number of the next page, if there is one."""
        return self.page + self.upto if self.groups and self.has_more else None

    @cached_property
    def shown(self) -> int:
        """How many tracks this page holds."""
        return sum(len(group.tracks) for group in self.groups)

    @property
    def rough_count(self) -> int:
        """How many match, counted up to one more than `MANY`."""
        return self.tracks[: MANY + 1].count()

    # Addresses

    def address(self, **changes: object) -> str:
        """The query of the address with changes; what is as usual is left out."""
        said = {"q": self.line, "sort": self.sort, "group": self.group, "as": self.look} | changes
        query = QueryDict(mutable=True)
        query.update({name: str(value) for name, value in said.items() if value and str(value) != DEFAULTS.get(name)})
        return f"?{query.urlencode()}"

    @property
    def here(self) -> str:
        """This list from its first page."""
        return self.address()

    @property
    def of(self) -> str:
        """Which list it is, for the addresses of its parts: a project's slug, `:archive`, `:bin`; nothing for the library."""
        return self.place.slug if self.place else f":{self.kind}" if self.kind else ""

    @property
    def more(self) -> str:
        """The next page."""
        return self.address(page=self.next_page or "")

    @property
    def cleared(self) -> str:
        """Without any search."""
        return self.address(q="")

    @property
    def chips(self) -> list[tuple[Clause, str]]:
        """Each clause with the address without it."""
        return [(clause, self.address(q=self.query.without(clause))) for clause in self.query.clauses]

    @property
    def sorts(self) -> list[tuple[str, str, bool]]:
        """Name, address and whether it is chosen, of every order."""
        return [(label, self.address(sort=name), name == self.sort) for name, (label, _) in ORDERS.items()]

    @property
    def sort_label(self) -> str:
        """What the order is called."""
        return ORDERS[self.sort][0]

    @property
    def groupings(self) -> list[tuple[str, str, bool]]:
        """Name, address and whether it is chosen, of every grouping."""
        return [(label, self.address(group=name), name == self.group) for name, label in GROUPS.items()]

    @property
    def view_address(self) -> str:
        """What a saved view of this list keeps: of a project's list, the project too."""
        query = self.query.having("project", [self.place.slug]) if self.place else self.query
        return self.address(q=query)

    @property
    def as_list(self) -> str:
        """The address of the rows."""
        return self.address(**{"as": "list"})

    @property
    def as_grid(self) -> str:
        """The address of the grid."""
        return self.address(**{"as": "grid"})

    # Facets

    @property
    def facets(self) -> list[tuple[str, str]]:
        """Key and name of what can be narrowed by."""
        return [(key, label) for key, label in FACETS.items() if not (self.place and key == "project")]

    def facet(self, key: str) -> Facet:
        """The values of one facet with their counts under the other facets."""
        return facet_of(self, key)

    # When there is nothing

    @cached_property
    def narrowest(self) -> tuple[Clause, int, str] | None:
        """The clause whose removal brings back most: it, how many tracks, the address. None when no single one helps."""
        clauses = self.query.clauses[:6]
        found = [(clause, self.selecting(self.query.without(clause)).count()) for clause in clauses]
        clause, count = max(found, key=lambda pair: pair[1], default=(None, 0))
        return (clause, count, self.address(q=self.query.without(clause))) if clause and count else None

    @property
    def is_reviewed(self) -> bool:
        """Nothing is left of what the search asks to be decided or rated, though there are tracks."""
        asks = {("status", Status.NEW.value), ("mine", "none"), ("rating", "none")}
        todo = [clause for clause in self.query.clauses if not clause.negated and {(clause.key, v) for v in clause.values} & asks]
        return bool(todo) and not self.query.troubles and self.selecting(self.query.without(*todo)).exists()

    @property
    def approved_today(self) -> int:
        """Tracks of the scope that were approved since midnight, the team's."""
        lines = Decision.objects.standing().filter(status=Status.APPROVED, at__gte=self.reader.begins("today"))
        return lines.filter(track__in=self.scope.order_by().values("pk")).values("track").distinct().count()
