"""Facets: what a list can be narrowed by, with how many tracks each value would leave."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Avg, Count, Q

from musicstudio.accounts.models import User
from musicstudio.library.judgement import Rating, Status
from musicstudio.library.models import Track
from musicstudio.library.search import NONE, Query, spelled
from musicstudio.library.tags import Tag
from musicstudio.projects.models import Project
from musicstudio.providers.models import MusicModel

if TYPE_CHECKING:
    from musicstudio.library.listing import Listing

FACETS = {
    "project": "Project",
    "tag": "Tag",
    "status": "Status",
    "model": "Model",
    "by": "Author",
    "length": "Length",
    "after": "Date",
    "rating": "Rating",
    "is": "Favourites",
}
MOST = 200  # values of one facet
LENGTHS = {
    "..:30": "up to 0:30",
    ":30..1:00": "0:30 – 1:00",
    "1:00..2:00": "1:00 – 2:00",
    "2:00..3:00": "2:00 – 3:00",
    ">3:00": "over 3:00",
}
DAYS = {"today": "Today", "7d": "Last 7 days", "30d": "Last 30 days", "365d": "Last 12 months"}
STARS = {">=4": "4 and more", ">=3": "3 and more", "<3": "less than 3", NONE: "Not rated"}


@dataclass(frozen=True)
class Value:
    """One value of a facet: what it is called, how many tracks it leaves, the address of a click, whether it is chosen.

    `drop`: the address that leaves such tracks out.
    """

    label: str
    count: int
    address: str
    on: bool = False
    hue: int | None = None
    drop: str = ""


@dataclass(frozen=True)
class Facet:
    """A facet with its values. `modes`: all or any of several tags, with address and whether it is so."""

    key: str
    label: str
    values: list[Value]
    modes: tuple[tuple[str, str, bool], ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether typing to find a value is worth its field."""
        return len(self.values) > 8


def facet_of(listing: "Listing", key: str) -> Facet:
    """The facet of that key; KeyError for an unknown one."""
    values, modes = COUNTED[key](listing)
    return Facet(key, FACETS[key], values[:MOST], modes)


Counted = tuple[list[Value], tuple[tuple[str, str, bool], ...]]


def others(listing: "Listing", key: str) -> Query:
    """The search line without the facet's own clauses: a second value of the same kind would be one more to choose from."""
    return listing.query.without(*[clause for clause in listing.query.of(key) if not clause.negated])


def choosable(listing: "Listing", key: str, rows: list[tuple[str, str, int, int | None]]) -> list[Value]:
    """Values of which a track has exactly one: a click adds or takes away (name, label, count, hue)."""
    chosen = [value.lower() for value in listing.query.chosen(key)]
    values = []
    for name, label, count, hue in rows:
        on = name.lower() in chosen
        wanted = [value for value in listing.query.chosen(key) if value.lower() != name.lower()] + ([] if on else [name])
        values.append(Value(label, count, listing.address(q=listing.query.having(key, wanted)), on, hue))
    return sorted(values, key=lambda value: (not value.on, -value.count, value.label.lower()))


def numbers(listing: "Listing", key: str, column: str) -> dict[Any, int]:
    """How many tracks each value of the column has under the other facets."""
    rows = listing.selecting(others(listing, key)).values_list(column).annotate(number=Count("pk"))
    return dict(rows)


def projects(listing: "Listing") -> Counted:
    """By address, which is unique and can be read."""
    counts = numbers(listing, "project", "project")
    rows = Project.objects.filter(pk__in=counts)
    return choosable(listing, "project", [(row.slug, row.name, counts[row.pk], row.hue) for row in rows]), ()


def states(listing: "Listing") -> Counted:
    """All of them, in the order of the work."""
    counts = numbers(listing, "status", "status")
    values = choosable(listing, "status", [(state.value, str(state.label), counts.get(state.value, 0), None) for state in Status])
    order = [str(state.label) for state in Status]
    return sorted(values, key=lambda value: order.index(value.label)), ()


def models(listing: "Listing") -> Counted:
    """By the name the model has now."""
    counts = numbers(listing, "model", "model_slug")
    names = dict(MusicModel.objects.filter(slug__in=counts).values_list("slug", "name"))
    return choosable(listing, "model", [(slug, names.get(slug, slug), count, None) for slug, count in counts.items()]), ()


def people(listing: "Listing") -> Counted:
    """Who asked."""
    counts = numbers(listing, "by", "created_by")
    rows = User.objects.filter(pk__in=counts)
    return choosable(listing, "by", [(row.name or row.email, row.display_name, counts[row.pk], row.pk) for row in rows]), ()


