"""Reserving money: every applicable cap admits all of it, or nothing is written.

One guarded UPDATE a bucket, always in the order member or token, project, key, team (and id): no two holds can wait for each
other, and the busiest row is locked for the shortest time. On PostgreSQL the same happens in one function (`in_one`).
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from musicstudio.accounts.models import Team, User
from musicstudio.budgets.grants import Grant
from musicstudio.budgets.in_one import take_in_one
from musicstudio.budgets.models import Bucket, Cap, Entry, EntryKind, Hold, HoldLine, NoCap, OverCap, Period, Scope
from musicstudio.budgets.warn import reached, send_soon, warn
from musicstudio.projects.models import ApiToken, Project
from musicstudio.providers.models import ProviderKey

TRIES = 3  # a grant may expire between the look and the UPDATE


def reserve(
    team: Team,
    wanted: Sequence[tuple[uuid.UUID, dict[str, Any]]],
    by: User,
    *,
    project: Project | None = None,
    key: ProviderKey | None = None,
    token: ApiToken | None = None,
    tag: str = "",
    approved: bool = False,
    idem_key: str | None = None,
) -> list[Hold]:
    """One hold per (reference, quote). A quote is a dict with `amount_micros`, the most that the job can cost.

    `approved`: an admin agreed to these takes, so no cap per take stands in their way; what is counted together still
    must fit. `token`: the API token that asks; `tag`: what its spending is summed up by. `idem_key`: unique in the team; a
    second request with it fails with IntegrityError and holds nothing.
    Raises `OverCap` or `NoCap`.
    """
    now = timezone.now()
    holds = [
        Hold(
            id=reference,
            team=team,
            project=project,
            key=key,
            token=token,
            tag=tag,
            model_slug=quote.get("model", ""),
            amount_micros=quote["amount_micros"],
            quote=quote,
            idem_key=None if idem_key is None else f"{idem_key}:{place}",
            created_by=by,
            created_at=now,
        )
        for place, (reference, quote) in enumerate(wanted, 1)
    ]
    if not any(hold.amount_micros for hold in holds):
        return Hold.objects.bulk_create(holds)
    if connection.vendor == "postgresql":
        made, warned = take_in_one(holds, approved, now)
        if warned:
            send_soon()
        if made:
            return holds
    caps = Cap.objects.applying(team, by, project, key, token)
    if not any(cap.scope == Scope.TEAM and cap.period != Period.TAKE for cap in caps):
        raise NoCap(f"{team.name} has no monthly cap, so nothing that costs money may run. An owner or admin sets it.")
    if not approved:
        check_takes(caps, max(hold.amount_micros for hold in holds), now)
    for _ in range(TRIES):
        buckets = current_buckets(caps, now)
        check_room(buckets, sum(hold.amount_micros for hold in holds))
        if take(holds, buckets, now):
            return holds
    raise OverCap(*shortage(current_buckets(caps, now), sum(hold.amount_micros for hold in holds), always=True))


def check_takes(caps: Sequence[Cap], dearest: int, now: datetime) -> None:
    """Raises `OverCap` when the dearest take costs more than a cap per take allows."""
    short = [(cap, dearest - cap.limit_micros) for cap in caps if cap.period == Period.TAKE and cap.limit_micros < dearest]
    if short:
        raise OverCap(dearest, sorted(short, key=lambda pair: -pair[1]), 0, now)


def current_buckets(caps: Sequence[Cap], now: datetime) -> list[Bucket]:
    """The caps' buckets of the current period in lock order; expired grants have left their limits."""
    counted = {cap.pk: cap for cap in caps if cap.period != Period.TAKE}
    found = {
        bucket.cap_id: bucket for bucket in Bucket.objects.filter(cap__in=counted, period_start__lte=now, period_end__gt=now)
    }
    for pk, cap in counted.items():
        if pk not in found:
            found[pk] = cap.bucket(now)
        bucket = found[pk]
        bucket.cap = cap
        if bucket.grants_until is not None and bucket.grants_until <= now:
            Grant.objects.expire(bucket, now)
            bucket.refresh_from_db(fields=["limit_micros", "grants_until", "ceiling_micros"])
    return sorted(found.values(), key=lambda bucket: (bucket.rank, bucket.pk))


def check_room(buckets: Sequence[Bucket], total: int) -> None:
    """The look before the lock: a refusal costs no write. Raises `OverCap`."""
    if any(bucket.limit_micros - bucket.committed_micros < total for bucket in buckets):
        raise OverCap(*shortage(buckets, total))


def shortage(buckets: Sequence[Bucket], total: int, *, always: bool = False) -> tuple[int, list[tuple[Cap, int]], int, datetime]:
    """What `OverCap` is made of: the caps that are short, the tightest first."""
    gaps = [(bucket, total - bucket.limit_micros + bucket.committed_micros) for bucket in buckets]
    short = [pair for pair in gaps if pair[1] > 0] or (gaps if always else [])
    short.sort(key=lambda pair: -pair[1])
    tightest = short[0][0]
    return total, [(bucket.cap, gap) for bucket, gap in short], tightest.left_micros, tightest.period_end


class _NoRoom(Exception):
    """Another hold was first: what was written so far is rolled back."""


def take(holds: Sequence[Hold], buckets: Sequence[Bucket], now: datetime) -> bool:
    """Writes the holds and moves the counters, all or nothing; False when a bucket has no room any more."""
    total = sum(hold.amount_micros for hold in holds)
    live = Q(grants_until=None) | Q(grants_until__gt=now)
    fits = live & Q(limit_micros__gte=F("held_micros") + F("settled_micros") + total)
    try:
        with transaction.atomic():
            Hold.objects.bulk_create(holds)
            HoldLine.objects.bulk_create(HoldLine(hold=hold, bucket=bucket) for hold in holds for bucket in buckets)
            Entry.objects.bulk_create(
                Entry(hold=hold, bucket=bucket, kind=EntryKind.HOLD, held_delta=hold.amount_micros, actor_id=hold.created_by_id)
                for hold in holds
                for bucket in buckets
            )
            for bucket in buckets:
                if not Bucket.objects.filter(fits, pk=bucket.pk).update(held_micros=F("held_micros") + total):
                    raise _NoRoom
            warn(reached(buckets))
    except _NoRoom:
        return False
    return True
