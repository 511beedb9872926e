"""From progressions in numerals to the chord at every tick."""

from __future__ import annotations

import dataclasses

from musicstudio.sketch.dice import Dice
from musicstudio.sketch.genres.style import Genre
from musicstudio.sketch.score import Chord, Section
from musicstudio.sketch.theory import MINOR_MODES, numeral

CHORUS_LIKE = frozenset({"chorus", "drop", "break"})


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """The progressions of one take: bars of numerals (each bar may hold several) for verse, chorus and bridge."""

    verse: tuple[tuple[str, ...], ...]
    chorus: tuple[tuple[str, ...], ...]
    bridge: tuple[tuple[str, ...], ...]
    cadence: tuple[str, ...]


def choose_changes(genre: Genre, mode: str, seed: int, brief: str) -> Changes:
    """Progressions for a seed: neighbouring seeds never get the same one (they step through the table)."""
    offset = Dice(brief, genre.name, "progressions").below(997)

    def take(table: tuple[str, ...], stride: int) -> tuple[tuple[str, ...], ...]:
        return _bars(table[(offset + seed * stride) % len(table)], mode)

    return Changes(take(genre.verses, 1), take(genre.choruses, 1), take(genre.bridges, 1), _bars(genre.cadence, mode)[-1])


_TO_MAJOR = {
    "i": "I",
    "iv": "IV",
    "v": "V",
    "III": "iii",
    "VI": "vi",
    "VII": "V",
    "bII": "ii",
    "ii": "ii",
    "io": "vi",
    "bvo": "iv",
}
_TO_MINOR = {"I": "i", "IV": "iv", "vi": "VI", "iii": "III", "ii": "iv", "bVII": "VII", "bVI": "VI", "bIII": "III"}


def _bars(text: str, mode: str) -> tuple[tuple[str, ...], ...]:
    """The bars of a table entry: "major|minor", or one half that is turned into the mode asked for."""
    halves, minor = text.split("|"), mode in MINOR_MODES
    chosen = halves[-1] if minor else halves[0]
    bars = tuple(tuple(bar.split(",")) for bar in chosen.split())
    native_minor = any(bar[0][:2].rstrip("0123456789mhos") == "i" for bar in bars)
    if len(halves) > 1 or minor == native_minor or not any(n.startswith(("i", "I")) for bar in bars for n in bar):
        return bars
    table = _TO_MINOR if minor else _TO_MAJOR
    return tuple(tuple(_turned(text, table) for text in bar) for bar in bars)


def _turned(text: str, table: dict[str, str]) -> str:
    """The same degree in the other mode, as a plain triad."""
    bare = text.rstrip("0123456789+#").removesuffix("maj").removesuffix("sus").removesuffix("add").removesuffix("h")
    return table.get(bare, text)


def lay_chords(
    sections: tuple[Section, ...], changes: Changes, tonic: int, mode: str, bar_ticks: int, rhythm: int, body: int, loop: bool
) -> tuple[Chord, ...]:
    """The chord of every bar, a cadence before the end and the final tonic chord at `body` (none in a loop).

    `rhythm` is bars per chord. A section's `shift` transposes it; its last bar is the home dominant, which leads back.
    """
    chords: list[Chord] = []
    for section in sections:
        bars = changes.verse
        if section.kind in CHORUS_LIKE:
            bars = changes.chorus
        elif section.kind == "bridge":
            bars = changes.bridge
        slow = rhythm if section.bars >= 4 * rhythm else 1
        for index in range(section.bars):
            numerals, shift = bars[index // slow % len(bars)], section.shift
            if section.shift and index == section.bars - 1:
                numerals, shift = ("V7",), 0
            start = section.start + index * bar_ticks
            chords += _bar(numerals, start, bar_ticks, tonic + shift, mode)
    if not loop:
        _close(chords, changes, tonic, mode, bar_ticks, body)
    final = [] if loop else [chords.pop()]
    return (*_joined(chords), *final)


def _bar(numerals: tuple[str, ...], start: int, bar_ticks: int, tonic: int, mode: str) -> list[Chord]:
    share = bar_ticks // len(numerals) // 240 * 240
    chords = []
    for number, text in enumerate(numerals):
        root, tones = numeral(text, mode)
        at = start + number * share
        end = start + bar_ticks if number == len(numerals) - 1 else at + share
        chords.append(Chord(at, end - at, (tonic + root) % 12, tones, text))
    return chords


def _close(chords: list[Chord], changes: Changes, tonic: int, mode: str, bar_ticks: int, body: int) -> None:
    """Replace the last bar by the cadence and add the final tonic."""
    home = _home(changes, mode)
    if chords and body >= 2 * bar_ticks:
        start = body - bar_ticks
        chords[:] = [chord for chord in chords if chord.start < start]
        chords += _bar(changes.cadence, start, bar_ticks, tonic, mode)
    chords.append(Chord(body, 4 * bar_ticks, tonic, home, "i" if mode in MINOR_MODES else "I"))


def _home(changes: Changes, mode: str) -> tuple[int, ...]:
    """The tonic chord the piece is used to, with the sixth for a major seventh: the tune ends on the tonic above it."""
    for bar in (*changes.verse, *changes.chorus):
        for text in bar:
            root, tones = numeral(text, mode)
            if root == 0 and {3, 4} & set(tones) and 7 in tones:
                return tuple(9 if tone == 11 else tone for tone in tones)
    return numeral("i" if mode in MINOR_MODES else "I", mode)[1]


def _joined(chords: list[Chord]) -> list[Chord]:
    """Neighbouring equal chords of up to two bars become one, so that pads hold instead of restarting."""
    joined: list[Chord] = []
    for chord in chords:
        last = joined[-1] if joined else None
        same = last is not None and (last.root, last.tones) == (chord.root, chord.tones)
        if last and same and last.start + last.length == chord.start and last.length <= chord.length and chord.symbol:
            joined[-1] = dataclasses.replace(last, length=last.length + chord.length)
        else:
            joined.append(chord)
    return joined


def chord_at(chords: tuple[Chord, ...], tick: int) -> Chord:
    """The chord that sounds at `tick`."""
    low, high = 0, len(chords) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if chords[middle].start <= tick:
            low = middle
        else:
            high = middle - 1
    return chords[low]
