"""Tags a track might get: from the words of its prompt and from how it sounds. A person confirms each."""

import re

from musicstudio.accounts.access import visible
from musicstudio.library.models import Tag, Track
from musicstudio.sketch.lexicon import GENRE_WORDS, INSTRUMENT_WORDS, MOOD_WORDS

LOUD, QUIET = -10.0, -20.0  # LUFS: above club masters, below what streaming services turn up
BRIGHT, DARK = 2600.0, 800.0  # Hz of the spectral centroid; most finished music lies between
MOST = 8
# the composer's vocabulary in seven languages: the tag is its English key
STYLE = GENRE_WORDS | {name: words for name, (words, *_) in MOOD_WORDS.items()} | INSTRUMENT_WORDS


def suggested(track: Track) -> list[str]:
    """Words the track does not carry yet: the team's first, then words of style, then what was measured."""
    has = {tag.name.lower() for tag in track.tags.all()}
    prompt = " ".join(["", *re.findall(r"[\w-]+", track.prompt.text.lower()), ""])
    names = visible(Tag.objects.filter(team=track.team_id), track.team).values_list("name", flat=True)
    team = [name for name in names if f" {name.lower()} " in prompt]
    style = [name.replace("_", " ") for name, words in STYLE.items() if any(f" {word} " in prompt for word in words.split("|"))]
    found = dict.fromkeys([*team, *style, *heard(track)])
    return [word for word in found if word.lower() not in has][:MOST]


def heard(track: Track) -> list[str]:
    """What the analysis says in words: `96 bpm`, `loud`, `bright`."""
    words = [f"{track.tempo_bpm:.0f} bpm"] if track.tempo_bpm else []
    if track.lufs is not None:
        words += ["loud"] * (track.lufs > LOUD) + ["quiet"] * (track.lufs < QUIET)
    if track.brightness_hz is not None:
        words += ["bright"] * (track.brightness_hz > BRIGHT) + ["dark"] * (track.brightness_hz < DARK)
    return words
