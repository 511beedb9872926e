"""manage.py generate: from a prompt to a file in the terminal, through the pipeline."""

import hashlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from musicstudio import audio
from musicstudio.accounts.models import Team, User
from musicstudio.budgets.models import Hold
from musicstudio.generation.models import Job
from musicstudio.projects.models import Prompt
from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, PASSWORD
from tests.gateway import Gateway, JobPlan
from tests.ops.conftest import CLUSTER, Install, until


class TestSketch:
    def test_it_needs_nothing_but_the_code(self, empty_install: Install, tmp_path: Path) -> None:
        out = tmp_path / "new folder" / "rain.mp3"
        ended = empty_install.run("generate", "lo-fi piano with light rain", "--duration", "4", "--seed", "7", "--out", str(out))
        assert ended.returncode == 0
        facts = audio.inspect(out)
        sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
        assert (facts.format, ended.stdout) == ("mp3", f"{out}  4.0 s  $0.00  sha256 {sha256[:12]}\n")
        assert abs(facts.seconds - 4) < 0.1
        assert ended.stderr.splitlines()[0] == "Take A: queued"
        assert ended.stderr.splitlines()[-1] == "Take A: ready"

    def test_it_makes_several_takes_and_tells_them_as_json(self, install: Install, tmp_path: Path) -> None:
        words = ("--duration", "3", "--takes", "2", "--seed", "7", "--out", str(tmp_path / "night.wav"), "--json")
        ended = install.run("generate", "ambient night", *words)
        told = json.loads(ended.stdout)
        assert (ended.returncode, told["ok"], told["project"]) == (0, True, "sketchbook")
        assert [(take["take"], take["state"], take["seed"]) for take in told["takes"]] == [
            ("A", "succeeded", 7),
            ("B", "succeeded", 8),
        ]
        assert [take["path"] for take in told["takes"]] == [str(tmp_path / f"night-{take}.wav") for take in "AB"]
        assert {audio.inspect(Path(take["path"])).format for take in told["takes"]} == {"wav"}

    def test_a_worker_does_the_work_when_there_is_one(self, install: Install) -> None:
        worker = install.start("worker")
        until(install.cluster)
        shown = install.run("generate", "ambient", "--duration", "3", "--json")
        assert json.loads(shown.stdout)["ok"] is True
        assert len(install.processes()) == CLUSTER + 1
        assert worker.end() < 10

    def test_ctrl_c_cancels_it(self, install: Install) -> None:
        command = install.start("generate", "house", "--duration", "300", "--takes", "2")
        until(lambda: "Take A: rendering" in command.said())
        assert command.end(signal.SIGINT) < 12
        assert command.process.returncode == 130
        assert command.said().splitlines()[-1] == "Take A: cancelled; Take B: cancelled"


class TestGateway:
    @pytest.fixture
    def gateway(self, install: Install) -> Iterator[Gateway]:
        with Gateway(poll_floor=0.0) as gateway:
            install.env["AIGATEWAY_BASE_URL"] = gateway.url
            words = ("--email", "olga@northlight.example", "--team", "Northlight", "--cap", "50")
            assert install.run("setup", *words, said=PASSWORD).returncode == 0
            assert install.run("addkey", "aigateway", "--team", "northlight", said="sk-aig-test-0123456789").returncode == 0
            yield gateway

    def test_it_pays_for_a_take_with_the_teams_key(self, install: Install, gateway: Gateway, tmp_path: Path) -> None:
        out = tmp_path / "song.mp3"
        words = ("--model", GATEWAY_MODEL, "--duration", "10", "--lyrics", "La la la", "--out", str(out))
        ended = install.run("generate", "a short song", *words)
        assert (ended.returncode, ended.stdout.split("  ")[:3]) == (0, [str(out), "10.0 s", "$8.00"])
        assert ended.stderr.splitlines()[0] == "Held $8.00 of the monthly cap for 1 × ElevenLabs Music."
        [sent] = gateway.submissions
        body = {"model": GATEWAY_MODEL, "prompt": "a short song", "lyrics": "La la la", "duration": 10, "format": "mp3"}
        assert body.items() <= sent.json.items()

    def test_a_failure_is_one_line_and_an_exit_code(self, install: Install, gateway: Gateway) -> None:
        gateway.next_jobs(JobPlan(ends="failed", at_once=True))
        ended = install.run("generate", "a short song", "--model", GATEWAY_MODEL, "--duration", "10")
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr.splitlines()[-1] == "Take A failed: The provider failed to make it. The model gave up."

    def test_over_the_cap_nothing_is_sent(self, install: Install, gateway: Gateway) -> None:
        ended = install.run("generate", "a long song", "--model", GATEWAY_MODEL, "--duration", "100")
        assert (ended.returncode, gateway.submissions) == (2, [])
        assert ended.stderr.startswith("This needs $80.00, and $50.00 is left of the monthly cap of $50.00 of Northlight.")
        assert len(ended.stderr.splitlines()) == 1


