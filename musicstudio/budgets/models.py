"""The ledger: caps, their monthly buckets, holds, and append-only entries. All amounts are integer micros.

Invariants, each kept by the database at every commit (`budgets.verify` checks them):
- a bucket's held + settled never exceeds its ceiling; a hold is admitted only while held + settled + amount <= limit;
- held and settled are never negative;
- a hold is settled or released at most once;
- a bucket's counters are the sums of its entries; its held is the sum of its open holds.

A hold commits before the request leaves, so what a provider can charge is never more than what is held and settled.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from musicstudio.accounts.models import Team, User
from musicstudio.core.money import format_micros


class OverCap(Exception):
    """A hold does not fit: nothing was held. The message names the cap, what is left and when it resets."""

    def __init__(self, cap: "Cap", amount_micros: int, left_micros: int, resets_at: datetime) -> None:
        self.cap, self.amount_micros, self.left_micros, self.resets_at = cap, amount_micros, left_micros, resets_at
        day = resets_at.astimezone(cap.team.zone)
        super().__init__(
            f"This needs {format_micros(amount_micros)}, and {format_micros(max(0, left_micros))} is left of the monthly cap of "
            f"{format_micros(cap.limit_micros)} of {cap.team.name}. It resets on {day.day} {day:%b}; "
            "an owner or admin can raise it. Nothing was charged."
        )


class NoCap(Exception):
    """The team has no cap, so nothing that costs money may run."""


def month_of(moment: datetime, team: Team) -> tuple[datetime, datetime]:
    """[start, end) of the calendar month around the moment in the team's time zone, as aware times."""
    local = moment.astimezone(team.zone)
    start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    year, month = divmod(start.year * 12 + start.month, 12)
    return start, start.replace(year=year, month=month + 1)


class CapQuerySet(models.QuerySet["Cap"]):
    """Finds and sets caps."""

    def of(self, team: Team) -> "Cap | None":
        """The team's monthly cap."""
        return self.select_related("team").filter(team=team).first()

    @transaction.atomic
    def set_monthly(self, team: Team, limit_micros: int, by: User | None) -> "Cap":
        """Sets the team's monthly cap. Lowering it below what is committed stops new holds; what runs may finish.

        Raises ValueError unless the limit is above zero.
        """
        if limit_micros <= 0:
            raise ValueError("A cap must be more than $0. Free models run without using it.")
        cap, _ = self.update_or_create(team=team, defaults={"limit_micros": limit_micros, "set_by": by})
        bucket = cap.bucket()
        # the ceiling follows the limit, but never below what was committed when it was lowered
        Bucket.objects.filter(pk=bucket.pk).update(
            limit_micros=limit_micros, ceiling_micros=Greatest(limit_micros, F("held_micros") + F("settled_micros"))
        )
        return cap


class Cap(models.Model):
    """How much a team may spend in a calendar month of its time zone."""

    team = models.OneToOneField(Team, models.CASCADE, related_name="cap")
    limit_micros = models.BigIntegerField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects = CapQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(limit_micros__gt=0), name="cap_above_zero")]

    def __str__(self) -> str:
        return f"{format_micros(self.limit_micros)} a month for {self.team}"

    def bucket(self, now: datetime | None = None) -> "Bucket":
        """The current month's bucket, made on first use. Months tile: a change of time zone acts at the next boundary."""
        now = now or timezone.now()
        current = self.buckets.filter(period_start__lte=now, period_end__gt=now).first()
        if current is not None:
            return current
        start, end = month_of(now, self.team)
        last = self.buckets.filter(period_end__lte=now).order_by("-period_end").first()
        if last is not None:
            start = max(start, last.period_end)
        bucket, _ = self.buckets.get_or_create(
            period_start=start,
            defaults={"period_end": end, "limit_micros": self.limit_micros, "ceiling_micros": self.limit_micros},
        )
        return bucket


class Bucket(models.Model):
    """One month of a cap: a row of its own, so nothing is ever reset."""

    cap = models.ForeignKey(Cap, models.PROTECT, related_name="buckets")
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    limit_micros = models.BigIntegerField()
    held_micros = models.BigIntegerField(default=0)
    settled_micros = models.BigIntegerField(default=0)
    ceiling_micros = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cap", "period_start"], name="bucket_once"),
            models.CheckConstraint(condition=Q(held_micros__gte=0, settled_micros__gte=0), name="bucket_not_negative"),
            models.CheckConstraint(
                condition=Q(ceiling_micros__gte=F("held_micros") + F("settled_micros")), name="bucket_under_ceiling"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cap} from {self.period_start:%Y-%m-%d}"

    @property
    def left_micros(self) -> int:
        """What may still be held; 0 when more is committed than the cap allows."""
        return max(0, self.limit_micros - self.held_micros - self.settled_micros)


class HoldState(models.TextChoices):
    """A hold ends once: settled or released. `unknown`: the outcome is not known, the money stays held."""

    HELD = "held", "Held"
    UNKNOWN = "unknown", "Unknown"
    SETTLED = "settled", "Settled"
    RELEASED = "released", "Released"


OPEN = (HoldState.HELD, HoldState.UNKNOWN)


