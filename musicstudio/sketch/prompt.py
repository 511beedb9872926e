"""From words to a brief: what a prompt asks for, what was understood and what was not."""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata

from musicstudio.sketch import lexicon
from musicstudio.sketch.genres import FALLBACK, GENRES
from musicstudio.sketch.grid import METERS
from musicstudio.sketch.numbers import Found, find_hits, find_key, find_meter, find_tempo, without_durations
from musicstudio.sketch.theory import key_name

MOST_TEXT = 4000  # characters read; a longer prompt is cut


@dataclasses.dataclass(frozen=True, slots=True)
class Brief:
    """What a prompt asks for. None and empty mean: not said. `text` is the prompt without its duration words.

    `mood` runs from -1 (dark) to 1 (bright), `energy` and `pace` from -1 to 1; `hits` are (seconds, kind) moments.
    """

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
    sting: bool = False
    hits: tuple[tuple[float, str], ...] = ()
    understood: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Mention:
    """A known word in the text: its concept group and key, where it stands, whether it is negated."""

    group: str
    key: str
    start: int
    end: int
    word: str
    negated: bool = False
    solo: bool = False


_GROUPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("genre", lexicon.GENRE_WORDS),
    ("near", lexicon.NEAR_GENRES),
    ("instrument", lexicon.INSTRUMENT_WORDS),
    ("role", lexicon.ROLE_WORDS),
    ("texture", lexicon.TEXTURE_WORDS),
    ("mood", {key: words[0] for key, words in lexicon.MOOD_WORDS.items()}),
    ("pace", {key: words[0] for key, words in lexicon.PACE_WORDS.items()}),
    ("mode", lexicon.MODE_WORDS),
    ("flag", lexicon.FLAG_WORDS),
)
_ERAS = {20: "jazz", 30: "jazz", 40: "jazz", 50: "blues", 60: "folk", 70: "rock", 80: "synthwave", 90: "house"}
_SUITS = (  # an instrument without a style: where it is at home
    ("distorted guitar|lead guitar", "rock"),
    ("808", "trap"),
    ("acid bass", "techno"),
    ("steel guitar|banjo|harmonica|nylon guitar|ukulele|accordion|whistle", "folk"),
    ("sax|vibraphone|upright bass|trumpet|clean guitar", "jazz"),
    ("music box|glockenspiel|kalimba|xylophone|celesta", "children"),
    ("church organ|theremin", "horror"),
    ("cello|viola|choir|tremolo strings", "cinematic"),
    ("violin|strings|horn|oboe|clarinet|flute|brass|harp|pizzicato|harpsichord|trombone", "orchestral"),
    ("saw lead|supersaw|synth bass|synth strings", "synthwave"),
    ("steel drum", "reggae"),
    ("rhodes|wurlitzer|felt piano", "lofi"),
    ("warm pad|ooh choir|shakuhachi|koto|sitar|piano", "ambient"),
)


def parse(prompt: str, seconds: float | None = None) -> Brief:
    """The brief behind any text in any language; never raises. `seconds` is the ordered length, to comment on hits."""
    original = " ".join(prompt[:MOST_TEXT].split())
    text = without_durations(folded(original))
    mentions, rest = _mentions(text)
    numbers = (find_tempo(text), find_key(original, text), find_meter(text, tuple(METERS)))
    hits, hit_spans = find_hits(text)
    said: list[str] = []
    notes: list[str] = []
    genre = _genre(mentions, text, said, notes)
    brief = Brief(_hashed(text), genre)
    brief = _with_numbers(brief, numbers, mentions, said, notes)
    brief = _with_sounds(brief, mentions, said, notes)
    brief = _with_character(brief, mentions, said)
    brief = _with_hits(brief, hits, seconds, said, notes)
    _report_rest(rest, [span for found in numbers if found for span in [found.span]] + hit_spans, notes, text)
    return dataclasses.replace(brief, understood=tuple(dict.fromkeys(said)), notes=tuple(dict.fromkeys(notes)))


def folded(text: str) -> str:
    """Lower case, compatibility forms unified, accents removed from Latin letters (Japanese marks stay)."""
    out = []
    for char in unicodedata.normalize("NFKC", text).casefold():
        plain = unicodedata.normalize("NFD", char)
        out.append(plain[0] if plain[0].isascii() else char)
    return re.sub(r"[\u2018\u2019\u02bc]", "'", "".join(out))


