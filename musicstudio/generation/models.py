"""Jobs: one take on its way from a prompt to the library, and its earlier attempts."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.accounts.models import Team, User
from musicstudio.budgets.models import Hold
from musicstudio.generation.lease import Sweeper, database_now
from musicstudio.generation.pause import EVERYTHING, Pause
from musicstudio.generation.repeat import Repeat
from musicstudio.generation.report import Report
from musicstudio.generation.told import failed
from musicstudio.library.models import Track
from musicstudio.notify.callbacks import Callback
from musicstudio.projects.models import Project, Prompt
from musicstudio.providers.base import MusicRequest
from musicstudio.providers.models import KeyState, MusicModel, ProviderKey
from musicstudio.providers.throttle import paused_now

__all__ = ["Pause", "Repeat", "Report", "Sweeper"]  # found here by Django, and by name


class State(models.TextChoices):
    """Where a job is. Every change is one conditional UPDATE from an expected state."""

    QUEUED = "queued", "Queued"
    SUBMITTING = "submitting", "Sending"
    RUNNING = "running", "Rendering"
    COLLECTING = "collecting", "Collecting"
    SUCCEEDED = "succeeded", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    UNCERTAIN = "uncertain", "Uncertain"


ACTIVE = (State.QUEUED, State.SUBMITTING, State.RUNNING, State.COLLECTING)
IN_HAND = (State.SUBMITTING, State.RUNNING, State.COLLECTING)  # at a provider: a sweeper owns it
REMEMBERED = timedelta(hours=23)  # how long a provider is trusted to recognise a repeat: no page says; a day is common
ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)


class Reason(models.TextChoices):
    """Why a job did not succeed: a closed set, each with a sentence for the person who asked."""

    KEY_REJECTED = "key_rejected", "The provider does not accept the team's key."
    NO_FUNDS = "no_funds", "The provider's wallet or its own cap is empty."
    FORBIDDEN = "forbidden", "The team's key may not use this model."
    CONTENT_REFUSED = "content_refused", "The provider refuses these words."
    INVALID_REQUEST = "invalid_request", "The provider does not accept this request."
    UNAVAILABLE = "unavailable", "The provider could not be reached for a while."
    PROVIDER_FAILED = "provider_failed", "The provider failed to make it."
    NO_ANSWER = "no_answer", "The request was sent and no answer came back."
    BAD_ANSWER = "bad_answer", "The provider's answer could not be read."
    VANISHED = "vanished", "The provider no longer knows the job."
    TIMED_OUT = "timed_out", "The provider did not finish in time."
    CANCELLED_LATE = "cancelled_late", "It was cancelled in the making; the provider does not say whether it charges that."
    FILE_UNREACHABLE = "file_unreachable", "The finished file could not be fetched."
    FILE_REFUSED = "file_refused", "The finished file lies where the studio may not fetch it."
    NOT_AUDIO = "not_audio", "The provider delivered something that is not audio."
    TRUNCATED = "truncated", "The delivered file is shorter than what was asked."
    STORAGE = "storage", "The studio could not store the file."
    ENGINE = "engine", "The sketch engine failed."


class JobQuerySet(models.QuerySet["Job"]):
    """Asks for takes and finds jobs."""

    def submit(self, prompt: Prompt, takes: int, model: MusicModel, by: User, **how: Any) -> list["Job"]:
        """Quotes, holds and queues `takes` jobs for the prompt, all or none: see `generation.submit.submit`."""
        from musicstudio.generation.submit import submit  # noqa: PLC0415 (the verb needs this module)

        return submit(prompt, takes, model, by, **how)

    def active(self) -> "JobQuerySet":
        """Still on their way."""
        return self.filter(state__in=ACTIVE)

    def for_queue(self) -> "JobQuerySet":
        """What a queue shows: on their way, waiting for a person, or failed and not yet dismissed."""
        shown = Q(state__in=(*ACTIVE, State.UNCERTAIN)) | Q(state=State.FAILED, dismissed=False)
        rows = self.filter(shown).select_related("prompt", "model", "hold", "key", "created_by", "project", "team")
        return rows.order_by("-created_at", "take")

    def at_gateways(self) -> "JobQuerySet":
        """Those that a sweeper follows; the sketch engine's are rendered by the workers themselves."""
        return self.filter(key__isnull=False)

    def unowned(self) -> "JobQuerySet":
        """Those that no living sweeper follows."""
        living = Sweeper.objects.filter(token=models.OuterRef("owner"), alive_until__gt=database_now())
        return self.filter(Q(owner=None) | ~models.Exists(living))

    def sendable(self) -> "JobQuerySet":
        """Queued, and neither their key nor their provider is paused. A key that is refused or revoked counts: they end."""
        stopped = Pause.objects.scopes()
        if EVERYTHING in stopped:
            return self.none()
        held = paused_now("key__") & Q(key__state__in=(KeyState.ACTIVE, KeyState.RETIRING))
        return self.at_gateways().filter(state=State.QUEUED).exclude(held).exclude(model__provider__in=stopped)

    def move(
        self,
        pk: uuid.UUID,
        source: tuple[State, ...],
        target: State,
        *,
        fence: uuid.UUID | None = None,
        **fields: Any,
    ) -> bool:
        """The one way a state changes: True for the caller whose UPDATE found the job in a `source` state.

        `fence` is a sweeper's token: without its lease on the job it changes nothing.
        """
        now = timezone.now()
        if target in (*ENDED, State.UNCERTAIN):
            fields.setdefault("finished_at", now)
        if target not in IN_HAND:
            fields["owner"] = None
        rows = self.filter(pk=pk, state__in=source)
        if fence is not None:
            rows = rows.filter(owner=fence)
        moved = bool(rows.update(state=target, updated_at=now, **fields))
        if moved and target in ENDED and Callback.objects.end(pk):
            async_task("musicstudio.generation.tasks.call_back", str(pk), q_options={"save": False})
        return moved


