"""The studio is killed while it works on paid takes: the short version of `tests.bench.kill`."""

import json
import os
import subprocess
import sys

import pytest

from tests.ops.conftest import ROOT


@pytest.mark.parametrize("idempotency", ["on", "off"])
def test_nothing_is_lost_doubled_or_paid_wrongly_when_it_is_killed(idempotency: str) -> None:
    database = "postgresql" if os.environ.get("MS_TEST_DATABASE_URL") else "sqlite"
    words = ["--kills", "2", "--jobs", "24", "--job-seconds", "4", "--database", database, "--idempotency", idempotency]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.kill", *words], cwd=ROOT, capture_output=True, text=True, timeout=150, check=False
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["jobs"] >= 24 and sum(found["struck"].values()) == 2
    assert (found["lost"], found["submitted_twice"], found["tracks_twice"], found["wrong_money"]) == (0, 0, 0, [])
    assert (found["shortest_poll_gap"] or 3.0) >= 3.0 and found["most_processes"] <= found["cluster_processes"]
    assert found["states"]["succeeded"] + found["states"].get("failed", 0) + found["states"].get("uncertain", 0) == found["jobs"]
    assert idempotency == "off" or "uncertain" not in found["states"]