def tags(listing: "Listing") -> Counted:
    """A further tag narrows, so it is counted under the whole search line; two can also be alternatives."""
    chosen = [name.lower() for name in listing.query.chosen("tag")]
    through = Tag.tracks.through.objects.filter(tag__team=listing.reader.team)
    if listing.query or listing.of or listing.reader.team.limited:
        through = through.filter(track__in=listing.tracks.values("pk"))
    else:  # all but a few: those are left out, which is the shorter way
        through = through.exclude(track__in=Track.objects.filter(team=listing.reader.team).away().values("pk"))
    rows = through.values_list("tag__name", "tag__color").annotate(number=Count("pk"))
    values = []
    for name, color, count in sorted(rows, key=lambda row: (-row[2], row[0].lower()))[:MOST]:
        on = name.lower() in chosen
        click = without_tag(listing, name) if on else listing.query.adding(spelled("tag", name))
        drop = "" if on else listing.address(q=listing.query.adding("-" + spelled("tag", name)))
        values.append(Value(name, count, listing.address(q=click), on, Tag(color=color).hue, drop))
    clauses = [clause for clause in listing.query.of("tag") if not clause.negated]
    modes: tuple[tuple[str, str, bool], ...] = ()
    if len(chosen) > 1:
        every = Query(tuple(c for c in listing.query.clauses if c not in clauses))
        for name in listing.query.chosen("tag"):
            every = every.adding(spelled("tag", name))
        some = listing.query.having("tag", listing.query.chosen("tag"))
        is_any = any(len(clause.values) > 1 for clause in clauses)
        modes = (("All of them", listing.address(q=every), not is_any), ("Any of them", listing.address(q=some), is_any))
    return sorted(values, key=lambda value: not value.on), modes


def without_tag(listing: "Listing", name: str) -> Query:
    """The line with the tag taken out of its clauses."""
    query = listing.query
    for clause in listing.query.of("tag"):
        if not clause.negated and name.lower() in [value.lower() for value in clause.values]:
            rest = [value for value in clause.values if value.lower() != name.lower()]
            query = query.without(clause)
            query = query.adding(spelled("tag", *rest)) if rest else query
    return query


def ranges(key: str, labels: dict[str, str], condition: Callable[["Listing", str], Q]) -> Callable[["Listing"], Counted]:
    """A few spans of a number or a time, one of which is chosen at a time; all counted in one query."""

    def counted(listing: "Listing") -> Counted:
        rest = others(listing, key)
        sums = {f"n{place}": Count("pk", filter=condition(listing, text)) for place, text in enumerate(labels)}
        found = listing.selecting(rest).aggregate(**sums)
        sources = [clause.source for clause in listing.query.of(key)]
        values = []
        for place, (text, label) in enumerate(labels.items()):
            source = f"{key}:{text}"
            on = source in sources
            values.append(Value(label, found[f"n{place}"], listing.address(q=rest if on else rest.adding(source)), on))
        return values, ()

    return counted


def selected(key: str) -> Callable[["Listing", str], Q]:
    """The condition of `key:text`."""
    return lambda listing, text: listing.reader.conditions(Query().adding(f"{key}:{text}"))


def ratings(listing: "Listing") -> Counted:
    """By the team's mean: the means are read once, grouped by the database."""
    rest = others(listing, "rating")
    rows = listing.selecting(rest)
    rated = Rating.objects.filter(track__in=rows.values("pk")).order_by()
    means = list(rated.values("track").annotate(mean=Avg("stars")).values_list("mean", flat=True))
    counts = {
        ">=4": sum(mean >= 4 for mean in means),
        ">=3": sum(mean >= 3 for mean in means),
        "<3": sum(mean < 3 for mean in means),
        NONE: rows.count() - len(means),
    }
    sources = [clause.source for clause in listing.query.of("rating")]
    values = []
    for text, label in STARS.items():
        on = f"rating:{text}" in sources
        values.append(Value(label, counts[text], listing.address(q=rest if on else rest.adding(f"rating:{text}")), on))
    return values, ()


def favourites(listing: "Listing") -> Counted:
    """The reader's own."""
    rest = others(listing, "is")
    mine = listing.selecting(rest).filter(favourites__user=listing.reader.user).count()
    on = "is:favourite" in [clause.source for clause in listing.query.of("is")]
    return [Value("My favourites", mine, listing.address(q=rest if on else rest.adding("is:favourite")), on)], ()


COUNTED: dict[str, Callable[["Listing"], Counted]] = {
    "project": projects,
    "tag": tags,
    "status": states,
    "model": models,
    "by": people,
    "length": ranges("length", LENGTHS, selected("length")),
    "after": ranges("after", DAYS, selected("after")),
    "rating": ratings,
    "is": favourites,
}
