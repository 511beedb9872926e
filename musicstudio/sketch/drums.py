"""Drum one-shots per kit; kicks, toms and timpani are tuned to the key of the piece. Float32, full scale about 0.8."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from musicstudio.sketch.oscillators import decaying, fade_edges, gliding, hertz_of

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Kit:
    """The character of a drum kit: kick (drop in octaves, length, click), snare (tone, noise, length), hat length, dust."""

    kick: tuple[float, float, float] = (2.0, 0.32, 0.25)
    snare: tuple[float, float, float] = (0.55, 0.55, 0.2)
    hat: float = 0.05
    drive: float = 1.0
    dull: float = 16000.0
    ring: float = 1.0


KITS: dict[str, Kit] = {
    "acoustic": Kit((1.2, 0.26, 0.35), (0.6, 0.6, 0.2), 0.06),
    "rock": Kit((1.4, 0.28, 0.5), (0.7, 0.75, 0.26), 0.07, 1.8),
    "jazz": Kit((0.6, 0.22, 0.15), (0.35, 0.45, 0.22), 0.08, 1.0, 12000),
    "lofi": Kit((1.3, 0.26, 0.12), (0.45, 0.5, 0.16), 0.04, 2.2, 6500),
    "house": Kit((2.6, 0.34, 0.35), (0.25, 0.6, 0.16), 0.05, 1.6),
    "techno": Kit((2.8, 0.42, 0.3), (0.2, 0.5, 0.14), 0.045, 2.6),
    "808": Kit((2.2, 0.5, 0.25), (0.4, 0.6, 0.16), 0.035, 1.3),
    "synthwave": Kit((2.0, 0.32, 0.35), (0.6, 0.85, 0.42), 0.06, 1.5),
    "breaks": Kit((1.5, 0.2, 0.45), (0.75, 0.7, 0.17), 0.05, 2.0),
    "chip": Kit((2.6, 0.14, 0.0), (0.1, 0.7, 0.1), 0.03, 1.0),
    "orchestral": Kit((0.8, 0.9, 0.1), (0.4, 0.6, 0.22), 0.06, 1.0, 12000, 2.0),
    "hand": Kit((0.9, 0.3, 0.15), (0.5, 0.35, 0.12), 0.05, 1.0, 11000),
    "reggae": Kit((1.1, 0.24, 0.2), (0.7, 0.45, 0.14), 0.045, 1.2, 11000),
}

PANS = {
    "hat": 0.25,
    "open": 0.25,
    "ride": -0.3,
    "crash": -0.2,
    "shaker": 0.4,
    "tamb": -0.35,
    "conga": -0.35,
    "bongo": 0.3,
    "tom1": 0.3,
    "tom2": 0.0,
    "tom3": -0.3,
    "clave": 0.3,
    "cowbell": -0.25,
    "triangle": 0.35,
    "brush": 0.1,
    "snap": 0.1,
    "rim": -0.1,
    "taiko": 0.0,
}


@functools.lru_cache(maxsize=512)
def drum(kit_name: str, name: str, tonic: int, strength: int, sample_rate: int) -> Array:
    """One hit of a kit: float32, (frames,). `tonic` is a pitch class, `strength` 1..8."""
    kit = KITS[kit_name]
    level = strength / 8
    maker = _MAKERS[name]
    wave: Array = _chip(name, kit, tonic, sample_rate) if kit_name == "chip" else maker(kit, tonic, level, sample_rate)
    if kit.drive > 1 and name not in ("crash", "ride", "rise"):
        wave = np.tanh(wave * kit.drive) / np.float32(kit.drive**0.6)
    if kit.dull < 14000 and name in ("kick", "snare", "clap", "hat", "open", "rim", "shaker", "brush", "ride"):
        wave = _soften(wave, kit.dull, sample_rate)
    return fade_edges((wave * np.float32(level**1.2)).astype(np.float32), sample_rate, 0.0015, 0.01)


def _noise(frames: int, seed: int) -> Array:
    return np.random.RandomState(seed).standard_normal(frames).astype(np.float32) * np.float32(0.35)


def _fall(frames: int, sample_rate: int, seconds: float) -> Array:
    curve: Array = np.exp(np.arange(frames, dtype=np.float32) * np.float32(-6.9 / (seconds * sample_rate)))
    return curve


def _band(noise: Array, low: float, high: float, sample_rate: int) -> Array:
    """Noise between two frequencies, smooth edges."""
    size = 1 << (len(noise) - 1).bit_length()  # odd lengths would make the FFT slow
    spectrum = np.fft.rfft(noise, size)
    hertz = np.fft.rfftfreq(size, 1 / sample_rate) + 1e-3
    spectrum *= 1 / np.sqrt((1 + (low / hertz) ** 6) * (1 + (hertz / high) ** 6))
    return np.fft.irfft(spectrum, size)[: len(noise)].astype(np.float32)


def _soften(wave: Array, cutoff: float, sample_rate: int) -> Array:
    return _band(np.concatenate([wave, np.zeros(256, np.float32)]), 8, cutoff, sample_rate)[: len(wave)]


def _low_tuned(tonic: int, low: int, high: int, fifth: bool = True) -> float:
    """The tonic (or its fifth) between two MIDI pitches: a kick off the key sounds like a wrong bass note."""
    for pitch in range(low, high + 1):
        if pitch % 12 == tonic or (fifth and pitch % 12 == (tonic + 7) % 12):
            return hertz_of(pitch)
    return hertz_of(low)


def _kick(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    octaves, seconds, click = kit.kick
    frames = int((seconds + 0.08) * sample_rate)
    base = _low_tuned(tonic, 29, 35)
    t = np.arange(frames) / sample_rate
    sweep = base * 2 ** (octaves * np.exp(-t / 0.022))
    wave = gliding(sweep, sample_rate) * np.exp(-np.maximum(t - 0.03, 0) / (seconds / 3.2)).astype(np.float32)
    snap = int(0.012 * sample_rate)
    wave[:snap] += (
        _band(_noise(snap, 11), 900, 5000, sample_rate) * _fall(snap, sample_rate, 0.012) * np.float32(click * 3 * level)
    )
    return wave * np.float32(0.9)


def _snare(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    tone, rattle, seconds = kit.snare
    frames = int((seconds + 0.1) * sample_rate)
    f = 185.0
    body = decaying(
        np.array([f, f * 1.59, f * 2.14]), np.array([1, 0.5, 0.25]), np.array([0.13, 0.09, 0.06]), frames, sample_rate
    )
    wires = _band(_noise(frames, 23), 900, 9500, sample_rate) * _fall(frames, sample_rate, seconds)
    return np.asarray(body * np.float32(tone * 0.7) + wires * np.float32(rattle * (1.1 + 0.5 * level)))


def _rim(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    frames = int(0.09 * sample_rate)
    wave = decaying(
        np.array([520.0, 1650.0, 2480.0]), np.array([0.5, 0.7, 0.35]), np.array([0.05, 0.04, 0.03]), frames, sample_rate
    )
    return np.asarray(wave + _band(_noise(frames, 5), 1500, 7000, sample_rate) * _fall(frames, sample_rate, 0.012))


def _clap(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    frames = int(0.3 * sample_rate)
    noise = _band(_noise(frames, 31), 800, 6500, sample_rate)
    shape = np.zeros(frames, np.float32)
    for delay in (0.0, 0.011, 0.021):
        start = int(delay * sample_rate)
        shape[start:] = np.maximum(shape[start:], _fall(frames - start, sample_rate, 0.03))
    start = int(0.03 * sample_rate)
    shape[start:] += _fall(frames - start, sample_rate, 0.2) * np.float32(0.65)
    return noise * shape * np.float32(1.6)


def _metal(seconds: float, low: float, high: float, seed: int, sample_rate: int, ring: float) -> Array:
    """Cymbal-like: clusters of inharmonic partials in noise."""
    frames = int((seconds + 0.02) * sample_rate)
    wave = _band(_noise(frames, seed), low, high, sample_rate) * _fall(frames, sample_rate, seconds)
    if ring:
        state = np.random.RandomState(seed)
        partials = low * 0.6 * (1 + state.random_sample(14) * 2.2)
        shimmer = decaying(partials, np.full(14, 0.09), seconds * (0.4 + 0.6 * state.random_sample(14)), frames, sample_rate)
        wave += shimmer * np.float32(ring)
    return wave


def _hat(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    return _metal(kit.hat * (0.7 + 0.6 * level), 6500, 13500, 3, sample_rate, 0.25)


def _open_hat(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    return _metal(0.3, 6000, 13000, 4, sample_rate, 0.3)


def _ride(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    return _metal(0.7, 5000, 11000, 6, sample_rate, 0.5) * np.float32(0.42)


def _crash(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    return _metal(1.9 * min(kit.ring, 1.3), 2800, 12500, 9, sample_rate, 0.6) * np.float32(0.7)


def _tom(height: int) -> Any:
    def make(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
        frames = int(0.4 * sample_rate)
        base = _low_tuned(tonic, 36 + 5 * height, 47 + 5 * height)
        t = np.arange(frames) / sample_rate
        wave = gliding(base * (1 + 0.5 * np.exp(-t / 0.03)), sample_rate) * _fall(frames, sample_rate, 0.36)
        skin = _band(_noise(frames, 40 + height), 300, 4000, sample_rate) * _fall(frames, sample_rate, 0.05)
        return np.asarray(wave * np.float32(0.7) + skin)

    return make


def _taiko(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    frames = int(0.8 * sample_rate)
    base = _low_tuned(tonic, 33, 44, fifth=False)
    t = np.arange(frames) / sample_rate
    wave = gliding(base * (1 + 0.25 * np.exp(-t / 0.04)), sample_rate) * _fall(frames, sample_rate, 0.6)
    skin = _band(_noise(frames, 51), 120, 2500, sample_rate) * _fall(frames, sample_rate, 0.1)
    return np.asarray(wave * np.float32(0.55) + skin * np.float32(1.3))


def _timpani(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    frames = int(1.6 * sample_rate)
    f = _low_tuned(tonic, 40, 51, fifth=False)
    ratios = np.array([1.0, 1.5, 1.99, 2.44, 2.9])
    wave = decaying(f * ratios, np.array([1, 0.5, 0.35, 0.2, 0.12]), np.array([1.6, 1.3, 0.9, 0.7, 0.5]), frames, sample_rate)
    skin = _band(_noise(frames, 53), 100, 1500, sample_rate) * _fall(frames, sample_rate, 0.04)
    return np.asarray(wave * np.float32(0.6) + skin)


def _shaker(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    frames = int(0.075 * sample_rate)
    noise = _band(_noise(frames, 61), 4500, 10500, sample_rate)
    t = np.linspace(0, 1, frames, dtype=np.float32)
    return np.asarray(noise * np.sin(np.pi * t**0.6) ** 2 * np.float32(0.4))


def _tambourine(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    return _metal(0.16, 5500, 13000, 63, sample_rate, 0.9) * np.float32(0.8)


def _pitched(frequencies: tuple[float, ...], seconds: float, slap: float) -> Any:
    def make(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
        frames = int((seconds * 1.1) * sample_rate)
        f = np.array(frequencies)
        wave = decaying(f, 1 / np.arange(1, len(f) + 1), np.full(len(f), seconds), frames, sample_rate) * np.float32(0.7)
        return wave + _band(_noise(frames, 71), 800, 6000, sample_rate) * _fall(frames, sample_rate, 0.02) * np.float32(slap)

    return make


def _brush(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    frames = int(0.24 * sample_rate)
    t = np.linspace(0, 1, frames, dtype=np.float32)
    return np.asarray(_band(_noise(frames, 81), 1200, 8500, sample_rate) * np.sin(np.pi * t**0.45) ** 2 * np.float32(0.7))


def _rise(kit: Kit, tonic: int, level: float, sample_rate: int) -> Array:
    """A two-second noise swell into the next section."""
    frames = int(2.0 * sample_rate)
    t = np.linspace(0, 1, frames, dtype=np.float32)
    dark = _band(_noise(frames, 91), 400, 2500, sample_rate)
    bright = _band(_noise(frames, 92), 2500, 10000, sample_rate)
    return (dark * (1 - t) + bright * t) * t**2.2 * np.float32(0.8)


def _chip(name: str, kit: Kit, tonic: int, sample_rate: int) -> Array:
    """The 2A03's way: everything is stepped noise, the kick a falling triangle."""
    if name in ("kick", "tom1", "tom2", "tom3", "taiko", "timpani"):
        frames = int(0.16 * sample_rate)
        t = np.arange(frames) / sample_rate
        base = _low_tuned(tonic, 36, 45)
        return gliding(base * 2 ** (2.4 * np.exp(-t / 0.03)), sample_rate) * _fall(frames, sample_rate, 0.16) * np.float32(0.8)
    if name == "rise":
        return _rise(kit, tonic, 1.0, sample_rate)
    seconds, hold = {"snare": (0.13, 5), "clap": (0.13, 4), "crash": (0.7, 4), "open": (0.16, 2)}.get(name, (0.035, 2))
    frames = int(seconds * sample_rate)
    noise = np.sign(_noise(frames // hold + 1, 101)).repeat(hold)[:frames].astype(np.float32) * np.float32(0.3)
    return _band(noise, 200, 13000, sample_rate) * _fall(frames, sample_rate, seconds)


_MAKERS: dict[str, Any] = {
    "kick": _kick,
    "snare": _snare,
    "rim": _rim,
    "clap": _clap,
    "hat": _hat,
    "open": _open_hat,
    "ride": _ride,
    "crash": _crash,
    "tom1": _tom(2),
    "tom2": _tom(1),
    "tom3": _tom(0),
    "taiko": _taiko,
    "timpani": _timpani,
    "shaker": _shaker,
    "tamb": _tambourine,
    "conga": _pitched((196.0, 392.0), 0.28, 0.5),
    "bongo": _pitched((330.0, 690.0), 0.16, 0.5),
    "clave": _pitched((2300.0,), 0.09, 0.1),
    "cowbell": _pitched((560.0, 845.0), 0.25, 0.2),
    "triangle": _pitched((4100.0, 6300.0, 9500.0), 1.0, 0.1),
    "brush": _brush,
    "snap": _pitched((1900.0, 2700.0), 0.05, 1.2),
    "block": _pitched((1150.0, 1750.0), 0.08, 0.2),
    "rise": _rise,
}
