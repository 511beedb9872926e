"""The shape of a style."""

from __future__ import annotations

import dataclasses

# A bar is written on sixteenths. Rhythm cells of the lead: x an onset, - held, . silence.
# Comping: C chord, c soft chord, D/U down- and up-strum, B low root, T the upper notes, 1-6 a chord tone, - held, . rest.
# Bass: R root, r soft root, 5 fifth, 8 octave, 3 third, 7 seventh, 6 sixth, A approach to the next root, - held, . rest.
# Drums: X accented, x plain, o soft, g ghost, . rest.


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One role in a style: who may play it, what, and where it sits in the mix.

    `patterns` are chosen per take; pairs of bars are separated by "|". `level` is LU relative to the loudest role,
    `send` the reverb send in dB, `at` the section energy (0..100) from which the role plays.
    """

    instruments: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    level: float = -8.0
    pan: float = 0.0
    send: float = -14.0
    at: int = 0
    low: int = 52
    high: int = 74
    size: int = 4
    effects: tuple[str, ...] = ()
    rests: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Groove:
    """A drum pattern: (drum, sixteenths) rows, one or more bars separated by "|"."""

    rows: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """One section of a style's form: (kind, energy 0..100, weight, priority: 0 is kept in the shortest pieces)."""

    kind: str
    energy: int
    weight: int = 2
    priority: int = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Genre:
    """Everything that makes a style. Progressions are numerals, one bar each; "ii7,V7" shares a bar."""

    name: str
    title: str
    bpm: tuple[int, int]
    modes: tuple[str, ...]
    verses: tuple[str, ...]
    choruses: tuple[str, ...]
    bridges: tuple[str, ...]
    cadence: str
    parts: dict[str, Part]
    cells: tuple[str, ...]
    form: tuple[Form, ...]
    kit: str = ""
    light: tuple[Groove, ...] = ()
    full: tuple[Groove, ...] = ()
    fills: tuple[Groove, ...] = ()
    meter: str = "4/4"
    swing: int = 50
    swing_unit: int = 8
    harmonic_rhythm: int = 1
    bridge_shifts: tuple[int, ...] = (0,)
    scale: str = "mode"
    leap: float = 0.18
    room: tuple[float, float] = (1.6, 0.8)
    tilt: float = 0.0
    tape: bool = False
    textures: tuple[tuple[str, float], ...] = ()
    humanise: int = 8
    walking: bool = False
    beat: bool = True
    swells: bool = False
    crash: str = "crash"
    tonics: tuple[int, ...] = (0, 2, 3, 4, 5, 7, 8, 9, 10)


def groove(**rows: str) -> Groove:
    """A groove from keyword rows: groove(kick="X...", snare="....X...")."""
    return Groove(tuple(rows.items()))


POP_FORM = (
    Form("intro", 30, 1, 2),
    Form("verse", 55, 2, 1),
    Form("chorus", 85, 2, 0),
    Form("verse", 62, 2, 5),
    Form("chorus", 90, 2, 3),
    Form("bridge", 50, 2, 4),
    Form("chorus", 100, 2, 4),
    Form("outro", 40, 1, 4),
)
DANCE_FORM = (
    Form("intro", 45, 2, 2),
    Form("build", 65, 1, 3),
    Form("drop", 95, 2, 0),
    Form("break", 44, 2, 1),
    Form("build", 70, 1, 4),
    Form("drop", 100, 3, 2),
    Form("bridge", 55, 1, 6),
    Form("drop", 100, 2, 6),
    Form("outro", 50, 2, 5),
)
CALM_FORM = (
    Form("intro", 30, 1, 2),
    Form("verse", 50, 2, 0),
    Form("chorus", 65, 2, 1),
    Form("bridge", 45, 2, 4),
    Form("verse", 58, 2, 3),
    Form("chorus", 72, 2, 5),
    Form("outro", 35, 1, 4),
)
RISING_FORM = (
    Form("intro", 25, 1, 2),
    Form("verse", 40, 2, 1),
    Form("build", 60, 2, 3),
    Form("chorus", 90, 2, 0),
    Form("bridge", 40, 2, 4),
    Form("build", 70, 1, 5),
    Form("chorus", 100, 3, 3),
    Form("outro", 45, 1, 5),
)
