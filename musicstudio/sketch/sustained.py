"""Bowed, blown, sung and electronic instruments: wavetables with a moving timbre. Float32, full scale about 0.5."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from musicstudio.sketch.oscillators import BAND_LIMIT, envelope, hertz_of, swaying, turning, wavetable

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Sustained:
    """How a sustained tone is made.

    `shape` is the raw spectrum (saw, square, pulse, triangle, sine, reed, organ); `dark` and `bright` are low-pass
    cutoffs in Hz (or, negative, in multiples of the fundamental) between which the timbre moves; `formants` are
    (Hz, width Hz, gain) bumps; `unison` is the detuning in cents of each oscillator, spread over the stereo field;
    `sweep` is how long the timbre takes to settle from bright to `rest` (0..1).
    """

    shape: str
    dark: float
    bright: float
    attack: float = 0.02
    decay: float = 0.5
    sustain: float = 0.8
    release: float = 0.12
    unison: tuple[float, ...] = (0.0,)
    vibrato: tuple[float, float, float] | None = None
    formants: tuple[tuple[float, float, float], ...] = ()
    sweep: float = 0.4
    rest: float = 0.45
    breath: float = 0.0
    slope: float = 2.0


_AAH = ((700, 130, 1.0), (1150, 160, 0.6), (2700, 300, 0.25), (3500, 400, 0.12))
_OOH = ((350, 100, 1.0), (750, 130, 0.3), (2500, 300, 0.06))

SUSTAINED: dict[str, Sustained] = {
    "strings": Sustained(
        "saw", 1400, 4200, 0.16, 1.0, 0.9, 0.4, (-9, -3, 4, 10), (5.2, 9, 0.3), ((500, 300, 0.5), (2800, 900, 0.6)), 0.8, 0.6
    ),
    "violin": Sustained(
        "saw",
        1800,
        6000,
        0.07,
        0.6,
        0.85,
        0.18,
        (0,),
        (5.8, 20, 0.25),
        ((480, 180, 0.7), (1100, 300, 0.5), (3000, 900, 0.9)),
        0.5,
        0.55,
        0.015,
    ),
    "viola": Sustained(
        "saw",
        1300,
        4500,
        0.08,
        0.6,
        0.85,
        0.2,
        (0,),
        (5.5, 18, 0.28),
        ((350, 150, 0.7), (800, 250, 0.5), (2400, 800, 0.7)),
        0.5,
        0.5,
        0.015,
    ),
    "cello": Sustained(
        "saw",
        900,
        3600,
        0.08,
        0.6,
        0.88,
        0.22,
        (0,),
        (5.3, 16, 0.3),
        ((250, 120, 0.8), (600, 200, 0.6), (1900, 700, 0.6)),
        0.6,
        0.5,
        0.012,
    ),
    "tremolo strings": Sustained(
        "saw", 1000, 3500, 0.12, 1.0, 0.9, 0.35, (-11, -4, 4, 11), (6.5, 25, 0.0), ((500, 300, 0.5),), 0.8, 0.6
    ),
    "horn": Sustained("saw", 500, 2200, 0.07, 0.4, 0.85, 0.18, (-3, 3), (4.8, 7, 0.5), ((450, 200, 0.8),), 0.35, 0.45, 0.004),
    "brass": Sustained("saw", 700, 5200, 0.045, 0.25, 0.8, 0.12, (-5, 0, 6), (5.0, 8, 0.5), ((1200, 500, 0.6),), 0.25, 0.5),
    "trumpet": Sustained(
        "saw", 1100, 6500, 0.03, 0.2, 0.85, 0.09, (0,), (5.2, 12, 0.4), ((1250, 450, 0.9), (2600, 700, 0.4)), 0.25, 0.55, 0.006
    ),
    "trombone": Sustained("saw", 600, 3800, 0.05, 0.3, 0.85, 0.12, (0,), (4.9, 10, 0.4), ((600, 250, 0.8),), 0.3, 0.5, 0.006),
    "flute": Sustained("triangle", -2.2, -5, 0.06, 0.5, 0.85, 0.12, (0,), (5.0, 14, 0.3), (), 0.4, 0.4, 0.05),
    "shakuhachi": Sustained("triangle", -2.2, -6, 0.09, 0.5, 0.8, 0.2, (0,), (4.6, 28, 0.35), (), 0.4, 0.4, 0.11),
    "clarinet": Sustained("square", -5, -13, 0.04, 0.4, 0.88, 0.1, (0,), (4.8, 6, 0.5), ((1500, 500, 0.3),), 0.3, 0.5, 0.012),
    "oboe": Sustained(
        "reed", 2500, 6000, 0.04, 0.4, 0.88, 0.1, (0,), (5.4, 12, 0.3), ((1100, 300, 1.0), (2800, 600, 0.5)), 0.3, 0.6, 0.01
    ),
    "sax": Sustained(
        "reed",
        1300,
        5500,
        0.045,
        0.3,
        0.85,
        0.12,
        (0,),
        (5.0, 16, 0.3),
        ((650, 220, 0.9), (1500, 400, 0.6), (2700, 600, 0.3)),
        0.3,
        0.5,
        0.03,
    ),
    "harmonica": Sustained(
        "reed", 2500, 6500, 0.03, 0.3, 0.9, 0.08, (-4, 4), (5.5, 12, 0.25), ((1800, 600, 0.6),), 0.3, 0.6, 0.02
    ),
    "accordion": Sustained("reed", 2200, 5000, 0.035, 0.4, 0.92, 0.09, (-7, 0, 8), None, ((900, 400, 0.4),), 0.3, 0.6, 0.01),
    "whistle": Sustained("sine", -3, -3, 0.04, 0.4, 0.9, 0.1, (0,), (5.4, 22, 0.2), (), 0.3, 0.5, 0.03),
    "choir": Sustained("saw", 2600, 4500, 0.22, 1.0, 0.9, 0.5, (-12, -4, 5, 11), (4.9, 14, 0.2), _AAH, 0.8, 0.5, 0.01),
    "ooh choir": Sustained("saw", 1200, 2400, 0.3, 1.0, 0.9, 0.6, (-12, -4, 5, 11), (4.7, 12, 0.2), _OOH, 0.8, 0.5, 0.012),
    "warm pad": Sustained("saw", 450, 1500, 0.5, 2.0, 0.85, 1.2, (-9, -3, 3, 9), None, (), 2.5, 0.4),
    "glass pad": Sustained("triangle", -4, -12, 0.6, 2.5, 0.8, 1.6, (-7, 0, 7), (0.3, 4, 0.0), (), 3.0, 0.35),
    "dark pad": Sustained("saw", 200, 700, 0.8, 3.0, 0.9, 1.6, (-14, -5, 6, 13), (0.23, 9, 0.0), (), 3.0, 0.4),
    "synth strings": Sustained("saw", 1500, 5000, 0.18, 1.0, 0.9, 0.5, (-12, -4, 4, 12), None, (), 0.8, 0.6),
    "organ": Sustained("organ", 3000, 5000, 0.008, 0.3, 1.0, 0.05, (0, 1.5), (6.4, 6, 0.0), (), 0.2, 0.7),
    "church organ": Sustained("organ", 5000, 7000, 0.06, 0.3, 1.0, 0.3, (-2, 2), None, (), 0.3, 0.8),
    "saw lead": Sustained("saw", 1600, 6500, 0.01, 0.3, 0.75, 0.15, (-8, 0, 8), (5.5, 9, 0.3), (), 0.35, 0.45),
    "soft lead": Sustained("square", 900, 3000, 0.02, 0.4, 0.75, 0.2, (-4, 4), (5.2, 10, 0.3), (), 0.4, 0.4),
    "square lead": Sustained("square", 9000, 12000, 0.003, 0.25, 0.7, 0.04, (0,), (6.0, 10, 0.25), (), 0.2, 0.8),
    "pulse lead": Sustained("pulse", 9000, 12000, 0.003, 0.2, 0.65, 0.03, (0,), (6.0, 10, 0.25), (), 0.2, 0.8),
    "theremin": Sustained("sine", -4, -4, 0.12, 0.5, 0.95, 0.3, (0,), (6.0, 35, 0.1), (), 0.3, 0.5),
    "supersaw": Sustained("saw", 1800, 8000, 0.012, 0.5, 0.85, 0.22, (-18, -10, -4, 4, 11, 17), None, (), 0.5, 0.5),
    "stab": Sustained("saw", 500, 4500, 0.004, 0.16, 0.25, 0.12, (-9, 9), None, (), 0.16, 0.1),
    "house organ": Sustained("organ", 1200, 3000, 0.004, 0.25, 0.5, 0.08, (-3, 3), None, (), 0.2, 0.3),
    "brass stab": Sustained("saw", 900, 6000, 0.012, 0.2, 0.6, 0.09, (-7, 0, 7), None, ((1300, 500, 0.6),), 0.15, 0.3),
    "synth brass": Sustained("saw", 700, 3800, 0.05, 0.5, 0.8, 0.25, (-10, -3, 4, 10), None, (), 0.5, 0.4),
    "sub bass": Sustained("sine", -2, -3, 0.008, 0.5, 0.9, 0.06, (0,), None, (), 0.3, 0.4),
    "synth bass": Sustained("saw", 180, 1500, 0.005, 0.25, 0.7, 0.06, (-4, 4), None, (), 0.18, 0.25),
    "house bass": Sustained("square", 220, 1300, 0.004, 0.2, 0.6, 0.05, (0,), None, (), 0.14, 0.2),
    "acid bass": Sustained("saw", 160, 3800, 0.004, 0.22, 0.6, 0.04, (0,), None, ((700, 200, 0.5),), 0.13, 0.08, 0.0, 3.0),
    "reese bass": Sustained("saw", 260, 1100, 0.008, 0.6, 0.9, 0.07, (-16, 0, 15), None, (), 0.5, 0.5),
    "triangle bass": Sustained("triangle", -16, -20, 0.003, 0.3, 0.9, 0.03, (0,), None, (), 0.2, 0.8),
    "808": Sustained("sine", -2, -4, 0.004, 1.6, 0.25, 0.12, (0,), None, (), 0.12, 0.25),
    "distorted guitar": Sustained("saw", 2200, 5500, 0.005, 1.5, 0.6, 0.08, (-2, 2), None, (), 0.5, 0.6),
    "lead guitar": Sustained("reed", 1800, 5000, 0.008, 1.2, 0.7, 0.1, (0,), (5.5, 20, 0.3), ((900, 400, 0.5),), 0.5, 0.6),
}


def sustained(spec: Sustained, pitch: int, held: float, velocity: float, sample_rate: int) -> Array:
    """One note, `held` seconds before it is let go: float32, (1 or 2, frames)."""
    hertz = hertz_of(pitch)
    attack = min(spec.attack, max(0.004, held * 0.6))
    frames = max(64, int((held + spec.release) * sample_rate))
    shape = envelope(frames, sample_rate, attack, spec.decay, spec.sustain, spec.release, held)
    dull, sharp = _tables(spec, pitch)
    colour = _colour(spec, frames, sample_rate, velocity)
    channels = 2 if len(spec.unison) > 1 and pitch > 47 else 1
    wave, bright = np.zeros((channels, frames), np.float32), np.zeros((channels, frames), np.float32)
    sway = swaying(frames, sample_rate, *spec.vibrato) if spec.vibrato else None
    for number, cents in enumerate(spec.unison):
        start = (number * 0.382) % 1.0 if len(spec.unison) > 1 else 0.0
        place = turning(hertz * 2 ** (cents / 1200), frames, sample_rate, start=start, sway=sway)
        wave[number % channels] += dull.take(place)
        bright[number % channels] += sharp.take(place)
    bright -= wave
    bright *= colour
    wave += bright
    wave *= shape * np.float32(velocity**1.3 * 1.3 / math.sqrt(len(spec.unison) / channels))
    if spec.breath:
        _add_breath(wave, spec.breath * 0.35 * velocity**1.3, hertz, shape, sample_rate, pitch)
    return wave


def _colour(spec: Sustained, frames: int, sample_rate: int, velocity: float) -> Array:
    """How bright the tone is at each frame, 0..1: bright after the attack, then settling to rest."""
    seconds = np.arange(frames, dtype=np.float32) / np.float32(sample_rate)
    settle = spec.rest + (1 - spec.rest) * np.exp(-seconds / np.float32(spec.sweep / 2))
    rise = np.clip(seconds / np.float32(max(spec.attack, 0.003)), 0, 1)
    return np.asarray(settle * rise * np.float32(0.35 + 0.65 * velocity), np.float32)


@functools.lru_cache(maxsize=1024)
def _tables(spec: Sustained, pitch: int) -> tuple[Array, Array]:
    hertz = hertz_of(pitch)
    count = max(1, int(BAND_LIMIT / hertz))
    k = np.arange(1, count + 1)
    raw = _spectrum(spec.shape, k)
    for centre, width, gain in spec.formants:
        raw = raw * (0.35 + gain * 3 * np.exp(-(((k * hertz - centre) / (width * 1.6)) ** 2)) + 0.3)
    tables = []
    for cutoff in (spec.dark, spec.bright):
        corner = -cutoff * hertz if cutoff < 0 else max(cutoff, hertz * 1.1)
        levels = raw / np.sqrt(1 + (k * hertz / corner) ** (2 * spec.slope))
        levels = levels / max(1e-9, float(np.sqrt(np.sum(levels**2))))
        audible = np.flatnonzero(levels > 1e-4)
        tables.append(wavetable(tuple(float(v) for v in levels[: audible[-1] + 1]), len(spec.unison) > 2))
    return tables[0], tables[1]


def _spectrum(shape: str, k: Array) -> Array:
    odd = (k % 2).astype(float)
    match shape:
        case "square":
            return odd / k + 0.02 / k
        case "pulse":
            return np.abs(np.sin(math.pi * k * 0.25)) / k
        case "triangle":
            return np.asarray(odd / k**2 + 0.12 * (1 - odd) / k**1.6)
        case "sine":
            return np.where(k == 1, 1.0, np.where(k == 2, 0.12, 0.03 / k**2))
        case "reed":
            return 1 / k**0.75
        case "organ":
            bars = {1: 1.0, 2: 0.8, 3: 0.6, 4: 0.5, 6: 0.25, 8: 0.3, 5: 0.05}
            return np.array([bars.get(int(n), 0.01 / n) for n in k])
        case _:
            return 1 / k


def _add_breath(wave: Array, level: float, hertz: float, shape: Array, sample_rate: int, pitch: int) -> None:
    """Wind in the mouthpiece or rosin on the bow: noise around the note's upper partials."""
    noise = _breath(max(2, int(sample_rate / (hertz * 6))))
    start = pitch * 997 % 9973
    wave += np.resize(noise[start:], wave.shape[1]) * shape * np.float32(level)


@functools.lru_cache(maxsize=64)
def _breath(width: int) -> Array:
    """A stretch of noise smoothed over `width` frames, of RMS 1: float32, about 1.5 s."""
    total = np.cumsum(np.random.RandomState(width).standard_normal(1 << 16))
    smooth: Array = ((total[width:] - total[:-width]) / math.sqrt(width)).astype(np.float32)
    return smooth
