"""The ledger: caps, their buckets, holds, and append-only entries. All amounts are integer micros.

Invariants, each kept by the database at every commit (`budgets.verify` checks them):
- a bucket's held + settled never exceeds its ceiling; a hold is admitted only while held + settled + amount <= limit;
- held and settled are never negative;
- a hold is settled or released at most once, and never refunded beyond what it cost;
- a bucket's counters are the sums of its entries; its held is the sum of its open holds;
- entries are never changed or deleted (a trigger, see `budgets.append_only`);
- a cap's periods tile time.

A hold commits before the request leaves, so what a provider can charge is never more than what is held and settled.
The verbs: `reserve`, `finish` (settle, release, refund), `setcap`, `grant`, `warn`, `verify`.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from musicstudio.accounts.models import Team, User
from musicstudio.budgets.limits import NoCap, OnExceed, OverCap, Period, Scope
from musicstudio.budgets.period import BEGINNING, FOREVER, month_from, month_of
from musicstudio.core.money import format_micros
from musicstudio.projects.models import ApiToken, Project
from musicstudio.providers.models import ProviderKey


class CapQuerySet(models.QuerySet["Cap"]):
    """Finds and sets caps."""

    def live(self) -> "CapQuerySet":
        """Those that are in force, with what their names need."""
        return self.filter(ended_at=None).select_related("team", "member", "project", "key", "token")

    def of(self, team: Team) -> "Cap | None":
        """The team's monthly cap, or its total cap when it has no monthly one."""
        return self.live().filter(team=team, scope=Scope.TEAM).exclude(period=Period.TAKE).order_by("period").first()

    def applying(
        self,
        team: Team,
        by: User | None,
        project: Project | None,
        key: ProviderKey | None,
        token: ApiToken | None = None,
    ) -> "list[Cap]":
        """Every cap that a take of this member, project, key and API token must fit into."""
        whose = Q(scope=Scope.TEAM) | Q(member=by, member__isnull=False) | Q(project=project, project__isnull=False)
        whose |= Q(key=key, key__isnull=False) | Q(token=token, token__isnull=False)
        found = list(self.live().filter(whose, team=team))
        for cap in found:
            cap.team = team  # as the person sees it: a refusal tells them no more than they may know
        return found

    def set(self, team: Team, limit_micros: int, by: User | None, **how: Any) -> "Cap":
        """Sets a cap, for a `member`, `project`, `key` or `token` if one is named: see `budgets.setcap.set_cap`."""
        from musicstudio.budgets.setcap import set_cap  # noqa: PLC0415 (the verb needs this module)

        return set_cap(team, limit_micros, by, **how)

    def set_monthly(self, team: Team, limit_micros: int, by: User | None) -> "Cap":
        """Sets the team's monthly cap; raises ValueError unless the limit is above zero."""
        return self.set(team, limit_micros, by)


def thresholds() -> list[int]:
    """Percents of a cap at which its people are told, once each."""
    return [50, 80, 100]


