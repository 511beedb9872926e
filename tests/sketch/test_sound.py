"""The quality rules that have to be heard: measured on rendered takes of every style.

All tests of one process share their renders; the full grid of seeds and lengths runs in tests/bench/sketch_grid.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from musicstudio.audio.loudness import measure
from musicstudio.sketch.genres import GENRES
from tests.sketch.listening import RATE, listen
from tests.sketch.measures import clicks, features, longest_silence, same_tempo, tempo

pytestmark = pytest.mark.xdist_group("sketch-sound")
SECONDS, SEED = 15.0, 21
_DATA = json.loads((Path(__file__).parent / "centroids.json").read_text())
FEATURES: dict[str, np.ndarray] = {}


def check_rules(audio, seconds):
    """Rules 1 to 3: length, loudness, peaks, holes, balance, edges."""
    lufs, peak = measure(np.ascontiguousarray(audio.T), RATE)
    assert len(audio) == round(seconds * RATE)
    assert np.isfinite(audio).all()
    assert lufs == pytest.approx(-14, abs=0.2)
    assert peak <= -1
    assert np.abs(audio).max() < 0.999
    assert longest_silence(audio, RATE) <= 0.5
    assert np.abs(audio.mean(axis=0)).max() < 1e-3
    assert np.corrcoef(audio.T)[0, 1] > 0
    assert clicks(audio[: 60 * RATE], RATE) == 0
    assert np.abs(audio[[0, -1]]).max() < 1e-4


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_a_take_keeps_the_rules_of_sound(genre):
    score, audio = listen(genre, SECONDS, SEED)
    check_rules(audio, SECONDS)
    FEATURES[genre] = features(audio, RATE)
    tail = SECONDS - score.body * score.seconds_per_tick
    ring = audio[-int(tail * RATE * 0.5) : -int(tail * RATE * 0.3)]
    assert np.abs(ring).max() > 10 ** (-48 / 20)  # the last chord still sounds half-way through the ring


@pytest.mark.parametrize("genre", sorted(name for name, genre in GENRES.items() if genre.beat))
def test_the_tempo_one_hears_is_the_tempo_one_is_told(genre):
    score, audio = listen(genre, SECONDS, SEED)
    assert same_tempo(tempo(audio, RATE), score.bpm)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_the_last_thing_heard_is_the_tonic_chord(genre):
    score, audio = listen(genre, SECONDS, SEED)
    start = int((score.body * score.seconds_per_tick + 0.25) * RATE)
    part = audio[start : start + RATE].mean(axis=1)
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    hertz = np.fft.rfftfreq(len(part), 1 / RATE)
    inside = (hertz > 60) & (hertz < 1500)
    classes = np.rint(12 * np.log2(hertz[inside] / 440) + 69).astype(int) % 12
    chroma = np.bincount(classes, weights=power[inside], minlength=12)
    third = 3 if score.mode in ("minor", "dorian", "phrygian", "harmonic minor") else 4
    triad = {score.tonic, (score.tonic + third) % 12, (score.tonic + 7) % 12}
    assert int(np.argmax(chroma)) in triad
    assert score.tonic in np.argsort(chroma)[-3:]


def test_styles_sound_different_from_each_other():
    """Nearest centroid over spectral and rhythmic features; the centroids come from other seeds (bench/sketch_centroids.py)."""
    spread = np.array(_DATA["spread"])
    centroids = {genre: np.array(row) for genre, row in _DATA["centroids"].items()}
    assert centroids.keys() == GENRES.keys()
    good = 0
    for genre in GENRES:
        found = FEATURES[genre] if genre in FEATURES else features(listen(genre, SECONDS, SEED)[1], RATE)
        good += min(centroids, key=lambda name: float(np.sum(((found - centroids[name]) / spread) ** 2))) == genre
    assert good / len(GENRES) >= 0.8


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_three_seconds_are_a_whole_piece(genre):
    check_rules(listen(genre, 3.0, SEED)[1], 3.0)


@pytest.mark.parametrize("genre", ["lofi"])
def test_a_minute_keeps_the_rules(genre):
    check_rules(listen(genre, 60.0, 22)[1], 60.0)


def test_five_minutes_keep_the_rules():
    check_rules(listen("children", 300.0, 23)[1], 300.0)


@pytest.mark.parametrize("texture", ["rain", "vinyl", "ocean", "wind", "fire", "birds", "café", "tape"])
def test_a_background_sound_is_heard(texture):
    plain, wet = (listen(prompt, 4.0, 1)[1] for prompt in ("ambient", f"ambient with {texture}"))
    assert np.abs(plain - wet).mean() > 1e-3
    check_rules(wet, 4.0)


def test_the_ends_of_a_loop_join():
    for prompt in ("seamless loop techno", "loop, ambient with rain", "lo-fi loop"):
        _, audio = listen(prompt, 8.0, 3)
        lufs, peak = measure(np.ascontiguousarray(audio.T), RATE)
        assert lufs == pytest.approx(-14, abs=0.2)
        assert peak <= -1
        twice = np.concatenate([audio, audio])
        step = np.abs(np.diff(twice, axis=0)).max(axis=1)
        seam = step[len(audio) - 1]
        assert seam <= np.percentile(step, 99.9)
        assert clicks(twice[len(audio) - 4000 : len(audio) + 4000], RATE) == 0
        assert np.abs(audio[-2000:]).max() > 1e-3  # no fade


def test_a_background_sound_is_level_all_round_the_loop():
    _, audio = listen("loop, ambient with rain and no drums", 12.0, 3)
    level = [np.sqrt(np.mean(np.diff(part, axis=0) ** 2)) for part in np.array_split(audio, 6)]  # highs: mostly the rain
    assert max(level) / min(level) < 1.5


def test_a_stinger_is_short_and_rings():
    _, audio = listen("orchestral stinger", 4.0, 1)
    check_rules(audio, 4.0)


def test_soft_end_is_softer():
    loud, soft = (listen(prompt, 20.0, 2)[1] for prompt in ("rock", "rock that ends softly"))
    ends = [np.sqrt(np.mean(audio[-5 * RATE :] ** 2)) / np.sqrt(np.mean(audio**2)) for audio in (loud, soft)]
    assert ends[1] < ends[0]
