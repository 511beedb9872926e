"""Fetching a result file: whole and proven to be audio, or nothing; and the key stays at home."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from musicstudio.providers import download
from musicstudio.providers.base import (
    BadAnswer,
    Downloaded,
    JobStatus,
    LinkExpired,
    Output,
    ProviderError,
    RateLimited,
    Unavailable,
)
from tests.gateway import FILE_FAULTS, RESULT_SHAPES, Gateway, JobPlan
from tests.gateway.sound import audio
from tests.providers.asking import KEY, ask, ask_wire, make_request

LIMITS: dict[str, Any] = {"max_bytes": 2_000_000, "deadline_seconds": 20.0}
MP3 = audio(1.0)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(poll_floor=0) as running:
        yield running


def fetch_new_job(gateway: Gateway, to: Path, audio_format: str = "mp3", **options: Any) -> Downloaded:
    """Submits, polls and downloads a job."""
    limits = {**LIMITS, **{name: options.pop(name) for name in LIMITS if name in options}}

    async def call(client: Any) -> Downloaded:
        told = await client.poll((await client.submit(make_request(format=audio_format))).ref)
        return await client.download(told.outputs[0] if told.outputs else Output(), to, **limits)

    return ask(gateway, call, **options)


def fetch(url: str, to: Path, answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> Downloaded:
    """Downloads `url` over a made-up wire."""
    limits = {**LIMITS, **{name: options.pop(name) for name in LIMITS if name in options}}
    return ask_wire(answer, lambda client: client.download(Output(url=url), to, **limits), **options)


@pytest.mark.parametrize(("audio_format", "mime"), [("mp3", "audio/mpeg"), ("wav", "audio/wav")])
def test_it_keeps_the_bytes_untouched(gateway: Gateway, tmp_path: Path, audio_format: str, mime: str) -> None:
    to = tmp_path / "new" / f"take.{audio_format}"
    got = fetch_new_job(gateway, to, audio_format)
    (job,) = gateway.jobs.values()
    assert to.read_bytes() == gateway.sound(job)
    assert got == Downloaded(to, to.stat().st_size, hashlib.sha256(to.read_bytes()).hexdigest(), mime)
    assert [path.name for path in to.parent.iterdir()] == [to.name]


@pytest.mark.parametrize("shape", RESULT_SHAPES)
def test_it_follows_every_documented_link(gateway: Gateway, tmp_path: Path, shape: str) -> None:
    gateway.plan = JobPlan(shape=shape)
    assert fetch_new_job(gateway, tmp_path / "take.mp3").bytes > 10_000


def test_it_sends_no_key_to_a_signed_link(gateway: Gateway, tmp_path: Path) -> None:
    fetch_new_job(gateway, tmp_path / "take.mp3")
    assert ["authorization" in seen.headers for seen in gateway.downloads] == [False]


def test_it_sends_the_key_to_a_bare_link_of_the_gateway(gateway: Gateway, tmp_path: Path) -> None:
    gateway.plan = JobPlan(signed=False)
    fetch_new_job(gateway, tmp_path / "take.mp3")
    assert [seen.headers["authorization"] for seen in gateway.downloads] == [f"Bearer {KEY}"]


def test_it_takes_a_redirect_on_the_same_host(gateway: Gateway, tmp_path: Path) -> None:
    gateway.fail("file", "redirect")
    assert fetch_new_job(gateway, tmp_path / "take.mp3").mime == "audio/mpeg"


EXPECTED: dict[str, tuple[type[ProviderError], str]] = {
    "expired": (LinkExpired, "http_400"),
    "gone": (LinkExpired, "http_410"),
    "401": (LinkExpired, "http_401"),
    "404": (LinkExpired, "http_404"),
    "429": (RateLimited, "http_429"),
    "500": (Unavailable, "http_500"),
    "503": (Unavailable, "http_503"),
    "drop": (Unavailable, "no_answer"),
    "hang": (Unavailable, "too_slow"),
    "redirect elsewhere": (BadAnswer, "host_not_allowed"),
    "redirect private": (BadAnswer, "host_not_allowed"),
    "redirect loop": (BadAnswer, "redirects"),
    "redirect nowhere": (BadAnswer, "host_not_allowed"),
    "link elsewhere": (BadAnswer, "host_not_allowed"),
    "link private": (BadAnswer, "host_not_allowed"),
    "link http": (BadAnswer, "host_not_allowed"),
    "link odd": (BadAnswer, "bad_link"),
    "no link": (BadAnswer, "no_link"),
    "too large": (BadAnswer, "too_large"),
    "endless": (BadAnswer, "too_large"),
    "truncated": (Unavailable, "truncated"),
    "page": (BadAnswer, "html"),
    "json": (BadAnswer, "not_audio"),
    "empty": (BadAnswer, "empty"),
    "noise": (BadAnswer, "not_audio"),
    "compressed": (BadAnswer, "encoded"),
}
# A file of half the length and one under the wrong name are audio: only decoding tells, and that is the caller's part.
AUDIO_ALL_THE_SAME = {"short", "mislabelled"}


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_it_leaves_nothing_behind_a_bad_file(gateway: Gateway, tmp_path: Path, fault: str) -> None:
    gateway.plan = JobPlan(file=fault)
    to = tmp_path / "take.mp3"
    if fault in AUDIO_ALL_THE_SAME:
        assert fetch_new_job(gateway, to).mime == ("audio/wav" if fault == "mislabelled" else "audio/mpeg")
    else:
        with pytest.raises(ProviderError) as caught:
            fetch_new_job(gateway, to, deadline_seconds=1.0 if fault == "hang" else 20.0)
        assert (type(caught.value), caught.value.code) == EXPECTED[fault]
        assert list(tmp_path.iterdir()) == []
    assert gateway.strangers_with_key == []
    assert not gateway.requests("stranger")


def test_it_gets_a_fresh_link_for_an_expired_one(gateway: Gateway, tmp_path: Path) -> None:
    gateway.plan = JobPlan(file="expired")

    async def call(client: Any) -> Downloaded:
        ref = (await client.submit(make_request())).ref
        told: JobStatus = await client.poll(ref)
        with pytest.raises(LinkExpired):
            await client.download(told.outputs[0], tmp_path / "take.mp3", **LIMITS)
        told = await client.poll(ref)
        return await client.download(told.outputs[0], tmp_path / "take.mp3", **LIMITS)

    assert ask(gateway, call).bytes == (tmp_path / "take.mp3").stat().st_size


def test_it_replaces_an_older_file_only_when_the_new_one_is_whole(gateway: Gateway, tmp_path: Path) -> None:
    to = tmp_path / "take.mp3"
    to.write_bytes(b"older")
    gateway.fail("file", "truncated")
    with pytest.raises(Unavailable):
        fetch_new_job(gateway, to)
    assert to.read_bytes() == b"older"
    fetch_new_job(gateway, to)
    assert to.read_bytes()[:2] == b"\xff\xfb"


def test_it_never_sends_the_key_to_an_allowed_host_that_is_not_the_gateway(gateway: Gateway, tmp_path: Path) -> None:
    """Only the first media host is the gateway's own; here the API on loopback is, and the other server is listed."""
    gateway.plan = JobPlan(signed=False)
    gateway.fail("file", "redirect elsewhere")
    fetch_new_job(gateway, tmp_path / "take.mp3", media_hosts=("media.aigateway.sh", gateway.elsewhere[len("http://") :]))
    assert len(gateway.requests("stranger")) == 1
    assert gateway.strangers_with_key == []


