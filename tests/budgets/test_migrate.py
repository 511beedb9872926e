"""An install with the first, simple ledger comes along: same money, same holds, every invariant kept."""

import uuid

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from musicstudio.accounts.models import User
from musicstudio.budgets.models import Cap, Hold
from musicstudio.budgets.verify import broken_invariants


def migrate(ledger: str = "") -> object:
    """To the ledger's named migration, the people's tables as they are; without a name to the newest of everything."""
    executor = MigrationExecutor(connection)
    newest = {app: name for app, name in executor.loader.graph.leaf_nodes() if not ledger or app in {"accounts", "budgets"}}
    target = [*(newest | ({"budgets": ledger} if ledger else {})).items()]
    executor.migrate(target)
    return executor.loader.project_state(target).apps


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("race")
def test_the_first_ledger_becomes_the_whole_one() -> None:
    apps = migrate("0001_initial")
    get = apps.get_model  # type: ignore[attr-defined]
    try:
        user = get("accounts", "User").objects.create(email="old@example.com")
        team = get("accounts", "Team").objects.create(name="Old", slug="old", time_zone="Europe/Madrid")
        cap = get("budgets", "Cap").objects.create(team=team, limit_micros=50_000_000)
        bucket = get("budgets", "Bucket").objects.create(
            cap=cap,
            period_start="2026-10-31T23:00Z",
            period_end="2026-11-30T23:00Z",
            limit_micros=50_000_000,
            ceiling_micros=50_000_000,
            held_micros=3_000_000,
            settled_micros=2_000_000,
        )
        rows = [("held", 3_000_000, None, bucket), ("settled", 4_000_000, 2_000_000, bucket), ("settled", 0, 0, None)]
        for state, amount, actual, where in rows:
            hold = get("budgets", "Hold").objects.create(
                id=uuid.uuid4(), team=team, bucket=where, amount_micros=amount, actual_micros=actual, state=state,
                quote={"amount_micros": amount, "model": "a/b"}, created_by=user,
            )  # fmt: skip
            if where is not None:
                entry = get("budgets", "Entry").objects
                entry.create(hold=hold, bucket=where, kind="hold", held_delta=amount)
                if actual is not None:
                    entry.create(hold=hold, bucket=where, kind="settle", held_delta=-amount, settled_delta=actual)
    finally:
        migrate()
    assert broken_invariants() == []
    found = Cap.objects.get()
    assert (found.scope, found.period, found.on_exceed, found.rollover) == ("team", "month", "ask", False)
    running = Hold.objects.get(state="held")
    assert running.model_slug == "a/b" and running.settle(1_000_000)
    moved = found.buckets.get()
    assert (moved.held_micros, moved.settled_micros) == (0, 3_000_000)
    assert broken_invariants() == [] and User.objects.get().email == "old@example.com"
