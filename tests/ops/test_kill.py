"""The studio is killed while it works on paid takes: the short version of `tests.bench.kill`."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.ops.conftest import ROOT


def siege(*words: str) -> dict[str, Any]:
    """What the bench script counted, on the kind of database that the suite runs on."""
    database = "postgresql" if os.environ.get("MS_TEST_DATABASE_URL") else "sqlite"
    command = [sys.executable, "-m", "tests.bench.kill", *words, "--database", database]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert done.stdout, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("idempotency", ["on", "off"])
def test_nothing_is_lost_doubled_or_paid_wrongly_when_it_is_killed(idempotency: str) -> None:
    found = siege("--kills", "2", "--jobs", "24", "--job-seconds", "4", "--idempotency", idempotency)
    assert found["jobs"] >= 24 and sum(found["struck"].values()) == 2
    assert (found["lost"], found["submitted_twice"], found["tracks_twice"], found["wrong_money"]) == (0, 0, 0, [])
    assert (found["shortest_poll_gap"] or 3.0) >= 3.0 and found["most_processes"] <= found["cluster_processes"]
    assert found["states"]["succeeded"] + found["states"].get("failed", 0) + found["states"].get("uncertain", 0) == found["jobs"]
    assert idempotency == "off" or "uncertain" not in found["states"]


def test_the_studio_stops_within_ten_seconds_while_jobs_run_and_goes_on_when_started_again() -> None:
    found = siege("--stop", "--jobs", "16", "--job-seconds", "5")
    assert max(found["stopped_in"]) < 10 and found["processes_left"] == 0
    assert (found["lost"], found["submitted_twice"], found["tracks_twice"], found["wrong_money"]) == (0, 0, 0, [])
    assert "uncertain" not in found["states"] and found["states"]["succeeded"] >= 12
