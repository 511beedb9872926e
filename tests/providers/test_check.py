"""Keys tested and prices compared over a real socket, with the test gateway at the other end."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command

from musicstudio.budgets.models import Hold
from musicstudio.generation import sweep
from musicstudio.providers.connections import Connection, PriceProposal
from musicstudio.providers.key_test import check_key
from musicstudio.providers.models import KeyState, MusicModel, Price, ProviderKey
from musicstudio.providers.sync import sync
from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, gateway_model, make_jobs, make_key
from tests.gateway.faults import Fault
from tests.gateway.server import Gateway


@pytest.fixture
def gateway(settings: object) -> Iterator[Gateway]:
    with Gateway(poll_floor=0.0) as started:
        settings.AIGATEWAY_BASE_URL = started.url  # type: ignore[attr-defined]
        yield started


@pytest.fixture
def key(cast: Cast) -> ProviderKey:
    return make_key(cast.team)


def test_a_test_spends_nothing(gateway: Gateway, key: ProviderKey) -> None:
    assert check_key(key)
    assert key.test_note.startswith("Works · 6 music models") and key.test_ms is not None
    assert {seen.operation for seen in gateway.seen} == {"models", "balance"} and not Hold.objects.exists()


def test_the_balance_is_kept(gateway: Gateway, key: ProviderKey, cast: Cast) -> None:
    gateway.balance = {"balance_cents": 1234}
    check_key(key)
    assert Connection.objects.of(cast.team, "aigateway").balance_micros == 12_340_000


def test_an_unreadable_balance_is_no_fault_of_the_key(gateway: Gateway, key: ProviderKey) -> None:
    gateway.fail("balance", Fault(status=500))
    assert check_key(key) and "credit" not in key.test_note


def test_a_refused_key_is_marked(gateway: Gateway, key: ProviderKey) -> None:
    gateway.fail("models", Fault(status=401, body=b'{"error": {"message": "revoked"}}'))
    assert not check_key(key)
    assert key.state == KeyState.REJECTED


def test_it_proposes_what_the_catalogue_lists_differently(gateway: Gateway, key: ProviderKey) -> None:
    gateway_model("0.60", "minute")
    found = sync(key.team)
    assert (found.models, found.proposed, found.silent) == (6, 1, "")
    assert PriceProposal.objects.get().amount_micros == 800_000
    out = StringIO()
    call_command("syncmodels", stdout=out)
    assert "6 music models listed, 0 new proposals" in out.getvalue() and "ElevenLabs Music: $0.80 / second" in out.getvalue()


def test_our_catalogue_stays_while_the_gateway_is_silent(gateway: Gateway, key: ProviderKey) -> None:
    prices = Price.objects.count()
    gateway.fail("models", Fault(status=503), times=None)
    assert sync(key.team).silent and Price.objects.count() == prices and not PriceProposal.objects.exists()
    model = MusicModel.objects.priced().get(slug=GATEWAY_MODEL)
    assert model.price is not None and model.price.label == "$0.80 / second"


@pytest.mark.parametrize("on", [False, True])
def test_an_own_key_travels_with_a_submit_only_and_only_when_switched_on(
    gateway: Gateway, key: ProviderKey, cast: Cast, on: bool
) -> None:
    connection = Connection(team=cast.team, provider="aigateway", send_own_key=on)
    connection.set_own_key("xi-own-key-12345678")
    connection.save()
    make_jobs(cast.project, cast.producer, model=gateway_model("0.10"))
    sweep.run(sweep.Pace(first=0.0, gap=0.01, slow_gap=0.01, slowest=0.01, tick=0.01))
    carried = {seen.operation for seen in gateway.seen if "x-byok-elevenlabs" in seen.headers}
    assert gateway.submissions and carried == ({"submit"} if on else set())
