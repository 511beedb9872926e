"""Which process does a piece of work, so that one on the same machine can see at once that it is gone."""

import os
from functools import cache
from pathlib import Path


@cache
def _machine() -> str:
    """This boot of this machine and, in a container, its own numbering of processes; empty where that cannot be told."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When the process began, in clock ticks after boot (proc(5), field 22 of stat): a reused number is another process.

    Empty for one that is not there, or is a zombie.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else fields[18]


def this_process() -> str:
    """A name for the running process that no other has; empty where the system gives none (only Linux does)."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}" if _machine() else ""


def is_gone(name: str) -> bool:
    """Whether the process of this name surely runs no more. False for one of another machine: nobody here can tell."""
    machine, _, rest = name.rpartition("/")[0].rpartition("/")
    if not machine or machine != _machine():
        return False
    return not rest.isdigit() or _started(int(rest)) != name.rpartition("/")[2]
