"""What accompanies: chords, pads, arpeggios and the bass."""

from __future__ import annotations

import dataclasses

from musicstudio.sketch.dice import Dice
from musicstudio.sketch.genres.style import Part
from musicstudio.sketch.grid import STEP, fitted, onsets
from musicstudio.sketch.harmony import chord_at
from musicstudio.sketch.score import Chord, Note, Section
from musicstudio.sketch.theory import SCALES, nearest, voicing

BASS_LOW, BASS_CENTRE = 28, 38


@dataclasses.dataclass(frozen=True, slots=True)
class Bars:
    """The metre and the sections an accompanist walks through."""

    bar: int
    compound: bool
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]


def plays(part: Part, section: Section, alone: bool) -> bool:
    """Whether a part takes part in a section. Breaks keep their harmony; introductions let parts in a little earlier."""
    energy = max(section.energy, 60) if section.kind == "break" else section.energy
    if section.kind == "intro":
        energy += 15
    return alone or (energy >= part.at and section.kind not in part.rests)


def bars_of(bars: Bars, part: Part, always: bool = False) -> list[tuple[int, Section, int]]:
    """(start tick, section, number within the section) of every bar in which `part` plays."""
    alone = always or len(bars.sections) == 1
    return [
        (section.start + index * bars.bar, section, index)
        for section in bars.sections
        if plays(part, section, alone)
        for index in range(section.bars)
    ]


def _bar_of(pattern: str, index: int, bars: Bars) -> str:
    halves = pattern.split("|")
    return fitted(halves[index % len(halves)], bars.bar, bars.compound)


def _loud(section: Section, accent: float) -> int:
    energy = 92 if section.kind == "break" else section.energy  # what remains in a break has the stage to itself
    return max(20, min(120, round((46 + 0.46 * energy) * accent)))


def layouts(bars: Bars, part: Part) -> dict[int, tuple[int, ...]]:
    """The voicing of each chord (by its start tick), led from one to the next."""
    found: dict[int, tuple[int, ...]] = {}
    before: tuple[int, ...] = ()
    for chord in bars.chords:
        tones = (0, 7) if "drive" in part.effects else chord.tones
        size = 2 if "drive" in part.effects else part.size
        before = voicing(chord.root, tones, part.low, part.high, before, size)
        if "drive" in part.effects and before:
            root = nearest(chord.root, part.low + 5)
            before = (root, root + 7, root + 12)
        found[chord.start] = before
    return found


