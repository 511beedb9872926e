"""The queue's cluster, hardened: django-q2 1.11.1 with its ways of hanging and of leaving processes behind closed.

What the bare `qcluster` does, each seen with the pinned version:
- SIGTERM to the whole process group (Heroku, honcho, systemd) kills its sentinel, and the main process waits for ever;
- a killed worker may have held a queue's lock: the cluster goes deaf without a word (django-q2 #23);
- a killed main process or sentinel leaves the others running as orphans.

Here only the main process acts on SIGTERM, every process ends when its parent is gone, and a sudden death ends the
whole cluster, which its supervisor (`core.supervise`) then starts again: jobs live in the database, nothing is lost.
"""

import logging
import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from django_q import cluster as q
from django_q.signals import post_spawn

log = logging.getLogger(__name__)

TASK_GRACE = 6.5  # seconds that a running task has to end after SIGTERM; `is_stopping` tells it
DEAF_AFTER = 60.0  # seconds without a sign of life of the sentinel
BROKEN = 70  # exit code, EX_SOFTWARE of sysexits.h

_stopping = False
_heartbeat = multiprocessing.Value("d", 0.0, lock=False)  # the sentinel's last round, time.monotonic()


def is_stopping() -> bool:
    """Whether this process is told to stop: a long task then gives its work back and returns within a few seconds."""
    return _stopping


def stop_tasks() -> None:
    """Asks the tasks of this process to end, for a process that runs tasks without a cluster."""
    global _stopping
    _stopping = True


class Sentinel(q.Sentinel):  # type: ignore[misc]  # django-q2 is untyped
    """Watches over workers, pusher and monitor. It starts no thread, because it forks."""

    def start(self) -> None:
        """Ignores SIGTERM, and so do the processes it forks: stopping is the main process's decision."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        super().start()

    def status(self) -> Any:
        """Called in every round: gives a sign of life, and ends everything when the main process is gone."""
        _heartbeat.value = time.monotonic()
        if os.getppid() != self.parent_pid:
            self.die(f"The main process {self.parent_pid} is gone")
        return super().status()

    def spawn_pusher(self) -> Any:
        """The process that fetches tasks from the database."""
        return self.spawn_process(pusher, self.task_queue, self.event_out, self.broker)

    def spawn_monitor(self) -> Any:
        """The process that writes results."""
        return self.spawn_process(monitor, self.result_queue, self.broker)

    def stop(self) -> None:
        """Tells running tasks to end soon, then stops as usual."""
        for process in self.pool:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        super().stop()

    def reincarnate(self, process: Any) -> None:
        """A worker that was recycled or ran out of time is replaced; any other death may have left a lock taken."""
        timer = getattr(process, "timer", None)
        if timer is None or (timer.value != 0 and int(timer.value) != -2):
            self.die(f"{process.name} died suddenly")
        super().reincarnate(process)

    def die(self, why: str) -> None:
        """Ends the whole cluster at once: a fresh one beats one that may be deaf."""
        log.critical("%s: ending the whole cluster.", why)
        for process in [*self.pool, self.monitor, self.pusher]:
            if process is not None and process.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
        os._exit(BROKEN)


def pusher(*args: Any) -> None:
    """django-q2's pusher, in a process that ends with its parent."""
    die_with_parent()
    q.pusher(*args)


def monitor(*args: Any) -> None:
    """django-q2's monitor, in a process that ends with its parent."""
    die_with_parent()
    q.monitor(*args)


def in_worker(**kwargs: Any) -> None:
    """Runs first in every worker process: SIGTERM asks the running task to end, and after TASK_GRACE ends it."""
    global _stopping
    _stopping = False
    signal.signal(signal.SIGTERM, _end_soon)
    die_with_parent()


def _end_soon(signum: int, frame: FrameType | None) -> None:
    global _stopping
    if _stopping:
        return
    _stopping = True
    timer = threading.Timer(TASK_GRACE, os._exit, [1])
    timer.daemon = True
    timer.start()


def die_with_parent() -> None:
    """Ends this process when its parent is gone; for processes that do not fork, because it starts a thread."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="die-with-parent", daemon=True).start()


def run() -> int:
    """Runs a cluster in this process until SIGTERM or SIGINT, or until the process that started it is gone.

    Answers the exit code: 0 after a wanted stop, `BROKEN` when the cluster ended by itself or went deaf.
    """
    q.Sentinel = Sentinel
    post_spawn.connect(in_worker, dispatch_uid="core-cluster")
    parent, asked = os.getppid(), []
    cluster = q.Cluster()
    for number in (signal.SIGTERM, signal.SIGINT):
        # only a note: setting an Event inside a handler may wait for a lock that the interrupted code holds (#346)
        signal.signal(number, lambda signum, frame: asked.append(signum))
    _heartbeat.value = time.monotonic()
    try:
        cluster.start()
    except RuntimeError:  # the sentinel ended before it was ready
        return 0 if asked else BROKEN
    while cluster.sentinel.is_alive() and not asked and os.getppid() == parent:
        if time.monotonic() - _heartbeat.value > DEAF_AFTER:
            log.critical("The cluster went deaf: ending it.")
            os.kill(cluster.sentinel.pid, signal.SIGKILL)  # its children see that it is gone and end too
            return BROKEN
        cluster.sentinel.join(0.2)
    stopped = cluster.stop()
    return 0 if stopped else BROKEN
