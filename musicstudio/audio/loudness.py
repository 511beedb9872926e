"""Integrated loudness (ITU-R BS.1770-4) and true peak (Annex 2), measured block by block in bounded memory.

Blocks are float32 arrays of shape (channels, frames); full scale is 1.0.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

ABSOLUTE_GATE = -70.0
RELATIVE_GATE = -10.0
_TAPS = 4096  # the 38 Hz high-pass has decayed below 1e-8 after 85 ms
_FFT = 32768


@functools.lru_cache(maxsize=16)
def k_weighting(sample_rate: int, points: int) -> Array:
    """Complex response of the K-weighting filter at the `points`//2+1 rfft frequencies of `sample_rate` Hz.

    The two biquads of BS.1770-4 Tables 1 and 2 are given there for 48 kHz; the analogue prototypes behind them are
    re-transformed for other rates (bilinear transform).
    """
    w = np.exp(-2j * np.pi * np.arange(points // 2 + 1) / points)
    shelf = _biquad_shelf(sample_rate)
    high_pass = _biquad_high_pass(sample_rate)
    response: Array = np.ones_like(w)
    for b, a in (shelf, high_pass):
        response *= (b[0] + b[1] * w + b[2] * w * w) / (a[0] + a[1] * w + a[2] * w * w)
    return response


def _biquad_shelf(sample_rate: int) -> tuple[list[float], list[float]]:
    f0, gain, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * f0 / sample_rate)
    vh = 10 ** (gain / 20)
    vb = vh**0.4996667741545416
    a0 = 1 + k / q + k * k
    b = [(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0]
    return b, [1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]


def _biquad_high_pass(sample_rate: int) -> tuple[list[float], list[float]]:
    f0, q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * f0 / sample_rate)
    a0 = 1 + k / q + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]


@functools.lru_cache(maxsize=8)
def _kernel_spectrum(sample_rate: int) -> Array:
    impulse = np.fft.irfft(k_weighting(sample_rate, 4 * _TAPS))[:_TAPS]
    return np.fft.rfft(impulse, _FFT).astype(np.complex64)


class LoudnessMeter:
    """Gated programme loudness of a stream; feed blocks, then read `lufs`."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._kernel = _kernel_spectrum(sample_rate)
        self._hop = max(1, round(sample_rate * 0.1))
        self._history = np.zeros((channels, _TAPS - 1), np.float32)
        self._rest = np.zeros((channels, 0), np.float32)
        self._energy: list[Array] = []

    def feed(self, block: Array) -> None:
        """Add the next frames: float32, (channels, frames)."""
        step = _FFT - _TAPS + 1
        for start in range(0, block.shape[1], step):
            self._filter(block[:, start : start + step])

    def _filter(self, part: Array) -> None:
        joined = np.concatenate([self._history, part], axis=1)
        self._history = joined[:, -(_TAPS - 1) :]
        squares = np.empty_like(part)
        for channel in range(part.shape[0]):  # one contiguous channel at a time is the fast way through the FFT
            spectrum = np.fft.rfft(joined[channel], _FFT)
            spectrum *= self._kernel
            weighted = np.fft.irfft(spectrum, _FFT)[_TAPS - 1 : joined.shape[1]]
            np.multiply(weighted, weighted, out=squares[channel])
        squares = np.concatenate([self._rest, squares], axis=1)
        whole = squares.shape[1] // self._hop * self._hop
        self._rest = squares[:, whole:]
        tenths = squares[:, :whole].reshape(squares.shape[0], -1, self._hop).mean(axis=2, dtype=np.float64)
        self._energy.append(tenths.sum(axis=0))

    @property
    def tenths(self) -> Array:
        """K-weighted mean square (channels summed) of each complete 100 ms so far, float64."""
        return np.concatenate(self._energy) if self._energy else np.zeros(0)

    @property
    def lufs(self) -> float | None:
        """Integrated loudness in LUFS; None when nothing passes the gate (silence, or shorter than 400 ms)."""
        return gated_loudness(self.tenths)


def gated_loudness(tenths: Array) -> float | None:
    """Integrated loudness (LUFS) from K-weighted 100 ms mean squares, with the two gates of BS.1770-4."""
    if len(tenths) < 4:
        return None
    sums = np.concatenate([[0.0], np.cumsum(tenths)])
    blocks = (sums[4:] - sums[:-4]) / 4
    blocks = blocks[blocks > 10 ** ((ABSOLUTE_GATE + 0.691) / 10)]
    if not len(blocks):
        return None
    loud = blocks[blocks > blocks.mean() * 10 ** (RELATIVE_GATE / 10)]
    return float(-0.691 + 10 * np.log10(loud.mean()))


_REACH = 12


@functools.cache
def _interpolators() -> Array:
    """Three windowed-sinc filters that read the signal at 1/4, 1/2 and 3/4 between two samples: (24, 3)."""
    at = np.arange(-_REACH + 1, _REACH + 1)[:, None] - np.array([0.25, 0.5, 0.75])[None, :]
    window = 0.5 + 0.5 * np.cos(np.pi * at / (_REACH + 0.5))
    filters: Array = (np.sinc(at) * window).astype(np.float32)
    return filters


class TruePeakMeter:
    """The highest absolute value between the samples at 4 x oversampling, in a stream.

    Only the surroundings of local maxima near the running peak are interpolated; no other place can hold a higher one.
    """

    def __init__(self, channels: int) -> None:
        self.peak = 0.0
        self._history = np.zeros((channels, 2 * _REACH), np.float32)

    def feed(self, block: Array) -> None:
        """Add the next frames: float32, (channels, frames)."""
        joined = np.concatenate([self._history, block], axis=1)
        self._history = joined[:, -2 * _REACH :]
        for channel in joined:
            self._scan(channel)

    def _scan(self, x: Array) -> None:
        level = np.abs(x)
        self.peak = max(self.peak, float(level.max(initial=0.0)))
        inner = level[_REACH:-_REACH]
        near = np.flatnonzero(inner >= 0.6 * self.peak) + _REACH
        near = near[(level[near] >= level[near - 1]) & (level[near] >= level[near + 1])]
        if not len(near) or self.peak == 0.0:
            return
        for first in range(0, len(near), 20_000):
            at = near[first : first + 20_000]
            at = np.concatenate([at - 1, at])
            frames = x[at[:, None] + np.arange(-_REACH + 1, _REACH + 1)[None, :]]
            self.peak = max(self.peak, float(np.abs(frames @ _interpolators()).max()))

    def finish(self) -> float:
        """The peak after the last frames have rung out."""
        self.feed(np.zeros((self._history.shape[0], 2 * _REACH), np.float32))
        return self.peak

    @property
    def db(self) -> float:
        """True peak in dBTP; -inf for silence."""
        return 20 * math.log10(self.peak) if self.peak > 0 else -math.inf


def measure(audio: Array, sample_rate: int) -> tuple[float | None, float]:
    """(integrated LUFS or None, true peak in dBTP) of a whole signal: float32, (channels, frames)."""
    meter, peak = LoudnessMeter(sample_rate, audio.shape[0]), TruePeakMeter(audio.shape[0])
    for start in range(0, audio.shape[1], 1 << 17):
        block = audio[:, start : start + (1 << 17)]
        meter.feed(block)
        peak.feed(block)
    peak.finish()
    return meter.lufs, peak.db
