"""What the report of a fault shows."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.providers.models import ProviderKey
from tests.conftest import Cast

CANARY = "sk-aig-canary-99887766"


@pytest.mark.parametrize("debug", [False, True])
def test_the_report_of_a_fault_holds_no_secret(
    client: Client,
    cast: Cast,
    settings: object,
    debug: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEBUG = debug  # type: ignore[attr-defined]

    def broken(team: object, provider: str, secret: str, *args: object, **words: object) -> None:
        headers = {"Authorization": "Bearer", "nested": {"api_key": secret}}
        raise RuntimeError(f"broken {len(headers)}")

    monkeypatch.setattr(ProviderKey.objects, "add", broken)
    client.raise_request_exception = False
    client.force_login(cast.owner)
    said = {"provider": "aigateway", "secret": CANARY, "label": "x"}
    answer = client.post(reverse("add_key", args=["northlight"]), said, headers={"authorization": f"Bearer {CANARY}"})
    text = answer.content.decode()
    assert answer.status_code == 500 and ("RuntimeError" in text) is debug
    assert CANARY not in text and CANARY not in caplog.text
    assert client.cookies["sessionid"].value not in text