class Cap(models.Model):
    """How much a team, project, member, provider key or API token may spend: per month, in total, or on one take."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="caps")
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.TEAM)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="caps")
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="caps")
    key = models.ForeignKey(ProviderKey, models.CASCADE, null=True, blank=True, related_name="caps")
    token = models.ForeignKey(ApiToken, models.CASCADE, null=True, blank=True, related_name="caps")
    period = models.CharField(max_length=10, choices=Period, default=Period.MONTH)
    limit_micros = models.BigIntegerField()
    on_exceed = models.CharField(max_length=10, choices=OnExceed, default=OnExceed.ASK)
    rollover = models.BooleanField(default=False, help_text="what a month leaves over is granted to the next")
    alerts = models.JSONField(default=thresholds)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    ended_at = models.DateTimeField(null=True, help_text="removed; the row stays for its entries")

    objects = CapQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(limit_micros__gt=0) | ~Q(scope="team") & Q(limit_micros=0), name="cap_above_zero"),
            models.CheckConstraint(
                condition=Q(scope="team", member=None, project=None, key=None, token=None)
                | Q(scope="member", member__isnull=False, project=None, key=None, token=None)
                | Q(scope="project", member=None, project__isnull=False, key=None, token=None)
                | Q(scope="key", member=None, project=None, key__isnull=False, token=None)
                | Q(scope="token", member=None, project=None, key=None, token__isnull=False),
                name="cap_scope_named",
            ),
            models.UniqueConstraint(fields=["team", "period"], condition=Q(scope="team"), name="cap_once_team"),
            models.UniqueConstraint(fields=["team", "period", "member"], condition=Q(scope="member"), name="cap_once_member"),
            models.UniqueConstraint(fields=["period", "project"], condition=Q(scope="project"), name="cap_once_project"),
            models.UniqueConstraint(fields=["period", "key"], condition=Q(scope="key"), name="cap_once_key"),
            models.UniqueConstraint(fields=["period", "token"], condition=Q(scope="token"), name="cap_once_token"),
        ]

    def __str__(self) -> str:
        return f"{format_micros(self.limit_micros)} {self.get_period_display()} for {self.whose}"

    @property
    def whose(self) -> str:
        """`Northlight`, `the project Aurora spring film`, `Pia Duval`, `the key Studio key •••• 4f2a`, `the token Build`."""
        if self.member is not None:
            return self.member.display_name
        if self.project is not None:
            return f"the project {self.project}"
        if self.token is not None:
            return f"the token {self.token.name}"
        return f"the key {self.key}" if self.key is not None else self.team.name

    @property
    def noun(self) -> str:
        """`monthly cap`, `total cap`, `cap per take`."""
        return {Period.MONTH: "monthly cap", Period.TOTAL: "total cap", Period.TAKE: "cap per take"}[Period(self.period)]

    def resets(self, at: datetime) -> str:
        """A sentence: when the cap begins anew."""
        day = at.astimezone(self.team.zone)
        return "It does not reset." if self.period == Period.TOTAL else f"It resets on {day.day} {day:%b}."

    def bucket(self, now: datetime | None = None) -> "Bucket":
        """The current period's bucket, made on first use. A change of time zone acts at the next boundary: periods tile."""
        now = now or timezone.now()
        current = self.buckets.filter(period_start__lte=now, period_end__gt=now).first()
        if current is not None:
            return current
        last = self.buckets.order_by("-period_end").filter(period_end__lte=now).first()
        if self.period == Period.TOTAL:
            start, end = BEGINNING, FOREVER
        else:
            start, end = month_of(now, self.team.zone) if last is None else month_from(last.period_end, self.team.zone)
        while True:
            bucket, made = self.buckets.get_or_create(
                period_start=start,
                defaults={
                    "period_end": end,
                    "rank": Scope(self.scope).rank,
                    "limit_micros": self.limit_micros,
                    "ceiling_micros": self.limit_micros,
                },
            )
            if made and last is not None and self.rollover:
                grants.Grant.objects.roll_over(last, bucket)
                bucket.refresh_from_db()
            if bucket.period_end > now:
                return bucket
            last = bucket
            start, end = month_from(bucket.period_end, self.team.zone)


class Bucket(models.Model):
    """One period of a cap: a row of its own, so nothing is ever reset. The limit is the cap's plus its live grants."""

    cap = models.ForeignKey(Cap, models.PROTECT, related_name="buckets")
    rank = models.PositiveSmallIntegerField(default=3, help_text="lock order: Scope.rank")
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    limit_micros = models.BigIntegerField()
    held_micros = models.BigIntegerField(default=0)
    settled_micros = models.BigIntegerField(default=0)
    ceiling_micros = models.BigIntegerField()
    grants_until = models.DateTimeField(null=True, help_text="when the first live grant expires")
    alerted = models.PositiveSmallIntegerField(default=0, help_text="the highest percent that people were told about")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cap", "period_start"], name="bucket_once"),
            models.CheckConstraint(condition=Q(held_micros__gte=0, settled_micros__gte=0), name="bucket_not_negative"),
            models.CheckConstraint(
                condition=Q(ceiling_micros__gte=F("held_micros") + F("settled_micros")), name="bucket_under_ceiling"
            ),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="bucket_span"),
        ]

    def __str__(self) -> str:
        return f"{self.cap} from {self.period_start:%Y-%m-%d}"

    @property
    def committed_micros(self) -> int:
        """Settled and held."""
        return self.held_micros + self.settled_micros

    @property
    def left_micros(self) -> int:
        """What may still be held; 0 when more is committed than the cap allows."""
        return max(0, self.limit_micros - self.committed_micros)

    @property
    def over_micros(self) -> int:
        """By how much what is committed exceeds the limit: it was committed before the cap was lowered, or overran."""
        return max(0, self.committed_micros - self.limit_micros)


class HoldState(models.TextChoices):
    """A hold ends once: settled or released. `unknown`: the outcome is not known, the money stays held."""

    HELD = "held", "Held"
    UNKNOWN = "unknown", "Unknown"
    SETTLED = "settled", "Settled"
    RELEASED = "released", "Released"


OPEN = (HoldState.HELD, HoldState.UNKNOWN)


class HoldQuerySet(models.QuerySet["Hold"]):
    """Makes holds."""

    def reserve(self, team: Team, wanted: Sequence[tuple[uuid.UUID, dict[str, Any]]], by: User, **where: Any) -> list["Hold"]:
        """One hold per (reference, quote), all of them or none: see `budgets.reserve.reserve`."""
        from musicstudio.budgets.reserve import reserve  # noqa: PLC0415 (the verb needs this module)

        return reserve(team, wanted, by, **where)