def test_it_gives_the_key_to_the_first_media_host_only(tmp_path: Path) -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["host"], request.headers.get("authorization")))
        return httpx.Response(200, content=MP3)

    hosts = ("media.aigateway.sh", "files.example:8443")
    for url in ("https://media.aigateway.sh/a.mp3", "https://MEDIA.aigateway.sh/a.mp3?sig=1", "https://files.example:8443/a"):
        fetch(url, tmp_path / "take.mp3", answer, media_hosts=hosts)
    assert seen == [("media.aigateway.sh", f"Bearer {KEY}"), ("media.aigateway.sh", None), ("files.example:8443", None)]


def test_it_offers_the_key_when_a_signed_looking_link_wants_one(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=MP3) if "authorization" in request.headers else httpx.Response(401)

    assert fetch("https://media.aigateway.sh/a.mp3?v=2", tmp_path / "take.mp3", answer).bytes == len(MP3)


def test_it_drops_the_key_on_a_redirect_to_another_allowed_host(tmp_path: Path) -> None:
    seen: list[tuple[str, bool]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["host"], "authorization" in request.headers))
        if request.headers["host"] == "media.aigateway.sh":
            return httpx.Response(307, headers={"Location": "https://files.example/a.mp3"})
        return httpx.Response(200, content=MP3)

    hosts = ("media.aigateway.sh", "files.example")
    fetch("https://media.aigateway.sh/a.mp3", tmp_path / "take.mp3", answer, media_hosts=hosts)
    assert seen == [("media.aigateway.sh", True), ("files.example", False)]


