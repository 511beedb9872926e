"""Struck and plucked instruments: pianos, guitars, harps, mallets, bells. Modal synthesis, float32, full scale about 0.5."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from musicstudio.sketch.oscillators import BAND_LIMIT, decaying, fade_edges, hertz_of

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Struck:
    """How a string or bar rings.

    `ring` seconds to -60 dB at middle C, halved every `shorten` octaves up; `damping` makes upper partials die sooner;
    `point` is where the string is hit (0..0.5 of its length); `bright` is the level slope over partials;
    `stiff` the inharmonicity; `partials` lists (ratio, level, decay ratio) for bars and bells instead of a string.
    `damper` is the release in seconds when the key is let go, 0 for things that ring on.
    """

    ring: float
    damping: float = 1.0
    point: float = 0.12
    bright: float = 1.0
    stiff: float = 0.0
    partials: tuple[tuple[float, float, float], ...] = ()
    damper: float = 0.15
    shorten: float = 1.3
    knock: float = 0.0
    beating: float = 0.0
    attack: float = 0.0015
    ceiling: float = 12000.0


STRUCK: dict[str, Struck] = {
    "piano": Struck(9, 0.5, 0.125, 1.15, 0.00035, damper=0.22, knock=0.10, beating=0.35, shorten=1.2),
    "felt piano": Struck(7, 0.9, 0.125, 1.9, 0.0003, damper=0.35, knock=0.16, beating=0.3, attack=0.006, ceiling=5000),
    "rhodes": Struck(
        5,
        partials=((1, 1, 1), (2, 0.22, 0.7), (3, 0.10, 0.4), (4, 0.05, 0.3), (7.2, 0.10, 0.07), (12.6, 0.03, 0.04)),
        damper=0.18,
        knock=0.03,
        attack=0.002,
        beating=0.12,
    ),
    "wurlitzer": Struck(
        3.5,
        partials=((1, 1, 1), (2, 0.5, 0.8), (3, 0.32, 0.6), (4, 0.2, 0.5), (5, 0.12, 0.4), (6, 0.07, 0.3), (9, 0.03, 0.1)),
        damper=0.14,
        knock=0.05,
    ),
    "nylon guitar": Struck(3.2, 1.3, 0.27, 1.35, 0.00006, damper=0.25, knock=0.07, attack=0.002),
    "steel guitar": Struck(4.2, 0.9, 0.16, 1.0, 0.00012, damper=0.3, knock=0.05, beating=0.15),
    "clean guitar": Struck(4.0, 1.0, 0.21, 1.2, 0.0001, damper=0.16, ceiling=6500),
    "muted guitar": Struck(0.5, 0.8, 0.2, 1.15, 0.0001, damper=0.08, ceiling=6000),
    "banjo": Struck(1.3, 0.5, 0.1, 0.75, 0.0001, damper=0.2, knock=0.1),
    "ukulele": Struck(1.5, 1.1, 0.23, 1.2, damper=0.2, knock=0.06),
    "harp": Struck(4.5, 1.1, 0.4, 1.5, damper=0.9, knock=0.02, attack=0.002),
    "harpsichord": Struck(3.5, 0.35, 0.09, 0.55, 0.00008, damper=0.09),
    "pizzicato": Struck(0.7, 1.3, 0.18, 1.3, damper=0.3, knock=0.05, attack=0.003),
    "koto": Struck(2.6, 0.8, 0.08, 0.9, 0.0002, damper=0.5, knock=0.05),
    "sitar": Struck(4.0, 0.25, 0.06, 0.5, 0.0001, damper=0.5, beating=0.4),
    "bass guitar": Struck(3.6, 1.3, 0.2, 1.35, 0.00008, damper=0.1, attack=0.003, ceiling=3500, shorten=2),
    "picked bass": Struck(3.0, 0.8, 0.13, 1.05, 0.00008, damper=0.08, ceiling=5000, shorten=2),
    "upright bass": Struck(2.4, 1.7, 0.28, 1.4, 0.00005, damper=0.14, knock=0.08, attack=0.005, ceiling=3000, shorten=2),
    "synth pluck": Struck(0.9, 0.7, 0.5, 0.95, damper=0.25),
    "bell pluck": Struck(1.6, partials=((1, 1, 1), (2, 0.35, 0.7), (3.01, 0.2, 0.5), (5.4, 0.12, 0.25)), damper=0.6),
    "vibraphone": Struck(5, partials=((1, 1, 1), (4, 0.22, 0.35), (10, 0.06, 0.08)), damper=0.5, knock=0.007, beating=0.02),
    "marimba": Struck(1.0, partials=((1, 1, 1), (3.93, 0.28, 0.3), (9.2, 0.09, 0.1)), damper=0.6, knock=0.021),
    "xylophone": Struck(0.55, partials=((1, 1, 1), (3, 0.4, 0.5), (6.2, 0.2, 0.25)), damper=0.5, knock=0.028),
    "kalimba": Struck(1.7, partials=((1, 1, 1), (2, 0.06, 0.7), (5.8, 0.2, 0.12), (8.9, 0.05, 0.08)), damper=0.6, knock=0.021),
    "glockenspiel": Struck(2.6, partials=((1, 1, 1), (2.76, 0.35, 0.4), (5.4, 0.15, 0.2), (8.9, 0.06, 0.1)), damper=1.2),
    "celesta": Struck(2.2, partials=((1, 1, 1), (2, 0.3, 0.6), (4.02, 0.16, 0.3), (6.8, 0.06, 0.15)), damper=0.6, knock=0.007),
    "music box": Struck(
        2.6,
        partials=((1, 1, 1), (2.0, 0.16, 0.7), (3.9, 0.22, 0.25), (6.5, 0.1, 0.14), (9.7, 0.05, 0.08)),
        damper=1.5,
        knock=0.014,
    ),
    "tubular bells": Struck(
        7,
        partials=(
            (0.5, 0.35, 1.1),
            (1, 1, 1),
            (1.5, 0.4, 0.8),
            (2, 0.5, 0.6),
            (2.76, 0.25, 0.45),
            (4.2, 0.2, 0.3),
            (5.4, 0.1, 0.2),
        ),
        damper=2,
    ),
    "steel drum": Struck(
        1.4, partials=((1, 1, 1), (2, 0.75, 0.8), (3, 0.3, 0.5), (4.05, 0.25, 0.4), (6.1, 0.1, 0.2)), damper=0.4
    ),
}


def struck(spec: Struck, pitch: int, held: float, velocity: float, sample_rate: int) -> Array:
    """One note, `held` seconds before its damper falls: float32, (1, frames)."""
    hertz = hertz_of(pitch)
    ring = spec.ring * 2 ** (-(pitch - 60) / 12 / spec.shorten)
    length = min(ring * 1.05, held + spec.damper if spec.damper else ring)
    frames = max(64, int(length * sample_rate))
    ratios, levels, decays = _partials(spec, hertz, velocity)
    wave = decaying(hertz * ratios, levels, ring * decays, frames, sample_rate)
    if spec.beating:
        wave += spec.beating * decaying(hertz * ratios * 1.0006 + 0.15, levels, ring * decays, frames, sample_rate)
    if spec.knock:
        _add_knock(wave, spec.knock * (0.4 + 0.6 * velocity), sample_rate, pitch)
    wave *= np.float32(velocity**1.3 * 0.5 / math.sqrt(float(np.sum(levels**2)) + 0.3))
    fall = max(0.01, min(spec.damper, length * 0.7))
    return fade_edges(wave, sample_rate, spec.attack, fall)[None, :]


def _partials(spec: Struck, hertz: float, velocity: float) -> tuple[Array, Array, Array]:
    if spec.partials:
        ratios, levels, decays = (np.array(column) for column in zip(*spec.partials, strict=True))
        soft = np.where(ratios > 1.5, 0.35 + 0.65 * velocity, 1.0)
        return ratios, levels * soft, decays
    count = int(min(48, max(3, min(spec.ceiling, BAND_LIMIT) / hertz)))
    k = np.arange(1, count + 1)
    ratios = k * np.sqrt(1 + spec.stiff * k * k)
    slope = spec.bright + 0.9 * (1 - velocity)
    levels = np.abs(np.sin(math.pi * k * spec.point)) / k**slope
    levels *= 1 / (1 + (hertz * ratios / spec.ceiling) ** 4)
    decays = 1 / (1 + spec.damping * 0.12 * (ratios - 1) + spec.damping * (hertz * ratios / 9000) ** 2)
    return ratios, levels, decays


def _add_knock(wave: Array, level: float, sample_rate: int, pitch: int) -> None:
    """The hammer, the finger or the mallet: 25 ms of dull noise."""
    frames = min(len(wave), int(0.025 * sample_rate))
    noise = np.random.RandomState(pitch).standard_normal(frames + 32).astype(np.float32)
    smooth = np.convolve(noise, np.hanning(24) / 12, mode="same")[:frames]
    wave[:frames] += smooth * np.exp(-np.arange(frames, dtype=np.float32) / (0.006 * sample_rate)) * np.float32(level * 2)