class Hold(models.Model):
    """Money set aside for one job, with its quote. The id is the job's: one hold per job, by primary key."""

    id = models.UUIDField(primary_key=True, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="holds")
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="holds")
    key = models.ForeignKey(ProviderKey, models.PROTECT, null=True, related_name="holds")
    token = models.ForeignKey(ApiToken, models.PROTECT, null=True, related_name="holds", help_text="what asked, if a program did")
    tag = models.CharField(max_length=64, blank=True, default="", db_default="", help_text="x-aig-tag")
    model_slug = models.CharField(max_length=120, blank=True)
    amount_micros = models.BigIntegerField()
    actual_micros = models.BigIntegerField(null=True)
    refunded_micros = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=HoldState, default=HoldState.HELD)
    quote = models.JSONField()
    idem_key = models.CharField(max_length=120, null=True, help_text="one hold per team and key")  # noqa: DJ001 (unique)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    doubted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    buckets = models.ManyToManyField(Bucket, through="HoldLine", related_name="holds")

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_micros__gte=0), name="hold_not_negative"),
            models.CheckConstraint(
                condition=Q(actual_micros__isnull=True, refunded_micros=0)
                | Q(actual_micros__gte=F("refunded_micros"), refunded_micros__gte=0),
                name="hold_actual_not_negative",
            ),
            models.UniqueConstraint(fields=["team", "idem_key"], name="hold_idem_once"),
        ]
        indexes = [models.Index(fields=["team", "-created_at"], name="hold_team_time")]

    def __str__(self) -> str:
        return f"{format_micros(self.amount_micros)} {self.state}"

    def settle(self, actual_micros: int | None = None, *, by: User | None = None) -> bool:
        """The charge is known, the quote's amount unless told otherwise: see `budgets.finish.settle`."""
        from musicstudio.budgets import finish  # noqa: PLC0415 (the verb needs this module)

        return finish.settle(self, actual_micros, by)

    def release(self, *, by: User | None = None) -> bool:
        """Nothing was charged, the whole hold returns: see `budgets.finish.release`."""
        from musicstudio.budgets import finish  # noqa: PLC0415 (the verb needs this module)

        return finish.release(self, by)

    def refund(self, amount_micros: int, ref: str, *, by: User | None = None) -> bool:
        """The provider gave money back, under its refund id `ref`: see `budgets.finish.refund`."""
        from musicstudio.budgets import finish  # noqa: PLC0415 (the verb needs this module)

        return finish.refund(self, amount_micros, ref, by)

    def doubt(self) -> bool:
        """Nobody knows whether it was charged: the money stays held until a person decides."""
        doubted = Hold.objects.filter(pk=self.pk, state=HoldState.HELD)
        return bool(doubted.update(state=HoldState.UNKNOWN, doubted_at=timezone.now()))


class HoldLine(models.Model):
    """A bucket that a hold counts in."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="lines")
    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="lines")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold", "bucket"], name="line_once")]

    def __str__(self) -> str:
        return f"{self.hold_id} in {self.bucket_id}"


class EntryKind(models.TextChoices):
    """Why the counters moved."""

    HOLD = "hold", "Hold"
    SETTLE = "settle", "Settle"
    RELEASE = "release", "Release"
    OVERRUN = "overrun", "Overrun"
    REFUND = "refund", "Refund"
    COUNTED = "counted", "Counted in"


class EntryChanged(Exception):
    """Somebody tried to change or delete a ledger entry."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries are only ever added; the database refuses the rest as well (`budgets.append_only`)."""

    def update(self, **fields: Any) -> int:
        """Refused: see `EntryChanged`."""
        raise EntryChanged("Ledger entries are never changed; book a correcting entry.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused: see `EntryChanged`."""
        raise EntryChanged("Ledger entries are never deleted; book a correcting entry.")


class Entry(models.Model):
    """One movement of a bucket's counters. `counted`: a hold older than the cap, counted in when the cap was set."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="entries")
    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind)
    held_delta = models.BigIntegerField(default=0)
    settled_delta = models.BigIntegerField(default=0)
    ref = models.CharField(max_length=120, blank=True, help_text="the provider's id of a refund")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["hold", "bucket", "kind", "ref"], name="entry_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.held_delta:+} {self.settled_delta:+}"


from musicstudio.budgets import grants  # noqa: E402 (the rest of the room: these need what is above)
from musicstudio.budgets.alerts import Alert, LedgerCheck  # noqa: E402

__all__ = ["Alert", "LedgerCheck", "NoCap", "OnExceed", "OverCap", "Period", "Scope", "grants"]
