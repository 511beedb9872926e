"""The audit log as admins read it: filtered, page by page, and as a CSV that no spreadsheet runs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date

from musicstudio.accounts.audit import ACTIONS
from musicstudio.accounts.models import AuditEvent, Team, User
from musicstudio.core.sheets import harmless, row_of

PER_PAGE = 50
FILTERS = ("person", "action", "q", "from", "to")
COLUMNS = ("time", "who", "e-mail", "token", "action", "kind", "object", "id", "before", "after", "address", "program", "request")


@dataclass
class AuditLog:
    """The team's events under the filters of the address; unknown values filter nothing."""

    team: Team
    query: QueryDict

    @cached_property
    def people(self) -> list[User]:
        """Everybody who has done something, also those who have left."""
        ids = AuditEvent.objects.filter(team=self.team).order_by().values("by").distinct()
        return list(User.objects.filter(pk__in=ids).order_by("name", "email"))

    @cached_property
    def person(self) -> User | None:
        """The one asked for."""
        return next((user for user in self.people if str(user.pk) == self.query.get("person")), None)

    @cached_property
    def actions(self) -> list[tuple[str, str]]:
        """Those that happened, with their words."""
        found = AuditEvent.objects.filter(team=self.team).order_by("action").values_list("action", flat=True).distinct()
        return sorted(((name, ACTIONS.get(name, name)) for name in found), key=lambda pair: pair[1])

    @property
    def action(self) -> str:
        """The one asked for."""
        return self.query.get("action", "") if self.query.get("action") in dict(self.actions) else ""

    @property
    def q(self) -> str:
        """Words of the object's name or of its id."""
        return self.query.get("q", "").strip().replace("\0", "")[:100]

    def day(self, name: str) -> date | None:
        """A day of the address."""
        try:
            return parse_date(self.query.get(name, ""))
        except ValueError:
            return None

    @property
    def first(self) -> date | None:
        """From this day on."""
        return self.day("from")

    @property
    def last(self) -> date | None:
        """Until this day, included."""
        return self.day("to")

    def begins(self, day: date) -> datetime:
        """The day's first moment where the team is."""
        return datetime.combine(day, time(), self.team.zone)

    @property
    def events(self) -> QuerySet[AuditEvent]:
        """What is asked for, newest first."""
        rows = AuditEvent.objects.filter(team=self.team).select_related("by")
        rows = rows.filter(by=self.person) if self.person else rows
        rows = rows.filter(action=self.action) if self.action else rows
        rows = rows.filter(Q(name__icontains=self.q) | Q(object_id=self.q) | Q(token__icontains=self.q)) if self.q else rows
        rows = rows.filter(at__gte=self.begins(self.first)) if self.first else rows
        return rows.filter(at__lt=self.begins(self.last) + timedelta(days=1)) if self.last else rows

    @cached_property
    def page(self) -> Page[AuditEvent]:
        """The one asked for."""
        return Paginator(self.events, PER_PAGE).get_page(self.query.get("page"))

    @property
    def is_filtered(self) -> bool:
        """Whether something may be left out."""
        return any(self.query.get(name) for name in FILTERS)

    def link(self, **more: object) -> str:
        """The filters as a query, with more."""
        query = QueryDict(mutable=True)
        said = {name: self.query.get(name, "") for name in FILTERS} | more
        query.update({name: str(value) for name, value in said.items() if value})
        return f"?{query.urlencode()}"

    @property
    def newer(self) -> str:
        """The query of the page before, empty on the first."""
        return self.link(page=self.page.previous_page_number()) if self.page.has_previous() else ""

    @property
    def older(self) -> str:
        """The query of the next page, empty on the last."""
        return self.link(page=self.page.next_page_number()) if self.page.has_next() else ""

    @property
    def as_csv(self) -> str:
        """The query of the same events as a file."""
        return self.link(format="csv")

    def lines(self) -> Iterator[str]:
        """The CSV, line by line, oldest first: times in the team's zone."""
        yield row_of(COLUMNS)
        for event in self.events.order_by("at", "id").iterator(chunk_size=500):
            who = (event.by.display_name, event.by.email) if event.by else ("the studio", "")
            words = [*who, event.token, event.label, event.kind, event.name, event.object_id, plain(event.before)]
            words += [plain(event.after), event.address, event.agent, event.request_id]
            yield row_of([event.at.astimezone(self.team.zone).isoformat(" ", "seconds"), *map(harmless, words)])


def plain(value: object) -> str:
    """A value of the log in one cell."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
