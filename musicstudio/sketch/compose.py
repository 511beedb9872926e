"""From a brief to a score."""

from __future__ import annotations

import dataclasses

from musicstudio.sketch.casting import cast
from musicstudio.sketch.comping import Bars, bass, comp, hold, layouts, low, plays, walk
from musicstudio.sketch.dice import Dice
from musicstudio.sketch.drumming import drum_part, swells
from musicstudio.sketch.fit import Fit, fit
from musicstudio.sketch.form import Wishes, lay_out
from musicstudio.sketch.genres import GENRES, Genre, Part
from musicstudio.sketch.grid import METERS, swung
from musicstudio.sketch.harmony import choose_changes, lay_chords
from musicstudio.sketch.melody import Voice, answer, sing, themes
from musicstudio.sketch.prompt import Brief
from musicstudio.sketch.score import TICKS, Chord, Note, Score, Section, Track
from musicstudio.sketch.struck import STRUCK
from musicstudio.sketch.theory import MINOR_MODES, nearest


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """Everything decided before the first note."""

    brief: Brief
    genre: Genre
    seconds: float
    seed: int
    variation: int
    fit: Fit
    tonic: int
    mode: str
    bar: int
    compound: bool
    body: int
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    parts: dict[str, Part]

    def dice(self, *what: object, arrangement: bool = False) -> Dice:
        """Chance for one question; only questions of arrangement listen to the variation number."""
        extra = (self.variation,) if arrangement else ()
        return Dice(self.brief.text, self.genre.name, self.seed, *extra, *what)

    @property
    def bars(self) -> Bars:
        """What an accompanist needs."""
        return Bars(self.bar, self.compound, self.sections, self.chords)

    @property
    def tail_ticks(self) -> int:
        """How long the last chord is held."""
        return max(TICKS, int(self.fit.tail * self.fit.bpm / 60 * TICKS))


def compose(brief: Brief, seconds: float, seed: int, variation: int = 0) -> Score:
    """The score of a piece: same brief, seed, variation and length, same notes, everywhere.

    `variation` changes the arrangement (instruments, patterns, grooves) and keeps key, progressions and motif.
    """
    plan = _plan(brief, seconds, seed, variation)
    tracks = []
    for role, notes in _written(plan).items():
        if not notes:
            continue
        played = _performed(_ended(notes, role, plan), role, plan)
        if played:
            tracks.append(_track(role, played, plan))
    room = plan.genre.room
    return Score(
        genre=plan.genre.name,
        seconds=seconds,
        bpm=plan.fit.bpm,
        bar=plan.bar,
        beats=round(plan.fit.beats),
        body=plan.body,
        tonic=plan.tonic,
        mode=plan.mode,
        loop=brief.loop,
        tracks=tuple(tracks),
        chords=plan.chords,
        sections=plan.sections,
        textures=_textures(plan),
        room=room,
        tilt=plan.genre.tilt,
        tape=plan.genre.tape or "tape" in brief.textures,
        soft_end=brief.soft_end,
        noise_seed=plan.dice("noise").below(1 << 30),
    )


def _plan(brief: Brief, seconds: float, seed: int, variation: int) -> Plan:
    genre = GENRES[brief.genre]
    dice = Dice(brief.text, genre.name, seed, "plan")
    bpm = _pulse(brief.bpm, genre) if brief.bpm else _tempo(genre, brief, dice)
    bar, beat = METERS[brief.meter or genre.meter]
    mode = brief.mode or _mode(genre, brief, dice)
    tonic = brief.tonic if brief.tonic is not None else dice.pick(genre.tonics)
    hit = brief.hits[0][0] if brief.hits and brief.hits[0][0] < seconds - 2 else 0.0
    fitted = fit(seconds, bpm, bar / TICKS, fixed=brief.bpm is not None, loop=brief.loop, hit=hit)
    body = round(fitted.beats * TICKS)
    sections = _sections(genre, brief, fitted, bar, body, dice)
    changes = choose_changes(genre, mode, seed, brief.text)
    chords = lay_chords(sections, changes, tonic, mode, bar, genre.harmonic_rhythm, body, brief.loop)
    parts = cast(genre, brief, Dice(brief.text, genre.name, seed, variation, "cast"))
    return Plan(brief, genre, seconds, seed, variation, fitted, tonic, mode, bar, beat == 720, body, sections, chords, parts)


def _tempo(genre: Genre, brief: Brief, dice: Dice) -> float:
    low, high = float(genre.bpm[0]), float(genre.bpm[1])
    place = dice.roll()
    if brief.pace:
        place = (place + (1.0 if brief.pace > 0 else 0.0)) / 2
        low, high = low + min(0.0, brief.pace) * 0.12 * low, high + max(0.0, brief.pace) * 0.12 * high
    return round(low + place * (high - low), 1)


