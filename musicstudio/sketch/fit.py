"""Fitting whole bars and a ringing end into a duration, exact to the sample."""

from __future__ import annotations

import dataclasses

MOST_DRIFT = 0.04  # a style's tempo may bend this far; a tempo the prompt names is never touched
HIT_DRIFT = 0.08  # to put a bar line on a moment the prompt names


@dataclasses.dataclass(frozen=True, slots=True)
class Fit:
    """`beats` quarter notes of body at `bpm`, then the final chord rings for `tail` seconds."""

    bpm: float
    beats: float
    tail: float
    bars: int


def fit(seconds: float, bpm: float, bar: float, *, fixed: bool = False, loop: bool = False, hit: float = 0.0) -> Fit:
    """Choose bars and tempo for a piece of `seconds` at about `bpm` with `bar` quarter notes in a bar.

    `fixed` keeps the tempo; `loop` leaves no tail; `hit` is a moment in seconds that should fall on a bar line.
    Multiples of four bars are preferred. Pieces shorter than a bar and its tail are counted in beats.
    """
    if loop:
        return _fit_loop(seconds, bpm, bar)
    tempo = bpm if fixed or not hit else _tempo_for_hit(hit, bpm, bar)
    bend = 0.0 if fixed or hit else MOST_DRIFT
    least = least_tail(seconds)
    best: tuple[float, Fit] | None = None
    for bars in range(1, int(seconds * tempo * (1 + bend) / 60 / bar) + 1):
        slowest = bars * bar * 60 / max(0.1, seconds - least)  # leaves just the least tail
        widest = bars * bar * 60 / max(0.1, seconds - least - 1.5)  # leaves a tail of 1.5 s more, which is still fine
        actual = min(max(tempo, slowest), widest) if bend else tempo
        tail = seconds - bars * bar * 60 / actual
        if tail < least - 1e-9 or abs(actual / tempo - 1) > bend + 1e-9:
            actual = min(max(actual, tempo * (1 - bend)), tempo * (1 + bend))
            tail = seconds - bars * bar * 60 / actual
            if tail < least - 1e-9:
                continue
        odd = 0.0 if bars % 4 == 0 else 0.5 if bars % 2 == 0 else 1.0
        cost = max(0.0, tail - least - 1.5) + 25 * abs(actual / tempo - 1) + odd
        if best is None or cost < best[0]:
            best = (cost, Fit(actual, bars * bar, tail, bars))
    return best[1] if best else _fit_beats(seconds, tempo, least)


def least_tail(seconds: float) -> float:
    """How long the last chord must ring: 0.9 s in the shortest pieces, 2.6 s from 22 s on."""
    return min(max(seconds * 0.12, 0.9), 2.6)


def _fit_beats(seconds: float, bpm: float, least: float) -> Fit:
    beats = max(1, int((seconds - least) * bpm / 60))
    return Fit(bpm, float(beats), seconds - beats * 60 / bpm, 0)


def _fit_loop(seconds: float, bpm: float, bar: float) -> Fit:
    best: tuple[float, int] | None = None
    around = seconds * bpm / 60 / bar
    for bars in range(max(1, int(around) - 3), int(around) + 5):
        cost = abs(bars / around - 1) + (0.0 if bars % 4 == 0 else 0.02 if bars % 2 == 0 else 0.035)
        if best is None or cost < best[0]:
            best = (cost, bars)
    bars = best[1] if best else 1
    return Fit(bars * bar * 60 / seconds, bars * bar, 0.0, bars)


def _tempo_for_hit(hit: float, bpm: float, bar: float) -> float:
    """The tempo nearest to `bpm` that puts a bar line at `hit` seconds, where the drift allows it."""
    bars = max(1, round(hit * bpm / 60 / bar))
    wanted = bars * bar * 60 / hit
    return wanted if abs(wanted / bpm - 1) <= HIT_DRIFT else bpm
