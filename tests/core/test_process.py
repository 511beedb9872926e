"""A process is known by name, and known to be gone."""

import subprocess
import sys

from musicstudio.core.process import is_gone, this_process


def test_it_is_there_until_it_is_gone() -> None:
    code = "from musicstudio.core.process import this_process; print(this_process(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert name and not is_gone(name)
        child.kill()
        child.wait()
    assert is_gone(name)
    assert not is_gone(this_process())


def test_a_number_used_again_is_another_process() -> None:
    machine, pid, started = this_process().rsplit("/", 2)
    assert is_gone(f"{machine}/{pid}/{int(started) - 1}")


def test_nobody_here_knows_about_another_machine() -> None:
    _, pid, started = this_process().rsplit("/", 2)
    assert not any(is_gone(name) for name in ("", "x", f"elsewhere/1/{pid}/{started}"))
