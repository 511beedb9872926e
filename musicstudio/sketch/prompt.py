"""From words to a brief."""

from __future__ import annotations

import dataclasses
import re

from musicstudio.sketch.genres import FALLBACK, GENRES


@dataclasses.dataclass(frozen=True, slots=True)
class Brief:
    """What a prompt asks for. None and empty mean: not said. `text` is the prompt without its duration words."""

    text: str
    genre: str
    bpm: float | None = None
    pace: float = 0.0
    tonic: int | None = None
    mode: str | None = None
    mood: float = 0.0
    meter: str | None = None
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    solo: bool = False
    textures: tuple[str, ...] = ()
    energy: float = 0.0
    build: bool = False
    soft_end: bool = False
    loop: bool = False
    hits: tuple[tuple[float, str], ...] = ()
    understood: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def parse(prompt: str) -> Brief:
    """The brief behind any text; never raises."""
    text = " ".join(prompt.lower().split())
    genre = next((g.name for g in GENRES.values() if g.name in text or g.name.replace("lofi", "lo-fi") in text), FALLBACK)
    bpm = re.search(r"(\d{2,3})\s*bpm", text)
    return Brief(text, genre, bpm=float(bpm[1]) if bpm else None, understood=(GENRES[genre].title,))
