"""Every way the wire can fail is one of ours, and the key is in none of them."""

import inspect
from typing import Any

import httpx
import pytest

from musicstudio.providers.aigateway import AIGateway, BearerKey
from musicstudio.providers.aigateway_errors import TRANSPORT_EXCEPTIONS, TRANSPORT_FAULTS, from_exception
from musicstudio.providers.base import (
    BadAnswer,
    InvalidRequest,
    MusicClient,
    ProviderError,
    SubmitUncertain,
    Unauthorized,
    Unavailable,
)
from tests.providers.asking import KEY, ask_wire, make_request

HTTPX_EXCEPTIONS = sorted(
    (kind for _, kind in inspect.getmembers(httpx, inspect.isclass) if issubclass(kind, Exception)),
    key=lambda kind: kind.__name__,
)


def make_error(kind: type[Exception]) -> Exception:
    """An exception of httpx, whatever its constructor wants, that knows the request."""
    request = httpx.Request("POST", "https://api.aigateway.sh/", headers={"Authorization": f"Bearer {KEY}"})
    if kind is httpx.HTTPStatusError:
        return kind("failed", request=request, response=httpx.Response(500, request=request))  # type: ignore[call-arg]
    if kind in (httpx.StreamConsumed, httpx.ResponseNotRead, httpx.RequestNotRead, httpx.StreamClosed):
        return kind()
    return kind("failed", request=request) if issubclass(kind, httpx.RequestError) else kind("failed")  # type: ignore[call-arg]


def test_every_exception_of_httpx_has_its_row() -> None:
    assert [kind.__name__ for kind in HTTPX_EXCEPTIONS if kind not in TRANSPORT_FAULTS] == []
    assert [kind.__name__ for kind in HTTPX_EXCEPTIONS if not issubclass(kind, TRANSPORT_EXCEPTIONS)] == []


@pytest.mark.parametrize("kind", HTTPX_EXCEPTIONS)
def test_every_exception_of_httpx_becomes_one_of_ours(kind: type[Exception]) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise make_error(kind)

    wanted = {"unsent": Unavailable, "sent": SubmitUncertain, "answered": BadAnswer}[TRANSPORT_FAULTS[kind]]
    for call, expected in (
        (lambda client: client.submit(make_request()), wanted),
        (lambda client: client.poll({"id": "job_1"}), Unavailable if wanted is SubmitUncertain else wanted),
    ):
        with pytest.raises(ProviderError) as caught:
            ask_wire(broken, call)
        assert type(caught.value) is expected
        assert caught.value.__cause__ is None
        assert KEY not in f"{caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_request_that_never_left_is_no_uncertain_submit(kind: type[Exception]) -> None:
    assert type(from_exception(make_error(kind), submitting=True)) is Unavailable


def test_an_exception_httpx_adds_one_day_is_taken_by_its_base() -> None:
    class EarlyHintTimeout(httpx.ReadTimeout):
        """Not there yet."""

    assert type(from_exception(EarlyHintTimeout("late"), submitting=True)) is SubmitUncertain


def test_it_is_a_music_client() -> None:
    wanted = {name for name, value in vars(MusicClient).items() if inspect.isfunction(value) and name[0] != "_"}
    assert wanted == {"submit", "poll", "cancel", "download", "models", "balance", "aclose"}
    for name in wanted:
        ours, theirs = inspect.signature(getattr(AIGateway, name)), inspect.signature(getattr(MusicClient, name))
        assert list(ours.parameters) == list(theirs.parameters)


def test_the_key_is_in_no_repr() -> None:
    client = AIGateway(KEY)
    assert repr(client) == "AIGateway(https://api.aigateway.sh)"
    assert repr(BearerKey(KEY)) == "BearerKey(…)"
    assert not [value for value in vars(client).values() if KEY in repr(value)]


@pytest.mark.parametrize("key", ["", "  ", "sk-aig\nX-Evil: 1", "sk aig", "sk-äig", "sk-\x00"])
def test_it_takes_no_key_that_can_not_travel(key: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        AIGateway(key)
    assert caught.value.code == "malformed_key"


@pytest.mark.parametrize(
    "address",
    [
        "http://api.aigateway.sh",
        "http://127.0.0.1:8900",
        "https://u:p@host",
        "https://",
        "api.aigateway.sh",
        "ftp://x",
        "https://x?y=1",
    ],
)
def test_it_talks_https_only(address: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        AIGateway(KEY, address)
    assert caught.value.code == "bad_address"


@pytest.mark.parametrize("address", ["http://127.0.0.1:8900", "http://localhost:8900/", "http://[::1]:8900"])
def test_it_talks_http_to_loopback_only_when_told(address: str) -> None:
    assert repr(AIGateway(KEY, address, allow_loopback=True)) == f"AIGateway({address.rstrip('/')})"
    with pytest.raises(InvalidRequest):
        AIGateway(KEY, "http://192.168.0.10:8900", allow_loopback=True)


@pytest.mark.parametrize("address", ["https://api.aigateway.sh/v1", "https://api.aigateway.sh/v1/", " https://api.aigateway.sh "])
def test_it_takes_the_address_as_the_pages_write_it(address: str) -> None:
    assert repr(AIGateway(KEY, address)) == "AIGateway(https://api.aigateway.sh)"


@pytest.mark.parametrize("host", ["", "https://media.aigateway.sh", "media.aigateway.sh/x", "u@media.aigateway.sh", "a b"])
def test_it_takes_no_odd_media_host(host: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        AIGateway(KEY, media_hosts=(host,))
    assert caught.value.code == "bad_address"


def test_it_shares_one_tls_context() -> None:
    clients: list[Any] = [AIGateway(KEY), AIGateway(KEY)]
    transports = [lane for a in clients for lane in a._reads._transport._all]
    transports += [c._transport for a in clients for c in (a._submits, a._downloader._http)]
    contexts = {transport._pool._ssl_context for transport in transports}
    assert len(contexts) == 1
