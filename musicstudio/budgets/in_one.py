"""The reservation of `reserve.py` as one function in PostgreSQL: one round trip, and its plans are made once a connection.

The same steps: a look without a lock, so that a refusal waits for nobody and writes nothing; then the rows; then one
guarded UPDATE a bucket in the lock order, last, so that the busiest row is locked for the shortest time. A bucket that
has no room any more undoes all of it. Foreign keys are checked at once rather than at the commit, when the buckets are
locked already. Whoever migrates installs the function.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, connections

from musicstudio.budgets.models import Hold

NAME = "budgets_reserve_2"  # another number with other parameters: old workers may still run
NEEDS = {"budgets_cap", "budgets_bucket", "budgets_hold", "budgets_holdline", "budgets_entry", "budgets_alert"}

# The look is false as well for a cap without a bucket for this period and for a grant that has expired: the ORM's way
# then opens the one and ends the other. An alert that somebody else has written meanwhile is not written again.
FUNCTION = f"""
CREATE OR REPLACE FUNCTION {NAME}(
  team bigint, project bigint, key uuid, token uuid, tag text, by_user bigint, at_time timestamptz, approved boolean,
  ids uuid[], amounts bigint[], slugs text[], quotes jsonb[], idems text[], OUT made boolean, OUT warned integer
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  total bigint; dearest bigint; fits boolean; committed bigint; upper_limit bigint; reached integer; written integer;
  buckets bigint[]; alerts jsonb[]; alerted_before integer[];
BEGIN
  made := false; warned := 0;
  SELECT sum(amount), max(amount) INTO total, dearest FROM unnest(amounts) amount;
  WITH caps AS (
    SELECT id, scope, period, limit_micros, alerts FROM budgets_cap
    WHERE team_id = team AND ended_at IS NULL
      AND (scope = 'team' OR member_id = by_user OR project_id = project OR key_id = key OR token_id = token)
  )
  SELECT array_agg(b.id ORDER BY b.rank, b.id), array_agg(c.alerts ORDER BY b.rank, b.id),
    array_agg(b.alerted ORDER BY b.rank, b.id),
    bool_and(b.limit_micros - b.held_micros - b.settled_micros >= total)
      AND bool_and(b.grants_until IS NULL OR b.grants_until > at_time)
      AND count(*) = (SELECT count(*) FROM caps WHERE period <> 'take')
      AND EXISTS (SELECT 1 FROM caps WHERE scope = 'team' AND period <> 'take')
      AND (approved OR NOT EXISTS (SELECT 1 FROM caps WHERE period = 'take' AND limit_micros < dearest))
  INTO buckets, alerts, alerted_before, fits
  FROM caps c JOIN budgets_bucket b ON b.cap_id = c.id
  WHERE c.period <> 'take' AND b.period_start <= at_time AND b.period_end > at_time;
  IF fits IS NOT TRUE THEN
    RETURN;
  END IF;
  SET CONSTRAINTS ALL IMMEDIATE;
  BEGIN
    INSERT INTO budgets_hold (id, team_id, project_id, key_id, token_id, tag, model_slug, amount_micros, refunded_micros,
      state, quote, idem_key, created_by_id, created_at)
    SELECT w.id, team, project, key, token, tag, w.slug, w.amount, 0, 'held', w.quote, w.idem, by_user, at_time
    FROM unnest(ids, amounts, slugs, quotes, idems) AS w(id, amount, slug, quote, idem);
    INSERT INTO budgets_holdline (hold_id, bucket_id) SELECT hold, bucket FROM unnest(ids) hold, unnest(buckets) bucket;
    INSERT INTO budgets_entry (hold_id, bucket_id, kind, held_delta, settled_delta, ref, actor_id, at)
    SELECT w.id, bucket, 'hold', w.amount, 0, '', by_user, at_time
    FROM unnest(ids, amounts) AS w(id, amount), unnest(buckets) bucket;
    FOR place IN 1 .. array_length(buckets, 1) LOOP
      UPDATE budgets_bucket SET held_micros = held_micros + total, alerted = GREATEST(alerted, (
          SELECT max(percent::int) FROM jsonb_array_elements_text(alerts[place]) percent
          WHERE (held_micros + settled_micros + total) * 100 >= percent::int * limit_micros
        ))
      WHERE id = buckets[place] AND limit_micros - held_micros - settled_micros >= total
        AND (grants_until IS NULL OR grants_until > at_time)
      RETURNING held_micros + settled_micros, limit_micros, alerted INTO committed, upper_limit, reached;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'no room' USING ERRCODE = 'MS001';
      END IF;
      IF reached > alerted_before[place] THEN
        INSERT INTO budgets_alert (bucket_id, percent, used_micros, limit_micros, created_at)
        SELECT buckets[place], percent::int, committed, upper_limit, at_time
        FROM jsonb_array_elements_text(alerts[place]) percent
        WHERE percent::int > alerted_before[place] AND percent::int <= reached ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
        warned := warned + written;
      END IF;
    END LOOP;
    made := true;
  EXCEPTION WHEN SQLSTATE 'MS001' THEN
    made := false; warned := 0;
  END;
  SET CONSTRAINTS ALL DEFERRED;
END $$
"""  # noqa: S608 (a constant)


def take_in_one(holds: Sequence[Hold], approved: bool, now: datetime) -> tuple[bool, bool]:
    """Whether the holds were written, and whether an alert was; not written: the long way finds out why.

    Raises IntegrityError for an `idem_key` the team has used.
    """
    first = holds[0]
    values = [
        *(first.team_id, first.project_id, first.key_id, first.token_id, first.tag, first.created_by_id, now, approved),
        [hold.pk for hold in holds],
        [hold.amount_micros for hold in holds],
        [hold.model_slug for hold in holds],
        [json.dumps(hold.quote) for hold in holds],
        [hold.idem_key for hold in holds],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT made, warned FROM {NAME}(%s, %s::bigint, %s::uuid, %s::uuid, %s, %s, %s, %s, %s::uuid[], %s::bigint[],"  # noqa: S608 (a constant)
            " %s::text[], %s::jsonb[], %s::text[])",
            values,
        )
        made, warned = cursor.fetchone()
    for hold in holds if made else ():
        hold._state.adding = False
    return bool(made), bool(warned)


def after_migrate(using: str, **kwargs: Any) -> None:
    """Signal handler: the tables are there, so is the function."""
    database = connections[using]
    if database.vendor == "postgresql" and NEEDS.issubset(database.introspection.table_names()):
        with database.cursor() as cursor:
            cursor.execute(FUNCTION)
