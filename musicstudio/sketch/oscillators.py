"""The two ways a pitched sound is made: decaying partials for what is struck or plucked, wavetables for what sustains."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BAND_LIMIT = 16000.0  # Hz; no oscillator sounds above this
_TABLE_BITS = 14


def decaying(
    frequencies: Array, levels: Array, decays: Array, frames: int, sample_rate: int, phases: Array | None = None
) -> Array:
    """A sum of exponentially decaying sines (modal synthesis): float32, (frames,).

    `frequencies` in Hz, `decays` in seconds to -60 dB. Frame r*m+c of a partial is the product of its value at r*m and
    its turn over c frames, so the whole sum is one small matrix product: nearly free however many partials there are.
    """
    keep = (frequencies < min(BAND_LIMIT, sample_rate * 0.45)) & (levels > 1e-6)
    frequencies, levels, decays = frequencies[keep], levels[keep], decays[keep]
    columns = 1 << max(4, round(math.log2(max(frames, 16)) / 2))
    rows = -(-frames // columns)
    speed = (-6.9078 / np.maximum(decays, 0.005) + 2j * math.pi * frequencies) / sample_rate
    start = levels if phases is None else levels * np.exp(1j * phases[keep])
    coarse = np.exp(np.outer(np.arange(rows) * columns, speed)) * start
    fine = np.exp(np.outer(speed, np.arange(columns)))
    left = np.concatenate([coarse.real, coarse.imag], axis=1).astype(np.float32)
    right = np.concatenate([fine.imag, fine.real], axis=0).astype(np.float32)
    product: Array = left @ right
    return product.reshape(-1)[:frames]


@functools.lru_cache(maxsize=2048)
def wavetable(levels: tuple[float, ...], scatter: bool = False) -> Array:
    """One period holding the harmonics' `levels`, normalised to an RMS of 0.25: float32, (16384,).

    `scatter` gives each harmonic its own phase, which keeps the crest of pads and choirs low.
    """
    size = 1 << _TABLE_BITS
    spectrum = np.zeros(size // 2 + 1, np.complex128)
    turns = np.random.RandomState(7).random_sample(len(levels)) * 2 * math.pi if scatter else np.zeros(len(levels))
    spectrum[1 : len(levels) + 1] = np.array(levels) * np.exp(1j * (turns - math.pi / 2))
    wave = np.fft.irfft(spectrum) * size
    rms = math.sqrt(float(np.mean(wave * wave))) or 1.0
    table: Array = (wave * (0.25 / rms)).astype(np.float32)
    return table


def turning(hertz: float, frames: int, sample_rate: int, *, start: float = 0.0, sway: Array | None = None) -> Array:
    """Positions in a wavetable for a pitch: (frames,) indices. `start` is a phase in turns, `sway` a vibrato from `swaying`.

    A uint32 accumulator wraps by itself, so no modulo is needed.
    """
    step = np.uint32(round(hertz / sample_rate * 2**32) & 0xFFFFFFFF)
    phase = np.arange(frames, dtype=np.uint32)
    phase *= step
    phase += np.uint32(int(start % 1.0 * 2**32) & 0xFFFFFFFF)
    if sway is not None:
        phase += (sway * np.float32(hertz * 2**32)).astype(np.int64).view(np.uint32)[::2]  # the low halves: modulo 2**32
    phase >>= np.uint32(32 - _TABLE_BITS)
    return phase.astype(np.intp)


def swaying(frames: int, sample_rate: int, rate: float, cents: float, delay: float) -> Array:
    """The phase deviation of a vibrato in turns per Hz of pitch: float32, (frames,). It sets in after `delay` seconds."""
    seconds = np.arange(frames, dtype=np.float32) / np.float32(sample_rate)
    fade = np.clip((seconds - np.float32(delay)) * np.float32(3.0), 0, 1)
    depth = (2 ** (cents / 1200) - 1) / (2 * math.pi * rate)
    return np.asarray(fade * (1 - np.cos(seconds * np.float32(2 * math.pi * rate))) * np.float32(depth))


def gliding(hertz: Array, sample_rate: int) -> Array:
    """A sine whose frequency follows `hertz` (frames,): float32."""
    turns = np.cumsum(hertz / sample_rate)
    return np.sin(2 * math.pi * (turns % 1.0)).astype(np.float32)


def envelope(frames: int, sample_rate: int, attack: float, decay: float, sustain: float, release: float, held: float) -> Array:
    """Raised-cosine attack, exponential decay to `sustain`, raised-cosine release after `held` seconds: (frames,).

    Times are seconds; the last frame is 0, so no note can end in a click.
    """
    rise = max(2, int(max(attack, 0.0015) * sample_rate))
    seconds = np.arange(frames, dtype=np.float32) / np.float32(sample_rate)
    curve = sustain + (1 - sustain) * np.exp(-np.maximum(seconds - attack, 0) / np.float32(max(decay, 0.005) / 3))
    rise = min(rise, frames)
    curve[:rise] *= _half_cosine(rise)
    off = min(int(held * sample_rate), frames)
    fall = min(frames - off, max(2, int(release * sample_rate)))
    if fall > 0:
        curve[off : off + fall] *= _half_cosine(fall)[::-1]
        curve[off + fall :] = 0
    curve[-1] = 0
    return np.asarray(curve, np.float32)


def fade_edges(wave: Array, sample_rate: int, attack: float = 0.0015, release: float = 0.01) -> Array:
    """Raised-cosine edges on the last axis, in place: no note starts or ends in a click."""
    rise = min(wave.shape[-1], max(2, int(attack * sample_rate)))
    fall = min(wave.shape[-1], max(2, int(release * sample_rate)))
    wave[..., :rise] *= _half_cosine(rise)
    wave[..., -fall:] *= _half_cosine(fall)[::-1]
    return wave


@functools.lru_cache(maxsize=512)
def _half_cosine(length: int) -> Array:
    curve: Array = (0.5 - 0.5 * np.cos(math.pi * np.arange(length) / max(1, length - 1))).astype(np.float32)
    return curve


def hertz_of(pitch: float) -> float:
    """The frequency of a MIDI key number (A4 = 69 = 440 Hz)."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def low_pass(frequencies: Sequence[float] | Array, cutoff: float, slope: float = 2.0) -> Array:
    """Smooth low-pass magnitudes at `frequencies`: 6*`slope` dB per octave above `cutoff` Hz."""
    return np.asarray(1.0 / np.sqrt(1.0 + (np.asarray(frequencies) / cutoff) ** (2 * slope)))