def _hashed(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text).strip()


@functools.cache
def _matcher() -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    meaning: dict[str, tuple[str, str]] = {}
    for group, table in _GROUPS:
        for key, words in table.items():
            for word in words.split("|"):
                meaning.setdefault(word, (group, key))
    phrases = sorted(meaning, key=lambda phrase: (-len(phrase), phrase))
    latin = "|".join(re.escape(p) for p in phrases if p.isascii())
    other = "|".join(re.escape(p) for p in phrases if not p.isascii())
    ending = r"(?:s|(?<=[a-z]{5})(?:e|en|er|es|em))?(?![a-z0-9])"  # plurals, and German adjectives of five letters or more
    return re.compile(rf"(?<![a-z0-9])(?P<latin>{latin})(?:{ending}|(?=less(?![a-z])))|(?P<other>{other})"), meaning


_NEGATOR = re.compile(rf"(?<![a-z0-9'])(?:{lexicon.NEGATORS})(?![a-z0-9'])")
_GAP = re.compile(r"\s*(?:[a-z']+\s+){0,2}")
_AND = re.compile(rf"\s*,?\s*(?:(?:{lexicon.JOINERS})(?![a-z])\s*|[&/+]\s*)+(?:(?:no|any|sin|sans|ohne|sem|senza)\s+)?")
_COMMA = re.compile(r"\s*,\s*")
_MORE = re.compile(r"\s*(?:,\s*[a-z ]+)?,?\s+(?:or|nor|oder|noch|o|u|ni|ou|nem|ne)(?![a-z])")  # "no drums, bass or vocals"
_BREAK = re.compile(r"[.;:!?,]|(?<![a-z])(?:but|with|just|only|mit|avec|con|com|pero|mais|aber|mas|ma)(?![a-z])")
_AFTER = re.compile(rf"\s*{lexicon.JAPANESE_NEGATION}|-?less\b|-free\b")
_SOLO_BEFORE = re.compile(rf"(?<![a-z])(?:{lexicon.SOLO_WORDS})\s+(?:an?\s+|de\s+|di\s+|the\s+|[a-z]+\s+)?$")
_SOLO_AFTER = re.compile(rf"\s+(?:{lexicon.SOLO_WORDS})(?![a-z])|\s*{lexicon.JAPANESE_SOLO}")


def _mentions(text: str) -> tuple[list[Mention], str]:
    """Known words in order with their negation, and the text with them blanked out."""
    pattern, meaning = _matcher()
    found: list[Mention] = []
    rest = list(text)
    for match in pattern.finditer(text):
        word = match["latin"] or match["other"]
        group, key = meaning[word]
        start, end = match.span()
        before, after = text[:start], text[end:]
        negated = _is_negated(before, after, found) or bool(_AFTER.match(after))
        alone = group in ("instrument", "role") and not negated and _is_solo(before, after)
        found.append(Mention(group, key, start, end, word, negated, alone))
        rest[start:end] = " " * (end - start)
    return found, "".join(rest)


def _is_negated(before: str, after: str, found: list[Mention]) -> bool:
    if found and found[-1].negated:
        between = before[found[-1].end :]
        if _AND.fullmatch(between) or (_COMMA.fullmatch(between) and _MORE.match(after)):
            return True
    negators = list(_NEGATOR.finditer(before))
    if not negators:
        return False
    start = negators[-1].end()
    between = before[start:]
    return not _BREAK.search(between) and bool(_GAP.fullmatch(between)) and not _reached(found, start)


def _reached(found: list[Mention], start: int) -> bool:
    """Whether another known word already stands between the negation and here."""
    return any(mention.start >= start for mention in found)


def _is_solo(before: str, after: str) -> bool:
    if _SOLO_BEFORE.search(before[-40:]):
        return True
    return bool(_SOLO_AFTER.match(after)) and not re.search(
        r"\b(?:with|and|mit|con|avec|com) (?:an? |una? |une |eine[mn]? )?$", before[-16:]
    )


