"""What happened in a project or a team, newest first: read from the rows that remember it, without a table of events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team, User
from musicstudio.generation.models import Job, Reason, State
from musicstudio.library.models import Decision, Status, Track, title_from
from musicstudio.projects.models import Project

PER_PAGE = 40
DECISIONS = 200  # read for one page: what one person decides in one go becomes one line
ONE_GO = timedelta(minutes=2)
VERBS = {
    Status.NEW: "put back to new",
    Status.SHORTLISTED: "shortlisted",
    Status.CHANGES: "asked for changes to",
    Status.APPROVED: "approved",
    Status.REJECTED: "rejected",
}


@dataclass
class Event:
    """A line of the feed: `who` did `verb` with `number` takes of `title`. `kind`: asked, ready, failed, opened or a status."""

    kind: str
    at: datetime
    project_id: int
    verb: str
    title: str = ""
    number: int = 1
    who_id: int | None = None
    detail: str = ""
    track: UUID | None = None
    who: User | None = None
    project: Project | None = None


def asked(scope: dict[str, Any], before: datetime) -> Iterable[Event]:
    """Requests: all takes asked for together are one."""
    rows = Job.objects.filter(**scope, created_at__lt=before).order_by()
    named = rows.values("batch", "project", "created_by", "prompt__text", "model__name")
    for row in named.annotate(at=Min("created_at"), number=Count("pk")).order_by("-at")[:PER_PAGE]:
        title, model = title_from(row["prompt__text"]), row["model__name"]
        yield Event("asked", row["at"], row["project"], "asked for", title, row["number"], row["created_by"], model)


def ready(scope: dict[str, Any], before: datetime) -> Iterable[Event]:
    """Takes that arrived, those of one request together."""
    rows = Track.objects.filter(**scope, deleted_at=None, created_at__lt=before).order_by()
    named = rows.values("batch", "project").annotate(at=Max("created_at"), number=Count("pk"), title=Min("title"))
    found = list(named.order_by("-at")[:PER_PAGE])
    first = dict(Track.objects.filter(batch__in=[row["batch"] for row in found]).order_by("-take").values_list("batch", "pk"))
    for row in found:
        yield Event("ready", row["at"], row["project"], "ready", row["title"], row["number"], track=first.get(row["batch"]))


def failed(scope: dict[str, Any], before: datetime) -> Iterable[Event]:
    """Takes that did not come, by request and reason."""
    rows = Job.objects.filter(**scope, state__in=(State.FAILED, State.UNCERTAIN), finished_at__lt=before).order_by()
    named = rows.values("batch", "project", "reason", "prompt__text").annotate(at=Max("finished_at"), number=Count("pk"))
    for row in named.order_by("-at")[:PER_PAGE]:
        why = str(Reason(row["reason"]).label) if row["reason"] in Reason.values else ""
        yield Event("failed", row["at"], row["project"], "failed", title_from(row["prompt__text"]), row["number"], detail=why)


def decided(scope: dict[str, Any], before: datetime) -> Iterable[Event]:
    """Decisions that stand; what one person decided alike in one go is one line."""
    rows = Decision.objects.standing().filter(**{f"track__{name}": value for name, value in scope.items()}, at__lt=before)
    line: Event | None = None
    for row in rows.select_related("track").order_by("-at", "-pk")[:DECISIONS]:
        if line and (line.kind, line.who_id, line.detail) == (row.status, row.by_id, row.reason) and line.at - row.at < ONE_GO:
            line.number += 1
            continue
        if line:
            yield line
        facts = (row.track.project_id, VERBS[Status(row.status)], row.track.title, 1, row.by_id, row.reason, row.track_id)
        line = Event(row.status, row.at, *facts)
    if line:
        yield line


def opened(scope: dict[str, Any], before: datetime) -> Iterable[Event]:
    """Projects that were opened."""
    named = {"team": scope["team"]} | ({"pk": scope["project"].pk} if "project" in scope else {})
    rows = visible(Project.objects.filter(**named, created_at__lt=before), scope["team"])
    for row in rows.order_by("-created_at")[:PER_PAGE]:
        yield Event("opened", row.created_at, row.pk, "opened", row.name)


class Activity:
    """One page of the feed of a team, or of one of its projects. `before` is the `next` of the page before."""

    def __init__(self, team: Team, project: Project | None = None, before: str = "", limit: int = PER_PAGE) -> None:
        self.team, self.limit = team, min(limit, PER_PAGE)
        self.scope: dict[str, Any] = {"team": team} | ({"project": project} if project else {})
        if team.seen_by is not None and team.seen_by.only is not None:
            self.scope["project__in"] = team.seen_by.only
        self.before = moment(before) or timezone.now() + timedelta(days=1)

    @cached_property
    def _found(self) -> list[Event]:
        sources = (asked, ready, failed, decided, opened)
        events = chain.from_iterable(source(self.scope, self.before) for source in sources)
        return sorted(events, key=lambda event: event.at, reverse=True)[: self.limit + 1]

    @cached_property
    def events(self) -> list[Event]:
        """With the people and the projects they name."""
        events = self._found[: self.limit]
        people = User.objects.in_bulk({event.who_id for event in events if event.who_id})
        projects = Project.objects.in_bulk({event.project_id for event in events})
        for event in events:
            event.who, event.project = people.get(event.who_id or 0), projects.get(event.project_id)
        return events

    @property
    def next(self) -> str:
        """For the address of the next page; empty on the last."""
        return self.events[-1].at.isoformat() if len(self._found) > self.limit else ""


def moment(text: str) -> datetime | None:
    """A point in time as `next` writes it; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
