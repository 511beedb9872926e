"""From the mix to the finished piece: long-term spectrum, loudness, peaks. All linear or a common gain curve.

Because every step is a filter or a gain that is the same for all stems, stems sent through the same `Master` sum to
the mix.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from musicstudio.audio.loudness import LoudnessMeter, TruePeakMeter, gated_loudness
from musicstudio.sketch.space import apply_gain, filter_in_place, long_term_spectrum

Array = npt.NDArray[Any]

LOUDNESS = -14.0  # LUFS
CEILING = -1.7  # dB, sample peak
TRUE_PEAK = -1.5  # dBTP; half a decibel is left for the overshoot of MP3 encoding
_HOP = 32
_LOOK = 24  # hops of look-ahead: 17 ms
_BANDS = np.array([31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000])
_TARGET = np.array([-9.0, -3.0, -1.5, -3.5, -6.0, -8.5, -11.5, -15.5, -21.0, -31.0])


@dataclasses.dataclass(frozen=True, slots=True)
class Master:
    """The finishing of one mix, reusable on its stems."""

    response: Array
    gains: tuple[Array, ...]
    circular: bool

    def apply(self, audio: Array) -> None:
        """Equalise and level (2, frames) in place."""
        filter_in_place(audio, self.response, circular=self.circular)
        for gain in self.gains:
            apply_gain(audio, gain, _HOP)


def finish(audio: Array, sample_rate: int, tilt: float, *, circular: bool = False) -> Master:
    """Master the mix in place to -14 LUFS and under -1 dBTP, and return how it was done. (2, frames) float32."""
    response = equaliser(audio, sample_rate, tilt)
    filter_in_place(audio, response, circular=circular)
    meter = LoudnessMeter(sample_rate, 2)
    for start in range(0, audio.shape[1], 1 << 17):
        meter.feed(audio[:, start : start + (1 << 17)])
    tenths, ceiling = meter.tenths, CEILING
    gain, tenths = _levelled(tenths, _peak_grid(audio), sample_rate, ceiling, circular)
    apply_gain(audio, gain, _HOP)
    gains = [gain]
    for _ in range(2):
        over = _true_peak(audio) - TRUE_PEAK
        if over <= 0:
            break
        ceiling -= over + 0.03
        again, tenths = _levelled(tenths, _peak_grid(audio), sample_rate, ceiling, circular)
        apply_gain(audio, again, _HOP)
        gains.append(again)
    return Master(response, tuple(gains), circular)


def equaliser(audio: Array, sample_rate: int, tilt: float) -> Array:
    """Gains (2049 from 0 to Nyquist) that move the long-term spectrum half-way to the target, at most 6 dB.

    `tilt` is in dB per two octaves around 1 kHz: positive is brighter. Bands with nothing in them are left alone.
    """
    power = long_term_spectrum(audio)
    hertz = np.linspace(0, sample_rate / 2, len(power))
    edges = [(hertz >= f / 1.414) & (hertz < f * 1.414) for f in _BANDS]
    levels = 10 * np.log10(np.array([power[band].sum() for band in edges]) + 1e-14)
    target = _TARGET + tilt * np.log2(_BANDS / 1000) / 2
    levels -= levels.max()
    target = target - target.max()
    move = np.clip((target - levels) * 0.55, -6, 6)
    move = np.where(levels < -45, np.minimum(move, 0), move)
    move -= move[3:7].mean()
    points = np.log2(np.linspace(0, sample_rate / 2, 2049) + 1.0)
    curve = np.interp(points, np.log2(_BANDS), np.clip(move, -6, 6))
    response = 10 ** (curve / 20)
    frequency = np.linspace(0, sample_rate / 2, 2049)
    response /= np.sqrt(1 + (24 / np.maximum(frequency, 0.5)) ** 6)  # no DC, nothing under the lowest note
    response[0] = 0
    return np.asarray(response / np.sqrt(1 + (frequency / 18500) ** 12))


def _peak_grid(audio: Array) -> Array:
    hops = -(-audio.shape[1] // _HOP)
    peaks = np.zeros(hops + 1, np.float32)
    for row in audio:
        whole = len(row) // _HOP * _HOP
        grid = row[:whole].reshape(-1, _HOP)
        level = np.maximum(grid.max(axis=1), -grid.min(axis=1))
        peaks[: len(level)] = np.maximum(peaks[: len(level)], level)
        if whole < len(row):
            peaks[len(level)] = max(peaks[len(level)], float(np.abs(row[whole:]).max()))
    return peaks


def _limiter_curve(peaks: Array, ceiling: float, circular: bool) -> Array:
    """Gain every 32 frames that keeps each hop under `ceiling`: a running minimum, then a mean over the same reach."""
    need = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9)).astype(np.float32)
    need = np.minimum(need, np.concatenate([need[:1], need[:-1]]))  # a gain point serves the hop on either side
    pad = np.concatenate([need[-_LOOK * 2 :], need, need[: _LOOK * 2]]) if circular else np.pad(need, 2 * _LOOK, mode="edge")
    low = pad
    reach, have = 2 * _LOOK + 1, 1
    while have < reach:  # doubling makes a running minimum out of a handful of passes
        shift = min(have, reach - have)
        low = np.minimum(low[:-shift], low[shift:])
        have += shift
    window = np.hanning(2 * _LOOK + 3)[1:-1]
    return np.convolve(low, window / window.sum(), mode="valid").astype(np.float32)[: len(peaks)]


def _levelled(tenths: Array, peaks: Array, sample_rate: int, ceiling_db: float, circular: bool) -> tuple[Array, Array]:
    """The gain curve that brings the gated loudness to the target, the limiter's own reduction counted in.

    `tenths` are K-weighted 100 ms energies before the gain; their estimate after it is returned too.
    """
    ceiling = 10 ** (ceiling_db / 20)
    start = gated_loudness(tenths)
    gain = 10 ** ((LOUDNESS - (start if start is not None else -30.0)) / 20)
    at = np.minimum((np.arange(len(tenths) + 1) * (sample_rate * 0.1 / _HOP)).astype(int), len(peaks) - 1)
    weight = peaks.astype(np.float64) ** 2 + 1e-12  # the limiter works where the energy is
    sums = np.concatenate([[0.0], np.cumsum(weight)])
    total = np.maximum(sums[at[1:]] - sums[at[:-1]], 1e-12)
    limited, after = np.ones_like(peaks), tenths
    for _ in range(12):
        limited = _limiter_curve(peaks * gain, ceiling, circular)
        squares = np.concatenate([[0.0], np.cumsum(limited**2 * weight)])
        after = tenths * (squares[at[1:]] - squares[at[:-1]]) / total * gain * gain
        now = gated_loudness(after)
        if now is None or abs(now - LOUDNESS) < 0.02:
            break
        gain *= 10 ** ((LOUDNESS - now) * 1.3 / 20)
    return (limited * gain).astype(np.float32), after


def _true_peak(audio: Array) -> float:
    meter = TruePeakMeter(audio.shape[0])
    for start in range(0, audio.shape[1], 1 << 17):
        meter.feed(audio[:, start : start + (1 << 17)])
    meter.finish()
    return meter.db
