"""Drum parts: grooves by energy, fills into the next section, crashes on arrivals, rolls in build-ups."""

from __future__ import annotations

import itertools

from musicstudio.sketch.dice import Dice
from musicstudio.sketch.genres.style import Genre, Groove
from musicstudio.sketch.grid import STEP, fitted
from musicstudio.sketch.score import Note, Section

_STRENGTH = {"X": 112, "x": 92, "o": 66, "g": 42}


def drum_part(genre: Genre, sections: tuple[Section, ...], bar: int, compound: bool, dice: Dice, *, quiet: bool) -> list[Note]:
    """All hits of the piece; `quiet` keeps to the light grooves."""
    if not genre.full:
        return []
    light = dice.pick(genre.light) if genre.light else None
    calm, loud = dice.below(len(genre.full)), dice.below(len(genre.full))
    if len(genre.full) > 1 and calm == loud:
        loud = (loud + 1) % len(genre.full)
    fill = dice.pick(genre.fills)
    notes: list[Note] = []
    for number, section in enumerate(sections):
        busy = section.energy >= 58 and not quiet and section.kind != "break"
        pattern: Groove | None = genre.full[loud if section.energy >= 78 else calm] if busy else light
        if section.energy < 30 or (section.kind == "break" and genre.beat):
            pattern = None
        last = number == len(sections) - 1
        for index in range(section.bars):
            start = section.start + index * bar
            closing = index == section.bars - 1 and section.bars > 1
            if closing and (busy or section.kind in ("break", "bridge")) and not (last and section.energy < 50):
                notes += _groove_bar(fill, 0, start, bar, compound, section.energy, dice)
            elif pattern and section.kind == "build" and section.bars >= 2:
                notes += _rolling(pattern, index, section, start, bar, compound, dice)
            elif pattern:
                notes += _groove_bar(pattern, index, start, bar, compound, section.energy, dice)
        if busy and section.energy >= 70 and (number or section.energy > 80):
            notes.append(Note(section.start, 480, 0, 84, genre.crash))
    return notes


def _groove_bar(groove: Groove, index: int, start: int, bar: int, compound: bool, energy: int, dice: Dice) -> list[Note]:
    notes = []
    for name, row in groove.rows:
        halves = row.split("|")
        for step, mark in enumerate(fitted(halves[index % len(halves)], bar, compound)):
            if mark in _STRENGTH:
                level = _STRENGTH[mark] * (60 + 0.4 * energy) / 100 + dice.between(-5, 5)
                notes.append(Note(start + step * STEP, STEP, 0, max(8, min(124, round(level))), name))
    return notes


def _rolling(groove: Groove, index: int, section: Section, start: int, bar: int, compound: bool, dice: Dice) -> list[Note]:
    """A build-up: the groove loses its snare to a roll that doubles its speed, over a noise swell at the end."""
    rows = tuple((name, row) for name, row in groove.rows if name in ("kick", "hat", "shaker", "taiko"))
    notes = _groove_bar(Groove(rows), index, start, bar, compound, section.energy, dice)
    share = (index + 1) / section.bars
    every = 4 if share <= 0.5 else 2 if share <= 0.75 else 1
    for step in range(0, bar // STEP, every):
        notes.append(Note(start + step * STEP, STEP, 0, round(34 + 58 * (index + step * STEP / bar) / section.bars), "snare"))
    return notes


def swells(sections: tuple[Section, ...], ticks_of_two_seconds: int) -> list[Note]:
    """A noise swell that ends where a drop or a loud chorus begins."""
    notes = []
    for before, after in itertools.pairwise(sections):
        if after.energy - before.energy >= 20 and after.start >= ticks_of_two_seconds:
            notes.append(Note(after.start - ticks_of_two_seconds, ticks_of_two_seconds, 0, 70, "rise"))
    return notes