LIMIT = "Studio Sketch makes 3 to 300 seconds."


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"prompt": ""}, "prompt: Write what you want to hear."),
        ({"prompt": "la " * 1667}, "prompt: Studio Sketch reads 2,000 characters; this has 5,000."),
        ({"duration": "0"}, f"--duration: {LIMIT}"),
        ({"duration": "2.9"}, f"--duration: {LIMIT}"),
        ({"duration": "301"}, f"--duration: {LIMIT}"),
        ({"duration": "-1"}, "--duration: A length is more than 0 seconds."),
        ({"duration": "abc"}, "--duration: Write the length in seconds, like 30."),
        ({"takes": "0"}, "--takes: Ask for 1 to 8 takes."),
        ({"takes": "many"}, "--takes: Ask for 1 to 8 takes."),
        ({"format": "flac"}, "--format: Studio Sketch makes MP3 or WAV."),
        ({"lyrics": "la"}, "--lyrics: Studio Sketch cannot sing. Leave the lyrics empty or choose another model."),
        ({"seed": "x"}, "--seed: A seed is a whole number from 0 to 2,147,483,639."),
        ({"model": GATEWAY_MODEL}, "--model: ElevenLabs Music needs a key for AIgateway. An owner or admin can add one."),
        ({"team": "nobody"}, "--team: There is no team “nobody”. Teams: elsewhere, northlight."),
        ({"team": ""}, "--team: Say which team: elsewhere, northlight."),
        ({"project": "other"}, "--project: Northlight has no project “other”. Projects: aurora-spring-film."),
        ({"out": "rain.wav", "format": "mp3"}, "--out: The name ends in .wav, but the format is mp3."),
        ({"out": "/dev/null/rain.mp3"}, "--out: /dev/null cannot be written to: File exists."),
    ],
)
def test_bad_input_is_one_line_and_creates_nothing(
    said: dict[str, Any], line: str, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"team": "northlight"} | said
    with pytest.raises(SystemExit) as ended:
        call_command("generate", options.pop("prompt", "lo-fi piano"), **options)
    assert (ended.value.code, capsys.readouterr().err) == (2, line + "\n")
    assert not (Prompt.objects.exists() or Job.objects.exists() or Hold.objects.exists())


def test_an_unknown_model_is_answered_with_the_known_ones(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("generate", "lo-fi piano", team="northlight", model="no/such")
    line = capsys.readouterr().err
    assert line.startswith("--model: There is no model “no/such”. Models: sketch/studio-sketch, elevenlabs/")


@pytest.mark.django_db
def test_bad_input_on_a_new_machine_leaves_it_new(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("generate", "lo-fi piano", duration="1")
    assert "--duration" in capsys.readouterr().err
    assert (User.objects.count(), Team.objects.count(), Job.objects.count()) == (0, 0, 0)
