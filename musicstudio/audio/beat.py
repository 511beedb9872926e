"""Tempo and brightness, from a minute of the middle of a track at most: enough to find it again, not to beat-match it.

Tempo: the autocorrelation of the onset strength (Ellis, Beat Tracking by Dynamic Programming, 2007, section 3.1). Brightness:
the spectral centroid (Peeters, A large set of audio features, 2004, section 6.1.1).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

LISTENED = 60.0  # seconds
SIZE, PER_SECOND = 1024, 100  # of a spectrum in samples at 22 050 Hz, and how many of them
RATE = 22_050
SLOWEST, FASTEST = 50.0, 220.0  # beats per minute
SHORTEST, SILENT = 6.0, 1e-4  # seconds with a tempo; full scale is 1
CLEAR, FELT = 0.18, 1.0  # how alike the onsets of neighbouring beats are, and how strong: below, there is no beat to speak of


class Listener:
    """Gathers the part of a stream that is listened to: mono, about 22 kHz."""

    def __init__(self, sample_rate: int, frames: int) -> None:
        """`frames`: how long the header says the whole is; the part is taken from its middle."""
        self._step = max(1, round(sample_rate / RATE))
        self.sample_rate = sample_rate / self._step
        self._first = max(0, (frames - int(LISTENED * sample_rate)) // 2)
        self._last = self._first + int(LISTENED * sample_rate)
        self._at, self._parts = 0, list[Array]()

    def feed(self, block: Array) -> None:
        """Add the next frames: float32, (channels, frames)."""
        part = block.mean(axis=0)[max(0, self._first - self._at) : max(0, self._last - self._at)]
        whole = len(part) // self._step * self._step
        self._parts.append(part[:whole].reshape(-1, self._step).mean(axis=1))
        self._at += block.shape[1]

    def hear(self) -> tuple[float | None, float | None]:
        """(beats per minute, spectral centroid in Hz); None for what there is not: silence, or no clear beat."""
        return heard(np.concatenate([*self._parts, np.zeros(0, np.float32)]), self.sample_rate)


def heard(sound: Array, sample_rate: float) -> tuple[float | None, float | None]:
    """(tempo, centroid) of a mono signal at about 22 kHz; see `Listener.hear`."""
    hop = int(sample_rate / PER_SECOND)
    if len(sound) < SIZE or np.abs(sound).max() < SILENT:
        return None, None
    bands, mean = spectra(sound, hop)
    bpm = tempo(onsets(bands), sample_rate / hop) if len(sound) >= SHORTEST * sample_rate else None
    return bpm, centroid(mean, sample_rate)


def spectra(sound: Array, hop: int) -> tuple[Array, Array]:
    """Amplitudes of windows `hop` samples apart: in 24 bands, (frames, bands), and their mean at each frequency.

    A second at a time: a worker measures several files at once, and a minute of spectra would be 12 MB each.
    """
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float32, copy=False), SIZE)[::hop]
    window = np.hanning(SIZE).astype(np.float32)
    edges = np.unique(np.geomspace(2, SIZE // 2, 25).astype(int))
    bands, total = list[Array](), np.zeros(SIZE // 2 + 1)
    for at in range(0, len(frames), PER_SECOND):
        levels = np.abs(np.fft.rfft(frames[at : at + PER_SECOND] * window, axis=1)).astype(np.float32)
        total += levels.sum(axis=0, dtype=np.float64)
        bands.append(np.stack([levels[:, low:high].sum(axis=1) for low, high in itertools.pairwise(edges)], axis=1))
    return np.concatenate(bands), total / len(frames)


def centroid(mean: Array, sample_rate: float) -> float | None:
    """Hz: the balance point of the mean amplitude spectrum."""
    total = mean.sum()
    return float((mean * np.fft.rfftfreq(SIZE, 1 / sample_rate)).sum() / total) if total else None


def onsets(bands: Array) -> Array:
    """How much the logarithm of the level rises from frame to frame, over all bands."""
    logs = np.log1p(100 * bands / bands.max())
    return np.asarray(np.maximum(0, np.diff(logs, axis=0)).sum(axis=1))


def tempo(strength: Array, per_second: float) -> float | None:
    """Beats per minute from onset strengths, `per_second` of them; None without a clear beat.

    A tempo counts when the onsets repeat after one beat, after two and after four; around 115 is what people tap, so very
    fast music may be heard at half its tempo.
    """
    if np.percentile(strength, 98) < FELT:
        return None
    strength = strength - np.convolve(strength, np.ones(60) / 60, mode="same")
    repeats = np.fft.irfft(np.abs(np.fft.rfft(strength, 1 << (2 * len(strength)).bit_length())) ** 2)[: len(strength)]
    repeats = repeats / repeats[0] * len(strength) / (np.arange(len(strength), 0, -1) + 200)
    candidates = np.exp(np.linspace(np.log(SLOWEST), np.log(FASTEST), 1500))
    scores, weights = np.zeros(len(candidates)), 0.0
    for multiple, weight in ((0.5, 0.6), (1, 1.0), (2, 1.0), (4, 1.0)):
        lag = 60 * per_second / candidates * multiple
        scores += weight * np.interp(lag, np.arange(len(repeats)), repeats, right=0.0)
        weights += weight
    best = int(np.argmax(scores * np.exp(-0.5 * (np.log2(candidates / 115) / 1.1) ** 2)))
    return round(float(candidates[best]), 1) if scores[best] / weights >= CLEAR else None
