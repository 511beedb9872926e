"""Who plays what: the instruments of each role after the prompt's wishes."""

from __future__ import annotations

import dataclasses

from musicstudio.sketch.dice import Dice
from musicstudio.sketch.genres.style import Genre, Part
from musicstudio.sketch.prompt import Brief

BASSES = frozenset({
    "bass guitar", "picked bass", "upright bass", "synth bass", "house bass", "acid bass", "reese bass", "sub bass", "808",
    "triangle bass",
})  # fmt: skip
PADS = frozenset({
    "strings", "synth strings", "tremolo strings", "choir", "ooh choir", "warm pad", "glass pad", "dark pad",
})  # fmt: skip
CHORDAL = frozenset({
    "piano", "felt piano", "rhodes", "wurlitzer", "organ", "house organ", "church organ", "nylon guitar", "steel guitar",
    "clean guitar", "muted guitar", "distorted guitar", "harpsichord", "ukulele", "accordion", "supersaw", "stab",
    "synth brass", "brass", "marimba", "harp", "banjo",
})  # fmt: skip
SELF_SUFFICIENT = frozenset({
    "piano", "felt piano", "rhodes", "wurlitzer", "nylon guitar", "steel guitar", "clean guitar", "harp", "harpsichord",
    "accordion", "church organ", "organ", "kalimba", "music box", "marimba", "vibraphone", "celesta",
})  # fmt: skip
_RANGES = {
    "cello": (43, 67), "viola": (50, 74), "trombone": (48, 69), "horn": (50, 70), "trumpet": (57, 79), "flute": (64, 88),
    "violin": (60, 86), "glockenspiel": (74, 93), "music box": (70, 91), "piccolo": (76, 96), "clarinet": (54, 79),
    "sax": (53, 76), "tubular bells": (55, 74), "celesta": (67, 90), "sitar": (52, 72), "choir": (53, 76),
    "harmonica": (60, 81), "lead guitar": (57, 81), "banjo": (55, 77),
}  # fmt: skip


def cast(genre: Genre, brief: Brief, dice: Dice) -> dict[str, Part]:
    """The parts that play, each narrowed to one instrument."""
    if brief.solo:
        return _solo(genre, brief) if brief.wanted else {}  # nobody but the drummer
    parts: dict[str, Part] = {}
    for role, part in genre.parts.items():
        allowed = [name for name in part.instruments if name not in brief.unwanted]
        choice = dice.below(len(part.instruments))
        if role in brief.unwanted or not allowed:
            continue
        parts[role] = _with(part, allowed[choice % len(allowed)])
    for name in brief.wanted:
        _seat(parts, genre, name, brief)
    return parts


def _with(part: Part, name: str) -> Part:
    low, high = part.low, part.high
    if name in _RANGES and part.low >= 50:
        low, high = _RANGES[name]
    return dataclasses.replace(part, instruments=(name,), low=low, high=high)


def _seat(parts: dict[str, Part], genre: Genre, name: str, brief: Brief) -> None:
    """Give a wanted instrument the role it suits; an instrument the style already has stays where it is."""
    if any(part.instruments == (name,) for part in parts.values()):
        return
    for role, part in genre.parts.items():
        if name in part.instruments and role in parts and parts[role].instruments[0] not in brief.wanted:
            parts[role] = _with(part, name)
            return
    roles = (
        ("bass",)
        if name in BASSES
        else ("pad", "chords")
        if name in PADS
        else ("chords", "arp", "lead")
        if name in CHORDAL
        else ("lead", "counter", "arp")
    )
    role = next((r for r in roles if r not in parts or parts[r].instruments[0] not in brief.wanted), roles[-1])
    pattern = genre.parts.get(role) or Part((), ("C-------C-------",), level=-6)
    effects = tuple(effect for effect in pattern.effects if effect != "drive")
    parts[role] = _with(dataclasses.replace(pattern, at=min(pattern.at, 30), effects=effects), name)


def _solo(genre: Genre, brief: Brief) -> dict[str, Part]:
    """One player alone: the tune, and the accompaniment too where the instrument can play both."""
    name = brief.wanted[0]
    lead = genre.parts.get("lead") or Part(())
    parts = {"lead": dataclasses.replace(_with(lead, name), level=-3, pan=0.0, rests=(), send=-10)}
    if name in SELF_SUFFICIENT:
        chords = genre.parts.get("chords") or genre.parts.get("arp") or Part((), ("C-------C-------",))
        patterns = chords.patterns or ("1-3-2-3-4-3-2-3-",)
        parts["chords"] = dataclasses.replace(
            chords, instruments=(name,), patterns=patterns, level=-7, at=0, effects=(), low=50, high=70, rests=()
        )
        bass = genre.parts.get("bass") or Part((), ("R-------5-------",))
        parts["bass"] = dataclasses.replace(bass, instruments=(name,), level=-7, at=0, effects=(), rests=())
    return parts