class Job(models.Model):
    """One take being made. Its hold and its track carry the same id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="jobs")
    project = models.ForeignKey(Project, models.PROTECT, related_name="jobs")
    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="jobs")
    model = models.ForeignKey(MusicModel, models.PROTECT, related_name="jobs")
    key = models.ForeignKey(ProviderKey, models.PROTECT, null=True, related_name="jobs")
    hold = models.OneToOneField(Hold, models.PROTECT, related_name="job")
    track = models.OneToOneField(Track, models.SET_NULL, null=True, related_name="job")
    batch = models.UUIDField(help_text="the takes asked for together")
    race = models.UUIDField(null=True, help_text="the requests to several models that were asked for as one")
    based_on = models.ForeignKey(Track, models.SET_NULL, null=True, related_name="+")
    variation = models.PositiveSmallIntegerField(default=0, help_text="another arrangement of the same seed, where supported")
    take = models.PositiveSmallIntegerField(help_text="1 is take A")
    seed = models.BigIntegerField(null=True)

    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    message = models.CharField(max_length=400, blank=True, help_text="what the provider said, or what the worker is waiting for")
    progress = models.PositiveSmallIntegerField(default=0, help_text="percent, where the provider tells")
    tries = models.PositiveSmallIntegerField(default=0, help_text="failed tries in the current state")
    next_at = models.DateTimeField(default=timezone.now, help_text="not before; a running job's is only kept across a hand-over")
    owner = models.UUIDField(null=True, editable=False, help_text="the token of the sweeper that follows it")
    hint_at = models.DateTimeField(null=True, help_text="somebody wants it looked at now: a webhook, a wish to cancel")
    alive_at = models.DateTimeField(null=True, help_text="the rendering worker's last sign of life")
    submit_at = models.DateTimeField(null=True)
    asked_again_at = models.DateTimeField(null=True, help_text="a person had the provider asked again")
    attempt = models.PositiveSmallIntegerField(default=1, help_text="1 is the first; earlier ones are rows of their own")
    cancel_at = models.DateTimeField(null=True, help_text="somebody asked to cancel")
    dismissed = models.BooleanField(default=False)

    remote_ref = models.JSONField(default=dict)
    outputs = models.JSONField(default=list, help_text="links of the finished file")
    cost_micros = models.BigIntegerField(null=True, help_text="what the provider said it charged")
    request_id = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict, help_text="what the provider said about the take")
    terms = models.JSONField(default=dict, help_text="what was known about the model's terms of use when it was asked")

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs")
    created_at = models.DateTimeField(default=timezone.now, help_text="the same for all takes asked for together")
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()
    fence: uuid.UUID | None = None  # set by the sweeper that follows it: its writes count only while it owns the job

    class Meta:
        ordering = ["-created_at", "take"]
        constraints = [
            models.UniqueConstraint(fields=["team", "batch", "take"], name="job_take_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="job_state_known"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state__in=ACTIVE), name="job_active_due"),
            models.Index(fields=["project", "-updated_at"], name="job_project_changes"),
            models.Index(fields=["team", "-updated_at"], name="job_team_changes"),
            models.Index(fields=["owner"], condition=Q(state__in=IN_HAND, key__isnull=False), name="job_owner"),
            models.Index(fields=["project", "created_at"], condition=Q(state=State.QUEUED), name="job_queued"),
            models.Index(fields=["owner"], condition=Q(hint_at__isnull=False), name="job_hint"),
        ]

    def __str__(self) -> str:
        return f"{self.prompt} take {self.letter}: {self.state}"

    @property
    def letter(self) -> str:
        """A for the first take."""
        return chr(ord("A") + self.take - 1)

    @property
    def is_active(self) -> bool:
        """Still on its way."""
        return self.state in ACTIVE

    @property
    def reference(self) -> str:
        """What the provider is told this attempt is called: its hold's id, one submission per hold."""
        return str(self.hold_id)

    @property
    def elapsed(self) -> timedelta:
        """Since it was asked, until it ended."""
        return (self.finished_at or timezone.now()) - self.created_at

    def move(self, source: tuple[State, ...], target: State, **fields: Any) -> bool:
        """`JobQuerySet.move` on this row, which then shows what is true: the new state, or who was faster."""
        moved = Job.objects.move(self.pk, source, target, fence=self.fence, **fields)
        if moved:
            self.state = target
            for name, value in fields.items():
                setattr(self, name, value)
        self.refresh_from_db(fields=["state", "owner", "cancel_at", "finished_at"])
        return moved

    @transaction.atomic
    def cancel(self) -> bool:
        """Stops the job if it was not sent yet and releases its hold; otherwise asks the worker to.

        True when it is cancelled at once. A job that runs at a provider may be charged all the same: the worker asks the
        provider to stop and books what it then says.
        """
        if Job.objects.move(self.pk, (State.QUEUED,), State.CANCELLED):
            self.hold.release()
            self.refresh_from_db()
            return True
        now = timezone.now()
        Job.objects.active().filter(pk=self.pk, cancel_at=None).update(cancel_at=now, hint_at=now, updated_at=now)
        self.refresh_from_db()
        return False

    @transaction.atomic
    def fail(self, reason: Reason, message: str = "", *, charged: bool = False, source: tuple[State, ...] = ACTIVE) -> bool:
        """Ends the job without a track. `charged`: the provider bills it all the same, so the hold is settled."""
        if not self.move(source, State.FAILED, reason=reason, message=message[:400]):
            return False
        self.hold.settle(self.cost_micros) if charged else self.hold.release()
        failed(self, reason, charged)
        return True

    @transaction.atomic
    def doubt(self, reason: Reason, message: str = "", *, source: tuple[State, ...] = ACTIVE) -> bool:
        """Nobody knows whether the provider charged: the money stays held and a person decides."""
        if not self.move(source, State.UNCERTAIN, reason=reason, message=message[:400]):
            return False
        self.hold.doubt()
        return True

    @transaction.atomic
    def resolve(self, charged: bool) -> bool:
        """A person decided about an uncertain job: it was charged (the hold is settled) or it was not (released)."""
        if not Job.objects.move(self.pk, (State.UNCERTAIN,), State.FAILED, dismissed=True):
            return False
        self.hold.settle(self.cost_micros) if charged else self.hold.release()
        self.refresh_from_db()
        return True

    @property
    def may_repeat(self) -> bool:
        """Whether sending the same request again starts no second job: the provider has proved it, and still remembers."""
        key, sent = self.key, self.submit_at
        return key is not None and key.repeats == "key" and sent is not None and timezone.now() - sent < REMEMBERED

    @transaction.atomic
    def ask_again(self, remote_id: str = "") -> bool:
        """Has the provider asked once more about an uncertain job; no money moves.

        It is followed on when its id there is known (or given: `remote_id`, as a person found it at the provider), and
        sent again when the provider recognises repeats (`may_repeat`). False when neither is possible.
        """
        ref, now = {"id": remote_id} if remote_id else self.remote_ref, timezone.now()
        said: dict[str, Any] = {"tries": 0, "message": "", "reason": "", "finished_at": None, "next_at": now}
        said |= {"asked_again_at": now, "facts": {n: v for n, v in self.facts.items() if n != "missing_since"}}
        if ref.get("id"):
            moved = Job.objects.move(self.pk, (State.UNCERTAIN,), State.RUNNING, owner=None, remote_ref=ref, **said)
        elif self.may_repeat:
            moved = Job.objects.move(self.pk, (State.UNCERTAIN,), State.QUEUED, **said)
        else:
            return False
        if moved:
            wake()
            self.refresh_from_db()
        return moved

    def retry(self, by: User) -> "Job":
        """A new attempt on the same take, with a new quote and hold: see `generation.retry.retry`."""
        from musicstudio.generation.retry import retry  # noqa: PLC0415 (the verb needs this module)

        return retry(self, by)

    @transaction.atomic
    def collect_again(self) -> bool:
        """Tries once more to fetch the file of a job that was finished and paid; no money moves."""
        paid_but_missing = Q(state=State.FAILED) & ~Q(remote_ref={}) & ~Q(outputs=[])
        if not Job.objects.filter(paid_but_missing, pk=self.pk).exists():
            return False
        moved = Job.objects.move(
            self.pk, (State.FAILED,), State.COLLECTING, tries=0, reason="", finished_at=None, next_at=timezone.now()
        )
        if moved:
            wake()
            self.refresh_from_db()
        return moved

    def dismiss(self) -> None:
        """Takes a failed job out of the queue's view; the row stays."""
        Job.objects.filter(pk=self.pk, state=State.FAILED).update(dismissed=True, updated_at=timezone.now())

    def request(self) -> MusicRequest:
        """What goes out for the job; its reference is the attempt's, so that a repeated submit could be recognised."""
        return MusicRequest(
            reference=self.reference,
            model=self.model.slug,
            prompt=self.prompt.sent,
            lyrics=self.prompt.lyrics,
            seconds=self.prompt.seconds,
            format=self.prompt.format,
            instrumental=self.prompt.instrumental,
            seed=self.seed,
            variation=self.variation,
            tag=f"{self.team.slug}/{self.project.slug}"[:64],
        )

    @property
    def wire_parameters(self) -> dict[str, Any]:
        """The request as JSON, for the provenance of the track."""
        asked = self.request()
        said: dict[str, Any] = {"model": asked.model, "prompt": asked.prompt, "lyrics": asked.lyrics}
        said |= {"duration": float(asked.seconds), "format": asked.format, "is_instrumental": asked.instrumental}
        return said | {"seed": asked.seed} | ({"variation": asked.variation} if asked.variation else {})


class Attempt(models.Model):
    """An attempt on a take that did not succeed, as it was when a person had it tried again."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    hold = models.OneToOneField(Hold, models.PROTECT, related_name="attempt")
    key = models.ForeignKey(ProviderKey, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    message = models.CharField(max_length=400, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    remote_ref = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    asked_at = models.DateTimeField(help_text="when this attempt was asked for")
    submit_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    retried_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    retried_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.state}"


def wake() -> None:
    """Makes sure a sweeper is at work; part of the caller's transaction (ORM broker), so no wake is lost."""
    async_task("musicstudio.generation.tasks.sweep", q_options={"save": False})


def resume_queue() -> None:
    """After a pause was lifted: everything that waited gets a worker."""
    from musicstudio.generation.render import revive  # noqa: PLC0415 (needs this module)

    wake()
    revive()


class WebhookCall(models.Model):
    """A completion webhook that was taken note of, so that its repetitions are recognised. Kept for some days."""

    key = models.ForeignKey(ProviderKey, models.CASCADE, related_name="+")
    event = models.CharField(max_length=280)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "event"], name="webhook_call_once")]

    def __str__(self) -> str:
        return self.event
