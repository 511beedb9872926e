"""The door of the engine: files, facts, refusals, cancelling, repeating."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from musicstudio import audio, sketch


def make(path, prompt="chiptune", **kwargs):
    return sketch.generate(prompt, **{"seconds": 3.0, "seed": 1, "path": path, **kwargs})


@pytest.mark.parametrize("kind", ["mp3", "wav", "flac"])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_every_format_has_the_exact_length_and_loudness(tmp_path, kind, rate):
    piece = make(tmp_path / f"a.{kind}", "lo-fi", seconds=4.5, format=kind, sample_rate=rate)
    facts = audio.inspect(piece.path)
    assert (facts.format, facts.sample_rate, facts.channels) == (kind, rate, 2)
    assert facts.frames == 4.5 * rate
    assert facts.lufs == pytest.approx(-14, abs=0.2)
    assert facts.true_peak_db <= -1


@pytest.mark.parametrize(("kind", "bits"), [("wav", 16), ("wav", 24), ("flac", 16), ("flac", 24)])
def test_bit_depth_is_what_was_ordered(tmp_path, kind, bits):
    make(tmp_path / "a", format=kind, bits=bits)
    assert soundfile.info(tmp_path / "a").subtype == f"PCM_{bits}"


@pytest.mark.parametrize("bitrate", [192, 320])
def test_mp3_has_the_ordered_bit_rate_and_starts_on_time(tmp_path, bitrate):
    make(tmp_path / "a.wav", format="wav", seconds=5)
    make(tmp_path / "a.mp3", format="mp3", seconds=5, bitrate=bitrate)
    size = (tmp_path / "a.mp3").stat().st_size
    assert size * 8 / 5 / 1000 == pytest.approx(bitrate, rel=0.03)
    wave, mp3 = (soundfile.read(tmp_path / name)[0][:, 0] for name in ("a.wav", "a.mp3"))
    assert len(wave) == len(mp3)
    assert np.corrcoef(wave, mp3)[0, 1] > 0.99  # encoder delay and padding are cut by the info frame


def test_the_piece_says_what_it_is(tmp_path):
    piece = make(tmp_path / "a.wav", "lo-fi piano with rain in D minor, 80 bpm, no drums, glorp", format="wav", seconds=8)
    assert piece.path == tmp_path / "a.wav"
    assert (piece.genre, piece.bpm, piece.key, piece.seconds, piece.sample_rate) == ("lo-fi", 80.0, "D minor", 8.0, 44100)
    assert "piano" in piece.instruments
    assert "rain" in piece.textures
    assert {"lo-fi", "piano", "rain", "D minor", "80 bpm", "no drums"} <= set(piece.understood)
    assert any("glorp" in note for note in piece.notes)
    assert (piece.engine, piece.engine_version) == ("studio-sketch", sketch.ENGINE_VERSION)
    assert len(piece.score_hash) == 64


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"seconds": 2.9}, "seconds"),
        ({"seconds": 300.1}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": float("inf")}, "seconds"),
        ({"format": "ogg"}, "format"),
        ({"sample_rate": 22050}, "sample_rate"),
        ({"bits": 8}, "bits"),
        ({"bitrate": 64}, "bitrate"),
    ],
)
def test_a_wrong_order_is_refused_by_name_and_leaves_nothing(tmp_path, wrong, word):
    with pytest.raises(sketch.SketchError, match=word):
        make(tmp_path / "a.mp3", **wrong)
    assert list(tmp_path.iterdir()) == []


def test_progress_rises_to_one_and_names_each_role(tmp_path):
    told = []
    make(tmp_path / "a.mp3", "lo-fi with rain", progress=lambda fraction, label: told.append((fraction, label)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    labels = " | ".join(label for _, label in told)
    assert all(word in labels for word in ("Playing drums", "Playing bass", "Playing chords", "rain", "Mastering", "MP3"))
    assert all(label for _, label in told)


@pytest.mark.parametrize("asked", [0, 3, 8, 16])
def test_it_can_be_cancelled_at_any_moment_and_leaves_no_file(tmp_path, asked):
    questions = iter(range(10_000))
    with pytest.raises(sketch.Cancelled):
        make(tmp_path / "a.mp3", "lo-fi with rain", seconds=20, should_stop=lambda: next(questions) >= asked)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_no_part_file(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        make(tmp_path / "taken")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_stems_sum_to_the_mix(tmp_path):
    (tmp_path / "stems").mkdir()
    for prompt in ("lo-fi piano with rain", "rock", "loop, techno"):
        piece = make(tmp_path / "mix.wav", prompt, seconds=6, format="wav", bits=24, stems=tmp_path / "stems")
        mix, total = soundfile.read(piece.path)[0], sum(soundfile.read(path)[0] for path in piece.stems)
        assert {path.stem for path in piece.stems} <= {"drums", "bass", "harmony", "melody", "texture"}
        assert len(piece.stems) >= 4
        error = np.sqrt(np.mean((mix - total) ** 2)) / np.sqrt(np.mean(mix**2))
        assert 20 * np.log10(error) < -60


def test_another_renderer_can_play_the_notes(tmp_path):
    class Beep:
        def __init__(self):
            self.roles = []

        def play(self, score, track, bus, sample_rate, tick):
            self.roles.append(track.role)
            for note in track.notes:
                start = int(note.start * score.seconds_per_tick * sample_rate)
                bus[:, start : start + 400] += np.hanning(400)[: bus.shape[1] - start]

    beep = Beep()
    piece = make(tmp_path / "a.wav", "house", seconds=6, format="wav", renderer=beep)
    assert {"drums", "bass"} <= set(beep.roles)
    assert audio.inspect(piece.path).seconds == 6


_CHILD = """
import hashlib, json, pathlib, sys
from musicstudio import sketch
out = []
for prompt in ("lo-fi piano with rain", "orchestral", "drum and bass"):
    for kind in ("wav", "mp3"):
        piece = sketch.generate(prompt, seconds=3, seed=7, path=pathlib.Path(sys.argv[1]) / "x", format=kind)
        out.append([piece.score_hash, hashlib.sha256(piece.path.read_bytes()).hexdigest()])
json.dump([out, sorted(m for m in sys.modules if m.split(".")[0] in ("django", "scipy", "torch"))], sys.stdout)
"""


def test_two_processes_make_the_same_bytes_without_django(tmp_path):
    answers = []
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", _CHILD, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed},
        )
        answers.append(json.loads(run.stdout))
    assert answers[0] == answers[1]
    assert answers[0][1] == []


def test_the_bytes_do_not_depend_on_what_was_made_before(tmp_path):
    make(tmp_path / "a.wav", "jazz", format="wav", seed=3)
    first = hashlib.sha256((tmp_path / "a.wav").read_bytes()).hexdigest()
    make(tmp_path / "b.wav", "jazz", format="wav", seed=4)
    make(tmp_path / "c.wav", "jazz", format="wav", seed=3)
    assert hashlib.sha256((tmp_path / "c.wav").read_bytes()).hexdigest() == first
