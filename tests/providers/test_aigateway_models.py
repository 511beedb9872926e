"""What the gateway offers and what is left there."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from musicstudio.providers.base import BadAnswer, Balance, RemoteModel, Unauthorized
from tests.gateway import MODELS, REVOKED, Gateway
from tests.providers.asking import ask, ask_wire


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def balance_of(value: Any) -> Balance | None:
    return ask_wire(lambda _: httpx.Response(200, json=value), lambda client: client.balance())


def test_it_lists_music_models_only(gateway: Gateway) -> None:
    found = ask(gateway, lambda client: client.models())
    assert [model.slug for model in found] == [slug for slug, _, kind, _ in MODELS if kind == "music"]
    assert found[0] == RemoteModel("elevenlabs/elevenlabs-music", "ElevenLabs", "music", {"per_second": "0.800"})
    assert gateway.requests("models")[0].path == "/v1/models?modality=music"


def test_it_passes_over_rows_it_can_not_use() -> None:
    rows = [None, 7, {"modality": "music"}, {"id": "x", "modality": 3}, {"slug": "a/b", "modality": ["music"], "pricing": 1}]
    found = ask_wire(lambda _: httpx.Response(200, json=rows), lambda client: client.models())
    assert found == [RemoteModel("a/b", "", "music", {})]


def test_it_keeps_every_digit_of_a_price() -> None:
    body = b'{"data": [{"id": "a/b", "modality": "music", "pricing": {"second": 0.8000000000000000001, "tiers": [1e-7]}}]}'
    (found,) = ask_wire(lambda _: httpx.Response(200, content=body), lambda client: client.models())
    assert found.pricing == {"second": "0.8000000000000000001", "tiers": ["1E-7"]}


@pytest.mark.parametrize("value", [{}, {"data": {}}, "models", 3])
def test_it_needs_a_list(value: Any) -> None:
    with pytest.raises(BadAnswer):
        ask_wire(lambda _: httpx.Response(200, json=value), lambda client: client.models())


@pytest.mark.parametrize(
    ("value", "micros"),
    [
        ({"balance_cents": 4200}, 42_000_000),
        ({"balance_cents": "4200.5"}, 42_005_000),
        ({"balance_usd": 42.1}, 42_100_000),
        ({"balance": 42}, 42_000_000),
        ({"balance": {"cents": 4200, "currency": "USD"}}, 42_000_000),
        ({"data": {"credits": "42"}}, 42_000_000),
        ({"available": 0}, 0),
        ({"balance_cents": -50}, -500_000),
        ({"balance": 42, "currency": "EUR"}, None),
        ({"balance": "plenty"}, None),
        ({"balance": 10**20}, None),
        ({}, None),
    ],
)
def test_it_reads_a_balance_in_every_likely_shape(value: Any, micros: int | None) -> None:
    told = balance_of(value)
    assert told is not None
    assert told.micros == micros


def test_it_has_no_balance_where_the_gateway_has_none() -> None:
    assert ask_wire(lambda _: httpx.Response(404), lambda client: client.balance()) is None


def test_it_refuses_a_revoked_key(gateway: Gateway) -> None:
    for call in (lambda client: client.models(), lambda client: client.balance()):
        with pytest.raises(Unauthorized):
            ask(gateway, call, key=REVOKED)


def test_it_gets_the_webhook_secret(gateway: Gateway) -> None:
    assert ask(gateway, lambda client: client.webhook_secret()) == "whsec-test"
    gateway.webhook_secret = None  # type: ignore[assignment]
    assert ask(gateway, lambda client: client.webhook_secret()) == ""
