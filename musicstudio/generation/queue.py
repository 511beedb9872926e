"""The queue as a page shows it: the takes of one request in one row, with stage, time and money."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from statistics import median

from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from musicstudio.budgets.models import OPEN, Bucket, HoldState
from musicstudio.core.money import format_micros
from musicstudio.generation.models import ACTIVE, Job, State
from musicstudio.generation.reasons import Explanation, explain
from musicstudio.library.listing import Group, grouped
from musicstudio.library.models import Track, title_from
from musicstudio.projects.models import Project

STAGES = ("Queued", "Sent", "Rendering", "Analysing", "Ready")
STAGE = {State.QUEUED: 0, State.SUBMITTING: 1, State.RUNNING: 2, State.COLLECTING: 3, State.SUCCEEDED: 4}
HEX = re.compile(r"[0-9a-f]{32}")
WATCHED = 20  # requests a page follows at once
ENOUGH = 3  # finished jobs before "usually" is said


@dataclass
class Row:
    """Takes of one request that are in the same situation. `kind`: active, failed or uncertain. `asked`: all its takes."""

    kind: str
    jobs: list[Job]
    asked: int = 1
    done: int = 0
    usual_seconds: int | None = None

    @property
    def job(self) -> Job:
        """The take that has come furthest, or the first."""
        return max(self.jobs, key=lambda job: (STAGE.get(State(job.state), 0), -job.take))

    @property
    def id(self) -> str:
        """Stable while the row lives, so that focus stays where it is."""
        return f"job-{self.jobs[0].batch}" if self.kind == "active" else f"job-{self.jobs[0].pk}"

    @property
    def title(self) -> str:
        """From the prompt, as the track will be called."""
        return title_from(self.job.prompt.text)

    @property
    def takes(self) -> str:
        """`4 takes`, `take B`."""
        if self.asked > 1 and len(self.jobs) == 1 and self.kind != "active":
            return f"take {self.job.letter}"
        number = self.asked if self.kind == "active" else len(self.jobs)
        return f"{number} take{'' if number == 1 else 's'}"

    @property
    def money(self) -> str:
        """What the takes hold or cost; the words say which."""
        held = sum(job.hold.amount_micros for job in self.jobs if job.hold.state in OPEN)
        charged = sum(job.hold.actual_micros or 0 for job in self.jobs if job.hold.state == HoldState.SETTLED)
        if held:
            return f"{format_micros(held)} held"
        if charged:
            return f"{format_micros(charged)} charged"
        return "free" if self.kind == "active" and not any(job.hold.amount_micros for job in self.jobs) else "nothing charged"

    @property
    def stage(self) -> int:
        """0 to 4: which of `STAGES` is under way."""
        return STAGE.get(State(self.job.state), 2)

    @property
    def stage_text(self) -> str:
        """`Rendering 2 of 4`, `Rendering 40 %`, `Cancelling…`."""
        job = self.job
        if job.cancel_at:
            return "Cancelling…"
        if job.state == State.QUEUED and job.key is not None and job.key.is_paused:
            return "Paused"
        word = STAGES[self.stage]
        if self.stage == 2 and self.asked > 1:
            return f"{word} {min(self.asked, self.done + 1)} of {self.asked}"
        return f"{word} {job.progress} %" if self.stage == 2 and job.progress else word

    @property
    def marks(self) -> list[str]:
        """A class per stage for the five segments."""
        if self.kind == "failed":
            return ["done", "bad", "", "", ""] if self.stage <= 2 else ["done", "done", "done", "bad", ""]
        if self.kind == "uncertain":
            return ["done", "wait", "", "", ""]
        return ["done" if place < self.stage else "now" if place == self.stage else "" for place in range(5)]

    @property
    def elapsed_seconds(self) -> int:
        """Since it was asked."""
        return int((timezone.now() - self.jobs[0].created_at).total_seconds())

    @property
    def words(self) -> Explanation:
        """Why, at what cost, what next, and the one button."""
        return explain(self.job)

    @property
    def suggestion(self) -> str:
        """A wording the provider would take instead, or nothing."""
        return str(self.job.facts.get("suggestion", ""))

    @property
    def can_cancel(self) -> bool:
        """Somebody has not asked already."""
        return self.kind == "active" and not all(job.cancel_at for job in self.jobs)


@dataclass
class Queue:
    """The jobs of a project that a page shows. `watch`: the requests the page has a place in its list for."""

    project: Project
    watch: tuple[uuid.UUID, ...] = ()

    @classmethod
    def watching(cls, project: Project, batches: str) -> "Queue":
        """`batches`: their hex ids, with commas; anything else is ignored."""
        return cls(project, tuple(uuid.UUID(text) for text in batches.split(",")[:WATCHED] if HEX.fullmatch(text)))

    @cached_property
    def key(self) -> str:
        """Changes whenever the queue, the list or the money would look different; two cheap queries, nothing rendered."""
        jobs = Job.objects.filter(project=self.project).aggregate(
            changed=Max("updated_at"),
            active=Count("pk", Q(state__in=ACTIVE)),
            progress=Sum("progress", filter=Q(state__in=ACTIVE)),
        )
        money = Bucket.objects.filter(cap__team=self.project.team_id).order_by("-period_start")
        counters = money.values_list("held_micros", "settled_micros", "limit_micros").first()
        facts = repr((self.project.pk, jobs, counters, self.watch))
        return f'"{hashlib.sha256(facts.encode()).hexdigest()[:32]}"'

    @cached_property
    def jobs(self) -> list[Job]:
        """Newest request first."""
        return list(Job.objects.filter(project=self.project).for_queue())

    @property
    def active(self) -> list[Job]:
        """On their way."""
        return [job for job in self.jobs if job.is_active]

    @cached_property
    def rows(self) -> list[Row]:
        """One row per request for what runs, one per reason for what failed, one per take for what is uncertain."""
        of_batch = Job.objects.filter(batch__in={job.batch for job in self.jobs}).order_by().values_list("batch")
        made = of_batch.annotate(asked=Count("pk"), done=Count("pk", Q(state=State.SUCCEEDED)))
        counts = {batch: (asked, done) for batch, asked, done in made} if self.jobs else {}
        rows = [Row(kind, list(jobs)) for (_, kind, _), jobs in groupby(sorted(self.jobs, key=self._order), key=self._kind)]
        for row in rows:
            batch = row.jobs[0].batch
            row.asked, row.done = counts.get(batch, (1, 0))
            if row.kind == "active":
                row.usual_seconds = self.usual(row.job.model_id)
        return sorted(rows, key=lambda row: (row.kind != "active", -row.jobs[0].created_at.timestamp()))

    @staticmethod
    def _kind(job: Job) -> tuple[uuid.UUID, str, str]:
        if job.is_active:
            return (job.batch, "active", "")
        return (job.batch, "uncertain", str(job.pk)) if job.state == State.UNCERTAIN else (job.batch, "failed", job.reason)

    def _order(self, job: Job) -> tuple[str, str, str, int]:
        batch, kind, detail = self._kind(job)
        return (str(batch), kind, detail, job.take)

    def usual(self, model_id: int) -> int | None:
        """The median of the last 50 finished takes of the model, in seconds; None before there are enough."""
        if model_id not in self._usual:
            ended = Job.objects.filter(model_id=model_id, team=self.project.team_id, state=State.SUCCEEDED)
            spans = [
                (finished - created).total_seconds()
                for created, finished in ended.order_by("-created_at").values_list("created_at", "finished_at")[:50]
                if finished
            ]
            self._usual[model_id] = round(median(spans)) if len(spans) >= ENOUGH else None
        return self._usual[model_id]

    @cached_property
    def _usual(self) -> dict[int, int | None]:
        return {}

    @property
    def age_seconds(self) -> int:
        """Of the newest job under way: young jobs are asked after more often."""
        return min((int((timezone.now() - job.created_at).total_seconds()) for job in self.active), default=0)

    @cached_property
    def batches(self) -> list[uuid.UUID]:
        """The requests under way, newest first."""
        return list(dict.fromkeys(job.batch for job in self.active))

    @property
    def address(self) -> str:
        """The query with which the page asks next time."""
        return f"?watch={','.join(batch.hex for batch in self.batches[:WATCHED])}"

    @property
    def unplaced(self) -> list[uuid.UUID]:
        """Requests under way that the page has no place for yet, oldest first: each is put on top of the list."""
        return [batch for batch in reversed(self.batches) if batch not in self.watch]

    @property
    def arrived(self) -> list[Group]:
        """The tracks of the requests the page watches."""
        return self._found[0]

    @cached_property
    def _found(self) -> tuple[list[Group], list[Group]]:
        """The watched requests' tracks, and those of them that have ended."""
        under_way = set(self.batches)  # read before the tracks: what has ended by then is complete below
        tracks = Track.objects.kept().filter(project=self.project, batch__in=self.watch).for_lists()
        groups = grouped(tracks) if self.watch else []
        return groups, [group for group in groups if group.batch not in under_way]

    @property
    def news(self) -> str:
        """What a screen reader is told: the requests that ended since the page last asked."""
        ended = self._found[1]
        said = [f"{group.first.title}: {len(group.tracks)} take{'s' * (len(group.tracks) > 1)} ready" for group in ended]
        done = {group.batch for group in ended}
        lost = {job.batch: job for job in self.jobs if not job.is_active and job.batch in self.watch and job.batch not in done}
        said += [f"{title_from(job.prompt.text)}: {job.get_state_display().lower()}" for job in lost.values()]
        return ". ".join(said)
