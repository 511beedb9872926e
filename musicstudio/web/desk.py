"""What waits for a person, what is under way and what is approved: of a team, or of one of its projects."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils import timezone

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Role, Team, User
from musicstudio.generation.models import ACTIVE, Job, State
from musicstudio.library.models import Status, Track, TrackQuerySet, title_from
from musicstudio.projects.models import Project
from musicstudio.review.models import Round

SHOWN = 6


@dataclass(frozen=True)
class UnderWay:
    """A request that runs. `done` of `asked` takes are ready; `waits` when nothing was sent yet."""

    title: str
    project: Project
    who: str
    asked: int
    done: int
    waits: bool
    since: datetime

    @property
    def elapsed_seconds(self) -> int:
        """Since it was asked."""
        return int((timezone.now() - self.since).total_seconds())


class Desk:
    """`mine`: only takes that the person asked for."""

    def __init__(self, team: Team, user: User, project: Project | None = None, mine: bool = False) -> None:
        self.team, self.user, self.project, self.mine = team, user, project, mine
        self.scope: dict[str, Any] = {"project": project} if project else {"team": team, "project__archived_at": None}
        if team.seen_by is not None and team.seen_by.only is not None:
            self.scope["project__in"] = team.seen_by.only

    @property
    def tracks(self) -> TrackQuerySet:
        """All that the blocks choose from."""
        tracks = Track.objects.kept().filter(**self.scope)
        return tracks.filter(created_by=self.user) if self.mine else tracks

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many takes wait for a decision, are shortlisted, and are approved."""
        wanted = {"new": Status.NEW, "changes": Status.CHANGES, "approved": Status.APPROVED}
        return self.tracks.aggregate(**{name: Count("pk", Q(status=status)) for name, status in wanted.items()})

    @cached_property
    def waiting(self) -> list[Track]:
        """The newest takes that nobody has decided about."""
        return list(self.tracks.filter(status=Status.NEW).for_lists(self.user)[:SHOWN])

    @cached_property
    def approved(self) -> list[Track]:
        """Those approved last."""
        rows = self.tracks.filter(status=Status.APPROVED).for_lists()
        return list(rows.annotate(decided_at=Max("decisions__at")).order_by("-decided_at", "-asked_at")[:SHOWN])

    @cached_property
    def under_way(self) -> list[UnderWay]:
        """Requests with a take on its way, newest first."""
        running = Job.objects.active().filter(**self.scope).order_by().values("batch")
        rows = Job.objects.filter(team=self.team, batch__in=running).order_by()
        named = rows.values("batch", "project", "prompt__text", "created_by__name", "created_by__email").annotate(
            since=Min("created_at"),
            asked=Count("pk"),
            done=Count("pk", Q(state=State.SUCCEEDED)),
            sent=Count("pk", Q(state__in=set(ACTIVE) - {State.QUEUED}) | Q(state=State.SUCCEEDED)),
        )
        found = list(named.order_by("-since")[:SHOWN])
        projects = Project.objects.in_bulk({row["project"] for row in found})
        return [
            UnderWay(
                title_from(row["prompt__text"]),
                projects[row["project"]],
                row["created_by__name"] or row["created_by__email"].partition("@")[0],
                row["asked"],
                row["done"],
                not row["sent"],
                row["since"],
            )
            for row in found
        ]

    @cached_property
    def troubled(self) -> list[dict[str, Any]]:
        """By project, how many takes failed and were not put aside, or have an unknown outcome: `name`, `slug`, `number`."""
        open_ones = Q(state=State.UNCERTAIN) | Q(state=State.FAILED, dismissed=False)
        rows = Job.objects.filter(open_ones, **self.scope)
        rows = rows.filter(created_by=self.user) if self.mine else rows
        named: QuerySet[Any, Any] = rows.order_by().values(name=F("project__name"), slug=F("project__slug"))
        return list(named.annotate(number=Count("pk")).order_by("-number", "name")[:SHOWN])

    @cached_property
    def rounds(self) -> list[Round]:
        """Rounds that wait for the person's vote, the next deadline first."""
        scope = {"project": self.project} if self.project else {"team": self.team}
        votes = self.team.seen_by is None or self.team.seen_by.may(Role.REVIEWER)
        mine = visible(Round.objects.filter(**scope).to_vote(self.user), self.team)
        return list(mine[:SHOWN]) if votes else []

    @property
    def age_seconds(self) -> int:
        """Of the newest request under way, for the poller."""
        return min((row.elapsed_seconds for row in self.under_way), default=0)
