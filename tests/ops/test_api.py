"""The official clients of the AIgateway against a running studio: only the base URL and the key are changed."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from aigateway import AIgateway, AIgatewayError

from musicstudio.audio.sniff import sniff
from tests.factories import GATEWAY_MODEL, SKETCH_MODEL
from tests.gateway.server import Gateway
from tests.ops.conftest import Install, free_port, until

RAIN = {"prompt": "lo-fi piano with light rain", "duration": 15}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """The address of a studio, a token for everything a producer may, and one that may only read."""
    from tests.ops.conftest import fresh_install

    with Gateway(poll_floor=0.0) as gateway, fresh_install(tmp_path_factory.mktemp("studio")) as install:
        install.env |= {"AIGATEWAY_BASE_URL": gateway.url, "STUDIO_ALLOW_LOOPBACK_GATEWAY": "1"}
        email = "olga@northlight.example"
        for words, said in (
            (("setup", "--email", email, "--team", "Northlight", "--cap", "50"), "a long enough pass\n"),
            (("addkey", "aigateway", "--team", "northlight"), "sk-aig-test-0123456789\n"),
        ):
            done = install.run(*words, said=said)
            assert done.returncode == 0, done.stderr
        tokens = [token(install, email, scopes) for scopes in ("read,generate", "read")]
        running = install.start("studio", "--no-browser", "--port", str(free_port()))
        address = until(lambda: re.search(r"http://127\.0\.0\.1:\d+", running.said())).group()
        until(lambda: answers(address))
        yield address, tokens[0], tokens[1]
        running.end()


def token(install: Install, email: str, scopes: str) -> str:
    made = install.run("token", "create", "--team", "northlight", "--user", email, "--scopes", scopes)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/llms.txt", timeout=5) as page:
            return int(page.status) == 200
    except OSError:
        return False


def test_aigateway_py(studio: tuple[str, str, str], tmp_path: Path) -> None:
    address, key, _ = studio
    with AIgateway(key, base_url=address, media_base_url=address, tag="northlight/spots") as client:
        assert {model["id"] for model in client.models.list(modality="music")} >= {SKETCH_MODEL, GATEWAY_MODEL}
        assert client.models.get(SKETCH_MODEL)["pricing"]["unit"] == "free"
        job = client.jobs.create_music(model=SKETCH_MODEL, **RAIN)
        assert (job.status, job.modality, job.model) == ("queued", "music", SKETCH_MODEL)
        done = client.jobs.wait(job.id, timeout_seconds=90, poll_interval_seconds=0.2)
        assert done.status == "completed" and done.result and done.result["duration"] == 15.0
        name = done.result["filename"]
        audio = client.files.download(job.id, name)
        assert sniff(audio[:512]) == "mp3" and hashlib.sha256(audio).hexdigest() == done.result["sha256"]
        signed = client.files.signed_url(job.id, name, expires_in=60)
        with urllib.request.urlopen(signed["url"], timeout=10) as link:
            assert link.read() == audio
        ended = client.jobs.cancel(client.jobs.create_music(model=GATEWAY_MODEL, prompt="a long one", duration=20).id)
        assert ended.status in {"cancelled", "processing", "completed"}
        with pytest.raises(AIgatewayError) as refused:
            client.jobs.create_music(model="no/such", **RAIN)
        assert (refused.value.status_code, refused.value.type) == (404, "not_found")
        told = client.jobs.create_music(model=SKETCH_MODEL, webhook_url="https://hooks.example.com/aig", **RAIN)
        assert told.status == "queued"


def test_the_openai_package(studio: tuple[str, str, str]) -> None:
    address, key, reading = studio
    with openai.OpenAI(api_key=key, base_url=f"{address}/v1", max_retries=0) as client:
        job = client.post("/audio/music", body={"model": SKETCH_MODEL, **RAIN, "duration": 3}, cast_to=object)
        assert job["status"] == "queued"  # type: ignore[index]
        again = client.get(f"/jobs/{job['id']}", cast_to=object)  # type: ignore[index]
        assert again["id"] == job["id"]  # type: ignore[index]
        assert {model.id for model in client.models.list()} >= {SKETCH_MODEL, GATEWAY_MODEL}
        with pytest.raises(openai.UnprocessableEntityError, match="makes 3 to 300 seconds"):
            client.post("/audio/music", body={"model": SKETCH_MODEL, "prompt": "x", "duration": 1}, cast_to=object)
    reader = openai.OpenAI(api_key=reading, base_url=f"{address}/v1", max_retries=0)
    with reader, pytest.raises(openai.PermissionDeniedError):
        reader.post("/audio/music", body=RAIN, cast_to=object)
    nobody = openai.OpenAI(api_key="ms_live_wrong", base_url=f"{address}/v1", max_retries=0)
    with nobody, pytest.raises(openai.AuthenticationError):
        nobody.models.list()


def test_the_model_pages_command_with_host_and_key_replaced(studio: tuple[str, str, str]) -> None:
    """Goes to the gateway with the team's own key, within the cap: 15 s at the listed $0.80 are $12."""
    address, key, _ = studio
    body = json.dumps({"model": GATEWAY_MODEL, **RAIN})
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    if curl := shutil.which("curl"):
        words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        said = subprocess.run(
            [curl, "-s", f"{address}/v1/audio/music", *words, "-d", body], capture_output=True, check=True
        ).stdout
    else:
        asked = urllib.request.Request(f"{address}/v1/audio/music", body.encode(), headers)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            said = answer.read()
    job = json.loads(said)
    assert job["model"] == GATEWAY_MODEL and job["usage"]["cost"] == 12.0
    with AIgateway(key, base_url=address, media_base_url=address) as client:
        done = client.jobs.wait(job["id"], timeout_seconds=90, poll_interval_seconds=0.3)
    assert done.status == "completed" and done.raw and done.raw["usage"]["settled"]


def test_what_the_text_for_language_models_shows_makes_a_track(studio: tuple[str, str, str], tmp_path: Path) -> None:
    """Its code, as it stands, in an empty folder: nothing is known but the text and a token."""
    address, key, _ = studio
    with urllib.request.urlopen(f"{address}/llms.txt", timeout=10) as page:
        text = page.read().decode()
    blocks = dict(re.findall(r"```(sh|python)\n(.*?)```", text, re.S))
    assert set(blocks) == {"sh", "python"}
    env = os.environ | {"STUDIO_TOKEN": key}
    if shutil.which("curl"):
        said = [json.loads(run(["sh", "-c", blocks["sh"]], env, tmp_path)) for _ in range(2)]
        assert said[0]["status"] == "queued" and said[0]["id"] == said[1]["id"]  # it names itself, so it is asked once
    name, seconds = run([sys.executable, "-c", blocks["python"]], env, tmp_path).split()
    assert sniff((tmp_path / name).read_bytes()[:512]) == "mp3" and float(seconds) == 15.0


def run(command: list[str], env: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