def pattern_for(patterns: tuple[str, ...], section: Section) -> str:
    """The first pattern for quieter sections, the second for louder ones; from the third time on, the next one."""
    return patterns[((section.energy >= 78) + section.turn // 2) % len(patterns)]


def comp(bars: Bars, part: Part, patterns: tuple[str, ...], dice: Dice, *, always: bool = False) -> list[Note]:
    """Chords in rhythm."""
    notes: list[Note] = []
    voicings = layouts(bars, part)
    for start, section, index in bars_of(bars, part, always):
        pattern = pattern_for(patterns, section)
        for step, length, mark in onsets(_bar_of(pattern, index, bars)):
            tick = start + step * STEP
            chord = chord_at(bars.chords, tick)
            until = min(length * STEP, chord.start + chord.length - tick)
            velocity = _loud(section, 1.06 if step == 0 else 0.94) + dice.between(-4, 4)
            notes += _strike(mark, voicings[chord.start], chord, part, tick, until, velocity)
    return notes


def _strike(mark: str, layout: tuple[int, ...], chord: Chord, part: Part, tick: int, length: int, velocity: int) -> list[Note]:
    if not layout:
        return []
    if mark.isdigit():
        rung = int(mark) - 1
        pitch = layout[rung % len(layout)] + 12 * (rung // len(layout))
        return [Note(tick, length, pitch, max(1, velocity - 8))]
    if mark == "B":
        low = layout[0] if "drive" in part.effects else nearest(chord.root, part.low - 2)
        return [Note(tick, length, p, velocity) for p in ((low, low + 7) if "drive" in part.effects else (low,))]
    chosen = layout[-3:] if mark in "TU" else layout
    soft = 16 if mark in "cU" else 6 if mark == "T" else 0
    delay = 14 if mark in "DU" else 5 if mark in "Cc" else 0
    ordered = tuple(reversed(chosen)) if mark == "U" else chosen
    delay = min(delay, max(0, length // 8))
    return [Note(tick + n * delay, length - n * delay, p, max(1, velocity - soft)) for n, p in enumerate(ordered)]


def hold(bars: Bars, part: Part, *, always: bool = False) -> list[Note]:
    """Pads: each chord for as long as it lasts, notes that stay are tied over."""
    sounding: dict[int, Note] = {}
    notes: list[Note] = []
    voicings = layouts(bars, part)
    alone = always or len(bars.sections) == 1
    for chord in bars.chords:
        section = next((s for s in bars.sections if s.start <= chord.start < s.start + s.length), None)
        playing = section is not None and plays(part, section, alone)
        wanted = voicings[chord.start] if playing else ()
        velocity = _loud(section, 0.9) if section else 60
        kept: dict[int, Note] = {}
        for pitch in wanted:
            tied = sounding.pop(pitch, None)
            if tied and tied.start + tied.length == chord.start and tied.length < 4 * bars.bar:
                kept[pitch] = dataclasses.replace(tied, length=tied.length + chord.length)
            else:
                notes += [tied] if tied else []
                kept[pitch] = Note(chord.start, chord.length, pitch, velocity)
        notes += sounding.values()
        sounding = kept
    return notes + list(sounding.values())


def low(pitch_class: int, centre: int = BASS_CENTRE) -> int:
    """A bass note: the pitch class nearest the centre, never under E1."""
    pitch = nearest(pitch_class, centre)
    return pitch if pitch >= BASS_LOW else pitch + 12


def bass(bars: Bars, part: Part, patterns: tuple[str, ...], mode: str, dice: Dice) -> list[Note]:
    """The bass line. Bars before a change may walk into the next root (mark A)."""
    notes: list[Note] = []
    for start, section, index in bars_of(bars, part):
        pattern = pattern_for(patterns, section)
        for step, length, mark in onsets(_bar_of(pattern, index, bars)):
            tick = start + step * STEP
            chord = chord_at(bars.chords, tick)
            following = chord_at(bars.chords, start + bars.bar)
            velocity = _loud(section, 1.05 if step == 0 else 0.72 if mark == "r" else 0.92)
            pitch = _bass_pitch(mark if step else "R", chord, following, mode, dice)
            notes.append(Note(tick, length * STEP - 10, pitch, velocity))
    return notes


def _bass_pitch(mark: str, chord: Chord, following: Chord, mode: str, dice: Dice) -> int:
    root = low(chord.root)
    tones = chord.tones
    third = next((t for t in tones if t in (3, 4, 5, 2)), 7)
    fifth = next((t for t in tones if t in (6, 7, 8)), 7)
    match mark:
        case "5":
            return root + fifth if root + fifth <= 50 else root + fifth - 12
        case "8":
            return root + 12
        case "3":
            return root + third
        case "6":
            return root + 9 if third != 3 else root + 7
        case "7":
            return root + (10 if 11 not in tones else 11)
        case "A":
            goal = low(following.root)
            return goal + dice.pick((-1, -2, 2, 1)) if following is not chord else root + fifth
        case _:
            return root


def walk(bars: Bars, part: Part, tonic: int, mode: str, dice: Dice) -> list[Note]:
    """A walking bass: root on the change, chord and scale tones between, a semitone or a step into the next root."""
    notes: list[Note] = []
    classes = {(tonic + step) % 12 for step in SCALES[mode]}
    pitch = low(bars.chords[0].root)
    for start, section, _ in bars_of(bars, part):
        for tick in range(start, start + bars.bar, 480):
            chord = chord_at(bars.chords, tick)
            following = chord_at(bars.chords, tick + 480)
            if tick == chord.start or tick == start:
                pitch = low(chord.root, min(44, max(34, pitch)))
            elif following is not chord or tick + 480 >= start + bars.bar:
                goal = low(following.root, min(44, max(34, pitch)))
                pitch = goal + dice.pick((-1, 1, 2, -2))
            else:
                inside = [p for p in range(30, 52) if p % 12 in (chord.classes | (classes if dice.chance(0.4) else set()))]
                near = [p for p in inside if 0 < abs(p - pitch) <= 5] or inside
                pitch = dice.pick(near)
            velocity = _loud(section, 1.0 if tick == start else 0.9) + dice.between(-5, 5)
            notes.append(Note(tick, 440, pitch, velocity))
    return notes
