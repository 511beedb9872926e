"""Asking from a terminal: who asks, where the take goes, following it to its end, and handing the file over."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from musicstudio.accounts.models import Membership, Role, Team, User
from musicstudio.core import cluster
from musicstudio.generation import tasks
from musicstudio.generation.models import Job, State
from musicstudio.library.models import Track
from musicstudio.projects.models import Project
from musicstudio.providers.models import Provider

LOOK = 0.2  # seconds between looks at the jobs
PATIENCE = 1.0  # seconds that a worker has to pick a job up before it is done here
STILL = 10.0  # seconds without any change after which dead workers are looked for
STOP_WITHIN = 10.0  # seconds that the work in this process has to end


@dataclass(frozen=True)
class Place:
    """Whose take it is."""

    by: User
    team: Team
    project: Project


@transaction.atomic
def find_place(team_slug: str, project_slug: str) -> Place:
    """The team and project of these addresses; empty ones mean the only team and its oldest project.

    On a machine that nobody set up, a team and a project are made; the set-up takes them over later.
    Raises ValidationError with messages for `team` and `project`.
    """
    teams = list(Team.objects.all())
    if not teams and not team_slug:
        teams = [Team.objects.found("My studio", User.objects.terminal())]
    known = ", ".join(team.slug for team in teams) or "none yet"
    chosen = [team for team in teams if team.slug == team_slug] if team_slug else teams
    if not chosen:
        raise ValidationError({"team": f"There is no team “{team_slug}”. Teams: {known}."})
    if len(chosen) > 1:
        raise ValidationError({"team": f"Say which team: {known}."})
    return Place(owner_of(chosen[0]), chosen[0], project_of(chosen[0], project_slug))


def owner_of(team: Team) -> User:
    """Whoever has the machine's shell acts as the team's first owner."""
    place = Membership.objects.filter(team=team, role=Role.OWNER).select_related("user").first()
    if place is None:
        raise ValidationError({"team": f"{team.name} has no owner."})
    return place.user


def project_of(team: Team, slug: str) -> Project:
    """The project of that address; without one, the team's oldest."""
    if not slug:
        return Project.objects.first_of(team)
    found = Project.objects.filter(team=team, slug=slug).first()
    if found is None:
        known = ", ".join(Project.objects.filter(team=team).values_list("slug", flat=True)) or "none yet"
        raise ValidationError({"project": f"{team.name} has no project “{slug}”. Projects: {known}."})
    return found


class Follower:
    """Follows jobs until all have ended, and does the work in this process when no worker picks it up.

    The tasks claim a job with one conditional UPDATE, so a worker that comes late finds nothing to do.
    """

    def __init__(self, jobs: Sequence[Job], show: Callable[[list[Job]], None]) -> None:
        self.ids = [job.pk for job in jobs]
        self.local = jobs[0].model.provider == Provider.SKETCH
        self.show = show
        self.thread: threading.Thread | None = None

    def run(self, until: float | None = None) -> list[Job]:
        """The jobs as they ended; `until` (time.monotonic): as they are then."""
        waiting_since = changed_at = time.monotonic()
        seen = None
        while True:
            jobs = self.jobs()
            self.show(jobs)
            now = time.monotonic()
            if not any(job.is_active for job in jobs) or (until is not None and now >= until):
                return jobs
            said = [(job.state, job.progress, job.message) for job in jobs]
            seen, changed_at = said, changed_at if said == seen else now
            if self.thread is not None and self.thread.is_alive():
                waiting_since = now
            elif self.idle(jobs) and now - waiting_since >= PATIENCE:
                self.work_here()
            elif now - changed_at >= STILL:
                changed_at = now
                tasks.revive()
            time.sleep(LOOK)

    def jobs(self) -> list[Job]:
        """Fresh rows in the order of the takes."""
        rows = Job.objects.filter(pk__in=self.ids).select_related("prompt", "model", "track", "hold", "team", "project")
        return list(rows.order_by("take"))

    def idle(self, jobs: list[Job]) -> bool:
        """Whether a job waits for somebody to take it; a job of the gateway that is only paced by its next look does not."""
        if self.local:
            return any(job.state == State.QUEUED for job in jobs)
        overdue = timezone.now() - timedelta(seconds=PATIENCE)
        return any(job.is_active and job.next_at < overdue for job in jobs)

    def work_here(self) -> None:
        """Runs the same tasks as a worker, in a thread of this process."""
        self.thread = threading.Thread(target=self._work, name="work-here", daemon=True)
        self.thread.start()

    def _work(self) -> None:
        try:
            if not self.local:
                tasks.sweep()
                return
            for pk in self.ids:
                tasks.render(str(pk))
        finally:
            connection.close()

    def cancel(self) -> list[Job]:
        """Cancels what is still on its way, waiting a little for what somebody is at work on."""
        for job in self.jobs():
            if job.is_active:
                job.cancel()
        return self.run(until=time.monotonic() + STOP_WITHIN)

    def leave(self) -> None:
        """Lets the work in this process end in good order: what it had begun for others goes on elsewhere."""
        cluster.stop_tasks()
        if self.thread is not None:
            self.thread.join(STOP_WITHIN)


class Target:
    """Where the files go. `path` None: they stay in the library; a folder: under the library's names."""

    def __init__(self, path: str | None) -> None:
        self.path = Path(path) if path else None
        self.is_folder = self.path is not None and (self.path.is_dir() or (path is not None and path.endswith(os.sep)))

    @property
    def format(self) -> str:
        """The format that the name asks for, or nothing."""
        return "" if self.path is None or self.is_folder else self.path.suffix.removeprefix(".").lower()

    def prepare(self) -> None:
        """Makes the folder; raises ValidationError when nothing can be written there. Called before anything is spent."""
        if self.path is None:
            return
        folder = self.path if self.is_folder else self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise ValidationError({"out": f"{folder} cannot be written to: {error.strerror}."}) from error

    def names(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Path | None]]:
        """Each job with the path of its file: rain.mp3 for one take, rain-A.mp3 and rain-B.mp3 for two."""
        for job in jobs:
            if self.path is None or job.track is None:
                yield job, None
            elif self.is_folder:
                yield job, self.path / job.track.filename
            else:
                take = f"-{job.letter}" if len(jobs) > 1 else ""
                yield job, self.path.with_name(f"{self.path.stem}{take}.{job.track.format}")


def copy(track: Track, to: Path) -> None:
    """The original bytes, never half written; raises OSError."""
    draft = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        with track.file.open("rb") as source, open(draft, "wb") as target:
            shutil.copyfileobj(source, target)
        os.replace(draft, to)
    finally:
        draft.unlink(missing_ok=True)
