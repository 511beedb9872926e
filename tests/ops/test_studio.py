"""manage.py studio: everything with one command, and nothing left after it."""

import os
import re
import signal
import socket
import urllib.request

import pytest

from tests.ops.conftest import CLUSTER, Install, Started, free_port, until, words_of

EVERYTHING = 1 + 2 + CLUSTER  # the command, gunicorn's two processes, the cluster


def start(install: Install, *words: str) -> tuple[Started, str]:
    """The studio and the address it printed."""
    studio = install.start("studio", "--no-browser", "--port", str(free_port()), *words)
    printed = until(lambda: re.search(r"http://\S+", studio.said()))
    until(lambda: len(install.processes()) == EVERYTHING)
    return studio, printed.group()


def status(address: str) -> int:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return int(answer.status)


def test_it_prepares_everything_and_prints_a_link_that_sets_it_up(empty_install: Install) -> None:
    studio, address = start(empty_install)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/setup/[\w-]{32}/", address)
    assert status(address) == 200
    assert studio.end(signal.SIGINT, group=True) < 10
    assert (studio.process.returncode, empty_install.processes()) == (0, [])
    assert studio.said().rstrip().endswith("The studio has stopped.")


def test_it_prints_its_address_once_somebody_can_sign_in(install: Install) -> None:
    done = install.run("setup", "--email", "olga@northlight.example", "--team", "Northlight", said="a long enough pass\n")
    assert done.returncode == 0
    studio, address = start(install)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    assert studio.end() < 10
    assert (studio.process.returncode, install.processes()) == (0, [])


def test_a_part_that_dies_is_started_again_and_nothing_outlives_it(install: Install) -> None:
    studio, address = start(install)
    web = [process for process in install.processes() if "gunicorn" in words_of(process)]
    web[0].kill()
    until(lambda: not any(process.is_running() for process in web) and len(install.processes()) == EVERYTHING)
    assert until(lambda: status(address)) == 200
    assert "The web server was killed (SIGKILL). Starting it again in" in studio.said()
    os.kill(studio.pid, signal.SIGKILL)
    studio.process.wait(30)
    until(lambda: not install.processes(), 30)


def test_a_port_in_use_is_one_clear_line(install: Install) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = install.run("studio", "--no-browser", "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"Port {port} is in use. Stop what uses it, or choose another: --port {port % 65535 + 1}\n"
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--port", "eighty"), "--port: “eighty” is not a port. Write a number from 1 to 65535.\n"),
        (("--port", "70000"), "--port: “70000” is not a port. Write a number from 1 to 65535.\n"),
        (("--host", "not a host"), "--host: “not a host” is no address of this machine.\n"),
    ],
)
def test_a_bad_address_is_one_clear_line(install: Install, words: tuple[str, str], line: str) -> None:
    ended = install.run("studio", "--no-browser", *words)
    assert (ended.returncode, ended.stderr, ended.stdout) == (2, line, "")
