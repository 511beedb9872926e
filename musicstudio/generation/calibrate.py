"""Calibration: one take that somebody agreed to pay for, with every raw answer recorded, to settle what no page tells.

It runs through the same pipeline as any take, hold and all. With `repeat` the submit is made twice under one reference:
when the provider answers with the same job, the key is marked as safe to send again; when it makes a second job, that
is a second take, which was paid for as well and is collected like the first.
"""

import random
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import transaction

from musicstudio.accounts.models import User
from musicstudio.generation import claim, outcome
from musicstudio.generation.lease import Sweeper
from musicstudio.generation.models import Job, Report, State
from musicstudio.generation.pace import Pace, Tap
from musicstudio.generation.report import Kind
from musicstudio.generation.sweep import Line, Sweep, db
from musicstudio.generation.webhooks import address_for
from musicstudio.projects.models import Project, Prompt
from musicstudio.providers.download import shared_ssl_context
from musicstudio.providers.models import Connection, MusicModel, NoPrice, ProviderKey
from musicstudio.providers.recorder import Recorder
from musicstudio.providers.throttle import Repeats

WORDS = "A short calm piano phrase, for calibration"


def price_of(key: ProviderKey, model: MusicModel, *, repeat: bool = False) -> int:
    """Micros that a calibration may cost at most, with the connection's fee; raises NoPrice."""
    quote = model.quote(model.min_ms, Connection.objects.of(key.team, model.provider))
    return quote.amount_micros * (2 if repeat else 1)


def calibrate(
    key: ProviderKey, model: MusicModel, project: Project, by: User, agreed_micros: int, *, repeat: bool = False
) -> Report:
    """The report of one take (two are held for with `repeat`). `agreed_micros` is the whole amount the person agreed to.

    Raises ValidationError when the price is another by now, the cap is short or the key is not usable; nothing is sent then.
    """
    if key.is_paused:
        raise ValidationError({"key": f"The key is paused: {key.pause_reason}"})
    prompt = Prompt(
        project=project, text=WORDS, duration_ms=model.min_ms, model_slug=model.slug, created_by=by, format=model.formats[0]
    )
    token = Sweeper.take(f"calibration:{uuid.uuid4().hex[:12]}")
    if token is None:
        raise ValidationError({"key": "Another calibration is running."})
    with transaction.atomic():  # nobody else sees the jobs before they are ours
        jobs = Job.objects.submit(prompt, 2 if repeat else 1, model, by, key=key, agreed_micros=agreed_micros)
        said: dict[str, Any] = {"owner": token, "submit_at": jobs[0].created_at}
        for job in jobs:
            Job.objects.move(job.pk, (State.QUEUED,), State.SUBMITTING, **said)
    mine = claim.fenced(Job.objects.filter(pk__in=[j.pk for j in jobs]).select_related(*claim.FOR_SUBMIT).order_by("take"), token)
    run = Calibration(Pace(), token=token, key=key, first=mine[0], second=mine[1] if repeat else None)
    async_to_sync(run.run)()
    ended = Job.objects.get(pk=mine[0].pk)
    ok = ended.state == State.SUCCEEDED
    return Report.objects.create(
        key=key, kind=Kind.CALIBRATION, ok=ok, by=by, findings=findings(run, ended), answers=run.recorder.answers
    )


def calibrate_for(key_id: str, user_id: int, agreed_micros: int) -> Report | None:
    """The page's calibration: the provider's first model, in the team's first project. What goes wrong is the report."""
    key = ProviderKey.objects.select_related("team").get(pk=key_id)
    by = User.objects.get(pk=user_id)
    model = MusicModel.objects.enabled().filter(provider=key.provider).first()
    project = Project.objects.first_of(key.team)
    try:
        if model is None:
            raise ValidationError("No model of this provider is switched on.")
        return calibrate(key, model, project, by, agreed_micros)
    except (ValidationError, NoPrice) as refused:
        words = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
        return Report.objects.create(key=key, kind=Kind.CALIBRATION, ok=False, by=by, findings=[["Not sent", words]])


