"""The queue as a page shows it: the takes of one request in one row, with stage, time and money."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import groupby

from django.db.models import Count, Q, Sum
from django.utils import timezone

from musicstudio.accounts.access import visible, within
from musicstudio.accounts.models import Team
from musicstudio.budgets.models import OPEN, Bucket, HoldState
from musicstudio.core.money import format_micros
from musicstudio.generation.models import Job, JobQuerySet, State
from musicstudio.generation.reasons import Explanation, explain
from musicstudio.generation.usual import usual_seconds
from musicstudio.library.listing import PER_PAGE
from musicstudio.library.models import Track, title_from
from musicstudio.projects.models import Project

STAGES = ("Queued", "Sent", "Rendering", "Analysing", "Ready")
STAGE = {State.QUEUED: 0, State.SUBMITTING: 1, State.RUNNING: 2, State.COLLECTING: 3, State.SUCCEEDED: 4}
HEX = re.compile(r"[0-9a-f]{32}")
WATCHED = 20  # requests a page follows at once
MANY = 200  # jobs ahead that are counted
START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Row:
    """Takes of one request that are in the same situation. `kind`: active, failed or uncertain. `asked`: all its takes.

    `lanes`: on the first row of a race the number of its rows. `ahead`: jobs that are sent before it; None when it waits
    for none. `charged_micros`: what the request's takes cost so far.
    """

    kind: str
    jobs: list[Job]
    asked: int = 1
    done: int = 0
    charged_micros: int = 0
    usual_seconds: int | None = None
    lanes: int = 0
    ahead: int | None = None

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
        """`Rendering 2 of 4`, `Rendering 40 %`, `Waiting, 3 ahead`, `Provider busy`, `Cancelling…`."""
        job = self.job
        if job.cancel_at:
            return "Cancelling…"
        if job.state == State.QUEUED:
            return self._waiting
        word = STAGES[self.stage]
        if self.stage == 2 and self.asked > 1:
            return f"{word} {min(self.asked, self.done + 1)} of {self.asked}"
        return f"{word} {job.progress} %" if self.stage == 2 and job.progress else word

    @property
    def _waiting(self) -> str:
        if self.is_paused:
            return "Paused"
        if self.retry_seconds:
            return "Provider busy"
        return f"Waiting, {self.ahead}{'+' if self.ahead >= MANY else ''} ahead" if self.ahead else STAGES[0]

    @property
    def is_paused(self) -> bool:
        """It waits because nothing is sent with its key."""
        return self.job.state == State.QUEUED and self.job.key is not None and self.job.key.is_paused

    @property
    def retry_seconds(self) -> int:
        """Until it is sent again after the provider was busy; 0 when it does not wait for that."""
        job = self.job
        waits = self.kind == "active" and job.state == State.QUEUED and job.tries > 0 and not self.is_paused
        return max(0, round((job.next_at - timezone.now()).total_seconds())) if waits else 0

    @property
    def why(self) -> str:
        """What a row under way has to explain: money that may be lost, a provider that is busy."""
        if self.kind == "active" and self.job.cancel_at:
            return f"What the provider has begun may still be charged: {self.money}, until it answers."
        return "The provider asks for patience. Nothing was charged; it is sent again by itself." if self.retry_seconds else ""

    @property
    def partial(self) -> str:
        """`3 of 4 arrived, $0.72 charged.` for a request that failed in part, else nothing."""
        if self.kind == "active" or not self.done:
            return ""
        cost = f"{format_micros(self.charged_micros)} charged" if self.charged_micros else "nothing charged"
        return f"{self.done} of {self.asked} arrived, {cost}."

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
    """The jobs that a page shows: a project's, or without one the whole team's.

    `watch`: the requests the page saw under way; `since`: when it was drawn last, in microseconds since 1970.
    """

    team: Team
    project: Project | None = None
    watch: tuple[uuid.UUID, ...] = ()
    since: int = 0
    polled: bool = False

    @classmethod
    def watching(cls, team: Team, project: Project | None, batches: str, since: str = "") -> "Queue":
        """`batches`: their hex ids, with commas; anything else is ignored."""
        watch = tuple(uuid.UUID(text) for text in batches.split(",")[:WATCHED] if HEX.fullmatch(text))
        found = cls(team, project, watch, int(since) if since.isascii() and since.isdigit() and len(since) < 17 else 0)
        found.polled = True
        return found

    @property
    def mine(self) -> Q:
        """The condition for its jobs."""
        return Q(project=self.project) if self.project else Q(team=self.team) & within("project", self.team)

    @property
    def all(self) -> JobQuerySet:
        """Its jobs, also those that have ended."""
        return Job.objects.filter(self.mine)

    @cached_property
    def changed(self) -> datetime:
        """When one of them changed last."""
        return self.all.order_by("-updated_at").values_list("updated_at", flat=True).first() or START

    @cached_property
    def newest(self) -> str:
        """Changes when the newest tracks do, or where the team stands with them; of a page that was only drawn, nothing."""
        if not self.polled:
            return ""
        tracks = visible(Track.objects.kept().filter(team=self.team), self.team)
        tracks = tracks.filter(project=self.project) if self.project else tracks
        rows = list(tracks.order_by(*Track.LIST_ORDER).values_list("pk", "status")[:PER_PAGE])
        return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]

    @cached_property
    def key(self) -> str:
        """Changes whenever the queue, the list or the money would look different; four cheap queries, nothing rendered."""
        queued = Q(state=State.QUEUED) & (self.mine if self.team.limited else Q())
        counts = Job.objects.active().aggregate(
            active=Count("pk", self.mine), progress=Sum("progress", filter=self.mine), queued=Count("pk", queued)
        )
        if not counts["active"]:
            counts = {}
        live = Bucket.objects.filter(cap__team=self.team, cap__ended_at=None, period_end__gt=timezone.now())
        live = visible(live, self.team)
        money = live.aggregate(held=Sum("held_micros"), settled=Sum("settled_micros"), limit=Sum("limit_micros"))
        facts = repr(
            (self.team.pk, self.project and self.project.pk, self.changed, counts, money, self.watch, self.since, self.newest)
        )
        return f'"{hashlib.sha256(facts.encode()).hexdigest()[:32]}"'

    @cached_property
    def jobs(self) -> list[Job]:
        """Newest request first."""
        return list(self.all.for_queue())

    @property
    def active(self) -> list[Job]:
        """On their way."""
        return [job for job in self.jobs if job.is_active]

    @cached_property
    def rows(self) -> list[Row]:
        """One row per request for what runs, one per reason for what failed, one per take for what is uncertain; the lanes
        of a race stand together.
        """
        rows = [Row(kind, list(jobs)) for (_, kind, _), jobs in groupby(sorted(self.jobs, key=self._order), key=self._kind)]
        self._count(rows)
        rows.sort(key=lambda row: (row.kind != "active", -row.jobs[0].created_at.timestamp(), str(row.jobs[0].race)))
        for (_, race), lanes in groupby(rows, key=lambda row: (row.kind, row.jobs[0].race)):
            if race and len(found := list(lanes)) > 1:
                found[0].lanes = len(found)
        return rows

    def _count(self, rows: list[Row]) -> None:
        """Fills in what the rows' requests came to."""
        of_batch = Job.objects.filter(batch__in={job.batch for job in self.jobs}).order_by().values_list("batch")
        settled = Sum("hold__actual_micros", default=0)
        made = of_batch.annotate(asked=Count("pk"), done=Count("pk", Q(state=State.SUCCEEDED)), charged=settled)
        counts = {batch: facts for batch, *facts in made} if self.jobs else {}
        waiting = self._waiting(rows)
        for row in rows:
            row.asked, row.done, row.charged_micros = counts.get(row.jobs[0].batch, (1, 0, 0))
            if row.kind == "active":
                row.usual_seconds = self._usual(row.job)
                row.ahead = sum(at < row.job.created_at for key, at in waiting if key == row.job.key_id)

    def _waiting(self, rows: list[Row]) -> list[tuple[uuid.UUID | None, datetime]]:
        """Key and time of every queued job that one of the rows could wait for; the sketch engine's have no key."""
        keys = {row.job.key_id for row in rows if row.kind == "active" and row.job.state == State.QUEUED}
        if not keys:
            return []
        same = Q(key__in=keys - {None}) | (Q(key=None) if None in keys else Q(pk__in=()))
        queued = visible(Job.objects.filter(same, state=State.QUEUED), self.team).order_by("created_at")
        return list(queued.values_list("key_id", "created_at")[:MANY])

    @staticmethod
    def _kind(job: Job) -> tuple[uuid.UUID, str, str]:
        if job.is_active:
            return (job.batch, "active", "")
        return (job.batch, "uncertain", str(job.pk)) if job.state == State.UNCERTAIN else (job.batch, "failed", job.reason)

    def _order(self, job: Job) -> tuple[str, str, str, int]:
        batch, kind, detail = self._kind(job)
        return (str(batch), kind, detail, job.take)

    def _usual(self, job: Job) -> int | None:
        """Of takes like this one, asked once a page."""
        place = (job.model_id, job.prompt.duration_ms)
        if place not in self._known:  # other projects' takes would tell how much is done there
            self._known[place] = None if self.team.limited else usual_seconds(self.team.pk, *place)
        return self._known[place]

    @cached_property
    def _known(self) -> dict[tuple[int, int], int | None]:
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
        since = max(1, (self.changed - START) // timedelta(microseconds=1))
        newest = f"&newest={self.newest}" if self.newest else ""
        return f"?since={since}&watch={','.join(batch.hex for batch in self.batches[:WATCHED])}{newest}"

    @property
    def at(self) -> str:
        """The query that tells the verbs which queue to answer with."""
        return "" if self.project else "?at=library"

    @cached_property
    def arrived(self) -> bool:
        """Whether a take has come into the list since the page was drawn."""
        seen = START + timedelta(microseconds=self.since)
        return self.since > 0 and self.all.filter(updated_at__gt=seen, state=State.SUCCEEDED).exists()

    @cached_property
    def news(self) -> str:
        """What a screen reader is told: the requests that ended since the page last asked."""
        over = [batch for batch in self.watch if batch not in self.batches]
        if not over:
            return ""
        said: dict[uuid.UUID, list[Job]] = {}
        for job in self.all.filter(batch__in=over).select_related("prompt").order_by("-created_at", "take"):
            said.setdefault(job.batch, []).append(job)
        return ". ".join(ended(jobs) for jobs in said.values())


def ended(jobs: list[Job]) -> str:
    """`Paper lanterns: 4 takes ready`, `Paper lanterns: 3 of 4 takes ready, 1 failed`."""
    title, ready = title_from(jobs[0].prompt.text), sum(job.state == State.SUCCEEDED for job in jobs)
    if ready == len(jobs):
        return f"{title}: {ready} take{'s' * (ready > 1)} ready"
    others = {label: sum(job.state == state for job in jobs) for state, label in LOST.items()}
    lost = ", ".join(f"{number} {label}" if ready else label for label, number in others.items() if number)
    return f"{title}: {ready} of {len(jobs)} takes ready, {lost}" if ready else f"{title}: {lost}"


LOST = {State.FAILED: "failed", State.CANCELLED: "cancelled", State.UNCERTAIN: "outcome unknown"}
