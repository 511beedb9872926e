"""How many jobs one sweeper follows, and how soon it has a finished take: `python -m tests.bench.sweeper 100 1000 1500`.

For each number of jobs in flight a fresh sweeper process works on a real database, with holds, files, decoding and
measuring, against a gateway in another process that needs next to no time of its own. A job takes 30 s to 5 min, evenly
spread, as the provider's documentation says; what finishes is replaced, so that the number in flight stays. The lag of a
take is the time from the moment it was ready at the gateway to its row in the library. Beside it, in the same run, the
design with one task per job: as many tasks as there are workers, each polling one job.

The gateway keeps no state: a job's id says when it will be ready.
"""

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.gateway.sound import audio

ID = re.compile(rb"/v1/jobs/job_(\d+)_")
SHORTEST, LONGEST = 30.0, 300.0
SETTLE = 20.0  # seconds before the measurement
WORKERS = 8  # of the design with one task per job


async def gateway(port: int, stats: str) -> None:
    """Answers polls and files; every two seconds it writes how fast any one job was polled."""
    sound = audio(3.0)
    file = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: %d\r\n\r\n" % len(sound) + sound
    last: dict[bytes, float] = {}
    seen = {"polls": 0, "shortest": 1e9}

    def answer(head: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if (match := ID.match(path)) is None:
            return file
        now, before = time.time(), last.get(path)
        if before is not None:
            seen["shortest"] = min(seen["shortest"], now - before)
        last[path] = now
        seen["polls"] += 1
        name = path.rpartition(b"/")[2]
        body = b'{"id": "%s", "status": "processing"}' % name
        if now * 1000 >= int(match.group(1)):
            del last[path]
            link = b"http://127.0.0.1:%d/v1/files/jobs/%s/a.mp3/public?token=t" % (port, name)
            body = b'{"id": "%s", "status": "completed", "result": {"url": "%s", "duration": 3}}' % (name, link)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        return head % len(body) + body

    class Wire(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.got = transport, b""

        def data_received(self, data: bytes) -> None:
            self.got += data
            while b"\r\n\r\n" in self.got:
                head, _, self.got = self.got.partition(b"\r\n\r\n")
                self.transport.write(answer(head))  # type: ignore[attr-defined]

    await asyncio.get_running_loop().create_server(Wire, "127.0.0.1", port)
    while True:
        await asyncio.sleep(2)
        Path(stats).write_text(json.dumps(seen))


def follow() -> None:
    """The sweeper in a process of its own."""
    setup()
    from musicstudio.core import cluster
    from musicstudio.generation import sweep
    from musicstudio.generation.pace import Pace

    stop = threading.Thread(target=lambda: (sys.stdin.read(), cluster.stop_tasks()), daemon=True)
    stop.start()
    while not cluster.is_stopping():
        sweep.run(Pace(slow_gap=3.05, slowest=3.05))  # as if every job were young: the gap is 3 s throughout


def one_by_one(number: int) -> None:
    """A worker of the other design: takes a job, polls it until it is ready, collects it, takes the next."""
    setup()
    import httpx

    from musicstudio.generation import collect
    from musicstudio.generation.lease import Sweeper
    from musicstudio.generation.models import Job, State

    token = Sweeper.take(f"one-by-one-{number}", 10_000)
    client = httpx.Client()
    base = os.environ["AIGATEWAY_BASE_URL"]
    while True:
        job = Job.objects.filter(state=State.RUNNING, owner=None).order_by("created_at").first()
        if job is None or not Job.objects.filter(pk=job.pk, owner=None).update(owner=token):
            continue
        while (record := client.get(f"{base}/v1/jobs/{job.remote_ref['id']}").json())["status"] != "completed":
            threading.Event().wait(3.05)
        whole = Job.objects.select_related("prompt", "model", "hold", "team", "project", "key", "created_by").get(pk=job.pk)
        path = collect.incoming(whole)
        path.write_bytes(client.get(record["result"]["url"]).content)
        whole.move((State.RUNNING,), State.COLLECTING, outputs=[{"url": record["result"]["url"], "seconds": "3"}])
        collect.finish(whole, collect.measure(path, None))


def setup() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "musicstudio.settings"
    import django

    django.setup()


class Bench:
    """One number of jobs in flight."""

    def __init__(self, number: int, seconds: float, port: int, folder: Path) -> None:
        self.number, self.seconds, self.port, self.folder = number, seconds, port, folder
        self.dice = random.Random(number)

    def prepare(self) -> None:
        from musicstudio.budgets.models import Cap
        from musicstudio.projects.models import Prompt
        from tests.factories import gateway_model, make_key, make_project, make_prompt, make_team, make_user

        owner = make_user(f"{uuid.uuid4().hex}@northlight.example", password=None)
        team = make_team(f"Team {uuid.uuid4().hex[:8]}", owner, cap="9000000")
        Cap.objects.of(team)
        self.owner, self.project, self.key = owner, make_project(team), make_key(team)
        self.model = gateway_model("0.10")
        prompt = make_prompt(self.project, owner, model_slug=self.model.slug, duration_ms=3_000)
        prompt.save()
        self.prompt: Prompt = prompt

    def add(self, count: int, *, first: bool = False) -> None:
        """Jobs that run at the gateway, and that nobody follows yet. At first they are in the middle of their time."""
        from django.utils import timezone

        from musicstudio.budgets.models import Hold
        from musicstudio.generation.models import Job, State

        now = time.time()
        quote = self.model.quote(3_000).as_json()
        holds = Hold.objects.reserve(self.project.team, [(uuid.uuid4(), quote) for _ in range(count)], self.owner)
        jobs = []
        for hold in holds:
            life = self.dice.uniform(SHORTEST, LONGEST)
            age = self.dice.uniform(0, life) if first else 0.0
            ready = int((now - age + life + (3 if first else 0)) * 1000)
            sent = timezone.now() - timedelta(seconds=age)
            jobs.append(
                Job(
                    id=hold.pk,
                    team=self.project.team,
                    project=self.project,
                    prompt=self.prompt,
                    model=self.model,
                    key=self.key,
                    hold=hold,
                    batch=uuid.uuid4(),
                    take=1,
                    state=State.RUNNING,
                    remote_ref={"id": f"job_{ready}_{hold.pk.hex[:8]}"},
                    submit_at=sent,
                    created_at=sent,
                    created_by=self.owner,
                )
            )
        Job.objects.bulk_create(jobs)

    def measure(self, command: list[str], processes: int = 1) -> dict[str, Any]:
        import psutil

        from musicstudio.generation.models import Job, State

        self.prepare()
        for start in range(0, self.number, 500):
            self.add(min(500, self.number - start), first=True)
        mine = Job.objects.filter(project=self.project)
        started = [
            subprocess.Popen([sys.executable, "-m", "tests.bench.sweeper", *command, str(n)], stdin=subprocess.PIPE)
            for n in range(processes)
        ]
        watched = [psutil.Process(process.pid) for process in started]
        pause, most, flying = threading.Event(), 0, []
        begin = time.time()
        cpu, clock = 0.0, 0.0
        try:
            while time.time() < begin + SETTLE + self.seconds:
                active = mine.filter(state__in=(State.RUNNING, State.COLLECTING)).count()
                if active < self.number:
                    self.add(self.number - active)
                flying.append(active)
                most = max(most, sum(process.memory_info().rss for process in watched))
                if not clock and time.time() > begin + SETTLE:
                    cpu, clock = sum(sum(process.cpu_times()[:2]) for process in watched), time.time()
                pause.wait(0.5)
            used = (sum(sum(process.cpu_times()[:2]) for process in watched) - cpu) / (time.time() - clock)
        finally:
            for process in started:
                process.kill()
                process.wait()
        ready, lags = begin + SETTLE, []
        for ref, finished in mine.filter(state=State.SUCCEEDED).values_list("remote_ref", "finished_at"):
            at = int(ref["id"].split("_")[1]) / 1000
            if at >= ready:
                lags.append(finished.timestamp() - at)
        overdue = time.time() - 15  # ready long ago, and still not there: their lag is at least that
        late = [
            int(ref["id"].split("_")[1]) / 1000 for ref in mine.filter(state=State.RUNNING).values_list("remote_ref", flat=True)
        ]
        lags += [time.time() - at for at in late if ready <= at < overdue]
        mine.exclude(state=State.SUCCEEDED).update(state=State.CANCELLED)
        return {
            "in_flight": self.number,
            "lowest_in_flight": min(flying),
            "takes": len(lags),
            "lag_p50": round(statistics.median(lags), 2) if lags else None,
            "lag_p95": round(statistics.quantiles(lags, n=20)[-1], 2) if len(lags) > 1 else None,
            "overdue": sum(ready <= at < overdue for at in late),
            "cpu_percent": round(100 * used),
            "memory_mb": round(most / 1e6),
            "load_average": round(os.getloadavg()[0], 1),
        }


def main() -> None:
    if sys.argv[1:2] == ["--gateway"]:
        asyncio.run(gateway(int(sys.argv[2]), sys.argv[3]))
        return
    if sys.argv[1:2] == ["--follow"]:
        follow()
        return
    if sys.argv[1:2] == ["--one-by-one"]:
        one_by_one(int(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", type=int, nargs="*", default=[100, 500, 1000, 1500, 2000, 3000, 5000])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each measurement")
    parser.add_argument("--without", action="store_true", help="leave out the design with one task per job")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(given, Path(folder))


def run(given: argparse.Namespace, folder: Path) -> None:
    from tests.ops.conftest import free_port

    port, stats = free_port(), folder / "stats.json"
    os.environ |= {"STUDIO_DATA_DIR": str(folder), "STUDIO_ALLOW_LOOPBACK_GATEWAY": "1"}
    os.environ["AIGATEWAY_BASE_URL"] = f"http://127.0.0.1:{port}"
    served = subprocess.Popen([sys.executable, "-m", "tests.bench.sweeper", "--gateway", str(port), str(stats)])
    try:
        setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        if not given.without:
            found = Bench(100, given.seconds, port, folder).measure(["--one-by-one"], WORKERS)
            print(json.dumps({"design": f"one task per job, {WORKERS} workers", **found}), flush=True)
        for number in given.numbers:
            found = Bench(number, given.seconds, port, folder).measure(["--follow"])
            print(json.dumps({"design": "sweeper", **found, **json.loads(stats.read_text())}), flush=True)
    finally:
        served.kill()
        served.wait()


if __name__ == "__main__":
    main()
