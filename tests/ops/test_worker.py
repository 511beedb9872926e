"""manage.py worker: it stops when told, comes back when something dies, and leaves nothing behind."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from tests.ops.conftest import CLUSTER, Install, Started, fresh_install, until

COUNT = """
from django_q.tasks import async_task, result
print(result(async_task("math.factorial", 5), wait=20_000))
"""


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    with fresh_install(tmp_path_factory.mktemp("install")) as here:
        yield here


@pytest.fixture
def worker(install: Install) -> Started:
    started = install.start("worker")
    until(install.cluster)
    return started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "ctrl-c"])
def test_it_stops_in_order_when_its_whole_group_is_told(install: Install, worker: Started, number: int) -> None:
    assert worker.end(number, group=True) < 10
    assert (worker.process.returncode, install.processes()) == (0, [])


def test_it_stops_in_order_when_every_process_is_told(install: Install, worker: Started) -> None:
    for process in install.processes():
        process.send_signal(signal.SIGTERM)
    worker.process.wait(30)
    assert (worker.process.returncode, install.processes()) == (0, [])


@pytest.mark.parametrize("part", [0, 1, 2], ids=["main", "sentinel", "idle worker"])
def test_it_works_again_after_a_part_of_it_was_killed(install: Install, worker: Started, part: int) -> None:
    before = install.cluster()
    assert before is not None
    before[part].kill()
    until(lambda: (now := install.cluster()) is not None and not set(now) & set(before))
    assert install.run("shell", "--verbosity", "0", "--command", COUNT).stdout.strip() == "120"
    assert len(install.processes()) == CLUSTER + 1
    assert worker.end() < 10


def test_nothing_outlives_it(install: Install, worker: Started) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    worker.process.wait(30)
    until(lambda: not install.processes(), 30)


def test_a_bare_cluster_ends_with_an_error_when_it_breaks(install: Install) -> None:
    bare = install.start("worker", "--unsupervised")
    cluster = until(install.cluster)
    cluster[2].kill()
    bare.process.wait(30)
    assert bare.process.returncode == 70
    until(lambda: not any(psutil.pid_exists(process.pid) for process in cluster), 30)
