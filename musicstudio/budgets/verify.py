"""The ledger checked against itself: every invariant that `budgets.models` promises."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from musicstudio.budgets import append_only
from musicstudio.budgets.alerts import LedgerCheck
from musicstudio.budgets.grants import Grant
from musicstudio.budgets.models import OPEN, Bucket, Cap, Entry, EntryKind, Hold, HoldLine, HoldState

KEPT = 60  # results of earlier checks


@contextmanager
def snapshot() -> Iterator[None]:
    """One consistent view of the whole ledger while others write. Within a transaction it is that transaction's."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def broken_invariants() -> list[str]:
    """One sentence per broken invariant; empty when the ledger is sound."""
    with snapshot():
        return [*buckets(), *holds(), *periods(), *triggers()]


def buckets() -> Iterator[str]:
    """I1, I2 and I4: counters against ceiling, zero, entries and open holds; limits against cap and grants."""

    def summed(rows: Any, outer: str, field: str) -> Coalesce:
        own = rows.filter(**{outer: OuterRef("pk")}).order_by().values(outer)
        return Coalesce(Subquery(own.annotate(n=Sum(field)).values("n")), 0)

    rows = Bucket.objects.select_related("cap__team", "cap__member", "cap__project", "cap__key", "cap__token").annotate(
        entries_held=summed(Entry.objects.all(), "bucket", "held_delta"),
        entries_settled=summed(Entry.objects.all(), "bucket", "settled_delta"),
        still_open=summed(HoldLine.objects.filter(hold__state__in=OPEN), "bucket", "hold__amount_micros"),
        granted=summed(Grant.objects.filter(ended_at=None), "bucket", "amount_micros"),
    )
    for bucket in rows:
        name = f"Bucket {bucket.pk} ({bucket})"
        if bucket.held_micros < 0 or bucket.settled_micros < 0:
            yield f"{name}: a counter is negative."
        if bucket.committed_micros > bucket.ceiling_micros:
            yield f"{name}: held + settled is above the ceiling."
        if (bucket.entries_held, bucket.entries_settled) != (bucket.held_micros, bucket.settled_micros):
            yield f"{name}: its counters are not the sums of its entries."
        if bucket.still_open != bucket.held_micros:
            yield f"{name}: held is not the sum of its open holds."
        if bucket.limit_micros < bucket.granted:
            yield f"{name}: its limit is below its own grants."


def holds() -> Iterator[str]:
    """I3: state and amounts agree, a hold's entries come to what it says, at most one end each."""
    odd = Hold.objects.filter(
        Q(state__in=OPEN, actual_micros__isnull=False)
        | Q(state=HoldState.SETTLED, actual_micros__isnull=True)
        | (Q(state=HoldState.RELEASED) & ~Q(actual_micros=0))
        | Q(refunded_micros__gt=F("actual_micros"))
        | Q(lines=None, amount_micros__gt=0)
    )
    for hold in odd.distinct():
        yield f"Hold {hold.pk}: its state and amounts contradict each other."
    ends = Entry.objects.filter(kind__in=[EntryKind.SETTLE, EntryKind.RELEASE]).values("hold", "bucket")
    for twice in ends.annotate(n=Count("pk")).filter(n__gt=1):
        yield f"Hold {twice['hold']}: it ended twice in bucket {twice['bucket']}."
    kept = F("hold__actual_micros") - F("hold__refunded_micros")
    sums = (
        Entry.objects.order_by()
        .values("hold", "bucket", "hold__state", "hold__amount_micros")
        .annotate(kept=Coalesce(kept, 0), held=Sum("held_delta"), settled=Sum("settled_delta"))
    )
    is_open = Q(hold__state__in=OPEN)
    right = (is_open & Q(held=F("hold__amount_micros"), settled=0)) | (~is_open & Q(held=0, settled=F("kept")))
    for row in sums.exclude(right):
        yield f"Hold {row['hold']}: its entries in bucket {row['bucket']} do not come to its amount."


def periods() -> Iterator[str]:
    """I7: a cap's periods follow each other without gap or overlap."""
    spans: dict[int, list[tuple[Any, Any]]] = {}
    for of, start, end in Bucket.objects.order_by("period_start").values_list("cap", "period_start", "period_end"):
        spans.setdefault(of, []).append((start, end))
    names = Cap.objects.in_bulk([of for of, found in spans.items() if any(a[1] != b[0] for a, b in pairwise(found))])
    for cap in names.values():
        yield f"Cap {cap.pk} ({cap}): its periods do not tile time."


def triggers() -> Iterator[str]:
    """The guard of the entries is in place."""
    for name in append_only.missing(connection):
        yield f"The trigger {name} is missing: entries could be changed."


def check() -> LedgerCheck:
    """Checks everything and keeps the result."""
    started = time.monotonic()
    broken = broken_invariants()
    spent = round((time.monotonic() - started) * 1000)
    result = LedgerCheck.objects.create(milliseconds=spent, holds=Hold.objects.count(), broken=broken)
    LedgerCheck.objects.exclude(pk__in=LedgerCheck.objects.values_list("pk", flat=True)[:KEPT]).delete()
    return result
