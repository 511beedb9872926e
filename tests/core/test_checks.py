"""What `manage.py check --deploy` says about a laptop, and about a proper install."""

import pytest
from cryptography.fernet import Fernet

from musicstudio.core import checks


def ids(found: list[object]) -> set[str]:
    return {message.id for message in found}  # type: ignore[attr-defined]


def test_a_laptop_install_is_not_fit_for_production(settings: object) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]  # type: ignore[attr-defined]
    found = ids(checks.production_is_configured(None))
    assert found == {f"musicstudio.E00{number}" for number in (1, 2, 3, 4, 5)}


def test_a_configured_install_passes(settings: object) -> None:
    settings.SECRETS_FROM_FILE = []  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["studio.example.com"]  # type: ignore[attr-defined]
    settings.HTTPS = True  # type: ignore[attr-defined]
    settings.ALLOW_LOOPBACK_GATEWAY = False  # type: ignore[attr-defined]
    assert checks.production_is_configured(None) == []


def test_a_key_that_is_no_fernet_key_is_found(settings: object) -> None:
    assert checks.encryption_keys_are_fernet_keys(None) == []
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), "secret"]  # type: ignore[attr-defined]
    assert ids(checks.encryption_keys_are_fernet_keys(None)) == {"musicstudio.E006"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        ({"retry": 600}, {"musicstudio.E007"}),
        ({"timeout": None}, {"musicstudio.E007"}),
        ({"queue_limit": 99}, {"musicstudio.W001"}),
    ],
)
def test_a_queue_that_runs_tasks_twice_is_found(settings: object, changed: dict[str, int | None], expected: set[str]) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | changed  # type: ignore[attr-defined]
    assert ids(checks.queue_redelivers_after_the_timeout(None)) == expected


@pytest.mark.parametrize(
    ("url", "allowed", "expected"),
    [
        ("https://api.aigateway.sh", False, set()),
        ("http://127.0.0.1:9000", True, set()),
        ("http://127.0.0.1:9000", False, {"musicstudio.E008"}),
        ("http://gateway.example", True, {"musicstudio.E008"}),
    ],
)
def test_the_gateway_is_reached_by_https(settings: object, url: str, allowed: bool, expected: set[str]) -> None:
    settings.AIGATEWAY_BASE_URL, settings.ALLOW_LOOPBACK_GATEWAY = url, allowed  # type: ignore[attr-defined]
    assert ids(checks.gateway_is_reached_by_https(None)) == expected
