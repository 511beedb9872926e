"""Scales, chords in roman numerals, and how to lay a chord out on the keyboard."""

from __future__ import annotations

import functools
import itertools
import re

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
}
MINOR_MODES = frozenset({"minor", "dorian", "phrygian", "harmonic minor"})
NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")

_UPPER = {
    "": (0, 4, 7), "6": (0, 4, 7, 9), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14), "add9": (0, 4, 7, 14), "69": (0, 4, 7, 9, 14), "13": (0, 4, 10, 14, 21),
    "sus2": (0, 2, 7), "sus4": (0, 5, 7), "7sus4": (0, 5, 7, 10), "5": (0, 7), "+": (0, 4, 8), "7b9": (0, 4, 7, 10, 13),
    "#11": (0, 4, 7, 11, 18),
}  # fmt: skip
_LOWER = {
    "": (0, 3, 7), "6": (0, 3, 7, 9), "7": (0, 3, 7, 10), "maj7": (0, 3, 7, 11), "9": (0, 3, 7, 10, 14),
    "add9": (0, 3, 7, 14), "11": (0, 3, 7, 10, 17), "o": (0, 3, 6), "o7": (0, 3, 6, 9), "h7": (0, 3, 6, 10),
    "5": (0, 7), "sus2": (0, 2, 7), "sus4": (0, 5, 7),
}  # fmt: skip
_NUMERAL = re.compile(r"([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)")


@functools.lru_cache(maxsize=512)
def numeral(text: str, mode: str) -> tuple[int, tuple[int, ...]]:
    """(semitones of the root above the tonic, chord tones above the root) of a numeral such as "ii7", "bVII", "Vsus4".

    Upper case is major, lower case minor; "o" is diminished and "h7" half-diminished. Degrees are those of the natural
    minor or the major scale, whichever `mode` is nearer to: VI is A flat in C minor or C dorian, bVI in C major. Raises
    KeyError for a suffix nobody wrote a chord for.
    """
    match = _NUMERAL.fullmatch(text)
    if match is None:
        raise KeyError(text)
    accidental, degree, suffix = match.groups()
    scale = SCALES["minor" if mode in MINOR_MODES else "major"]
    root = scale[NUMERALS.index(degree.upper())] + {"": 0, "b": -1, "#": 1}[accidental]
    return root % 12, (_UPPER if degree.isupper() else _LOWER)[suffix]


def key_name(tonic: int, mode: str) -> str:
    """ "D minor", "F# dorian"."""
    return f"{NAMES[tonic % 12]} {mode}"


def nearest(pitch_class: int, centre: int) -> int:
    """The MIDI pitch of `pitch_class` nearest to `centre` (the lower one of two)."""
    return centre - 6 + (pitch_class - (centre - 6)) % 12


@functools.lru_cache(maxsize=4096)
def voicing(root: int, tones: tuple[int, ...], low: int, high: int, before: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The chord laid out in low..high so that each voice moves as little as it can from `before` (voice-leading).

    `size` notes at most; the fifth is the first tone left out. Close seconds below middle C are avoided (mud).
    """
    classes = _essential(root, tones, size)
    places = [[p for p in range(low, high + 1) if p % 12 == c] for c in classes]
    best: tuple[float, tuple[int, ...]] | None = None
    for layout in itertools.product(*places):
        notes = tuple(sorted(layout))
        cost = _movement(notes, before, (low + high) / 2) + _mud(notes) + 0.15 * (notes[-1] - notes[0])
        if best is None or (cost, notes) < best:
            best = (cost, notes)
    return best[1] if best else ()


def _essential(root: int, tones: tuple[int, ...], size: int) -> list[int]:
    order = sorted(tones, key=lambda t: (t == 7, t == 0, t))
    kept = sorted(order[:size]) if len(tones) > size else tones
    return [(root + tone) % 12 for tone in kept]


def _movement(notes: tuple[int, ...], before: tuple[int, ...], centre: float) -> float:
    drift = abs(sum(notes) / len(notes) - centre)
    if not before:
        return drift
    return sum(min(abs(n - b) for b in before) for n in notes) + 2 * abs(notes[-1] - before[-1]) + 0.5 * drift


def _mud(notes: tuple[int, ...]) -> float:
    cost = 0.0
    for low, high in itertools.pairwise(notes):
        gap = high - low
        if gap <= 2:
            cost += 4 if low >= 60 else 9
        elif gap <= 4 and low < 52:
            cost += 6
        elif gap > 9:
            cost += gap - 9
    return cost
