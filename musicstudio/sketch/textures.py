"""Background sounds: rain, vinyl, ocean, wind, fire, birds, café, tape. Written block by block into a stereo bus."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def texture(name: str, bus: Array, sample_rate: int, seed: int) -> None:
    """Fill a stereo bus (2, frames) with a background sound. Raises KeyError for a name we lack.

    Long ones repeat a 43 s piece whose end flows into its beginning.
    """
    state = np.random.RandomState(seed & 0x7FFFFFFF)
    frames, fade = bus.shape[1], 2 * sample_rate
    length = min(frames, 45 * sample_rate)
    piece = _MAKERS[name](length, sample_rate, state)
    if length < frames:
        ramp = np.sqrt(np.linspace(0, 1, fade, dtype=np.float32))
        piece[:, :fade] = piece[:, :fade] * ramp + piece[:, -fade:] * ramp[::-1]
        piece = piece[:, :-fade]
    for start in range(0, frames, piece.shape[1]):
        part = bus[:, start : start + piece.shape[1]]
        part[:] = piece[:, : part.shape[1]]


def _bed(frames: int, sample_rate: int, state: np.random.RandomState, curve: Callable[[Array], Array]) -> Array:
    """Shaped stereo noise, looped from one 12 s piece with a long crossfade: noise has no seam."""
    size = min(1 << 19, 1 << max(14, math.ceil(math.log2(max(frames, 2)))))
    hertz = np.fft.rfftfreq(size, 1 / sample_rate)
    magnitude = curve(np.maximum(hertz, 1.0)).astype(np.float32)
    magnitude[0] = 0
    bed = np.empty((2, frames), np.float32)
    for channel in range(2):
        turns = np.exp(2j * np.pi * state.random_sample(len(hertz))).astype(np.complex64)
        loop = np.fft.irfft(turns * magnitude, size).astype(np.float32)  # periodic, so tiling it is seamless
        loop *= np.float32(0.2) / np.float32(max(float(np.sqrt(np.mean(loop * loop))), 1e-9))
        bed[channel] = np.resize(loop, frames)
    return bed


def _swell(frames: int, sample_rate: int, state: np.random.RandomState, every: float, low: float) -> Array:
    """A slow random rise and fall between `low` and 1, one turn about `every` seconds: (frames,)."""
    points = max(4, int(frames / sample_rate / every * 2) + 3)
    heights = low + (1 - low) * state.random_sample(points)
    x = np.linspace(0, points - 1, frames, dtype=np.float32)
    left = np.minimum(x.astype(np.int32), points - 2)
    turn = (0.5 - 0.5 * np.cos(np.pi * (x - left))).astype(np.float32)
    heights = heights.astype(np.float32)
    return np.asarray(heights[left] * (1 - turn) + heights[left + 1] * turn)


def _scatter(bus: Array, sample_rate: int, state: np.random.RandomState, per_second: float, make: Callable[[], Array]) -> None:
    """Drop short mono sounds at random places and pans; twelve different ones are made and reused."""
    drops = [make() for _ in range(12)]
    count = int(bus.shape[1] / sample_rate * per_second)
    for start, which, pan, level in zip(
        (state.random_sample(count) * bus.shape[1]).astype(int),
        state.randint(0, 12, count),
        state.random_sample(count),
        state.random_sample(count) ** 2,
        strict=True,
    ):
        drop = drops[which][: bus.shape[1] - start]
        bus[0, start : start + len(drop)] += drop * np.float32((0.2 + level) * math.cos(pan * math.pi / 2))
        bus[1, start : start + len(drop)] += drop * np.float32((0.2 + level) * math.sin(pan * math.pi / 2))


def _grain(sample_rate: int, state: np.random.RandomState, hertz: float, seconds: float, bend: float, level: float) -> Array:
    frames = int(seconds * sample_rate)
    t = np.arange(frames) / sample_rate
    phase = 2 * np.pi * np.cumsum(hertz * (1 + bend * t / seconds)) / sample_rate
    shape = np.sin(np.pi * np.minimum(t / 0.003, 0.5)) * np.exp(-t * 5 / seconds)
    shape *= np.clip((seconds - t) / (0.2 * seconds), 0, 1)
    return np.asarray(np.sin(phase) * shape * level, np.float32)


def _rain(frames: int, rate: int, state: np.random.RandomState) -> Array:
    bus = _bed(frames, rate, state, lambda f: (f / 800) / (1 + (f / 1600) ** 2) * (1 / (1 + (f / 9000) ** 4)))
    bus *= _swell(frames, rate, state, 6, 0.7)

    def drop() -> Array:
        return _grain(rate, state, 900 + 3200 * state.random_sample(), 0.02 + 0.03 * state.random_sample(), 0.5, 0.35)

    _scatter(bus, rate, state, 26, drop)
    return bus


def _vinyl(frames: int, rate: int, state: np.random.RandomState) -> Array:
    bus = _bed(frames, rate, state, lambda f: 1 / (1 + (f / 60) ** 1.2) + 0.02) * np.float32(0.16)

    def crackle() -> Array:
        length = int(rate * 0.0025)
        tick = state.standard_normal(length) * np.hanning(length)
        return (tick * (0.1 + 0.5 * state.random_sample())).astype(np.float32)

    _scatter(bus, rate, state, 11, crackle)
    return bus


def _ocean(frames: int, rate: int, state: np.random.RandomState) -> Array:
    deep = _bed(frames, rate, state, lambda f: 1 / (1 + (f / 300) ** 2))
    deep *= _swell(frames, rate, state, 5, 0.25)
    foam = _bed(frames, rate, state, lambda f: (f / 2000) / (1 + (f / 4000) ** 2.5))
    foam *= _swell(frames, rate, state, 5, 0.03) ** 2
    deep += foam
    return deep


def _wind(frames: int, rate: int, state: np.random.RandomState) -> Array:
    bus = _bed(frames, rate, state, lambda f: 1 / (1 + np.abs(f / 320 - 1) * 4) / (1 + (f / 1500) ** 2))
    bus *= _swell(frames, rate, state, 3.5, 0.12)
    howl = _bed(frames, rate, state, lambda f: 1 / (1 + (np.abs(f - 620) / 45) ** 2))
    howl *= _swell(frames, rate, state, 4.5, 0.0) ** 2 * np.float32(0.5)
    bus += howl
    return bus


def _fire(frames: int, rate: int, state: np.random.RandomState) -> Array:
    bus = _bed(frames, rate, state, lambda f: 1 / (1 + (f / 180) ** 1.5)) * np.float32(0.5)
    bus *= _swell(frames, rate, state, 1.5, 0.4)

    def snap() -> Array:
        length = int(rate * (0.004 + 0.012 * state.random_sample()))
        burst = state.standard_normal(length) * np.exp(-np.arange(length) * 6 / length)
        burst *= np.hanning(length) ** 0.25
        return (burst * 0.4 * state.random_sample()).astype(np.float32)

    _scatter(bus, rate, state, 9, snap)
    return bus


def _birds(frames: int, rate: int, state: np.random.RandomState) -> Array:
    bus = _bed(frames, rate, state, lambda f: 1 / (1 + (f / 500) ** 1.5)) * np.float32(0.12)

    def call() -> Array:
        pitch = 2400 + 2600 * state.random_sample()
        bend = -0.25 + 0.6 * state.random_sample()
        chirps = []
        for _ in range(state.randint(1, 6)):
            chirps.append(_grain(rate, state, pitch, 0.06 + 0.07 * state.random_sample(), bend, 0.5))
            chirps.append(np.zeros(int(rate * (0.03 + 0.05 * state.random_sample())), np.float32))
        return np.concatenate(chirps)

    _scatter(bus, rate, state, 1.1, call)
    return bus


def _cafe(frames: int, rate: int, state: np.random.RandomState) -> Array:
    bus = _bed(frames, rate, state, lambda f: 1 / (1 + (f / 350) ** 2) * (f / 150) / (1 + f / 150)) * np.float32(0.4)
    for centre in (320, 520, 800, 1250):
        murmur = _bed(frames, rate, state, lambda f, c=centre: 1 / (1 + (np.abs(f - c) / (c * 0.12)) ** 2))  # type: ignore[misc]
        murmur *= _swell(frames, rate, state, 0.35, 0.0) ** 2 * np.float32(0.7)
        bus += murmur

    def clink() -> Array:
        return _grain(rate, state, 2600 + 2500 * state.random_sample(), 0.12, 0.0, 0.22)

    _scatter(bus, rate, state, 0.7, clink)
    return bus


def _tape(frames: int, rate: int, state: np.random.RandomState) -> Array:
    return _bed(frames, rate, state, lambda f: (f / 3000) / (1 + (f / 5000) ** 2)) * np.float32(0.5)


_MAKERS: dict[str, Callable[[int, int, np.random.RandomState], Array]] = {
    "rain": _rain, "vinyl": _vinyl, "ocean": _ocean, "wind": _wind, "fire": _fire, "birds": _birds, "café": _cafe, "tape": _tape,
}  # fmt: skip
TEXTURES = tuple(_MAKERS)
