"""What a clause of the search line selects. Every condition is one the database has an index for, or a list of keys."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet
from django.utils import timezone

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team, User
from musicstudio.library.collections import Collection, CollectionItem
from musicstudio.library.fold import wanted
from musicstudio.library.index import SearchText
from musicstudio.library.judgement import Favourite, Rating
from musicstudio.library.models import Track
from musicstudio.library.search import NONE, Clause, Query, Span, day_of
from musicstudio.library.tags import Tag
from musicstudio.projects.models import Project
from musicstudio.providers.models import MusicModel


@dataclass(frozen=True)
class Reader:
    """For whom a query is read: `by:me` and `mine:` are theirs, days are the team's."""

    team: Team
    user: User

    @property
    def today(self) -> date:
        """The team's day."""
        return timezone.localtime(timezone=self.team.zone).date()

    def begins(self, text: str) -> datetime:
        """The first moment of the day that is meant."""
        return datetime.combine(day_of(text, self.today), time(), self.team.zone)

    def condition(self, clause: Clause) -> Q:
        """What the clause selects."""
        found = FILTERS[clause.key](self, clause)
        return ~found if clause.negated else found

    def conditions(self, query: Query) -> Q:
        """What the whole line selects. The words it wants go to the index together."""
        words = [clause for clause in query.of("words") if not clause.negated]
        found = Q()
        if words:
            texts = SearchText.objects.containing([wanted(clause.values[0], clause.whole) for clause in words])
            found &= Q(pk__in=texts.values("track"))
        for clause in query.without(*words).clauses:
            found &= self.condition(clause)
        return found


def within(field: str, span: Span, scale: int = 1) -> Q:
    """The numbers of the span."""
    found, less = Q(), "" if span.strict else "e"
    if span.low is not None:
        found &= Q(**{f"{field}__gt{less}": span.low * scale})
    if span.high is not None:
        found &= Q(**{f"{field}__lt{less}": span.high * scale})
    return found


def said(reader: Reader, clause: Clause) -> Q:
    """Tracks whose text holds the words."""
    return Q(pk__in=SearchText.objects.containing([wanted(clause.values[0], clause.whole)]).values("track"))


def tagged(reader: Reader, clause: Clause) -> Q:
    """With any of the tags; `none` is without one."""
    through, found = Tag.tracks.through.objects, Q()
    names = [value.lstrip("#").lower() for value in clause.values]
    if NONE in names:
        found |= ~Q(pk__in=through.filter(tag__team=reader.team).values("track"))
    tags = Tag.objects.filter(team=reader.team).called(names)
    return found | Q(pk__in=through.filter(tag__in=tags.values("pk")).values("track"))


def meant(values: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> set[Any]:
    """The keys of the rows (key, name, further name) that are called so; where none is, of those with it in a name."""
    rows, keys = [(row[0], [str(name).lower() for name in row[1:]]) for row in rows], set()
    for value in map(str.lower, values):
        exactly = {key for key, names in rows if value in names}
        keys |= exactly or {key for key, names in rows if any(value in name for name in names)}
    return keys


def collected(reader: Reader, clause: Clause) -> Q:
    """In any of the collections."""
    rows = visible(Collection.objects.filter(team=reader.team), reader.team).values_list("pk", "name")
    return Q(pk__in=CollectionItem.objects.filter(collection__in=meant(clause.values, rows)).values("track"))


def made_by(reader: Reader, clause: Clause) -> Q:
    """By any of these people; part of a name will do, and `me` is the reader."""
    names = [value for value in clause.values if value.lower() != "me"]
    rows = User.objects.filter(teams=reader.team).values_list("pk", "name", "email") if names else []
    keys = meant(names, rows)
    return Q(created_by__in=keys | {reader.user.pk} if len(names) < len(clause.values) else keys)


def in_project(reader: Reader, clause: Clause) -> Q:
    """In any of the projects; part of the name or the address will do."""
    rows = visible(Project.objects.filter(team=reader.team), reader.team).order_by().values_list("pk", "name", "slug")
    return Q(project__in=meant(clause.values, rows))


def of_model(reader: Reader, clause: Clause) -> Q:
    """Made by any of the models; part of the name will do."""
    return Q(model_slug__in=meant(clause.values, MusicModel.objects.order_by().values_list("slug", "name", "slug")))


def rated(reader: Reader, clause: Clause, ratings: "QuerySet[Rating]") -> Q:
    """By the mean of these ratings; those of other teams' tracks meet none of this team's."""
    if clause.span is None:
        return ~Q(pk__in=ratings.values("track"))
    mean = ratings.order_by().values("track").annotate(mean=Avg("stars")).filter(within("mean", clause.span))
    return Q(pk__in=mean.values("track"))


def rated_by_the_team(reader: Reader, clause: Clause) -> Q:
    """By the team's mean."""
    return rated(reader, clause, Rating.objects.all())


def rated_by_me(reader: Reader, clause: Clause) -> Q:
    """By the reader's own stars."""
    return rated(reader, clause, Rating.objects.filter(user=reader.user))


def marked(reader: Reader, clause: Clause) -> Q:
    """`is:favourite`: the reader's own. `is:duplicate`: another kept track of the team is the same file."""
    found = Q()
    if "favourite" in clause.values:
        found |= Q(pk__in=Favourite.objects.filter(user=reader.user).values("track"))
    if "duplicate" in clause.values:
        mine = visible(Track.objects.kept().filter(team=reader.team), reader.team)
        same = mine.values("sha256").annotate(n=Count("pk")).filter(n__gt=1)
        found |= Q(sha256__in=same.order_by().values("sha256"))
    return found


def placed(reader: Reader, clause: Clause) -> Q:
    """`in:archive`, `in:bin`; `Listing` starts from all tracks when one of them is asked for."""
    found = Q()
    if "archive" in clause.values:
        found |= Q(archived_at__isnull=False, deleted_at=None)
    if "bin" in clause.values:
        found |= Q(deleted_at__isnull=False)
    return found


def measured(field: str, scale: int = 1) -> Callable[[Reader, Clause], Q]:
    """By a number of the track; tracks without one are never meant."""
    return lambda reader, clause: within(field, clause.span, scale) & Q(**{f"{field}__isnull": False})  # type: ignore[arg-type]


FILTERS: dict[str, Callable[[Reader, Clause], Q]] = {
    "words": said,
    "tag": tagged,
    "status": lambda reader, clause: Q(status__in=clause.values),
    "project": in_project,
    "model": of_model,
    "by": made_by,
    "length": measured("duration_ms", 1000),
    "rating": rated_by_the_team,
    "mine": rated_by_me,
    "is": marked,
    "after": lambda reader, clause: Q(asked_at__gte=reader.begins(clause.values[0])),
    "before": lambda reader, clause: Q(asked_at__lt=reader.begins(clause.values[0])),
    "lufs": measured("lufs"),
    "bpm": measured("tempo_bpm"),
    "collection": collected,
    "in": placed,
}
