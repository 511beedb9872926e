"""The tune: a motif that returns, answers itself and develops, over the chords."""

from __future__ import annotations

import dataclasses

from musicstudio.sketch.dice import Dice
from musicstudio.sketch.genres.style import Genre
from musicstudio.sketch.grid import STEP, fitted, onsets
from musicstudio.sketch.harmony import chord_at
from musicstudio.sketch.score import Chord, Note, Section
from musicstudio.sketch.theory import SCALES

BLUES = (0, 3, 5, 6, 7, 10)
WIDEST = 9  # semitones between neighbouring notes
_ENDINGS = ("x", "x-----x", "x---x", "x-x")


@dataclasses.dataclass(frozen=True, slots=True)
class Gesture:
    """One bar of tune before it meets a chord: rhythm, the chord tone it starts on and scale steps from note to note."""

    cell: str
    start: int
    steps: tuple[int, ...]
    closing: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Voice:
    """What the tune has to respect: key, scale, metre and the instrument's range."""

    tonic: int
    mode: str
    scale: str
    bar: int
    compound: bool
    low: int
    high: int


def themes(genre: Genre, bar: int, compound: bool, take: int, dice: Dice) -> dict[str, tuple[Gesture, ...]]:
    """Eight bars each for verse, chorus, bridge and solo, made from the same two cells.

    `take` steps through the style's cells, so that neighbouring takes do not share a motif.
    """
    cells = [fitted(cell, bar, compound) for cell in genre.cells]
    first = take % len(cells)
    second = (first + 1 + dice.below(len(cells) - 1)) % len(cells)
    by_density = sorted(cells, key=lambda cell: (-len(onsets(cell)), cell))
    motif = _gesture(cells[first], genre.leap, dice)
    answer = _gesture(cells[second], genre.leap, dice)
    lively = _gesture(by_density[dice.below(2)], genre.leap, dice)
    calm = _gesture(by_density[-1 - dice.below(2)], genre.leap, dice)
    return {
        "verse": _period(motif, answer, calm, bar, compound, dice),
        "chorus": _period(_lifted(answer), _inverted(motif), lively, bar, compound, dice),
        "bridge": _period(calm, _inverted(answer), motif, bar, compound, dice),
        "solo": _period(lively, motif, _inverted(lively), bar, compound, dice),
    }


def _gesture(cell: str, leap: float, dice: Dice) -> Gesture:
    steps: list[int] = []
    for _ in range(len(onsets(cell)) - 1):
        if steps and abs(steps[-1]) >= 3:
            steps.append(-1 if steps[-1] > 0 else 1)  # a leap is answered by a step back
        elif dice.chance(leap):
            steps.append(dice.pick((3, 4, -3, 2, -4)))
        else:
            steps.append(dice.pick((1, 1, -1, -1, -1, 2, -2, 0)))
    return Gesture(cell, dice.below(3), tuple(steps))


def _inverted(gesture: Gesture) -> Gesture:
    return dataclasses.replace(gesture, steps=tuple(-step for step in gesture.steps), start=(gesture.start + 1) % 3)


def _lifted(gesture: Gesture) -> Gesture:
    return dataclasses.replace(gesture, start=2)


def _varied(gesture: Gesture, dice: Dice) -> Gesture:
    if not gesture.steps:
        return gesture
    at = len(gesture.steps) - 1 - dice.below(min(2, len(gesture.steps)))
    turned = -gesture.steps[at] or dice.pick((1, -1))
    return dataclasses.replace(gesture, steps=(*gesture.steps[:at], turned, *gesture.steps[at + 1 :]))


def _period(motif: Gesture, answer: Gesture, other: Gesture, bar: int, compound: bool, dice: Dice) -> tuple[Gesture, ...]:
    """a b a' half-close | a b c close: eight bars in which the motif comes back twice."""
    steps = bar // STEP
    rest = 6 if steps > 12 else 5  # more than a beat to breathe
    open_end, full_end = (
        Gesture((cell + "-" * steps)[: steps - rest] + "." * rest, start, (-1,), closing)
        for cell, start, closing in ((dice.pick(_ENDINGS), 1, "open"), (_ENDINGS[0], 0, "tonic"))
    )
    return (motif, answer, _varied(motif, dice), open_end, motif, _varied(answer, dice), other, full_end)


def sing(
    voice: Voice,
    sections: tuple[Section, ...],
    chords: tuple[Chord, ...],
    songs: dict[str, tuple[Gesture, ...]],
    rests: tuple[str, ...],
    dice: Dice,
) -> list[Note]:
    """The lead of the whole piece. Later turns of a section ornament it; the last chorus may climb an octave."""
    notes: list[Note] = []
    turns: dict[str, int] = {}
    alone = len(sections) == 1
    for section in sections:
        if section.kind in rests and not alone:
            continue
        name = _theme_of(section.kind)
        turn = turns.get(name, 0)
        turns[name] = turn + 1
        middle = voice.low + (voice.high - voice.low) * (0.7 if name in ("chorus", "solo") else 0.33)
        middle += 4 if section.energy >= 95 else 0
        for index in range(section.bars):
            gesture = songs[name][_place(index, section.bars)]
            start = section.start + index * voice.bar
            line = _realise(gesture, start, round(middle), voice, chords, notes[-1].pitch if notes else None)
            notes += _ornamented(line, voice, chords, turn, section.energy, dice)
    return notes


