"""What the tests of the sign-in share."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.guards.source import ROOT
from tests.oidc.__main__ import CLIENT, SECRET


@dataclass
class SignOnProvider:
    """An OpenID Connect provider in a process of its own."""

    url: str

    def sign_in(self, **claims: Any) -> None:
        """Who is signed in there from now on."""
        httpx.put(f"{self.url}/person", json=claims).raise_for_status()


@pytest.fixture(scope="session")
def provider_process() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.oidc"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def sso(provider_process: str, settings: Any) -> SignOnProvider:
    """The studio with this provider configured, as the environment variables would."""
    app = {"provider_id": "sso", "name": "Northlight ID", "client_id": CLIENT, "secret": SECRET}
    kept = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    app_there = app | {"settings": {"server_url": provider_process}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": kept | {"APPS": [app_there]}}
    return SignOnProvider(provider_process)
