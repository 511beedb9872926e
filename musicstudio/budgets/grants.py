"""Extra room in a bucket: a row with reason, granter and expiry, never an edit of the cap. And asking for it."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from musicstudio.accounts.models import AuditEvent, Team, User
from musicstudio.budgets.models import Bucket
from musicstudio.core.money import format_micros
from musicstudio.projects.models import Project, Prompt
from musicstudio.providers.models import MusicModel, ProviderKey

ASK_LIVES = timedelta(days=7)


class GrantKind(models.TextChoices):
    """Where the extra room comes from."""

    GRANT = "grant", "Granted"
    ROLLOVER = "rollover", "Left over from the month before"


class GrantQuerySet(models.QuerySet["Grant"]):
    """Gives and ends grants."""

    @transaction.atomic
    def give(
        self,
        bucket: Bucket,
        amount_micros: int,
        reason: str,
        by: User | None,
        *,
        expires_at: datetime | None = None,
        kind: str = GrantKind.GRANT,
    ) -> "Grant":
        """Adds the amount to the bucket's limit until `expires_at`, or for as long as the bucket lasts.

        Raises ValueError unless the amount is above zero and the expiry lies ahead.
        """
        if amount_micros <= 0:
            raise ValueError("A grant must be more than $0.")
        if expires_at is not None and expires_at <= timezone.now():
            raise ValueError("A grant must expire in the future.")
        Bucket.objects.filter(pk=bucket.pk).update(
            limit_micros=F("limit_micros") + amount_micros,
            ceiling_micros=Greatest("ceiling_micros", F("limit_micros") + amount_micros),
        )
        grant = self.create(bucket=bucket, amount_micros=amount_micros, reason=reason, kind=kind, by=by, expires_at=expires_at)
        self._note_first_expiry(bucket)
        if by is not None:
            AuditEvent.objects.note(
                bucket.cap.team, by, "cap.grant", bucket.cap, after=f"{format_micros(amount_micros)}: {reason}"
            )
        return grant

    def _note_first_expiry(self, bucket: Bucket) -> None:
        first = self.filter(bucket=bucket, ended_at=None).aggregate(first=models.Min("expires_at"))["first"]
        Bucket.objects.filter(pk=bucket.pk).update(grants_until=first)

    @transaction.atomic
    def expire(self, bucket: Bucket, now: datetime) -> None:
        """Takes back what has expired. Called by whoever meets the bucket next: no job has to run for it.

        What is committed beyond the smaller limit stays; new holds do not fit until it is below again.
        """
        Bucket.objects.select_for_update(no_key=True).get(pk=bucket.pk)
        for grant in self.filter(bucket=bucket, ended_at=None, expires_at__lte=now):
            if self.filter(pk=grant.pk, ended_at=None).update(ended_at=now):
                limit = F("limit_micros") - grant.amount_micros
                Bucket.objects.filter(pk=bucket.pk).update(
                    limit_micros=limit, ceiling_micros=Greatest(limit, F("held_micros") + F("settled_micros"))
                )
        self._note_first_expiry(bucket)

    def roll_over(self, last: Bucket, bucket: Bucket) -> None:
        """Grants to a new month what the last one left of the cap itself; what had been granted to it does not roll on."""
        left = min(last.left_micros, last.cap.limit_micros)
        if left > 0:
            self.give(bucket, left, "Left over from the month before.", None, kind=GrantKind.ROLLOVER)


class Grant(models.Model):
    """An extra amount for one bucket."""

    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="grants")
    amount_micros = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=GrantKind, default=GrantKind.GRANT)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_micros__gt=0), name="grant_above_zero")]

    def __str__(self) -> str:
        return f"{format_micros(self.amount_micros)} more: {self.reason}"


class AskState(models.TextChoices):
    """What became of a request for more."""

    OPEN = "open", "Waiting"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"


class AskQuerySet(models.QuerySet["Ask"]):
    """Finds requests."""

    def waiting(self, team: Team) -> "AskQuerySet":
        """What an admin may still decide, oldest first. Expired ones are put aside on the way."""
        self.filter(team=team, state=AskState.OPEN, expires_at__lte=timezone.now()).update(
            state=AskState.EXPIRED, decided_at=timezone.now()
        )
        rows = self.undecided(team).order_by("created_at")
        return rows.select_related("created_by", "project", "prompt", "model", "team")

    def undecided(self, team: Team) -> "AskQuerySet":
        """The same, only read: for a number beside a link."""
        return self.filter(team=team, state=AskState.OPEN, expires_at__gt=timezone.now())


def ask_expiry() -> datetime:
    """When a request made now stops waiting."""
    return timezone.now() + ASK_LIVES


class Ask(models.Model):
    """A request for more than the caps allow: the takes exactly as they were asked for, the quote and the reason.

    `generation.ask` makes, approves and declines it. The id is the batch of the jobs that an approval starts.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="asks")
    project = models.ForeignKey(Project, models.CASCADE, related_name="asks")
    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="asks")
    model = models.ForeignKey(MusicModel, models.PROTECT, related_name="+")
    key = models.ForeignKey(ProviderKey, models.SET_NULL, null=True, related_name="+")
    takes = models.PositiveSmallIntegerField()
    seed = models.BigIntegerField(null=True)
    amount_micros = models.BigIntegerField(help_text="all takes together, as quoted when it was asked")
    quote = models.JSONField()
    refusal = models.CharField(max_length=400, help_text="what the cap said")
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=AskState, default=AskState.OPEN)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="asks")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=ask_expiry)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    objects = AskQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["team", "state"], name="ask_team_state")]

    def __str__(self) -> str:
        return f"{format_micros(self.amount_micros)} for {self.prompt}: {self.state}"

    def end(self, state: AskState, by: User | None, answer: str = "") -> bool:
        """Moves an open request to its end; False when somebody was first."""
        now = timezone.now()
        moved = Ask.objects.filter(pk=self.pk, state=AskState.OPEN).update(
            state=state, decided_by=by, decided_at=now, answer=answer[:500]
        )
        if moved:
            self.state, self.decided_by, self.decided_at, self.answer = state, by, now, answer[:500]
        return bool(moved)
