"""Every instrument and drum by itself: clean edges, right pitch, nothing above the band limit."""

import numpy as np
import pytest

from musicstudio.sketch.drums import KITS, drum
from musicstudio.sketch.lexicon import INSTRUMENT_WORDS
from musicstudio.sketch.midi import DRUM_KEYS, PROGRAMS
from musicstudio.sketch.oscillators import hertz_of
from musicstudio.sketch.struck import STRUCK, struck
from musicstudio.sketch.sustained import SUSTAINED, sustained

RATE = 44100
BENDY = {"tubular bells", "808"}  # the strike tone of bells is not their lowest partial


def play(name, pitch, held=0.8, velocity=0.8, rate=RATE):
    if name in STRUCK:
        return struck(STRUCK[name], pitch, held, velocity, rate)
    return sustained(SUSTAINED[name], pitch, held, velocity, rate)


@pytest.mark.parametrize("name", sorted([*STRUCK, *SUSTAINED]))
def test_every_note_starts_and_ends_without_a_click(name):
    for pitch in (36, 60, 84):
        wave = play(name, pitch)
        peak = np.abs(wave).max()
        assert 0.01 < peak < 4
        assert np.abs(wave[:, 0]).max() < 0.05 * peak
        assert np.abs(wave[:, -1]).max() <= 0.001 * peak
        assert np.isfinite(wave).all()


@pytest.mark.parametrize("name", sorted({*STRUCK, *SUSTAINED} - BENDY))
def test_every_instrument_is_in_tune(name):
    for pitch in (48, 69):
        wave = play(name, pitch, held=1.5).mean(axis=0)[int(0.15 * RATE) :]
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 18))
        true = hertz_of(pitch)
        low, high = (int(f * (1 << 18) / RATE) for f in (true * 0.97, true * 1.03))
        power = spectrum[low:high] ** 2
        found = (low + np.sum(power * np.arange(len(power))) / power.sum()) * RATE / (1 << 18)  # the middle of any vibrato
        assert abs(1200 * np.log2(found / true)) < 20


@pytest.mark.parametrize("name", sorted([*STRUCK, *SUSTAINED]))
def test_nothing_sounds_above_the_band_limit(name):
    wave = play(name, 88).mean(axis=0)
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    hertz = np.fft.rfftfreq(len(wave), 1 / RATE)
    assert power[hertz > 18000].sum() / power.sum() < 5e-4


@pytest.mark.parametrize("kit", sorted(KITS))
def test_every_drum_of_every_kit_starts_and_ends_without_a_click(kit):
    for name in DRUM_KEYS:
        wave = drum(kit, name, 0, 6, RATE)
        peak = np.abs(wave).max()
        assert 0.02 < peak < 4
        assert abs(wave[0]) < 0.05 * peak
        assert abs(wave[-1]) <= 0.001 * peak


@pytest.mark.parametrize("tonic", range(12))
def test_kicks_are_tuned_to_the_tonic_or_its_fifth_and_taikos_to_the_tonic(tonic):
    for kit, name, allowed in (("house", "kick", {0, 7}), ("acoustic", "kick", {0, 7}), ("orchestral", "taiko", {0})):
        wave = drum(kit, name, tonic, 8, RATE)
        rest = wave[int(0.1 * RATE) :]
        spectrum = np.abs(np.fft.rfft(rest * np.hanning(len(rest)), 1 << 18))
        inside = slice(int(30 * (1 << 18) / RATE), int(160 * (1 << 18) / RATE))
        hertz = (inside.start + np.argmax(spectrum[inside])) * RATE / (1 << 18)
        pitch = 12 * np.log2(hertz / 440) + 69
        assert min(abs((pitch - tonic - step + 6) % 12 - 6) for step in allowed) < 0.6


def test_louder_notes_are_louder_and_brighter():
    for name in ("piano", "rhodes", "brass", "nylon guitar", "saw lead"):
        soft, loud = play(name, 60, velocity=0.3).mean(axis=0), play(name, 60, velocity=1.0).mean(axis=0)
        centres = []
        for wave in (soft, loud):
            power = np.abs(np.fft.rfft(wave[:20000])) ** 2
            centres.append(np.sum(power * np.arange(len(power))) / power.sum())
        assert np.abs(loud).max() > 2 * np.abs(soft).max()
        assert centres[1] > centres[0]


def test_every_instrument_the_parser_knows_can_be_played_and_written_as_midi():
    playable = {*STRUCK, *SUSTAINED}
    assert set(INSTRUMENT_WORDS) <= playable
    assert playable <= set(PROGRAMS) | {"viola"}
