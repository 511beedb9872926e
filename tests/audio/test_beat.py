"""Tempo and brightness of known sounds."""

import numpy as np
import pytest

from musicstudio.audio.beat import LISTENED, Listener

RATE = 44_100
Sound = np.ndarray


def hear(sound: Sound, rate: int = RATE) -> tuple[float | None, float | None]:
    """Fed in blocks, as a file is read."""
    listener = Listener(rate, len(sound))
    for start in range(0, len(sound), 1 << 16):
        listener.feed(np.stack([sound[start : start + (1 << 16)]] * 2).astype(np.float32))
    return listener.hear()


def beats(bpm: float, seconds: float, rate: int = RATE) -> Sound:
    """Short noise bursts, every fourth louder."""
    dice, sound = np.random.default_rng(7), np.zeros(int(seconds * rate))
    burst = dice.normal(0, 1, rate // 20) * np.exp(-np.linspace(0, 8, rate // 20))
    for number, at in enumerate(np.arange(0, seconds - 0.1, 60 / bpm)):
        start = int(at * rate)
        sound[start : start + len(burst)] += burst * (0.4 if number % 4 else 0.7)
    return sound


@pytest.mark.parametrize("bpm", [72, 96, 120.5, 132])
def test_it_hears_the_tempo_to_a_percent(bpm: float) -> None:
    tempo, _ = hear(beats(bpm, 20))
    assert tempo is not None and abs(tempo / bpm - 1) < 0.01


def test_other_sample_rates_and_a_wrong_header_do_no_harm() -> None:
    for rate in (8_000, 22_050, 48_000, 96_000):
        tempo, _ = hear(beats(96, 12, rate), rate)
        assert tempo is not None and abs(tempo / 96 - 1) < 0.01, rate
    listener = Listener(RATE, 0)
    listener.feed(np.stack([beats(96, 12)] * 2).astype(np.float32))
    assert listener.hear()[0] == pytest.approx(96, rel=0.01)


def test_without_a_beat_there_is_no_tempo() -> None:
    time = np.arange(20 * RATE) / RATE
    drone = 0.5 * np.sin(2 * np.pi * 220 * time)
    noise = np.random.default_rng(1).normal(0, 0.1, 20 * RATE)
    assert hear(drone)[0] is None and hear(noise)[0] is None and hear(beats(120, 3))[0] is None


def test_brightness_is_where_the_sound_balances() -> None:
    time = np.arange(8 * RATE) / RATE
    low, high = (hear(0.5 * np.sin(2 * np.pi * hertz * time))[1] for hertz in (220, 4000))
    assert low == pytest.approx(220, rel=0.05) and high == pytest.approx(4000, rel=0.05)


def test_silence_and_nothing_say_nothing() -> None:
    assert hear(np.zeros(8 * RATE)) == (None, None) and Listener(RATE, 0).hear() == (None, None)


def test_it_listens_to_a_minute_of_the_middle_only() -> None:
    sound = np.concatenate([beats(150, 60), beats(96, 60), beats(150, 60)])
    tempo, _ = hear(sound)
    assert LISTENED == 60 and tempo == pytest.approx(96, rel=0.01)
