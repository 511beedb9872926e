"""The Procfile's commands, as a server runs them: secrets from the environment, https in front."""

import os
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.ops.conftest import ROOT, Install, free_port, until

COMMANDS = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


@pytest.fixture
def server(empty_install: Install) -> Install:
    install = empty_install
    install.env |= {
        "STUDIO_DATA_DIR": str(install.folder / "made" / "by the first start"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "SECRET_KEY": "k" * 20 + "-0123456789-abcdefghijklmnopqrstuvwxyz",
        "STUDIO_KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "STUDIO_PUBLIC_URL": "https://studio.example.com",
        "ALLOWED_HOSTS": "studio.example.com",
        "STUDIO_TRUST_PROXY": "1",
        "STUDIO_ALLOW_LOOPBACK_GATEWAY": "0",
        "PORT": str(free_port()),
    }
    install.folder = Path(install.env["STUDIO_DATA_DIR"])
    return install


def shell(install: Install, command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "-c", command], env=install.env, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )


def status(install: Install, **headers: str) -> int:
    address = f"http://127.0.0.1:{install.env['PORT']}/accounts/login/"
    asked = urllib.request.Request(address, headers={"Host": "studio.example.com"} | headers)
    try:
        with urllib.request.build_opener(Stay).open(asked, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *args: object) -> None:
        return None


def test_it_names_the_three_processes() -> None:
    assert sorted(COMMANDS) == ["release", "web", "worker"]
    assert shlex.split(COMMANDS["worker"]) == ["python", "manage.py", "worker"]


def test_the_release_prepares_a_new_server_and_the_web_serves_https_only(server: Install) -> None:
    released = shell(server, COMMANDS["release"])
    assert released.returncode == 0, released.stderr
    checked = server.run("check", "--deploy", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(
        ["sh", "-c", COMMANDS["web"]], env=server.env, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
    ) as web:
        try:
            assert until(lambda: status(server)) == 301
            assert status(server, **{"X-Forwarded-Proto": "https"}) == 200
            assert status(server, **{"X-Forwarded-Proto": "https", "Host": "elsewhere.example"}) == 400
        finally:
            os.killpg(web.pid, signal.SIGTERM)
    until(lambda: not server.processes(), 30)
