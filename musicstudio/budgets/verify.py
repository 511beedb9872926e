"""The ledger checked against itself: every invariant that `budgets.models` promises."""

from django.db.models import F, Q, Sum

from musicstudio.budgets.models import OPEN, Bucket, Hold, HoldState


def broken_invariants() -> list[str]:
    """One sentence per broken invariant; empty when the ledger is sound. Reads inside the caller's transaction."""
    found: list[str] = []
    for bucket in Bucket.objects.select_related("cap__team"):
        name = f"Bucket {bucket.pk} ({bucket})"
        if bucket.held_micros < 0 or bucket.settled_micros < 0:
            found.append(f"{name}: a counter is negative.")
        if bucket.held_micros + bucket.settled_micros > bucket.ceiling_micros:
            found.append(f"{name}: held + settled is above the ceiling.")
        sums = bucket.entries.aggregate(held=Sum("held_delta", default=0), settled=Sum("settled_delta", default=0))
        if (sums["held"], sums["settled"]) != (bucket.held_micros, bucket.settled_micros):
            found.append(f"{name}: its counters are not the sums of its entries.")
        still_open = bucket.holds.filter(state__in=OPEN).aggregate(total=Sum("amount_micros", default=0))["total"]
        if still_open != bucket.held_micros:
            found.append(f"{name}: held is not the sum of its open holds.")
    ended_wrong = Hold.objects.filter(
        Q(state__in=OPEN, actual_micros__isnull=False)
        | Q(state=HoldState.SETTLED, actual_micros__isnull=True)
        | (Q(state=HoldState.RELEASED) & ~Q(actual_micros=0))
        | Q(bucket__isnull=True, amount_micros__gt=0)
    )
    found += [f"Hold {hold.pk}: its state and amounts contradict each other." for hold in ended_wrong]
    twice = Hold.objects.annotate(settled=Sum("entries__settled_delta", default=0)).filter(
        state=HoldState.SETTLED, bucket__isnull=False
    )
    found += [f"Hold {hold.pk}: its entries do not settle its actual cost." for hold in twice.exclude(settled=F("actual_micros"))]
    return found
