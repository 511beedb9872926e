"""The sweeper: one task that follows every gateway job at once, whatever their number.

Whoever holds the lease sweeps. Each look at a job is one coroutine: submit, poll or collect. The database is the only
memory, so another sweeper goes on where this one died. Database work runs in the task's own thread (asgiref), network
work in the event loop, decoding in threads.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.utils import timezone

from musicstudio.core import cluster
from musicstudio.core.crypto import Undecryptable
from musicstudio.generation import outcome
from musicstudio.generation.collect import Unusable, finish, incoming, measure
from musicstudio.generation.models import Job, Reason, State, Sweeper, wake
from musicstudio.providers import base

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

SLOT = 1
LEASE = 10.0  # seconds without a beat after which another worker may take over
SLICE = 3000.0  # seconds before the sweep hands over to a fresh task (below the task's own timeout of an hour)
AT_ONCE = 64  # looks at jobs at the same time
SUBMITS_AT_ONCE = 8  # bounds how many jobs a crash can leave uncertain
DRAIN = 5.0  # seconds that requests in the air get when the worker must stop; well below cluster.TASK_GRACE
ANSWER_GRACE = 15.0  # seconds on top of the client's own patience, after which a submit was interrupted
MAX_BYTES = 400 * 1024 * 1024  # a 10-minute stereo WAV of 48 kHz and 24 bit is 173 MB
DOWNLOAD_WITHIN = 300.0


@dataclass(frozen=True)
class Pace:
    """Seconds between looks at one job: the gateway answers 304 below 3 s (its documentation, async jobs)."""

    first: float = 5.0
    gap: float = 3.1
    slow_gap: float = 5.0  # after two minutes
    slowest: float = 30.0  # after five minutes
    tick: float = 0.25

    def after(self, job: Job) -> float:
        """The gap that fits the job's age."""
        age = (timezone.now() - (job.submit_at or job.created_at)).total_seconds()
        return self.gap if age < 120 else self.slow_gap if age < 300 else self.slowest


