"""Ending a hold, once: settled at what was charged, or released. And booking what a provider gives back.

The change of state and the counters move in one transaction, the buckets in the lock order of `reserve`.
"""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from musicstudio.accounts.models import User
from musicstudio.budgets.models import OPEN, Bucket, Cap, Entry, EntryKind, Hold, HoldLine, HoldState, Period
from musicstudio.budgets.warn import reached, warn


@transaction.atomic
def settle(hold: Hold, actual_micros: int | None, by: User | None) -> bool:
    """The charge is known: the quote's amount unless told otherwise. False when the hold had already ended.

    Less than the hold: the rest returns. More: the truth is booked as an overrun and raises the ceiling by just that.
    """
    actual = hold.amount_micros if actual_micros is None else with_fee(hold, actual_micros)
    if not _end(hold, HoldState.SETTLED, actual):
        return False
    buckets = lines_of(hold)
    if not buckets and actual:
        buckets = _open_lines(hold)
    over = max(0, actual - hold.amount_micros)
    _book(hold, buckets, EntryKind.SETTLE, -hold.amount_micros, actual - over, by)
    if over:
        _book(hold, buckets, EntryKind.OVERRUN, 0, over, by)
        warn(reached(buckets))
    return True


def with_fee(hold: Hold, actual_micros: int) -> int:
    """What a reported charge comes to with the connection's fee per call, where the hold counts that fee.

    No page says whether the reported cost contains the fee; an amount above the quote without its fee is taken to.
    """
    fee, amount = int(hold.quote.get("counted_fee_micros", 0)), hold.amount_micros
    if not fee or actual_micros > amount - fee:
        return actual_micros
    return actual_micros + -(-actual_micros * fee // (amount - fee))


@transaction.atomic
def release(hold: Hold, by: User | None) -> bool:
    """Nothing was charged: the whole hold returns. False when the hold had already ended."""
    if not _end(hold, HoldState.RELEASED, 0):
        return False
    _book(hold, lines_of(hold), EntryKind.RELEASE, -hold.amount_micros, 0, by)
    return True


def refund(hold: Hold, amount_micros: int, ref: str, by: User | None) -> bool:
    """The provider gave money back: a correcting entry in the buckets of the charge. False for a `ref` booked before.

    Raises ValueError for an amount that is not above zero or more than what is left of the charge, or without a `ref`.
    """
    if amount_micros <= 0 or not ref.strip():
        raise ValueError("A refund has an amount above $0 and the provider's id of it.")
    if hold.entries.filter(kind=EntryKind.REFUND, ref=ref).exists():
        return False
    try:
        with transaction.atomic():
            left = Hold.objects.filter(pk=hold.pk, state=HoldState.SETTLED)
            left = left.filter(actual_micros__gte=F("refunded_micros") + amount_micros)
            if not left.update(refunded_micros=F("refunded_micros") + amount_micros):
                raise ValueError("A refund is at most what the take was charged.")
            _book(hold, lines_of(hold), EntryKind.REFUND, 0, -amount_micros, by, ref)
    except IntegrityError:  # the same refund, booked by somebody else just now
        return False
    hold.refresh_from_db(fields=["refunded_micros"])
    return True


def lines_of(hold: Hold) -> list[Bucket]:
    """The buckets the hold counts in, in lock order."""
    return list(Bucket.objects.filter(lines__hold=hold).order_by("rank", "pk"))


def _open_lines(hold: Hold) -> list[Bucket]:
    """A free take that was charged after all counts where the member's and team's other charges of the period do."""
    caps = Cap.objects.applying(hold.team, hold.created_by, hold.project, hold.key, hold.token)
    buckets = [cap.bucket() for cap in caps if cap.period != Period.TAKE]
    HoldLine.objects.bulk_create(HoldLine(hold=hold, bucket=bucket) for bucket in buckets)
    return sorted(buckets, key=lambda bucket: (bucket.rank, bucket.pk))


def _end(hold: Hold, state: HoldState, actual: int) -> bool:
    now = timezone.now()
    ended = Hold.objects.filter(pk=hold.pk, state__in=OPEN).update(state=state, actual_micros=actual, ended_at=now)
    if ended:
        hold.state, hold.actual_micros, hold.ended_at = state, actual, now
    return bool(ended)


def _book(
    hold: Hold, buckets: Sequence[Bucket], kind: EntryKind, held: int, settled: int, by: User | None, ref: str = ""
) -> None:
    if not (held or settled):
        return
    committed = F("held_micros") + held + F("settled_micros") + settled
    for bucket in buckets:
        Bucket.objects.filter(pk=bucket.pk).update(
            held_micros=F("held_micros") + held,
            settled_micros=F("settled_micros") + settled,
            # only an overrun may lift the ceiling: the provider has charged it, whatever the cap says
            ceiling_micros=Greatest("ceiling_micros", committed) if kind == EntryKind.OVERRUN else F("ceiling_micros"),
        )
    Entry.objects.bulk_create(
        Entry(hold=hold, bucket=bucket, kind=kind, held_delta=held, settled_delta=settled, ref=ref, actor=by)
        for bucket in buckets
    )
