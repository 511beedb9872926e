"""The projects of a team as their index shows them: covers, counts, money and when something happened last."""

import base64
from collections import defaultdict
from datetime import datetime
from functools import cached_property

from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, Greatest, RowNumber
from django.utils import timezone

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team
from musicstudio.budgets.models import Bucket, Cap, Period
from musicstudio.budgets.reserve import current_buckets
from musicstudio.generation.models import Job
from musicstudio.library.models import Status, Track
from musicstudio.projects.models import Project
from musicstudio.web.context import counted

COVERS = 4


def newest(rows: "QuerySet[Track] | QuerySet[Job]") -> Subquery:
    """A subquery: when the newest row of the outer project was made."""
    made = rows.filter(project=OuterRef("pk")).order_by().values("project")
    return Subquery(made.annotate(at=Max("created_at")).values("at"))


def project_bucket(project: Project, of_team: Bucket | None, now: datetime | None = None) -> Bucket | None:
    """The month of the project's own cap, else its total, else the team's bucket."""
    caps = list(Cap.objects.live().filter(project=project).exclude(period=Period.TAKE).order_by("period")[:1])
    return next(iter(current_buckets(caps, now or timezone.now())), of_team)


class Shelf:
    """The projects that are at work, or the archived ones, those touched last first."""

    def __init__(self, team: Team, archived: bool = False, limit: int | None = None) -> None:
        self.team, self.archived, self.limit = team, archived, limit

    @cached_property
    def projects(self) -> list[Project]:
        """Each with `tracks_made`, `approved`, `running`, `touched_at`, `covers` (peaks, base64) and `bucket` of its own cap."""
        kept = Track.objects.kept()
        mine = visible(Project.objects.filter(team=self.team, archived_at__isnull=not self.archived), self.team)
        rows = mine.annotate(
            tracks_made=counted(kept),
            approved=counted(kept.filter(status=Status.APPROVED)),
            waiting=counted(kept.filter(status=Status.NEW)),
            running=counted(Job.objects.active()),
            touched_at=Greatest(
                F("created_at"), Coalesce(newest(kept), F("created_at")), Coalesce(newest(Job.objects.all()), F("created_at"))
            ),
        )
        projects: list[Project] = list(rows.order_by("-touched_at", "pk")[: self.limit])
        covers, buckets = self.covers(projects), self.buckets(projects)
        for project in projects:
            project.covers, project.bucket = covers[project.pk], buckets.get(project.pk)  # type: ignore[attr-defined]
        return projects

    @staticmethod
    def covers(projects: list[Project]) -> "dict[int, list[str]]":
        """The peaks of the newest tracks of each project."""
        place = Window(RowNumber(), partition_by="project", order_by=F("created_at").desc())
        tracks = Track.objects.kept().filter(project__in=projects).order_by().annotate(place=place).filter(place__lte=COVERS)
        found: dict[int, list[str]] = defaultdict(list)
        for project, peaks in tracks.values_list("project", "peaks"):
            found[project].append(base64.b64encode(bytes(peaks)).decode())
        return found

    @staticmethod
    def buckets(projects: list[Project]) -> dict[int, Bucket]:
        """The current period of each project's own cap; the monthly one where there are two."""
        caps = list(Cap.objects.live().filter(project__in=projects).exclude(period=Period.TAKE).order_by("-period"))
        whose = {cap.pk: cap.project_id for cap in caps}
        found = {bucket.cap_id: bucket for bucket in current_buckets(caps, timezone.now())} if caps else {}
        return {project: found[cap] for cap, project in whose.items() if project is not None and cap in found}

    @cached_property
    def others(self) -> int:
        """How many are on the other side: archived, or at work."""
        return visible(Project.objects.filter(team=self.team, archived_at__isnull=self.archived), self.team).count()