def _pulse(bpm: float, genre: Genre) -> float:
    """The tempo of the written beat: trap "at 140" is written at 70, drum and bass "at 87" at 174; one hears the same."""
    low, high = 0.92 * genre.bpm[0], 1.08 * genre.bpm[1]
    return next((beat for beat in (bpm, bpm / 2, bpm * 2) if low <= beat <= high), bpm)


def _mode(genre: Genre, brief: Brief, dice: Dice) -> str:
    choice = dice.pick(genre.modes)
    if abs(brief.mood) >= 0.5:
        fitting = [mode for mode in genre.modes if (mode in MINOR_MODES) == (brief.mood < 0)]
        return choice if choice in fitting else fitting[0] if fitting else choice
    return choice


def _sections(genre: Genre, brief: Brief, fitted: Fit, bar: int, body: int, dice: Dice) -> tuple[Section, ...]:
    if fitted.bars < 2:
        core = min(genre.form, key=lambda part: part.priority)
        energy = 40 if brief.soft_end else 95 if brief.sting else max(55, min(95, core.energy))
        return (Section(core.kind, 0, body, max(1, -(-body // bar)), energy),)
    seconds_per_bar = bar / TICKS * 60 / fitted.bpm
    hits = tuple((bars, kind) for at, kind in brief.hits if 0 < (bars := round(at / seconds_per_bar)) < fitted.bars)
    wishes = Wishes(brief.build, brief.soft_end, brief.energy, hits, brief.loop)
    sections = lay_out(genre.form, fitted.bars, bar, wishes)
    shift = dice.pick(genre.bridge_shifts)
    return tuple(
        dataclasses.replace(s, shift=shift) if s.kind == "bridge" and s.bars >= 4 and fitted.bars >= 32 else s for s in sections
    )


def _order(part: Part, dice: Dice) -> tuple[str, ...]:
    """The part's patterns, starting anywhere."""
    first = dice.below(len(part.patterns))
    return part.patterns[first:] + part.patterns[:first]


def _written(plan: Plan) -> dict[str, list[Note]]:
    """The straight notes of every role."""
    parts, written = plan.parts, {}
    if "drums" not in plan.brief.unwanted and not (plan.brief.solo and plan.brief.wanted):
        written["drums"] = _drums(plan)
    if part := parts.get("bass"):
        dice = plan.dice("bass", arrangement=True)
        walking = plan.genre.walking and plan.bar % TICKS == 0
        written["bass"] = (
            walk(plan.bars, part, plan.tonic, plan.mode, dice)
            if walking
            else bass(plan.bars, part, _order(part, dice), plan.mode, dice)
        )
    alone = not any(parts[role].at <= 40 for role in ("chords", "pad", "arp") if role in parts)
    for role in ("chords", "arp"):
        if part := parts.get(role):
            dice = plan.dice(role, arrangement=True)
            always = alone and role == "chords"
            written[role] = (
                comp(plan.bars, part, _order(part, dice), dice, always=always) if part.patterns else hold(plan.bars, part)
            )
    if part := parts.get("pad"):
        written["pad"] = hold(plan.bars, part)
    if part := parts.get("lead"):
        written["lead"] = _tune(plan, part)
    if part := parts.get("counter"):
        written["counter"] = answer(_voice(plan, part), plan.sections, plan.chords, part.at)
    return written


def _voice(plan: Plan, part: Part) -> Voice:
    return Voice(plan.tonic, plan.mode, plan.genre.scale, plan.bar, plan.compound, part.low, part.high)


def _tune(plan: Plan, part: Part) -> list[Note]:
    take = Dice(plan.brief.text, plan.genre.name, "cells").below(997) + plan.seed
    songs = themes(plan.genre, plan.bar, plan.compound, take, plan.dice("motif"))
    eased = dataclasses.replace(part, at=min(part.at, 60), rests=())
    sections = tuple(s for s in plan.sections if plays(eased, s, alone=False)) or plan.sections
    return sing(_voice(plan, part), sections, plan.chords, songs, part.rests, plan.dice("ornaments", arrangement=True))


def _drums(plan: Plan) -> list[Note]:
    dice = plan.dice("drums", arrangement=True)
    notes = drum_part(plan.genre, plan.sections, plan.bar, plan.compound, dice, quiet="loud drums" in plan.brief.unwanted)
    if plan.genre.swells and notes:
        notes += swells(plan.sections, round(2 * plan.fit.bpm / 60 * TICKS))
    return [note for note in notes if note.start < plan.body]


def _ended(notes: list[Note], role: str, plan: Plan) -> list[Note]:
    """Cut the role at the final chord and let it play that chord (in a loop everything simply goes round)."""
    inside = [n for n in notes if n.start < plan.body]
    cut = [dataclasses.replace(n, length=max(30, min(n.length, plan.body - n.start))) for n in inside]
    if plan.brief.loop or not inside:
        return cut
    recent = any(n.start >= plan.body - 2 * plan.bar for n in inside)
    if not recent and role in ("drums", "arp", "counter"):
        return cut
    loud = 54 if plan.brief.soft_end else 88
    return cut + [n for n in _last(role, inside, plan, loud) if n.pitch or n.drum]


def _last(role: str, notes: list[Note], plan: Plan, loud: int) -> list[Note]:
    at, ring = plan.body, plan.tail_ticks
    if role == "drums":
        low_drum = next((n.drum for n in notes if n.drum in ("kick", "taiko", "timpani")), "")
        hits = [Note(at, 480, 0, loud, low_drum)] if low_drum else []
        return hits if plan.brief.soft_end else [*hits, Note(at, 480, 0, loud - 4, plan.genre.crash)]
    part = plan.parts[role]
    if role == "bass":
        return [Note(at, ring, low(plan.tonic), loud)]
    if role in ("lead", "counter"):
        before = notes[-1].pitch
        pitch = nearest(plan.tonic, before)
        if role == "counter":
            pitch = nearest((plan.tonic + 7) % 12, before)
        return [Note(at, ring, pitch, loud), *(_goodnight(part, pitch, loud, plan) if role == "lead" else ())]
    layout = layouts(plan.bars, part)[at]
    if role == "arp":  # climbs two octaves while the others ring
        rungs = [pitch + octave for octave in (0, 12) for pitch in layout if pitch + octave <= 100]
        step = max(30, min(180, ring // (len(rungs) + 3)))
        return [Note(at + i * step, ring - i * step, pitch, max(30, loud - 8 - 3 * i)) for i, pitch in enumerate(rungs)]
    return [Note(at + i * 8, ring - i * 8, pitch, loud - 6) for i, pitch in enumerate(layout)]


def _goodnight(part: Part, pitch: int, loud: int, plan: Plan) -> list[Note]:
    """What does not sustain answers its last note with a soft octave; the very dry (xylophone) with a few of them."""
    spec = STRUCK.get(part.instruments[0])
    if spec is None or plan.fit.tail <= 2:
        return []
    count = 1 if spec.ring * 2 ** (-(pitch - 60) / 12 / spec.shorten) > 1.2 else 4
    share = plan.tail_ticks // 6
    high = pitch + 12 if pitch < 84 else pitch
    return [
        Note(plan.body + (2 + n) * share, share, high if n % 2 == 0 else pitch, max(24, loud - 34 - 4 * n)) for n in range(count)
    ]


def _performed(notes: list[Note], role: str, plan: Plan) -> tuple[Note, ...]:
    """Swing and the small unevenness of hands; kicks and the machine styles stay on the grid."""
    genre, dice = plan.genre, plan.dice("hands", role)
    loose = genre.humanise if role not in ("pad", "bass") else genre.humanise // 2
    played = []
    for note in sorted(notes, key=lambda n: (n.start, n.pitch, n.drum)):
        start = swung(note.start, genre.swing, genre.swing_unit)
        end = swung(note.start + note.length, genre.swing, genre.swing_unit)
        if loose and note.drum != "kick":
            start = max(0, start + dice.between(-loose, loose))
        played.append(dataclasses.replace(note, start=start, length=max(20, end - start)))
    return tuple(played)


def _track(role: str, notes: tuple[Note, ...], plan: Plan) -> Track:
    if role == "drums":
        send = {"orchestral": -9.0, "synthwave": -12.0, "rock": -15.0}.get(plan.genre.kit, -18.0)
        level = -3.0 if plan.genre.kit == "orchestral" or not plan.genre.beat else 0.0
        return Track(role, plan.genre.kit, notes, level, 0.0, send)
    part = plan.parts[role]
    return Track(role, part.instruments[0], notes, part.level, part.pan, part.send, part.effects)


def _textures(plan: Plan) -> tuple[tuple[str, float], ...]:
    wished = tuple((name, -9.0 if name not in ("tape", "vinyl") else -15.0) for name in plan.brief.textures)
    own = tuple((n, level) for n, level in plan.genre.textures if n not in plan.brief.textures and n not in plan.brief.unwanted)
    return wished + own
