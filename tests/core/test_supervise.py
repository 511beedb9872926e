"""Keeping child processes: each end is told and answered with a fresh start, and a stop is bounded."""

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from musicstudio.core import supervise
from musicstudio.core.supervise import Child, Supervisor


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def run_to_its_end(child: Child) -> str:
    child.start()
    assert child.process is not None
    child.process.wait(10)
    return child.ended()


def test_a_child_that_keeps_dying_is_started_ever_later() -> None:
    child = Child("web server", python("raise SystemExit(3)"))
    assert run_to_its_end(child) == "The web server ended with code 3. Starting it again in 1 s."
    assert run_to_its_end(child) == "The web server ended with code 3. Starting it again in 2 s."
    assert 1 < child.due - time.monotonic() <= 2
    child.pause = supervise.LONGEST_PAUSE
    assert run_to_its_end(child).endswith("in 4 s.")


def test_a_child_that_ran_for_a_while_is_started_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "STEADY", 0.0)
    child = Child("worker", python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    child.pause = 16.0
    assert run_to_its_end(child) == "The worker was killed (SIGKILL). Starting it again in 0.5 s."


def test_what_a_child_leaves_behind_is_killed(tmp_path: Path) -> None:
    orphan = tmp_path / "orphan"
    code = f"""
import subprocess, sys, pathlib
left = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
pathlib.Path({str(orphan)!r}).write_text(str(left.pid))
import os; os._exit(0)
"""
    child = Child("worker", python(code))
    run_to_its_end(child)
    pid = int(orphan.read_text())
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_child_that_will_not_stop_is_killed_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "GRACE", 0.3)
    deaf = tmp_path / "deaf"
    code = f"""
import pathlib, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path({str(deaf)!r}).touch()
signal.pause()
"""
    child, told = Child("worker", python(code)), []

    def ready() -> bool:
        if deaf.exists():
            os.kill(os.getpid(), signal.SIGTERM)
        return deaf.exists()

    before = signal.getsignal(signal.SIGTERM)
    started = time.monotonic()
    Supervisor([child], told.append).run(ready)
    assert time.monotonic() - started < 8
    assert (child.runs, told) == (False, [])
    assert signal.getsignal(signal.SIGTERM) is before
