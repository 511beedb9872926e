"""The ledger as people read it: the team's entries with a running balance, filters, and a CSV that no spreadsheet runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.http import QueryDict

from musicstudio.accounts.models import Team, User
from musicstudio.budgets.models import Bucket, Entry, EntryKind, Period, Scope
from musicstudio.core.money import from_micros
from musicstudio.core.sheets import harmless, row_of
from musicstudio.projects.models import Project

PAGE = 50
COLUMNS = ("date", "what", "person", "project", "prompt", "model", "quoted", "held", "settled", "balance", "job", "reference")


@dataclass
class Ledger:
    """One month of the team's entries, filtered by what the query says; unknown values filter nothing."""

    team: Team
    query: QueryDict

    @cached_property
    def months(self) -> list[Bucket]:
        """The team's buckets, newest first."""
        mine = Bucket.objects.filter(cap__team=self.team, cap__scope=Scope.TEAM).exclude(cap__period=Period.TAKE)
        return list(mine.select_related("cap__team").order_by("-period_start", "pk"))

    @cached_property
    def bucket(self) -> Bucket | None:
        """The month asked for, or the newest."""
        asked = [bucket for bucket in self.months if str(bucket.pk) == self.query.get("month")]
        return next(iter(asked or self.months), None)

    @cached_property
    def person(self) -> User | None:
        """The member asked for."""
        return next((user for user in self.people if str(user.pk) == self.query.get("person")), None)

    @cached_property
    def project(self) -> Project | None:
        """The project asked for."""
        return next((project for project in self.projects if str(project.pk) == self.query.get("project")), None)

    @property
    def kind(self) -> str:
        """The kind of entry asked for."""
        return self.query.get("kind", "") if self.query.get("kind") in EntryKind.values else ""

    @cached_property
    def people(self) -> list[User]:
        """For the filter."""
        return list(User.objects.filter(teams=self.team).order_by("name", "email"))

    @cached_property
    def projects(self) -> list[Project]:
        """For the filter."""
        return list(Project.objects.filter(team=self.team))

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """For the filter."""
        return list(EntryKind.choices)

    @property
    def entries(self) -> QuerySet[Entry]:
        """The filtered entries, newest first, each with `balance`: what the bucket had committed after it."""
        if self.bucket is None:
            return Entry.objects.none()
        rows = Entry.objects.filter(bucket=self.bucket)
        if self.person:
            rows = rows.filter(hold__created_by=self.person)
        if self.project:
            rows = rows.filter(hold__project=self.project)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        until = Entry.objects.filter(bucket=self.bucket, pk__lte=OuterRef("pk")).order_by().values("bucket")
        balance = until.annotate(n=Sum(F("held_delta") + F("settled_delta"))).values("n")
        rows = rows.select_related("hold__job__prompt", "hold__project", "hold__created_by", "actor")
        return rows.annotate(balance=Subquery(balance)).order_by("-pk")

    @cached_property
    def page(self) -> list[Entry]:
        """The entries shown; `before` in the query goes on from an earlier page."""
        rows = self.entries
        if (before := self.query.get("before", "")).isdigit() and len(before) < 18:
            rows = rows.filter(pk__lt=int(before))
        return list(rows[: PAGE + 1])

    @property
    def shown(self) -> list[Entry]:
        """One page."""
        return self.page[:PAGE]

    @property
    def older(self) -> str:
        """The query of the next page, empty on the last."""
        return self.link(before=str(self.page[PAGE - 1].pk)) if len(self.page) > PAGE else ""

    @property
    def as_csv(self) -> str:
        """The query of the same entries as a file."""
        return self.link(format="csv")

    def link(self, **more: str) -> str:
        """The filters as a query, with more."""
        query = QueryDict(mutable=True)
        said = {name: self.query.get(name, "") for name in ("month", "person", "project", "kind")}
        query.update({name: value for name, value in (said | more).items() if value})
        return f"?{query.urlencode()}"

    def lines(self) -> Iterator[str]:
        """The CSV, line by line: times in the team's zone, amounts in whole currency units."""
        yield row_of(COLUMNS)
        for entry in self.entries.order_by("pk").iterator(chunk_size=500):
            yield row_of(cells(entry, self.team))


def cells(entry: Any, team: Team) -> list[object]:
    """One entry as the columns say."""
    hold, at = entry.hold, entry.at.astimezone(team.zone)
    job = getattr(hold, "job", None)
    amounts = [from_micros(n) for n in (hold.amount_micros, entry.held_delta, entry.settled_delta, entry.balance)]
    prompt = job.prompt.text if job else ""
    words = [text_of(at), entry.get_kind_display(), hold.created_by.email, hold.project.name if hold.project else "", prompt]
    return [*map(harmless, [*words, hold.model_slug]), *amounts, str(hold.pk), harmless(entry.ref)]


def text_of(at: datetime) -> str:
    """`2026-11-22 14:05:09 +01:00`."""
    return at.isoformat(" ", "seconds").replace("+", " +")
