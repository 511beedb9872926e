"""Rooms: synthetic impulse responses, and long convolution by FFT in bounded memory."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_FFT = 1 << 18


@functools.lru_cache(maxsize=8)
def room(seconds: float, brightness: float, sample_rate: int) -> Array:
    """A stereo impulse response of unit energy, `seconds` to -60 dB: float32, (2, frames).

    Four bands of noise decay at their own speed (highs die first), early reflections come before, and nothing below
    180 Hz is let in: a reverberating bass is mud.
    """
    frames = int((seconds * 0.9 + 0.03) * sample_rate)
    state = np.random.RandomState(20_257)
    size = 1 << (frames - 1).bit_length()
    hertz = np.fft.rfftfreq(size, 1 / sample_rate) + 1e-3
    t = np.arange(frames, dtype=np.float32) / np.float32(sample_rate)
    edges = ((180, 600, 1.0), (600, 2200, 0.9), (2200, 5500, 0.6), (5500, 12000, 0.38))
    response = np.zeros((2, frames), np.float32)
    for channel in range(2):
        noise = np.fft.rfft(state.standard_normal(size).astype(np.float32))
        for low, high, share in edges:
            level = brightness if low >= 2200 else 1.0
            shape = level / np.sqrt((1 + (low / hertz) ** 6) * (1 + (hertz / high) ** 6))
            band = np.fft.irfft(noise * shape.astype(np.float32), size)[:frames].astype(np.float32)
            response[channel] += band * np.exp(t * np.float32(-6.9 / (seconds * share)))
        for _ in range(9):
            at = int((0.007 + 0.05 * state.random_sample()) * sample_rate)
            if at < frames:
                response[channel, at] += np.float32(3.0 * (0.3 + state.random_sample()) * (-1) ** state.randint(2))
    onset = int(0.004 * sample_rate)
    response[:, :onset] *= np.linspace(0, 1, onset, dtype=np.float32)
    response[:, -onset * 4 :] *= np.linspace(1, 0, onset * 4, dtype=np.float32)
    delayed = np.concatenate([np.zeros((2, int(0.014 * sample_rate)), np.float32), response], axis=1)
    delayed /= np.sqrt(np.sum(delayed**2) / 2)
    return delayed


def convolve_into(target: Array, source: Array, kernel: Array, gain: float, *, delay: int = 0, wrap: int = 0) -> None:
    """Add `gain` x (`source` (frames,) convolved with each row of `kernel` (rows, taps)) to `target` (rows, frames).

    `delay` drops the kernel's own delay (frames). `wrap` > 0 folds what rings past that frame back to the beginning.
    """
    taps = kernel.shape[1]
    size = max(1 << 16, 1 << (2 * taps - 1).bit_length())
    step = size - taps + 1
    spectra = [np.fft.rfft(row * np.float32(gain), size) for row in kernel]
    for start in range(0, len(source), step):
        part = np.fft.rfft(source[start : start + step], size)
        length = min(step, len(source) - start) + taps - 1
        for row, spectrum in zip(target, spectra, strict=True):
            wave = np.fft.irfft(part * spectrum, size)[:length]
            _add(row, wave, start - delay, wrap)


def _add(row: Array, wave: Array, start: int, wrap: int) -> None:
    if start < 0:
        if wrap:
            row[wrap + start : wrap] += wave[:-start]
        wave, start = wave[-start:], 0
    end = wrap or len(row)
    fits = max(0, min(len(wave), end - start))
    row[start : start + fits] += wave[:fits]
    rest = wave[fits:]
    while wrap and len(rest):
        row[: min(wrap, len(rest))] += rest[:wrap]
        rest = rest[wrap:]


def filter_in_place(
    audio: Array, magnitudes: Array, *, circular: bool = False, opening: Array | None = None, hop: int = 0
) -> None:
    """Apply a zero-phase FIR in place to (rows, frames); `magnitudes` are its gains at evenly spaced steps from 0 to Nyquist.

    `circular` treats the audio as a loop, so that its ends still join afterwards. With `opening` (a value every `hop`
    frames, 1 = unfiltered) the filter opens and closes over time.
    """
    taps = 2 * (len(magnitudes) - 1)
    half = taps // 2
    kernel = np.fft.fftshift(np.fft.irfft(magnitudes)) * np.hanning(taps)
    size = max(1 << 13, 8 * taps)
    step = size - taps + 1
    spectrum = np.fft.rfft(kernel.astype(np.float32), size)
    for row in audio:
        before = row[1 - half :].copy() if circular else np.zeros(half - 1, np.float32)
        after = row[:half].copy() if circular else np.zeros(half, np.float32)
        for start in range(0, len(row), step):
            end = min(start + step, len(row))
            ahead = row[end : end + half]
            ahead = np.concatenate([ahead, after[: half - len(ahead)]])
            block = np.concatenate([before, row[start:end], ahead])
            before = np.concatenate([before, row[start:end]])[1 - half :]
            wave = np.fft.irfft(np.fft.rfft(block, size) * spectrum, size)
            filtered = wave[taps - 1 : taps - 1 + end - start]
            if opening is None:
                row[start:end] = filtered
            else:
                row[start:end] = filtered + curve(opening, hop, start, end) * (row[start:end] - filtered)


def curve(points: Array, hop: int, start: int, end: int) -> Array:
    """Frames start..end of a curve given every `hop` frames, linearly interpolated: float32, (end - start,)."""
    first, last = start // hop, (end - 1) // hop
    chosen = points[np.minimum(np.arange(first, last + 2), len(points) - 1)]
    ramp = np.arange(hop, dtype=np.float32) / np.float32(hop)
    whole: Array = (chosen[:-1, None] + (chosen[1:] - chosen[:-1])[:, None] * ramp).reshape(-1)
    return whole[start - first * hop : end - first * hop]


def apply_gain(audio: Array, gain: Array, hop: int) -> None:
    """Multiply (rows, frames) by a gain curve given every `hop` frames, in place."""
    for start in range(0, audio.shape[1], 1 << 16):
        end = min(start + (1 << 16), audio.shape[1])
        audio[:, start:end] *= curve(gain, hop, start, end)


def long_term_spectrum(audio: Array, *, windows: int = 160, size: int = 4096) -> Array:
    """Mean power spectrum over evenly spread Hann windows: (rows, frames) -> (size//2+1,). Cheap on long audio."""
    frames = audio.shape[1]
    if frames < size:
        audio = np.pad(audio, ((0, 0), (0, size - frames)))
        frames = size
    starts = np.unique(np.linspace(0, frames - size, min(windows, 1 + 2 * (frames - size) // size + 1)).astype(int))
    window = np.hanning(size).astype(np.float32)
    power = np.zeros(size // 2 + 1)
    for row in audio:
        for start in starts:
            spectrum = np.fft.rfft(row[start : start + size] * window)
            power += spectrum.real**2 + spectrum.imag**2
    return power / (len(starts) * size * 0.375 * size)
