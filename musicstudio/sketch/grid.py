"""Patterns written on sixteenths, fitted to any metre, and the swing that bends the grid."""

from __future__ import annotations

STEP = 120  # ticks in a sixteenth

METERS: dict[str, tuple[int, int]] = {  # metre -> (ticks in a bar, ticks in a felt beat)
    "4/4": (1920, 480),
    "3/4": (1440, 480),
    "6/8": (1440, 720),
    "12/8": (2880, 720),
    "2/4": (960, 480),
    "5/4": (2400, 480),
    "7/8": (1680, 480),
}


def fitted(pattern: str, bar_ticks: int, compound: bool) -> str:
    """One bar of `pattern` cut, cycled or (in compound metres) turned into triplets to fill `bar_ticks`."""
    steps = bar_ticks // STEP
    if compound and len(pattern) == 16:
        beats = [pattern[i : i + 4] for i in range(0, 16, 4)]
        pattern = "".join(f"{b[0]}{_held(b[1])}{b[2]}{_held(b[1])}{b[3]}{_held(b[3])}" for b in beats)
    if len(pattern) < steps:
        pattern = (pattern * 2)[:steps]
    return pattern[:steps]


def _held(mark: str) -> str:
    return "-" if mark == "-" else "."


def onsets(pattern: str) -> list[tuple[int, int, str]]:
    """(step, length in steps, mark) of each sound in a pattern; "-" prolongs, "." is silence."""
    found: list[tuple[int, int, str]] = []
    for step, mark in enumerate(pattern):
        if mark == "-" and found and found[-1][0] + found[-1][1] == step:
            found[-1] = (found[-1][0], found[-1][1] + 1, found[-1][2])
        elif mark not in "-.":
            found.append((step, 1, mark))
    return found


def swung(tick: int, percent: int, unit: int) -> int:
    """Where a straight tick falls when the second of each pair of eighths (or sixteenths) comes `percent` into it."""
    if percent == 50:
        return tick
    pair = 480 if unit == 8 else 240
    place = tick % pair
    late = pair * percent // 100
    half = pair // 2
    moved = place * late // half if place < half else late + (place - half) * (pair - late) // half
    return tick - place + moved