def _theme_of(kind: str) -> str:
    if kind in ("chorus", "drop"):
        return "chorus"
    return kind if kind in ("bridge", "solo") else "bridge" if kind == "break" else "verse"


def _place(index: int, bars: int) -> int:
    """Which of the theme's eight bars sounds; the last bar of a section always closes."""
    if index == bars - 1 and bars >= 2:
        return 7
    return index % 8


def scale_over(voice: Voice, chord: Chord) -> list[int]:
    """The pitches of the instrument's range that fit the key while `chord` sounds (its foreign notes replace theirs)."""
    scale = BLUES if voice.scale == "blues" else SCALES[voice.mode]
    classes = {(voice.tonic + step) % 12 for step in scale}
    foreign = chord.classes - classes
    classes = {c for c in classes if c in chord.classes or not any((c - f) % 12 in (1, 11) for f in foreign)}
    classes |= chord.classes
    return [pitch for pitch in range(voice.low, voice.high + 1) if pitch % 12 in classes]


def restful(voice: Voice, chord: Chord) -> list[int]:
    """Chord tones that may carry a strong beat: none a semitone above another chord tone."""
    calm = {c for c in chord.classes if (c - 1) % 12 not in chord.classes} or set(chord.classes)
    return [pitch for pitch in range(voice.low, voice.high + 1) if pitch % 12 in calm]


def _closest(pitches: list[int], wanted: float) -> int:
    return min(pitches, key=lambda pitch: (abs(pitch - wanted), pitch))


def _realise(
    gesture: Gesture, start: int, middle: int, voice: Voice, chords: tuple[Chord, ...], before: int | None
) -> list[Note]:
    line: list[Note] = []
    pitch = middle + (gesture.start - 1) * 3
    if before is not None:
        pitch = max(before - WIDEST, min(before + WIDEST, pitch))
    for number, (step, length, _) in enumerate(onsets(gesture.cell)):
        tick = start + step * STEP
        chord = chord_at(chords, tick)
        if number:
            move = gesture.steps[(number - 1) % max(1, len(gesture.steps))]
            if abs(pitch - middle) > 5 and (pitch > middle) == (move > 0):
                move = -move  # the tune stays around its middle
            pitch = _moved(pitch, move, scale_over(voice, chord))
        if number == 0 or _is_strong(step, voice) or length >= 4:
            pitch = _settled(pitch, gesture, number, voice, chord, line[-1].pitch if line else before)
        line.append(Note(tick, length * STEP, pitch, 96 if step == 0 else 84))
    return line


def _moved(pitch: int, step: int, ladder: list[int]) -> int:
    here = ladder.index(_closest(ladder, pitch))
    rung = here + step
    if rung < 0 or rung >= len(ladder):
        rung = here - step
    rung = max(0, min(len(ladder) - 1, rung))
    while abs(ladder[rung] - pitch) > WIDEST:
        rung += 1 if rung < here else -1
    return ladder[rung]


def _settled(pitch: int, gesture: Gesture, number: int, voice: Voice, chord: Chord, before: int | None) -> int:
    calm = restful(voice, chord)
    if gesture.closing == "tonic" and number == 0:
        home = [p for p in calm if p % 12 == voice.tonic % 12]
        calm = home or calm
    near = [p for p in calm if before is None or abs(p - before) <= WIDEST]
    return _closest(near or calm, pitch)


def _is_strong(step: int, voice: Voice) -> bool:
    """The downbeat and the middle of an even bar."""
    half = voice.bar // STEP // 2
    return step == 0 or (voice.bar in (1920, 2880, 960) and step == half) or (voice.compound and step == half)


def _ornamented(line: list[Note], voice: Voice, chords: tuple[Chord, ...], turn: int, energy: int, dice: Dice) -> list[Note]:
    """From the second time on, long notes get a neighbour note, and now and then an upbeat fills a rest."""
    done: list[Note] = []
    for note in line:
        velocity = min(120, max(30, note.velocity - 22 + energy * 22 // 60 + dice.between(-5, 5)))
        note = dataclasses.replace(note, velocity=velocity)
        first = note.length // 2 // STEP * STEP
        on_beat = (note.start + first - STEP) % (voice.bar // 2) == 0  # a neighbour note belongs between the beats
        if turn and note.length >= 6 * STEP and not on_beat and dice.chance(0.3 + 0.1 * turn):
            ladder = scale_over(voice, chord_at(chords, note.start))
            neighbour = _moved(note.pitch, dice.pick((1, -1)), ladder)
            done.append(dataclasses.replace(note, length=first - STEP))
            done.append(Note(note.start + first - STEP, STEP, neighbour, velocity - 10))
            done.append(dataclasses.replace(note, start=note.start + first, length=note.length - first, velocity=velocity - 6))
        else:
            done.append(note)
    return done


def answer(voice: Voice, sections: tuple[Section, ...], chords: tuple[Chord, ...], at: int) -> list[Note]:
    """The counter-melody: long chord tones that move by the smallest step, in sections of energy `at` or more."""
    notes: list[Note] = []
    pitch = (voice.low + voice.high) // 2
    for chord in chords:
        section = next((s for s in sections if s.start <= chord.start < s.start + s.length), None)
        if section is None or section.energy < at:
            continue
        calm = [p for p in restful(voice, chord) if p != pitch] or restful(voice, chord)
        pitch = _closest(calm, pitch + (1 if pitch < (voice.low + voice.high) / 2 else -1))
        notes.append(Note(chord.start, chord.length - 60, pitch, 60 + section.energy // 4))
    return notes
