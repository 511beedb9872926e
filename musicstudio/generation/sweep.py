"""The sweeper: one task that follows every gateway job at once, whatever their number.

It holds a lease (`generation.lease`) and the jobs it owns in memory, in a heap by the moment of their next look. Each look
is one coroutine: submit, poll or collect. The database is written only when something changes, in batches
(`generation.batch`), and each write counts only while the lease does; so another sweeper can go on where this one died.
Database work runs in the task's own thread (asgiref), network work in the event loop, decoding in threads.
"""

import asyncio
import contextlib
import heapq
import logging
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.utils import timezone

from musicstudio.core import cluster
from musicstudio.core.crypto import Undecryptable
from musicstudio.generation import claim, collect, outcome
from musicstudio.generation.batch import Batch
from musicstudio.generation.lease import SECONDS as LEASE
from musicstudio.generation.lease import Sweeper, place
from musicstudio.generation.models import IN_HAND, Job, State, wake
from musicstudio.generation.pace import POLL_FLOOR, Pace, Tap
from musicstudio.generation.webhooks import address_for
from musicstudio.providers import base
from musicstudio.providers.models import ProviderKey

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

SLICE = 300.0  # seconds before the sweep hands over to a fresh task (below the queue's timeout of 600)
ROOM = 6_000  # jobs one sweeper owns at most
HANDS = 24  # polls of one key at once, as many as its client has lanes
COLLECTS = 4  # files at once
SUBMITS_AT_ONCE = 8  # bounds how many jobs a crash can leave uncertain
DRAIN = 5.0  # seconds that requests in the air get when the worker must stop
HAND_OVER = 60.0  # seconds that they get at the end of a slice
ANSWER_GRACE = 15.0  # seconds on top of the client's own patience, after which a submit was interrupted
MAX_BYTES = 400 * 1024 * 1024  # a 10-minute stereo WAV of 48 kHz and 24 bit is 173 MB
DOWNLOAD_WITHIN = 300.0


async def db(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs database work in the task's own thread."""
    return await sync_to_async(function)(*args, **kwargs)


def run(pace: Pace | None = None) -> None:
    """Sweeps until no gateway job is left, the slice is over, or the worker must stop."""
    async_to_sync(Sweep(pace or Pace()).run)()


@dataclass
class Entry:
    """A job in hand. `due` and `asked_at` on the loop's clock: the next look, and the last answer about it."""

    job: Job
    due: float = 0.0
    asked_at: float = float("-inf")
    turn: int = 0  # of the heap's items for this job, only the newest counts
    task: "asyncio.Task[float] | None" = None


@dataclass
class Line:
    """One key's way to its provider."""

    client: base.MusicClient
    tap: Tap
    webhook_url: str | None = None
    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HANDS))