def test_it_connects_to_the_address_it_checked(tmp_path: Path) -> None:
    """The name is resolved once; the request goes to the number, under the name for HTTP and for TLS."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=MP3)

    fetch("https://media.aigateway.sh/a.mp3", tmp_path / "take.mp3", answer)
    assert str(asked[0].url) == "https://93.184.216.34/a.mp3"
    assert asked[0].headers["host"] == asked[0].extensions["sni_hostname"] == "media.aigateway.sh"


def test_it_tries_the_next_address_of_a_host(tmp_path: Path) -> None:
    tried: list[str] = []

    async def resolver(host: str, port: int) -> list[str]:
        return ["2606:2800:220:1:248:1893:25c8:1946", "93.184.216.34"]

    def answer(request: httpx.Request) -> httpx.Response:
        tried.append(request.url.host)
        if ":" in request.url.host:
            raise httpx.ConnectError("no route", request=request)
        return httpx.Response(200, content=MP3)

    fetch("https://media.aigateway.sh/a.mp3", tmp_path / "take.mp3", answer, resolver=resolver)
    assert tried == ["2606:2800:220:1:248:1893:25c8:1946", "93.184.216.34"]


@pytest.mark.parametrize(
    "address",
    [
        *["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"],
        *["255.255.255.255", "192.0.2.1", "198.18.0.1", "0.0.0.7", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"],
        *["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1", "nonsense", ""],
    ],
)
def test_it_goes_to_no_private_address(tmp_path: Path, address: str) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["93.184.216.34", address]

    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing may be sent")

    with pytest.raises(BadAnswer) as caught:
        fetch("https://media.aigateway.sh/a.mp3", tmp_path / "take.mp3", answer, resolver=resolver)
    assert caught.value.code == "private_address"


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_public_addresses_are_public(address: str) -> None:
    assert download.is_public(address)


def test_it_checks_the_address_of_every_redirect(tmp_path: Path) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["10.0.0.9" if host == "files.example" else "93.184.216.34"]

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["host"] == "media.aigateway.sh"
        return httpx.Response(302, headers={"Location": "https://files.example/a.mp3"})

    hosts = ("media.aigateway.sh", "files.example")
    with pytest.raises(BadAnswer) as caught:
        fetch("https://media.aigateway.sh/a", tmp_path / "t.mp3", answer, resolver=resolver, media_hosts=hosts)
    assert caught.value.code == "private_address"


def test_loopback_needs_to_be_allowed(gateway: Gateway, tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing may be sent")

    for url in (f"{gateway.url}/music/a.mp3", "https://127.0.0.1/a.mp3", "http://media.aigateway.sh/a.mp3"):
        with pytest.raises(BadAnswer) as caught:
            fetch(url, tmp_path / "take.mp3", answer)
        assert caught.value.code == "host_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        "https://media.aigateway.sh.evil.example/a.mp3",
        "https://evil.example/media.aigateway.sh/a.mp3",
        "https://media.aigateway.sh:8443/a.mp3",
        "https://media.aigateway.sh./a.mp3",
        "https://media.aigateway.sh\\@evil.example/a.mp3",
        "https://[::1]/a.mp3",
        "https://2130706433/a.mp3",
        "https://ｍedia.aigateway.sh.evil.example/",
        "https:///a.mp3",
        "https://media.aigateway.sh:99999/a.mp3",
        "file:///etc/passwd",
        "not a link",
    ],
)
def test_it_is_not_fooled_by_a_look_alike(tmp_path: Path, url: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing may be sent")

    with pytest.raises(BadAnswer) as caught:
        fetch(url, tmp_path / "take.mp3", answer)
    assert caught.value.code in ("host_not_allowed", "bad_link")


def test_it_finds_no_address(tmp_path: Path) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(Unavailable) as caught:
        fetch("https://media.aigateway.sh/a.mp3", tmp_path / "t.mp3", lambda _: httpx.Response(200), resolver=resolver)
    assert caught.value.code == "dns"


def test_it_stops_at_the_deadline_while_a_name_resolves(tmp_path: Path) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(Unavailable) as caught:
        fetch(
            "https://media.aigateway.sh/a.mp3",
            tmp_path / "take.mp3",
            lambda _: httpx.Response(200),
            resolver=resolver,
            deadline_seconds=0.05,
        )
    assert caught.value.code == "too_slow"
    assert list(tmp_path.iterdir()) == []


def test_it_takes_exactly_the_allowed_size(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=MP3)

    url = "https://media.aigateway.sh/a.mp3"
    assert fetch(url, tmp_path / "take.mp3", answer, max_bytes=len(MP3)).bytes == len(MP3)
    with pytest.raises(BadAnswer) as caught:
        fetch(url, tmp_path / "other.mp3", answer, max_bytes=len(MP3) - 1)
    assert caught.value.code == "too_large"


def test_it_lets_an_error_of_the_disk_through(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        fetch_new_job(gateway, tmp_path / "take.mp3")
    assert list(tmp_path.iterdir()) == []


def test_it_cleans_up_when_it_is_cancelled(gateway: Gateway, tmp_path: Path) -> None:
    gateway.fail("file", "endless")

    async def call(client: Any) -> list[Path]:
        told = await client.poll((await client.submit(make_request())).ref)
        limits = {"max_bytes": 10**12, "deadline_seconds": 60.0}
        task = asyncio.create_task(client.download(told.outputs[0], tmp_path / "take.mp3", **limits))
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return list(tmp_path.iterdir())

    assert ask(gateway, call) == []