class HoldQuerySet(models.QuerySet["Hold"]):
    """Makes holds."""

    @transaction.atomic
    def reserve(self, team: Team, wanted: Sequence[tuple[uuid.UUID, dict[str, Any]]], by: User) -> list["Hold"]:
        """One hold per (reference, quote); all of them or none.

        A quote is a dict with `amount_micros`, the most that the job can cost. Raises `OverCap` or `NoCap`.
        """
        total = sum(quote["amount_micros"] for _, quote in wanted)
        bucket = self._admit(team, total) if total else None
        holds = self.bulk_create(
            Hold(id=reference, team=team, bucket=bucket, amount_micros=quote["amount_micros"], quote=quote, created_by=by)
            for reference, quote in wanted
        )
        if bucket is not None:
            Entry.objects.bulk_create(
                Entry(hold=hold, bucket=bucket, kind=EntryKind.HOLD, held_delta=hold.amount_micros) for hold in holds
            )
        return holds

    def _admit(self, team: Team, total: int) -> "Bucket":
        """Takes the total from what is left in one guarded UPDATE; the database's CHECK would refuse an unguarded one."""
        cap = Cap.objects.of(team)
        if cap is None:
            raise NoCap(f"{team.name} has no monthly cap, so nothing that costs money may run. An owner or admin sets it.")
        bucket = cap.bucket()
        fits = Q(limit_micros__gte=F("held_micros") + F("settled_micros") + total)
        if not Bucket.objects.filter(fits, pk=bucket.pk).update(held_micros=F("held_micros") + total):
            bucket.refresh_from_db()
            raise OverCap(cap, total, bucket.left_micros, bucket.period_end)
        return bucket


class Hold(models.Model):
    """Money set aside for one job, with its quote. The id is the job's: one hold per job, by primary key."""

    id = models.UUIDField(primary_key=True, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="holds")
    bucket = models.ForeignKey(Bucket, models.PROTECT, null=True, related_name="holds", help_text="none for a free take")
    amount_micros = models.BigIntegerField()
    actual_micros = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=HoldState, default=HoldState.HELD)
    quote = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_micros__gte=0), name="hold_not_negative"),
            models.CheckConstraint(
                condition=Q(actual_micros__isnull=True) | Q(actual_micros__gte=0), name="hold_actual_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{format_micros(self.amount_micros)} {self.state}"

    @transaction.atomic
    def settle(self, actual_micros: int | None = None) -> bool:
        """The charge is known: the quote's amount unless told otherwise. False when the hold had already ended.

        Less than the hold: the rest returns. More: the truth is booked as an overrun and raises the ceiling by just that.
        """
        actual = self.amount_micros if actual_micros is None else actual_micros
        if not self._end(HoldState.SETTLED, actual):
            return False
        if self.bucket_id is None and actual:
            # a free take that was charged after all: booked where the team's other charges of the month are
            cap = Cap.objects.of(self.team)
            Hold.objects.filter(pk=self.pk).update(bucket=cap.bucket() if cap else None)
            self.refresh_from_db()
        over = max(0, actual - self.amount_micros)
        self._book(EntryKind.SETTLE, -self.amount_micros, actual - over, ceiling=0)
        if over:
            self._book(EntryKind.OVERRUN, 0, over, ceiling=over)
        return True

    @transaction.atomic
    def release(self) -> bool:
        """Nothing was charged: the whole hold returns. False when the hold had already ended."""
        if not self._end(HoldState.RELEASED, 0):
            return False
        self._book(EntryKind.RELEASE, -self.amount_micros, 0, ceiling=0)
        return True

    def doubt(self) -> bool:
        """Nobody knows whether it was charged: the money stays held until a person decides."""
        return bool(Hold.objects.filter(pk=self.pk, state=HoldState.HELD).update(state=HoldState.UNKNOWN))

    def _end(self, state: HoldState, actual: int) -> bool:
        ended = Hold.objects.filter(pk=self.pk, state__in=OPEN).update(state=state, actual_micros=actual, ended_at=timezone.now())
        if ended:
            self.state, self.actual_micros = state, actual
        return bool(ended)

    def _book(self, kind: "EntryKind", held: int, settled: int, *, ceiling: int) -> None:
        if self.bucket_id is None or not (held or settled):
            return
        committed = F("held_micros") + held + F("settled_micros") + settled
        Bucket.objects.filter(pk=self.bucket_id).update(
            held_micros=F("held_micros") + held,
            settled_micros=F("settled_micros") + settled,
            ceiling_micros=Greatest(F("ceiling_micros"), committed) if ceiling else F("ceiling_micros"),
        )
        Entry.objects.create(hold=self, bucket_id=self.bucket_id, kind=kind, held_delta=held, settled_delta=settled)


class EntryKind(models.TextChoices):
    """Why the counters moved."""

    HOLD = "hold", "Hold"
    SETTLE = "settle", "Settle"
    RELEASE = "release", "Release"
    OVERRUN = "overrun", "Overrun"


class EntryChanged(Exception):
    """Somebody tried to change or delete a ledger entry."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries are only ever added."""

    def update(self, **fields: Any) -> int:
        """Refused: see `EntryChanged`."""
        raise EntryChanged("Ledger entries are never changed; book a correcting entry.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused: see `EntryChanged`."""
        raise EntryChanged("Ledger entries are never deleted; book a correcting entry.")


class Entry(models.Model):
    """One movement of a bucket's counters."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="entries")
    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind)
    held_delta = models.BigIntegerField(default=0)
    settled_delta = models.BigIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["hold", "kind"], name="entry_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.held_delta:+} {self.settled_delta:+}"