def _genre(mentions: list[Mention], text: str, said: list[str], notes: list[str]) -> str:
    """A style named, else a near style, an era, the instruments' home, the mood's; else the calm fallback."""
    for wanted in ("genre", "near"):
        for mention in mentions:
            if mention.group == wanted and not mention.negated:
                title = GENRES[mention.key].title
                said.append(title)
                if wanted == "near":
                    notes.append(f"“{mention.word}” has no style of its own here; {title} is the nearest.")
                return mention.key
    if era := _era(text):
        said.append(f"{era}s")
        return _ERAS[era]
    instruments = {m.key for m in mentions if m.group == "instrument" and not m.negated}
    for names, genre in _SUITS:
        if instruments & set(names.split("|")):
            notes.append(f"No style named; {GENRES[genre].title} suits the instruments.")
            return genre
    return _genre_of_mood([m for m in mentions if m.group == "mood" and not m.negated], mentions, notes)


_MOOD_HOMES = {
    "happy": "corporate",
    "hopeful": "corporate",
    "energetic": "corporate",
    "triumphant": "orchestral",
    "angry": "rock",
    "dark": "horror",
    "sad": "cinematic",
    "calm": "ambient",
    "romantic": "waltz",
    "nostalgic": "lofi",
    "groovy": "lofi",
}


def _genre_of_mood(moods: list[Mention], mentions: list[Mention], notes: list[str]) -> str:
    for mood in moods:
        notes.append(f"No style named; {GENRES[_MOOD_HOMES[mood.key]].title} suits the mood.")
        return _MOOD_HOMES[mood.key]
    if any(m.group == "texture" for m in mentions):
        notes.append("No style named; ambient suits the background sounds.")
        return "ambient"
    notes.append(f"No style recognised; chose calm {GENRES[FALLBACK].title}.")
    return FALLBACK


def _era(text: str) -> int | None:
    words = {
        "twenties": 20,
        "thirties": 30,
        "forties": 40,
        "fifties": 50,
        "sixties": 60,
        "seventies": 70,
        "eighties": 80,
        "nineties": 90,
    }
    match = re.search(r"(?<![\d:.])'?(?:19)?([2-9]0)(?:'?s|er|年代)(?![a-z])|(?:anos|annees|anni)\s+(?:19)?([2-9]0)\b", text)
    if match:
        return int(match[1] or match[2])
    return next((value for word, value in words.items() if re.search(rf"\b{word}\b", text)), None)


def _with_numbers(
    brief: Brief,
    numbers: tuple[Found | None, Found | None, Found | None],
    mentions: list[Mention],
    said: list[str],
    notes: list[str],
) -> Brief:
    tempo, key, meter = numbers
    if tempo:
        bpm = min(220.0, max(40.0, float(tempo.value)))
        said.append(f"{bpm:g} bpm")
        if bpm != tempo.value:
            notes.append(f"{tempo.value:g} bpm is outside 40–220; plays at {bpm:g}.")
        brief = dataclasses.replace(brief, bpm=bpm)
    mode = next((m.key for m in mentions if m.group == "mode" and not m.negated), None)
    if key:
        tonic, own = key.value
        mode = own or mode or "major"
        brief = dataclasses.replace(brief, tonic=tonic, mode=mode)
        said.append(key_name(tonic, mode))
    elif mode:
        brief = dataclasses.replace(brief, mode=mode)
        said.append(mode)
    if meter and meter.value in METERS:
        brief = dataclasses.replace(brief, meter=str(meter.value))
        said.append(str(meter.value))
    elif meter:
        notes.append(f"{meter.value} is not a metre the sketch engine plays.")
    return brief


