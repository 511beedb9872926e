"""Independent measurements on rendered audio: nothing here knows how the sound was made. Arrays are (frames, 2) floats."""

from __future__ import annotations

import itertools

import numpy as np


def longest_silence(audio, rate, floor_db=-66.0):
    """Seconds of the longest stretch under `floor_db` (10 ms RMS), not counting the last half second."""
    hop = rate // 100
    mono = np.abs(audio).max(axis=1)
    level = mono[: len(mono) // hop * hop].reshape(-1, hop).max(axis=1)[: -rate // 2 // hop or None]
    quiet = level < 10 ** (floor_db / 20)
    longest = run = 0
    for flag in quiet:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest * hop / rate


def clicks(audio, rate):
    """Single-sample jumps that stand far above what surrounds them (second difference against its neighbourhood)."""
    count = 0
    for channel in audio.T:
        bend = np.abs(np.diff(channel, 2))
        around = np.convolve(bend, np.ones(64) / 64, mode="same") + 1e-4
        count += int(np.sum(bend > 28 * around))
    return count


def spectrogram(audio, rate, size=2048, hop=441):
    mono = audio.mean(axis=1).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(mono, size)[::hop]
    return np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32), axis=1)).astype(np.float32)


def onset_strength(audio, rate, hop=441):
    """Rise of the log spectrum in 24 bands from frame to frame, 100 values a second at 44.1 kHz."""
    power = spectrogram(audio, rate, hop=hop)
    edges = np.unique(np.geomspace(2, power.shape[1] - 1, 25).astype(int))
    bands = np.stack([power[:, a:b].sum(axis=1) for a, b in itertools.pairwise(edges)], axis=1)
    log = np.log1p(100 * bands / bands.max())
    return np.maximum(0, np.diff(log, axis=0)).sum(axis=1)


def tempo(audio, rate, low=45.0, high=240.0, strength=None):
    """Beats per minute from the autocorrelation of the onset strength, supported by its multiples and its halves.

    The sixteenths are what tells a beat from one and a half beats in dotted rhythms.
    """
    hop = rate // 100
    strength = onset_strength(audio, rate, hop) if strength is None else strength
    strength = strength - np.convolve(strength, np.ones(60) / 60, mode="same")
    size = 1 << (2 * len(strength)).bit_length()
    spectrum = np.abs(np.fft.rfft(strength, size)) ** 2
    correlation = np.fft.irfft(spectrum)[: len(strength)]
    correlation /= np.arange(len(strength), 0, -1) + 200  # nearly unbiased, without trusting the last few lags
    candidates = np.exp(np.linspace(np.log(low), np.log(high), 1800))
    scores = np.zeros(len(candidates))
    for multiple, weight in ((0.25, 0.5), (0.5, 0.6), (1, 1.0), (2, 1.0), (4, 1.0), (8, 0.8)):
        lag = 60 * rate / hop / candidates * multiple
        inside = lag < len(correlation) - 2
        left = np.minimum(lag.astype(int), len(correlation) - 2)
        share = lag - left
        scores += np.where(inside, weight * (correlation[left] * (1 - share) + correlation[left + 1] * share), 0)
    preference = np.exp(-0.5 * (np.log2(candidates / 115) / 1.1) ** 2)
    return float(candidates[np.argmax(scores * preference)])


def same_tempo(measured, true, tolerance=0.02):
    """Within `tolerance`, or exactly an octave off."""
    return any(abs(measured * factor / true - 1) <= tolerance for factor in (0.25, 0.5, 1, 2, 4))


def features(audio, rate):
    """What a style sounds like in numbers: long-term bands, their movement, onsets, rhythm, stereo width."""
    power = spectrogram(audio, rate, hop=882) ** 2
    hertz = np.linspace(0, rate / 2, power.shape[1])
    edges = [30, 70, 120, 200, 350, 600, 1000, 1700, 2800, 4500, 7000, 10500, 16000]
    bands = np.stack([power[:, (hertz >= a) & (hertz < b)].sum(axis=1) for a, b in itertools.pairwise(edges)], axis=1)
    log = 10 * np.log10(bands / bands.sum() * len(bands) + 1e-7)
    strength = onset_strength(audio, rate)
    lags = np.fft.irfft(np.abs(np.fft.rfft(strength - strength.mean(), 1 << 15)) ** 2)[:400]
    rhythm = [lags[k : k + 8].max() / lags[0] for k in range(16, 160, 8)]
    side, middle = audio[:, 0] - audio[:, 1], audio[:, 0] + audio[:, 1]
    width = 10 * np.log10(np.mean(side**2) / np.mean(middle**2) + 1e-6)
    inner = strength[1:-1]
    peaks = (inner > strength[:-2]) & (inner >= strength[2:]) & (inner > strength.mean() + strength.std())
    beat = np.log2(tempo(audio, rate, strength=strength) / 100)
    return np.array(
        [*log.mean(axis=0), *log.std(axis=0), *(10 * x for x in rhythm), width, 40 * np.mean(strength), 100 * np.mean(peaks),
         20 * np.log10(strength.std() / (strength.mean() + 1e-9) + 1e-3), 8 * beat]
    )  # fmt: skip
