"""Any text and any length give a piece or a clear refusal, never another exception."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from musicstudio.sketch import lexicon
from musicstudio.sketch.compose import compose
from musicstudio.sketch.genres import GENRES
from musicstudio.sketch.grid import METERS
from musicstudio.sketch.prompt import parse

_TABLES = (
    lexicon.GENRE_WORDS,
    lexicon.NEAR_GENRES,
    lexicon.INSTRUMENT_WORDS,
    lexicon.ROLE_WORDS,
    lexicon.TEXTURE_WORDS,
    lexicon.MODE_WORDS,
    lexicon.FLAG_WORDS,
    {key: row[0] for key, row in lexicon.MOOD_WORDS.items()},
    {key: row[0] for key, row in lexicon.PACE_WORDS.items()},
)
_WORDS = sorted({word for table in _TABLES for words in table.values() for word in words.split("|")})
_EXTRA = [
    "no",
    "without",
    "sin",
    "ohne",
    "solo",
    "only",
    "at 0:20",
    "drop",
    "120 bpm",
    "7/8",
    "in F# minor",
    ",",
    ".",
    "なし",
    "30s",
    "80s",
    "99:99",
    "0:00",
]
known_words = st.lists(st.sampled_from(_WORDS + _EXTRA), max_size=12).map(" ".join)
anything = st.text(max_size=200) | known_words | st.tuples(st.text(max_size=20), known_words).map(" ".join)
lengths = st.floats(3, 25) | st.sampled_from([3.0, 90.0])
quiet = settings(max_examples=80, deadline=None, derandomize=True, database=None)


@quiet
@given(anything, lengths, st.integers(0, 2**31), st.integers(0, 3))
def test_any_text_and_length_gives_a_whole_score(prompt, seconds, seed, variation):
    brief = parse(prompt, seconds)
    assert brief.genre in GENRES
    assert all(brief.understood)
    assert all(brief.notes)
    score = compose(brief, seconds, seed, variation)
    assert score.tracks
    body = score.body * score.seconds_per_tick
    assert 0 < body <= seconds + 0.001
    for track in score.tracks:
        for note in track.notes:
            assert 0 <= note.start * score.seconds_per_tick < seconds
            assert note.length > 0
            assert 1 <= note.velocity <= 127
            assert note.drum or 20 <= note.pitch <= 110
    assert score.digest() == compose(brief, seconds, seed, variation).digest()


@quiet
@given(st.text(max_size=300))
def test_parsing_is_repeatable_and_bounded(prompt):
    brief = parse(prompt)
    assert brief == parse(prompt)
    assert brief.meter is None or brief.meter in METERS
    assert brief.bpm is None or 40 <= brief.bpm <= 220
    assert all(math.isfinite(value) and -1 <= value <= 1 for value in (brief.mood, brief.energy, brief.pace))
    assert len(brief.wanted) <= 4


def test_a_very_long_prompt_is_read_in_reasonable_time():
    brief = parse("no drums, piano and rain at 0:20 " * 4000)
    assert brief.wanted == ("piano",)