def _with_sounds(brief: Brief, mentions: list[Mention], said: list[str], notes: list[str]) -> Brief:
    wanted: dict[str, None] = {}
    unwanted: dict[str, None] = {}
    textures: dict[str, None] = {}
    solo = False
    for m in mentions:
        if m.group == "role" and m.key == "vocals":
            if m.negated:
                said.append("no vocals")
            else:
                notes.append("The sketch engine cannot sing; this is instrumental.")
        elif m.group in ("instrument", "role") and m.negated:
            unwanted[_unwanted_name(m)] = None
            said.append(f"no {_unwanted_name(m)}")
        elif m.group == "instrument":
            wanted[m.key] = None
            solo = solo or m.solo
            said.append(f"solo {m.key}" if m.solo else m.key)
        elif m.group == "role" and m.key == "drums" and m.solo:
            solo = True
            said.append("drums only")
        elif m.group == "texture":
            (unwanted if m.negated else textures)[m.key] = None
            said.append(f"no {m.key}" if m.negated else m.key)
    _drop_general(wanted)
    if brief.genre == "rock" and "steel guitar" in wanted and "acoustic" not in brief.text:
        del wanted["steel guitar"]  # a rock guitar is the style's own
    kept = tuple(name for name in wanted if name not in unwanted)
    if len(kept) > 4:
        notes.append(f"Four instruments at most can be asked for; left out: {', '.join(kept[4:])}.")
    return dataclasses.replace(
        brief, wanted=kept[:4], unwanted=tuple(unwanted), textures=tuple(textures)[:3], solo=solo and len(kept) <= 1
    )


def _unwanted_name(mention: Mention) -> str:
    return "bass" if mention.word in ("bass", "bajo", "basse", "baixo", "basso", "ベース") else mention.key


_SPECIAL = {
    "felt piano": "piano",
    "nylon guitar": "steel guitar",
    "clean guitar": "steel guitar",
    "distorted guitar": "steel guitar",
    "lead guitar": "steel guitar",
    "upright bass": "bass guitar",
    "synth bass": "bass guitar",
    "church organ": "organ",
}


def _drop_general(wanted: dict[str, None]) -> None:
    """ "rain on a felt piano, piano" asks for one piano."""
    for special, general in _SPECIAL.items():
        if special in wanted:
            wanted.pop(general, None)


def _with_character(brief: Brief, mentions: list[Mention], said: list[str]) -> Brief:
    mood = energy = pace = 0.0
    flags = set()
    for m in mentions:
        sign = -0.5 if m.negated else 1.0
        if m.group == "mood":
            _, bright, strength, speed = lexicon.MOOD_WORDS[m.key]
            mood, energy, pace = mood + sign * bright, energy + sign * strength, pace + sign * speed
        elif m.group == "pace":
            pace += sign * lexicon.PACE_WORDS[m.key][1]
        elif m.group == "flag" and not m.negated:
            flags.add(m.key)
        if m.group in ("mood", "pace", "flag"):
            said.append(f"not {m.key}" if m.negated else m.key)
    if brief.genre == FALLBACK and not said and not mentions:
        energy, pace = -0.4, -0.3  # nothing said: stay out of the way

    def within(value: float) -> float:
        return round(max(-1.0, min(1.0, value)), 3)

    return dataclasses.replace(
        brief, mood=within(mood), energy=within(energy), pace=within(pace), build="build" in flags, soft_end="soft end" in flags,
        loop="loop" in flags, sting="sting" in flags,
    )  # fmt: skip


def _with_hits(brief: Brief, hits: list[tuple[float, str]], seconds: float | None, said: list[str], notes: list[str]) -> Brief:
    kept = []
    for at, kind in hits:
        if seconds is not None and not 1.0 <= at <= seconds - 2:
            notes.append(f"The {kind} at {_clock(at)} lies outside a piece of {seconds:g} s.")
        else:
            kept.append((at, kind))
            said.append(f"{kind} at {_clock(at)}")
    return dataclasses.replace(brief, hits=tuple(sorted(kept))[:6])


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _report_rest(rest: str, spans: list[tuple[int, int]], notes: list[str], text: str) -> None:
    """Name what was not understood, five words at most."""
    blank = list(rest)
    for start, end in spans:
        blank[start:end] = " " * (end - start)
    known = lexicon.SILENT_WORDS | {
        word
        for table in (
            lexicon.NEGATORS,
            lexicon.SOLO_WORDS,
            lexicon.JOINERS,
            lexicon.DROP_WORDS,
            lexicon.STOP_WORDS,
            lexicon.LIFT_WORDS,
        )
        for word in table.split("|")
    }
    words = [w for w in re.findall(r"[^\W\d_]{3,}", "".join(blank)) if w not in known and w.rstrip("s") not in known]
    words = [w for w in dict.fromkeys(words) if w.isascii() or len(w) <= 12]
    if words:
        notes.append("Not understood: " + ", ".join(words[:5]) + ("…" if len(words) > 5 else "") + ".")