async def db(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs database work in the task's own thread."""
    return await sync_to_async(function)(*args, **kwargs)


def run(pace: Pace | None = None) -> None:
    """Sweeps until no gateway job is left, the slice is over, or the worker must stop."""
    async_to_sync(Sweep(pace or Pace()).run)()


def revive() -> None:
    """Sweeps if there is something to sweep and nobody does."""
    if outcome.pending():
        wake()


@dataclass
class Sweep:
    """One holder of the lease."""

    pace: Pace
    busy: dict[uuid.UUID, asyncio.Task[None]] = field(default_factory=dict)
    collecting: set[uuid.UUID] = field(default_factory=set)
    clients: dict[uuid.UUID, base.MusicClient] = field(default_factory=dict)

    async def run(self) -> None:
        """Takes the lease, works, gives it back; wakes a successor if jobs are left."""
        token = await db(Sweeper.take, SLOT, LEASE)
        if token is None:
            return
        self.places = asyncio.Semaphore(SUBMITS_AT_ONCE)
        try:
            mine = await self.work(token)
            await self.drain()
        finally:
            for client in self.clients.values():
                await client.aclose()
        if mine:
            await db(Sweeper.leave, SLOT, token)
            if await db(outcome.pending):  # also a job that came between the last look and the leave
                await db(outcome.hand_over)

    async def work(self, token: uuid.UUID) -> bool:
        """The loop; False when another worker took the lease over."""
        started = time.monotonic()
        beat_at = started + LEASE / 3
        while not cluster.is_stopping() and time.monotonic() < started + SLICE:
            if time.monotonic() >= beat_at:
                if not await db(Sweeper.beat, SLOT, token, LEASE):
                    return False
                beat_at = time.monotonic() + LEASE / 3
            for job in await db(self.due):
                self.start(job)
            if not self.busy and not await db(outcome.pending):
                break
            await asyncio.sleep(self.pace.tick)
        return True

    def due(self) -> list[Job]:
        """Jobs to look at now that are not being looked at."""
        room = AT_ONCE - len(self.busy)
        rows = Job.objects.due().exclude(pk__in=self.busy)
        return list(rows.select_related("prompt", "model", "hold", "team", "project", "key", "created_by")[: max(0, room)])

    def start(self, job: Job) -> None:
        """Looks at the job in a coroutine of its own."""
        task = asyncio.create_task(self.look(job))
        self.busy[job.pk] = task
        if job.state == State.COLLECTING:
            self.collecting.add(job.pk)
        task.add_done_callback(partial(self.done, job.pk))

    def done(self, pk: uuid.UUID, task: "asyncio.Task[None]") -> None:
        """Forgets a finished look; a fault of ours is logged and the job stays due."""
        self.busy.pop(pk, None)
        self.collecting.discard(pk)
        if not task.cancelled() and (error := task.exception()):
            log.error("Looking at job %s failed", pk, exc_info=error)

    async def drain(self) -> None:
        """Lets requests in the air land. A download is dropped when the worker must stop: it is simply done again."""
        if cluster.is_stopping():
            for pk in list(self.collecting):
                self.busy[pk].cancel()
        if self.busy:
            await asyncio.wait(self.busy.values(), timeout=DRAIN if cluster.is_stopping() else DOWNLOAD_WITHIN)

    async def look(self, job: Job) -> None:
        """One step of one job."""
        try:
            client = await self.client(job)
        except (Undecryptable, base.ProviderError) as error:  # a key or an address no client can be made of
            await self.without_key(job, str(error))
            return
        if job.state == State.QUEUED:
            await self.submit(job, client)
        elif job.state == State.SUBMITTING:
            await db(outcome.interrupted, job)
        elif job.state == State.RUNNING:
            await self.poll(job, client)
        else:
            await self.collect(job, client)

    async def client(self, job: Job) -> base.MusicClient:
        """One client per key for the whole sweep."""
        key = job.key
        if key is None or not key.ciphertext:
            raise Undecryptable("The key was revoked.")
        if key.pk not in self.clients:
            self.clients[key.pk] = await db(key.client)
        return self.clients[key.pk]

    async def without_key(self, job: Job, why: str) -> None:
        """The key cannot be used: what was not sent is released, what was sent waits for a person."""
        if job.state == State.QUEUED:
            await db(job.fail, Reason.KEY_REJECTED, why, source=(State.QUEUED,))
        else:
            await db(job.doubt, Reason.KEY_REJECTED, why)

    async def submit(self, job: Job, client: base.MusicClient) -> None:
        """Sends the job once."""
        async with self.places:
            if cluster.is_stopping() or not await db(outcome.claim, job, settings.GATEWAY_ANSWER_SECONDS * 2 + ANSWER_GRACE):
                return
            try:
                answer = await client.submit(job.request())
            except Exception as error:  # whatever it was, the money must not be lost sight of
                await db(outcome.submit_failed, job, error)
            else:
                await db(outcome.submitted, job, answer, self.pace.first)

    async def poll(self, job: Job, client: base.MusicClient) -> None:
        """Reads the job's record, after passing on a wish to cancel."""
        gap = self.pace.after(job)
        try:
            if job.cancel_at and not job.facts.get("cancel_sent"):
                job.facts = job.facts | {"cancel_sent": True}
                await db(Job.objects.filter(pk=job.pk).update, facts=job.facts)
                status = await client.cancel(job.remote_ref)
            else:
                status = await client.poll(job.remote_ref)
        except Exception as error:  # the job runs on, whatever went wrong here
            await db(outcome.poll_failed, job, error, gap)
        else:
            await db(outcome.polled, job, status, gap)

    async def collect(self, job: Job, client: base.MusicClient) -> None:
        """Fetches, checks and files the finished take."""
        try:
            path = await self.fetch(job, client)
            measured = await asyncio.to_thread(measure, path, expected_seconds(job))
            await db(finish, job, measured)
        except Unusable as error:
            await db(outcome.unusable, job, error.reason, str(error))
        except Exception as error:  # the file stays at the provider; it is fetched again
            await db(outcome.collect_failed, job, error)

    async def fetch(self, job: Job, client: base.MusicClient) -> Path:
        """Downloads the first output; reads the job once more when its link has expired."""
        to = incoming(job)
        try:
            return await self.download(job, client, to)
        except base.LinkExpired:
            await db(outcome.links_refreshed, job, await client.poll(job.remote_ref))
            await db(job.refresh_from_db, fields=["outputs"])
            return await self.download(job, client, to)

    async def download(self, job: Job, client: base.MusicClient, to: Path) -> Path:
        """One try."""
        output = base.Output(url=job.outputs[0]["url"])
        done = await client.download(output, to, max_bytes=MAX_BYTES, deadline_seconds=DOWNLOAD_WITHIN)
        return done.path


def expected_seconds(job: Job) -> Decimal | None:
    """What the file must last: what the provider announced, else what was asked, else anything."""
    announced = job.outputs[0].get("seconds") if job.outputs else None
    with contextlib.suppress(ArithmeticError, TypeError):
        if announced is not None and Decimal(announced) > 0:
            return Decimal(announced)
    return job.prompt.seconds if job.model.keeps_duration else None
