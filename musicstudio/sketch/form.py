"""The form of a piece: which sections, how many bars each, how energetic."""

from __future__ import annotations

import dataclasses

from musicstudio.sketch.genres.style import Form
from musicstudio.sketch.score import Section


@dataclasses.dataclass(frozen=True, slots=True)
class Wishes:
    """What a prompt says about the form. `hits` are (bar, "drop" | "lift" | "stop") moments."""

    build: bool = False
    soft_end: bool = False
    energy: float = 0.0
    hits: tuple[tuple[int, str], ...] = ()
    loop: bool = False


def lay_out(form: tuple[Form, ...], bars: int, bar_ticks: int, wishes: Wishes) -> tuple[Section, ...]:
    """Divide `bars` into sections; the shortest pieces keep only the form's core, very long ones repeat its middle."""
    unit = 4 if bars >= 24 else 2 if bars >= 6 else 1
    count = max(1, min(len(form) + 6, bars // (8 if bars >= 64 else 6 if bars >= 24 else 4)))
    chosen = _choose(form, count)
    lengths = _share(chosen, bars, unit)
    kept = [(part, length) for part, length in zip(chosen, lengths, strict=True) if length]
    if wishes.hits:
        kept = _cut_at_hits(kept, wishes.hits)
    return _number(_shape(kept, wishes), bar_ticks)


def _choose(form: tuple[Form, ...], count: int) -> list[Form]:
    order = sorted(range(len(form)), key=lambda i: (form[i].priority, i))
    kept = sorted(order[: min(count, len(form))])
    chosen = [form[i] for i in kept]
    extra = count - len(chosen)
    if extra > 1:
        middle = [part for part in chosen if part.kind not in ("intro", "outro", "bridge")]
        at = len(chosen) - 1 if chosen[-1].kind == "outro" else len(chosen)
        chosen[at:at] = (middle * 3)[:extra]
    return chosen


def _share(chosen: list[Form], bars: int, unit: int) -> list[int]:
    weight = sum(part.weight for part in chosen)
    units = bars // unit
    exact = [part.weight * units / weight for part in chosen]
    lengths = [int(share) for share in exact]
    by_rest = sorted(range(len(chosen)), key=lambda i: (lengths[i] > 0, lengths[i] - exact[i], i))
    for i in by_rest[: units - sum(lengths)]:
        lengths[i] += 1
    lengths = [length * unit for length in lengths]
    lengths[-1] += bars - sum(lengths)
    return lengths


def _cut_at_hits(kept: list[tuple[Form, int]], hits: tuple[tuple[int, str], ...]) -> list[tuple[Form, int]]:
    """Put a section boundary on each hit and give what follows the weight of the moment."""
    for bar, kind in sorted(hits):
        start, cut = 0, []
        for part, length in kept:
            if start < bar < start + length:
                cut += [(part, bar - start), (part, start + length - bar)]
            else:
                cut.append((part, length))
            start += length
        kept, start = [], 0
        for part, length in cut:
            if start + length == bar:
                part = dataclasses.replace(part, kind="build" if kind != "stop" else part.kind, energy=min(part.energy, 60))
            elif start == bar:
                part = _turned(part, kind)
            kept.append((part, length))
            start += length
    return kept


def _turned(part: Form, kind: str) -> Form:
    if kind == "stop":
        return dataclasses.replace(part, kind="break", energy=25)
    return dataclasses.replace(part, kind="drop" if kind == "drop" else "chorus", energy=98)


def _shape(kept: list[tuple[Form, int]], wishes: Wishes) -> list[tuple[Form, int]]:
    shaped = []
    for number, (part, length) in enumerate(kept):
        energy = part.energy
        if wishes.build and len(kept) > 1:
            energy = 25 + 75 * number // (len(kept) - 1)
        elif wishes.build:
            energy = 70
        if wishes.loop and len(kept) > 1:
            energy = max(energy, 50)
        energy = round(min(100, max(10, energy + wishes.energy * 22)))
        if wishes.soft_end and number == len(kept) - 1 and number:
            energy = min(energy, 35)
        shaped.append((dataclasses.replace(part, energy=energy), length))
    return shaped


def _number(kept: list[tuple[Form, int]], bar_ticks: int) -> tuple[Section, ...]:
    sections: list[Section] = []
    turns: dict[str, int] = {}
    start = 0
    for part, bars in kept:
        turn = turns.get(part.kind, 0)
        turns[part.kind] = turn + 1
        sections.append(Section(part.kind, start, bars * bar_ticks, bars, part.energy, turn))
        start += bars * bar_ticks
    return tuple(sections)
