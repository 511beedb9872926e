"""Commands as processes: each test gets an install of its own, on the kind of database that the suite runs on."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
CLUSTER = WORKERS + 4  # main process, sentinel, workers, monitor, pusher
T = TypeVar("T")


def until(condition: Callable[[], T], seconds: float = 90.0) -> T:
    """What the condition says as soon as it is true."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        pause.wait(0.05)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Started:
    """A command that runs, in a session of its own like a service's."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path) -> None:
        self.log = folder / f"log-{uuid.uuid4().hex[:8]}"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.pid = self.process.pid

    def said(self) -> str:
        return self.log.read_text()

    def end(self, number: int = signal.SIGTERM, *, group: bool = False) -> float:
        """Signals it or its whole group; the seconds until it has ended."""
        started = time.monotonic()
        os.killpg(self.pid, number) if group else os.kill(self.pid, number)
        self.process.wait(40)
        return time.monotonic() - started


class Install:
    """A data folder and a database that nobody set up."""

    def __init__(self, folder: Path, database_url: str | None) -> None:
        self.folder = folder
        self.env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.env |= {"STUDIO_DATA_DIR": str(folder), "STUDIO_WORKERS": str(WORKERS), "PYTHONUNBUFFERED": "1"}
        if database_url:
            self.env["DATABASE_URL"] = database_url
        self.started: list[Started] = []

    def run(self, *words: str, said: str = "") -> "subprocess.CompletedProcess[str]":
        """A command to its end, with `said` piped in."""
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, env=self.env, cwd=ROOT, input=said, capture_output=True, text=True, timeout=90, check=False
        )

    def start(self, *words: str) -> Started:
        self.started.append(Started([sys.executable, "manage.py", *words], self.env, self.folder))
        return self.started[-1]

    def processes(self) -> list[psutil.Process]:
        """Everything of this install that runs, oldest first."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("STUDIO_DATA_DIR") == str(self.folder)
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return sorted(found, key=lambda process: process.create_time())

    def cluster(self) -> list[psutil.Process] | None:
        """Main process, sentinel, then what the sentinel started; None while they are not complete."""
        found = [process for process in self.processes() if "--unsupervised" in words_of(process)]
        return found if len(found) == CLUSTER else None


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


@contextmanager
def fresh_install(folder: Path, *, empty: bool = False) -> Iterator[Install]:
    """An install that is gone afterwards, with everything that still runs of it; its tables are made unless it is `empty`."""
    server = os.environ.get("MS_TEST_DATABASE_URL")
    name = f"ops_{uuid.uuid4().hex}"
    if server:
        sql(server, f'CREATE DATABASE "{name}"' + ("" if empty else f' TEMPLATE "{migrated(server)}"'))
    elif not empty:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(migrated(None), folder / "studio.sqlite3")
    here = Install(folder, at(server, name) if server else None)
    try:
        yield here
    finally:
        for left in here.processes():
            left.kill()
        for started in here.started:
            started.process.wait(30)
        if server:
            sql(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def migrated(server: str | None) -> str:
    """The database that the others are copies of: its name on the server, or its file. Migrating takes seconds each time."""
    folder = Path(tempfile.mkdtemp(prefix="musicstudio-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    name = f"ops_template_{uuid.uuid4().hex}"
    if server:
        sql(server, f'CREATE DATABASE "{name}"')
        atexit.register(drop, server, name)
    done = Install(folder, at(server, name) if server else None).run("migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    return name if server else str(folder / "studio.sqlite3")


def at(server: str, name: str) -> str:
    """The address of that database of the server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def drop(server: str, name: str) -> None:
    with suppress(psycopg.OperationalError):  # the server went first
        sql(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def sql(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    with fresh_install(tmp_path) as here:
        yield here


@pytest.fixture
def empty_install(tmp_path: Path) -> Iterator[Install]:
    """Without a table, as on the first day."""
    with fresh_install(tmp_path, empty=True) as here:
        yield here