@dataclass
class Sweep:
    """One holder of the lease."""

    pace: Pace
    entries: dict[uuid.UUID, Entry] = field(default_factory=dict)
    heap: list[tuple[float, int, uuid.UUID]] = field(default_factory=list)
    turns: claim.Turns = field(default_factory=claim.Turns)
    lines: dict[uuid.UUID, Line] = field(default_factory=dict)
    to_send: set[uuid.UUID] = field(default_factory=set)
    load: Counter[uuid.UUID | None] = field(default_factory=Counter)
    closing: bool = False
    lease_until: float = 0.0
    sharing: int = 1
    shared: dict[tuple[str, Any], Any] = field(default_factory=dict)

    async def run(self) -> None:
        """Takes the lease, works, gives it back; wakes a successor if jobs are left."""
        started = time.monotonic()
        token = await db(self.take_lease)
        if token is None:
            return
        self.token, self.lease_until = token, started + LEASE
        self.counter = count()
        self.collects = asyncio.Semaphore(COLLECTS)
        self.batch = Batch(self.holds_lease)
        writer = asyncio.create_task(self.batch.run())
        try:
            await self.work(started)
            await self.drain()
        finally:
            self.closing = True
            self.batch.close()
            await writer
            for line in self.lines.values():
                await line.client.aclose()
        await self.leave()

    def take_lease(self) -> uuid.UUID | None:
        """A token, unless this cluster sweeps already."""
        return Sweeper.take(place(), LEASE)

    async def more_to_do(self) -> bool:
        """Whether to go on with nothing in hand: something waits that can be sent soon."""
        return await db(outcome.pending)

    def holds_lease(self) -> bool:
        """Whether this sweeper's writes can still count."""
        return time.monotonic() < self.lease_until

    def may_poll(self) -> bool:
        """Whether whoever takes over when the lease runs out would still keep its distance from a poll made now."""
        return time.monotonic() < self.lease_until - POLL_FLOOR - 0.1

    async def work(self, started: float) -> None:
        """The loop; ends when nothing is left, the slice is over, the worker must stop or the lease is lost."""
        beat_at = self.look_at = hint_at = started
        while not cluster.is_stopping() and time.monotonic() < started + SLICE:
            now = time.monotonic()
            if now >= beat_at:
                if not await self.beat():
                    return
                beat_at = now + LEASE / 4
            if now >= self.look_at:
                self.look_at = now + self.pace.tick
                await self.take_to_send()
                if now >= hint_at:
                    hint_at = now + 2 * self.pace.tick
                    await self.take_others()
            self.start_due()
            if not self.entries and not await self.more_to_do():
                return
            until = min(self.look_at, beat_at, self.heap[0][0] if self.heap else self.look_at)
            await asyncio.sleep(max(0.002, until - time.monotonic()))

    async def beat(self) -> bool:
        """Renews the lease; False when it was lost."""
        asked = time.monotonic()
        mine, self.sharing = await db(lambda: (Sweeper.beat(self.token, LEASE), Sweeper.living().count() or 1))
        if mine:
            self.lease_until = asked + LEASE
        for line in self.lines.values():
            line.tap.share = self.sharing
        return mine

    async def take_to_send(self) -> None:
        """Queued jobs, as many as there are free places."""
        patience = settings.GATEWAY_ANSWER_SECONDS * 2 + ANSWER_GRACE
        places = min(SUBMITS_AT_ONCE - len(self.to_send), ROOM - len(self.entries))
        for job in await db(claim.take_to_submit, self.token, self.turns, places, patience, self.has_room):
            self.to_send.add(job.pk)
            self.add(job, 0.0)

    async def take_others(self) -> None:
        """Jobs that a dead sweeper left behind, and own jobs somebody wants looked at."""
        for job in await db(claim.take_left_behind, self.token, min(500, ROOM - len(self.entries))):
            if job.pk not in self.entries:
                self.add(job, self.first_look(job))
        for job in await db(claim.take_hints, self.token):
            entry = self.entries.get(job.pk)
            if entry is None or entry.task is not None or job.state != State.RUNNING:
                continue
            entry.job.cancel_at = job.cancel_at
            cancelling = job.cancel_at and not entry.job.facts.get("cancel_sent")
            wait = 0.0 if cancelling else POLL_FLOOR - (time.monotonic() - entry.asked_at)
            self.schedule(entry, self.pace.wait(max(0.0, wait)))

    def has_room(self, key: uuid.UUID) -> bool:
        """Whether the key's provider takes another request now."""
        return key not in self.lines or self.lines[key].tap.has_room()

    def first_look(self, job: Job) -> float:
        """Seconds until a job left behind is looked at: not before it may be, and not all of them at once.

        Whoever had it made no poll in the last seconds of its lease (`may_poll`).
        """
        if job.state == State.SUBMITTING:
            return 0.0
        known = max(0.0, (job.next_at - timezone.now()).total_seconds())
        return self.pace.wait(known or random.uniform(0, min(1.0, self.pace.gap)))

    def share(self, job: Job) -> None:
        """Jobs of one project hold the same project, team, key and model in memory, as it was read last."""
        for name in ("team", "project", "key", "model"):
            if (row := job._state.fields_cache.get(name)) is not None:
                kept = self.shared.setdefault((name, row.pk), row)
                kept.__dict__.update(row.__dict__)
                setattr(job, name, kept)

    def add(self, job: Job, seconds: float) -> None:
        """Takes the job in hand."""
        self.share(job)
        if job.pk not in self.entries:
            self.entries[job.pk] = Entry(job)
            self.load[job.key_id] += 1
        self.entries[job.pk].job = job
        self.schedule(self.entries[job.pk], seconds)

    def schedule(self, entry: Entry, seconds: float) -> None:
        """The next look."""
        entry.due, entry.turn = time.monotonic() + seconds, next(self.counter)
        heapq.heappush(self.heap, (entry.due, entry.turn, entry.job.pk))

    def start_due(self) -> None:
        """Looks at every job that is due, each in a coroutine of its own."""
        now = time.monotonic()
        while self.heap and self.heap[0][0] <= now:
            _, turn, pk = heapq.heappop(self.heap)
            entry = self.entries.get(pk)
            if entry is not None and entry.turn == turn and entry.task is None:
                entry.task = asyncio.create_task(self.look(entry))
                entry.task.add_done_callback(partial(self.done, entry))

    def done(self, entry: Entry, task: "asyncio.Task[float]") -> None:
        """After a look: the job is looked at again, or it has left our hands. A fault of ours is logged, and tried again."""
        entry.task = None
        if task.cancelled():
            return
        if error := task.exception():
            log.error("Looking at job %s failed", entry.job.pk, exc_info=error)
        seconds = 5.0 if error else task.result()
        if entry.job.pk in self.to_send and entry.job.state != State.SUBMITTING:
            self.to_send.discard(entry.job.pk)
            self.look_at = min(self.look_at, time.monotonic() + 0.05)
        if entry.job.state in IN_HAND and entry.job.owner == self.token:
            self.schedule(entry, self.pace.wait(seconds))
        elif self.entries.pop(entry.job.pk, None):
            self.load[entry.job.key_id] -= 1

    async def drain(self) -> None:
        """Lets requests in the air land. A download is dropped when the worker must stop: it is simply done again."""
        self.closing = True
        stopping = cluster.is_stopping() or not self.holds_lease()
        busy = [entry for entry in self.entries.values() if entry.task]
        if stopping:
            for entry in busy:
                if entry.job.state == State.COLLECTING and entry.task:
                    entry.task.cancel()
        if tasks := [entry.task for entry in busy if entry.task]:
            _, late = await asyncio.wait(tasks, timeout=DRAIN if stopping else HAND_OVER)
            for task in late:
                task.cancel()

    async def leave(self) -> None:
        """Gives back what is still in hand, with the moments before which it must not be polled; wakes a successor."""
        if not self.holds_lease():
            return
        now, moment = time.monotonic(), timezone.now()
        running = [entry for entry in self.entries.values() if entry.job.state == State.RUNNING]
        for entry in running:
            floor = max(entry.due, entry.asked_at + POLL_FLOOR)
            entry.job.next_at = moment + timedelta(seconds=max(0.0, floor - now))
        await db(claim.give_back, self.token, [entry.job for entry in running])
        if await self.more_to_do():  # also a job that came between the last look and the leave
            await db(wake)

    async def look(self, entry: Entry) -> float:
        """One step of one job; the seconds until the next one."""
        job = entry.job
        if job.state == State.SUBMITTING and job.pk not in self.to_send:
            await db(self.with_key, job)
            return float(await self.batch.write(outcome.interrupted, job) or 0.0)
        try:
            line = await self.line(job)
        except (Undecryptable, base.ProviderError) as error:  # a key or an address no client can be made of
            return float(await self.batch.write(outcome.without_key, job, str(error)))
        if self.closing or not self.holds_lease():
            return await self.step_back(job)
        if job.state == State.SUBMITTING:
            return await self.submit(job, line)
        if job.state == State.RUNNING:
            return await self.poll(entry, line)
        return await self.collect(job, line)

    @staticmethod
    def with_key(job: Job) -> None:
        """Reads the job's key."""
        if job.key_id:
            job.key = ProviderKey.objects.get(pk=job.key_id)

    async def line(self, job: Job) -> Line:
        """The way to the provider; one per key for the whole sweep."""
        if job.key_id not in self.lines:
            key = await db(ProviderKey.objects.filter(pk__in=[job.key_id]).first)
            if key is None or not key.ciphertext:
                raise Undecryptable("The key was revoked.")
            if key.pk not in self.lines:  # another look may have made it meanwhile
                limit = key.requests_per_minute
                tap = Tap(limit and float(limit), fixed=bool(limit), share=self.sharing)
                self.lines[key.pk] = Line(await db(key.client), tap, address_for(key))
        return self.lines[job.key_id]  # type: ignore[index]

    async def step_back(self, job: Job) -> float:
        """The sweep ends before the look began."""
        if job.state == State.SUBMITTING:
            await self.batch.write(outcome.not_sent, job)
        return 0.0

    async def submit(self, job: Job, line: Line) -> float:
        """Sends the job once."""
        while wait := line.tap.wait():
            if wait > LEASE or self.closing:
                return await self.step_back(job)
            await asyncio.sleep(wait)
        try:
            answer = await line.client.submit(replace(job.request(), webhook_url=line.webhook_url))
        except Exception as error:  # whatever it was, the money must not be lost sight of
            self.heed(line, error)
            return float(await self.batch.write(outcome.submit_failed, job, error))
        self.heed(line)
        return float(await self.batch.write(outcome.submitted, job, answer, self.pace.first))

    def heed(self, line: Line, error: Exception | None = None) -> None:
        """What an answer says about the key's limits."""
        if isinstance(error, base.RateLimited):
            line.tap.close(self.pace.wait(error.retry_after or POLL_FLOOR))
        rate = getattr(line.client, "rate", None)
        if rate is not None:
            line.tap.learn(rate.limit, rate.remaining, rate.reset_seconds)

    async def poll(self, entry: Entry, line: Line) -> float:
        """Reads the job's record, after passing on a wish to cancel. Nothing is written when nothing changed."""
        job = entry.job
        gap = self.pace.spread(line.tap.stretch(self.pace.after(job), self.load[job.key_id]))
        async with line.hands:
            if self.closing:
                return 0.0
            if not self.may_poll():
                return 0.3
            if wait := line.tap.wait():
                return wait + random.uniform(0, gap)
            try:
                status = await self.ask(job, line)
            except Exception as error:  # the job runs on, whatever went wrong here
                entry.asked_at = time.monotonic()
                self.heed(line, error)
                return float(await self.batch.write(self.with_key_then, outcome.poll_failed, job, error, gap))
        entry.asked_at = time.monotonic()
        self.heed(line)
        if not outcome.is_news(job, status):
            return max(gap, status.retry_after or 0.0)
        return float(await self.batch.write(outcome.polled, job, status, gap))

    def with_key_then(self, function: Callable[..., float], job: Job, *rest: object) -> float:
        """The write, with the job's key at hand."""
        self.with_key(job)
        return function(job, *rest)

    async def ask(self, job: Job, line: Line) -> base.JobStatus:
        """One request: the job's record, or a cancellation, which answers with the record as well."""
        if job.cancel_at and not job.facts.get("cancel_sent"):
            await self.batch.write(outcome.cancel_sent, job)
            return await line.client.cancel(job.remote_ref)
        return await line.client.poll(job.remote_ref)

    async def collect(self, job: Job, line: Line) -> float:
        """Fetches, checks, stores and files the finished take."""
        async with self.collects:
            if self.closing:
                return 0.0
            try:
                whole = await db(self.whole, job)
                path = await self.fetch(whole, line)
                measured = await asyncio.to_thread(collect.measure, path, expected_seconds(whole))
                name = await asyncio.to_thread(collect.store, whole, measured)
                await self.batch.write(collect.book, whole, measured, name)
            except collect.Unusable as error:
                await self.batch.write(outcome.unusable, job, error.reason, str(error))
            except Exception as error:  # the file stays at the provider; it is fetched again
                return float(await self.batch.write(outcome.collect_failed, job, error))
            else:
                job.state, job.owner = whole.state, whole.owner
        return 0.0

    def whole(self, job: Job) -> Job:
        """The job with everything its track tells about."""
        [found] = claim.fenced(Job.objects.filter(pk=job.pk).select_related(*claim.FOR_SUBMIT, "created_by"), self.token)
        return found

    async def fetch(self, job: Job, line: Line) -> Path:
        """Downloads the first output; reads the job once more when its link has expired."""
        to = await asyncio.to_thread(collect.incoming, job)
        try:
            return await self.download(job, line.client, to)
        except base.LinkExpired:
            await self.batch.write(outcome.links_refreshed, job, await line.client.poll(job.remote_ref))
            return await self.download(job, line.client, to)

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