@dataclass
class Calibration(Sweep):
    """A sweep of its own, for the jobs of the calibration alone."""

    token: uuid.UUID = field(kw_only=True)
    key: ProviderKey = field(kw_only=True)
    first: Job = field(kw_only=True)
    second: Job | None = field(default=None, kw_only=True)
    same: bool | None = None
    sent: bool = False

    def __post_init__(self) -> None:
        self.recorder = Recorder(httpx.AsyncHTTPTransport(verify=shared_ssl_context()))

    def take_lease(self) -> uuid.UUID | None:
        """It was taken before the jobs were made."""
        return self.token

    async def more_to_do(self) -> bool:
        """Nothing but its own jobs."""
        return not self.sent

    async def take_to_send(self) -> None:
        """The first job, once."""
        if not self.sent:
            self.sent = True
            client = await db(lambda: self.key.client(transport=self.recorder))
            self.lines[self.key.pk] = Line(client, Tap(), address_for(self.key))
            self.to_send.add(self.first.pk)
            self.add(self.first, 0.0)

    async def take_others(self) -> None:
        """Nobody else's."""

    async def submit(self, job: Job, line: Line) -> float:
        """As always; then, if wanted, the same request again."""
        seconds = await super().submit(job, line)
        if self.second is not None and job.state == State.RUNNING:
            await self.repeat(job, self.second, line)
        return seconds

    async def repeat(self, job: Job, second: Job, line: Line) -> None:
        """Sends the first job's request once more, under the same reference."""
        try:
            answer = await line.client.submit(replace(job.request(), webhook_url=line.webhook_url))
        except Exception as error:  # a refused repetition made nothing; an unknown one waits for a person
            await self.batch.write(outcome.submit_failed, second, error)
            return
        self.same = dict(answer.ref) == dict(job.remote_ref)
        if self.same:
            await self.batch.write(self.proved, second)
        else:
            await self.batch.write(outcome.submitted, second, answer, self.pace.first)
            self.add(second, self.pace.first + random.random())

    def proved(self, second: Job) -> None:
        """The same job was answered: nothing was made for the second hold, and the key may be trusted."""
        ProviderKey.objects.filter(pk=self.key.pk).update(repeats=Repeats.KEY)
        if second.move((State.SUBMITTING,), State.CANCELLED, message="Held for the repetition, which made no second take."):
            second.hold.release()


def findings(run: Calibration, job: Job) -> list[tuple[str, str]]:
    """What the recorded answers say about the open points."""
    said = [("Take", f"{job.get_state_display()} after {(job.finished_at or job.updated_at) - job.created_at}.")]
    bodies = [answer.get("body") for answer in run.recorder.answers]
    records = [body for body in bodies if isinstance(body, dict) and ("status" in body or "data" in body)]
    if records:
        said.append(("Job record", f"The last one has the fields {', '.join(sorted(records[-1]))}."))
    cost = "no cost" if job.cost_micros is None else f"a cost of {job.cost_micros / 1_000_000:.4f} USD"
    said.append(("Cost", f"The provider reported {cost}; {job.hold.amount_micros / 1_000_000:.4f} USD was quoted."))
    if run.same is not None:
        words = "answered with the same job: lost answers may be asked for again" if run.same else "made a second job"
        said.append(("Repeats", f"The same submit under the same reference {words}."))
    if job.track is not None:
        said.append(("Length", f"{job.prompt.seconds:g} s were asked, {job.track.duration_ms / 1000:.1f} s came."))
        said.append(("Format", f"{job.prompt.format} was asked, {job.track.format} came."))
    for warning in job.facts.get("warnings", []):
        said.append(("Warning", str(warning)))
    said.append(("When", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())))
    return said
