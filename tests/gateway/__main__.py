"""Runs the test gateway by hand, to try the studio against it."""

import argparse
import contextlib
import signal
import threading

from tests.gateway.faults import FILE_FAULTS, NAMED
from tests.gateway.server import BROKE, REVOKED, Gateway, JobPlan


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.gateway", description=__doc__)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--job-seconds", type=float, default=6.0, help="how long a job takes (default 6)")
    parser.add_argument("--cost-cents", help="what a finished job says it cost; nothing by default")
    parser.add_argument("--submit-fault", choices=sorted(NAMED), help="every submit goes wrong like this")
    parser.add_argument("--poll-fault", choices=sorted(NAMED), help="every poll goes wrong like this")
    parser.add_argument("--file-fault", choices=sorted(FILE_FAULTS), default="", help="every file is like this")
    given = parser.parse_args()
    gateway = Gateway(given.port)
    cost = {"usage": {"cost_cents": given.cost_cents}} if given.cost_cents else {}
    gateway.plan = JobPlan(seconds=given.job_seconds, file=given.file_fault, cost=cost)
    for operation, fault in (("submit", given.submit_fault), ("poll", given.poll_fault)):
        if fault:
            gateway.fail(operation, fault, times=None)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    with gateway, contextlib.suppress(KeyboardInterrupt):
        print(f"Test gateway on {gateway.url} (Ctrl-C stops it). For the studio:", flush=True)
        print(f"  STUDIO_ALLOW_LOOPBACK_GATEWAY=1 AIGATEWAY_BASE_URL={gateway.url}")
        print(f"  any key that starts with sk- is good; {REVOKED} is refused, {BROKE} has no money", flush=True)
        over.wait()
    accepted, polls, files = len(gateway.jobs), len(gateway.polls), len(gateway.downloads)
    gap = "-" if gateway.shortest_gap is None else f"{gateway.shortest_gap:.2f} s"
    print(f"{accepted} jobs, {polls} polls (closest two {gap}, {gateway.too_soon} too soon), {files} downloads")


if __name__ == "__main__":
    main()
