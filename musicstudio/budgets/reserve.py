"""Reserving money: every applicable cap admits all of it, or nothing is written.

One guarded UPDATE a bucket, always in the order member, project, key, team (and id): no two holds can wait for each
other, and the busiest row is locked for the shortest time. On PostgreSQL the same happens in one statement.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from musicstudio.accounts.models import Team, User
from musicstudio.budgets.grants import Grant
from musicstudio.budgets.models import Bucket, Cap, Entry, EntryKind, Hold, HoldLine, NoCap, OverCap, Period, Scope
from musicstudio.budgets.warn import reached, send_soon, warn
from musicstudio.projects.models import Project
from musicstudio.providers.models import ProviderKey

TRIES = 3  # a grant may expire between the look and the UPDATE


def reserve(
    team: Team,
    wanted: Sequence[tuple[uuid.UUID, dict[str, Any]]],
    by: User,
    *,
    project: Project | None = None,
    key: ProviderKey | None = None,
    approved: bool = False,
    idem_key: str | None = None,
) -> list[Hold]:
    """One hold per (reference, quote). A quote is a dict with `amount_micros`, the most that the job can cost.

    `approved`: an admin agreed to these takes, so no cap per take stands in their way; what is counted together still
    must fit. `idem_key`: unique in the team; a second request with it fails with IntegrityError and holds nothing.
    Raises `OverCap` or `NoCap`.
    """
    now = timezone.now()
    holds = [
        Hold(
            id=reference,
            team=team,
            project=project,
            key=key,
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
    if connection.vendor == "postgresql" and take_in_one(holds, approved, now):
        return holds
    caps = Cap.objects.applying(team, by, project, key)
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


# `seen` finds the caps that apply and looks at their current buckets without a lock, so that a refusal waits for nobody.
# `locked` locks them in the lock order and reads the newest committed version (READ COMMITTED re-reads a row after
# waiting for it); everything after it only happens when every bucket still has room. A cap without a bucket for this
# period, or a grant that has expired, makes the verdict false: the ORM's way then opens the one and ends the other.
ONE_STATEMENT = """
WITH caps AS (
  SELECT id, scope, period, limit_micros, alerts FROM budgets_cap
  WHERE team_id = %(team)s AND ended_at IS NULL
    AND (scope = 'team' OR member_id = %(by)s OR project_id = %(project)s OR key_id = %(key)s)
), seen AS (
  SELECT b.id, c.alerts, b.limit_micros - b.held_micros - b.settled_micros >= %(total)s
    AND (b.grants_until IS NULL OR b.grants_until > %(now)s) AS fits
  FROM caps c JOIN budgets_bucket b ON b.cap_id = c.id
  WHERE c.period <> 'take' AND b.period_start <= %(now)s AND b.period_end > %(now)s
), looked AS (
  SELECT bool_and(fits) AND count(*) = (SELECT count(*) FROM caps WHERE period <> 'take')
    AND EXISTS (SELECT 1 FROM caps WHERE scope = 'team' AND period <> 'take')
    AND (%(approved)s OR NOT EXISTS (SELECT 1 FROM caps WHERE period = 'take' AND limit_micros < %(dearest)s)) AS yes
  FROM seen
), locked AS (
  SELECT id, alerted, limit_micros - held_micros - settled_micros >= %(total)s
    AND (grants_until IS NULL OR grants_until > %(now)s) AS fits
  FROM budgets_bucket WHERE id IN (SELECT id FROM seen) AND (SELECT yes FROM looked) ORDER BY rank, id FOR NO KEY UPDATE
), verdict AS (
  SELECT bool_and(fits) AND count(*) = (SELECT count(*) FROM seen) AS yes FROM locked
), taken AS (
  UPDATE budgets_bucket b SET held_micros = b.held_micros + %(total)s, alerted = GREATEST(b.alerted, (
    SELECT max(percent::int) FROM jsonb_array_elements_text(seen.alerts) percent
    WHERE (b.held_micros + b.settled_micros + %(total)s) * 100 >= percent::int * b.limit_micros
  ))
  FROM locked JOIN seen ON seen.id = locked.id, verdict
  WHERE b.id = locked.id AND verdict.yes
  RETURNING b.id, b.held_micros + b.settled_micros AS committed, b.limit_micros, b.alerted, locked.alerted AS before, seen.alerts
), warned AS (
  INSERT INTO budgets_alert (bucket_id, percent, used_micros, limit_micros, created_at)
  SELECT id, percent::int, committed, limit_micros, %(now)s FROM taken, jsonb_array_elements_text(alerts) percent
  WHERE percent::int > before AND percent::int <= alerted ON CONFLICT DO NOTHING RETURNING id
), wanted AS (
  SELECT * FROM unnest(%(ids)s::uuid[], %(amounts)s::bigint[], %(slugs)s::text[], %(quotes)s::jsonb[], %(idems)s::text[])
    AS w(id, amount, slug, quote, idem), verdict WHERE verdict.yes
), made AS (
  INSERT INTO budgets_hold (id, team_id, project_id, key_id, model_slug, amount_micros, refunded_micros, state, quote, idem_key,
    created_by_id, created_at)
  SELECT id, %(team)s, %(project)s, %(key)s, slug, amount, 0, 'held', quote, idem, %(by)s, %(now)s FROM wanted
    RETURNING id, amount_micros
), lines AS (
  INSERT INTO budgets_holdline (hold_id, bucket_id) SELECT made.id, taken.id FROM made, taken
), entries AS (
  INSERT INTO budgets_entry (hold_id, bucket_id, kind, held_delta, settled_delta, ref, actor_id, at)
  SELECT made.id, taken.id, 'hold', made.amount_micros, 0, '', %(by)s, %(now)s FROM made, taken
)
SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM warned)
"""


def take_in_one(holds: Sequence[Hold], approved: bool, now: datetime) -> bool:
    """The whole reservation on PostgreSQL in one statement, one round trip; False: the long way finds out why not."""
    first = holds[0]
    values: dict[str, Any] = {
        "total": sum(hold.amount_micros for hold in holds),
        "dearest": max(hold.amount_micros for hold in holds),
        "approved": approved,
        "now": now,
        "ids": [hold.pk for hold in holds],
        "amounts": [hold.amount_micros for hold in holds],
        "slugs": [hold.model_slug for hold in holds],
        "quotes": [json.dumps(hold.quote) for hold in holds],
        "idems": [hold.idem_key for hold in holds],
        "team": first.team_id,
        "project": first.project_id,
        "key": first.key_id,
        "by": first.created_by_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(ONE_STATEMENT, values)
        made, warned = cursor.fetchone()
    for hold in holds if made else ():
        hold._state.adding = False
    if warned:
        send_soon()
    return bool(made)
