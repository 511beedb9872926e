"""The test gateway itself: it keeps the contract it stands in for, and counts right."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.gateway import Gateway, JobPlan
from tests.gateway.sound import audio

BODY = {"model": "elevenlabs/elevenlabs-music", "prompt": "rain", "duration": 3}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(clock=Clock()) as running:
        yield running


class Clock:
    """Time that passes when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def call(gateway: Gateway, path: str, body: Any = None, method: str | None = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON of one request; the key is good."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"Authorization": "Bearer sk-aig-x", **{k.replace("_", "-"): v for k, v in headers.items()}}
    request = urllib.request.Request(gateway.url + path, data=data, headers=sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_it_takes_at_most_one_poll_in_three_seconds(gateway: Gateway) -> None:
    _, job = call(gateway, "/v1/audio/music", BODY)
    path = f"/v1/jobs/{job['id']}"
    codes = []
    for gap in (0.0, 2.9, 0.1, 3.0, 1.0):
        gateway.clock.now += gap  # type: ignore[attr-defined]
        codes.append(call(gateway, path)[0])
    assert codes == [200, 304, 200, 200, 304]
    assert gateway.too_soon == 2
    assert gateway.shortest_gap == pytest.approx(0.1)


def test_a_job_takes_its_time(gateway: Gateway) -> None:
    gateway.plan = JobPlan(seconds=8)
    _, job = call(gateway, "/v1/audio/music", BODY)
    words = [job["status"]]
    for _ in range(3):
        gateway.clock.now += 3  # type: ignore[attr-defined]
        words.append(call(gateway, f"/v1/jobs/{job['id']}")[1]["status"])
    assert words == ["queued", "processing", "processing", "completed"]


def test_the_same_key_is_the_same_job_only_when_switched_on(gateway: Gateway) -> None:
    send = [call(gateway, "/v1/audio/music", BODY, Idempotency_Key="a")[1]["id"] for _ in range(2)]
    assert send[0] != send[1]
    gateway.idempotency = True
    first, again = (call(gateway, "/v1/audio/music", BODY, Idempotency_Key="b") for _ in range(2))
    assert (first[0], again[0], first[1]["id"]) == (202, 200, again[1]["id"])
    assert call(gateway, "/v1/audio/music", {**BODY, "prompt": "sun"}, Idempotency_Key="b")[0] == 409
    assert len(gateway.jobs) == 3


def test_a_fault_holds_as_often_as_told(gateway: Gateway) -> None:
    gateway.fail("balance", "500 text", times=2)
    assert [call(gateway, "/v1/balance")[0] for _ in range(3)] == [500, 500, 200]
    gateway.fail("balance", "503 page", times=None)
    assert {call(gateway, "/v1/balance")[0] for _ in range(3)} == {503}
    gateway.mend()
    assert call(gateway, "/v1/balance")[0] == 200


@pytest.mark.parametrize(
    ("body", "status"), [({}, 400), ({"prompt": ""}, 400), ({"prompt": "x", "model": "no/such"}, 404), (BODY, 202)]
)
def test_it_checks_what_is_asked(gateway: Gateway, body: Any, status: int) -> None:
    assert call(gateway, "/v1/audio/music", body)[0] == status


def test_it_wants_a_key(gateway: Gateway) -> None:
    assert call(gateway, "/v1/balance", Authorization="Basic abc")[0] == 401


@pytest.mark.parametrize("audio_format", ["mp3", "wav"])
@pytest.mark.parametrize("seconds", [3.0, 15.5])
def test_its_files_last_as_long_as_asked(audio_format: str, seconds: float) -> None:
    samples, rate = soundfile.read(io.BytesIO(audio(seconds, audio_format)))
    assert len(samples) / rate == pytest.approx(seconds, abs=0.1)
    assert 0.3 < abs(samples).max() < 1.0


def test_it_runs_by_hand() -> None:
    command = [sys.executable, "-m", "tests.gateway", "--port", "0", "--job-seconds", "0"]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ})
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found
        with urllib.request.urlopen(f"{found[0]}/music/any.mp3", timeout=10) as answer:
            assert answer.read(2) == b"\xff\xfb"
        process.send_signal(signal.SIGTERM)
        assert "0 jobs" in process.communicate(timeout=10)[0]
    finally:
        process.kill()
        process.communicate()
