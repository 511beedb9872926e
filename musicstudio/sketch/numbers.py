"""The numbers and names in a prompt: tempo, key, metre, moments, and the durations that are not the composer's business."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from musicstudio.sketch import lexicon


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A value and where it stood in the text."""

    value: Any
    span: tuple[int, int]


_UNITS = (
    r"(?:s|secs?|seconds?|segundos?|secondes?|sekunden?|secondi|segs?|秒間?|m(?:in(?:ute)?s?)|minutes?|minuten|minutos?"
    r"|minuti|minuto|分間?(?!の\d)|h(?:ou)?rs?)"
)
_AMOUNT = (
    r"(?:\d+(?:[.,]\d+)?|an?|one|two|three|four|five|ten|half|ein(?:e|er)?|une?|una?|uma?|um|dos|deux|zwei|due|duas|tres"
    r"|trois|drei|tre)"
)
_AT = (
    r"(?<![a-z])(?:at|@|around|from|by|bei|ab|nach|a los|a las|alos|en el|en|a|aos|apos|um|al|alle|agli|vers|のところ)"
    r"\s*(?:the\s+)?"
)
_CLOCK = r"(?:(\d{1,2}):(\d{2})|(\d{1,3})(?:[.,]\d+)?\s*(?:s|secs?|seconds?|segundos?|secondes?|sekunden?|secondi|秒)(?![a-z]))"
_MOMENT = re.compile(rf"{_AT}{_CLOCK}|(?<!\d){_CLOCK}\s*(?:に|で|のところ)")
_ERA = re.compile(r"(?:(?:19)?[5-9]0|808|909|303|707)'?s")  # decades and drum machines, not durations
_DURATION = re.compile(
    rf"(?<![\w.,:])(?:for\s+|of\s+|length:?\s*|duration:?\s*)?(?:{_AMOUNT})\s*-?\s*{_UNITS}(?![a-z])"
    r"(?:\s*-?\s*(?:long|length|lang|de duracion|de long))?"
    r"|(?<![\w:])\d{1,2}:\d{2}\s*(?:long|minutes|min)\b"
)


def without_durations(text: str) -> str:
    """The text without "15 seconds", "3-minute", "30秒": length must not change what piece it is.

    Moments ("drop at 0:20", "lift at 45 s") and decades ("80s", "for 90s nostalgia" with a number 50..90) stay.
    """
    moments = [match.span() for match in _MOMENT.finditer(text)]

    def cut(match: re.Match[str]) -> str:
        inside = any(start <= match.start() < end or match.start() <= start < match.end() for start, end in moments)
        word = match[0].strip()
        if inside or _ERA.fullmatch(word):
            return match[0]
        return " "

    return " ".join(_DURATION.sub(cut, text).split())


_TEMPO = re.compile(
    r"(\d{2,3}(?:[.,]\d+)?)\s*-?\s*(?:bpm|b\.p\.m\.?|beats per minute|ppm|pulsaciones|battements par minute|schlage"
    r"|batidas por minuto|battiti)"
    r"|(?:bpm|tempo|テンポ|♩)\s*(?:of|von|de|di|:|=|は)?\s*(\d{2,3}(?:[.,]\d+)?)(?!\s*(?:%|:))"
)


def find_tempo(text: str) -> Found | None:
    """ "92 bpm", "tempo 92", "テンポ120"."""
    match = _TEMPO.search(text)
    return Found(float((match[1] or match[2]).replace(",", ".")), match.span()) if match else None


_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_SYLLABLES = {"do": 0, "ut": 0, "re": 2, "mi": 4, "fa": 5, "sol": 7, "la": 9, "si": 11}
_KANA = {"ハ": 0, "ニ": 2, "ホ": 4, "ヘ": 5, "ト": 7, "イ": 9, "ロ": 11}
_MODES = {
    "major": "major", "maj": "major", "dur": "major", "mayor": "major", "majeur": "major", "maior": "major", "maggiore": "major",
    "minor": "minor", "min": "minor", "moll": "minor", "menor": "minor", "mineur": "minor", "minore": "minor", "dorian": "dorian",
    "phrygian": "phrygian", "lydian": "lydian", "mixolydian": "mixolydian", "harmonic minor": "harmonic minor",
}  # fmt: skip
_MODE = "|".join(sorted(_MODES, key=len, reverse=True))
_SHARP = r"#|♯|-?\s?sharp|\s?sostenido|\s?diese|\s?diesis|\s?sustenido"
_FLAT = r"♭|-?\s?flat|\s?bemol(?:le)?"
_LETTER_KEY = re.compile(
    rf"(?<![a-z'])([a-h])({_SHARP}|{_FLAT}|is|es|s|b)?\s*-?\s*({_MODE})(?![a-z])(?!\s+(?:key|scale|mode|chord|feel|mood))"
)
_SYLLABLE_KEY = re.compile(rf"(?<![a-z])(do|re|mi|fa|sol|la|si)({_SHARP}|{_FLAT})?\s*-?\s*({_MODE})(?![a-z])")
_KANA_KEY = re.compile(r"([嬰変]?)([ハニホヘトイロ])(長調|短調)")
_LATIN_JP_KEY = re.compile(r"([a-g])(#|♯|b|♭)?\s*(メジャー|マイナー)")
_SHORT_KEY = re.compile(r"(?:\b(?:in|key of|key:?|en|em|Key:?)\s+)([A-G])(#|♯|b|♭)?(m(?:in)?)?(?![\w#♯♭])")


def find_key(original: str, text: str) -> Found | None:
    """(tonic 0..11, mode or None) of "in D minor", "F# major", "re menor", "fis-Moll", "ニ短調", "in Am"."""
    if match := _LETTER_KEY.search(text):
        letter, sign, mode = match.groups()
        if (
            letter != "a"
            or sign
            or not re.search(r"\b(?:in|with|on|use|has)\s+$", text[: match.start()])
            or _is_a_key(original, mode)
        ):
            german = mode in ("dur", "moll")
            tonic = 10 if german and letter == "b" and not sign else _LETTERS[letter] + _accidental(sign or "")
            return Found((tonic % 12, _MODES[mode]), match.span())
    if match := _SYLLABLE_KEY.search(text):
        return Found(((_SYLLABLES[match[1]] + _accidental(match[2] or "")) % 12, _MODES[match[3]]), match.span())
    if match := _KANA_KEY.search(text):
        shift = {"嬰": 1, "変": -1, "": 0}[match[1]]
        return Found(((_KANA[match[2]] + shift) % 12, "major" if match[3] == "長調" else "minor"), match.span())
    if match := _LATIN_JP_KEY.search(text):
        return Found(
            ((_LETTERS[match[1]] + _accidental(match[2] or "")) % 12, "major" if match[3] == "メジャー" else "minor"),
            match.span(),
        )
    if match := _SHORT_KEY.search(original):
        found = ((_LETTERS[match[1].lower()] + _accidental(match[2] or "")) % 12, "minor" if match[3] else None)
        return Found(found, (0, 0))
    return None


def _is_a_key(original: str, mode: str) -> bool:
    """ "in A minor" with a capital A or a "key of" is a key; "in a minor mood" is not."""
    return (
        bool(re.search(rf"\bA[\s-]+{mode}", original, re.IGNORECASE) and re.search(r"\bA[\s-]+[A-Za-z]", original))
        or "key of" in original.lower()
    )


def _accidental(sign: str) -> int:
    sign = sign.strip(" -")
    if not sign:
        return 0
    return 1 if sign in ("#", "♯", "sharp", "sostenido", "diese", "diesis", "sustenido", "is") else -1


_METER = re.compile(r"(?<![\d/])(\d{1,2})\s?/\s?(2|4|8|16)(?![\d/])(?:\s*-?\s*(?:time|takt|time signature|拍子))?")


_METER_WORDS = {
    "waltz time": "3/4",
    "three-four": "3/4",
    "in three": "3/4",
    "six-eight": "6/8",
    "in six": "6/8",
    "in five": "5/4",
    "in seven": "7/8",
}


def find_meter(text: str, known: tuple[str, ...]) -> Found | None:
    """ "3/4", "6/8 time", "in three", "4分の3拍子"."""
    if match := _METER.search(text):
        return Found(f"{int(match[1])}/{match[2]}", match.span())
    if match := re.search(r"([48])分の(\d+)拍子", text):
        return Found(f"{int(match[2])}/{match[1]}", match.span())
    for word, value in _METER_WORDS.items():
        if (at := text.find(word)) >= 0:
            return Found(value, (at, at + len(word)))
    return None


def find_hits(text: str) -> tuple[list[tuple[float, str]], list[tuple[int, int]]]:
    """Moments in seconds with what should happen ("drop", "stop", "lift"), and where they stood."""
    hits: list[tuple[float, str]] = []
    spans: list[tuple[int, int]] = []
    for match in _MOMENT.finditer(text):
        minutes, seconds, plain, minutes_2, seconds_2, plain_2 = match.groups()
        at = float(plain or plain_2) if plain or plain_2 else int(minutes or minutes_2) * 60 + int(seconds or seconds_2)
        clause_start = max(text.rfind(mark, 0, match.start()) for mark in ".;,!") + 1
        before, after = text[clause_start : match.start()], re.split(r"[.;,!]", text[match.end() :])[0]
        hits.append((float(at), _kind(before) or _kind(after[:30]) or "lift"))
        spans.append(match.span())
    return hits, spans


def _kind(words: str) -> str | None:
    best: tuple[int, str] | None = None
    for kind, table in (("drop", lexicon.DROP_WORDS), ("stop", lexicon.STOP_WORDS), ("lift", lexicon.LIFT_WORDS)):
        for word in table.split("|"):
            edge = r"(?<![a-z])" if word.isascii() else ""
            for match in re.finditer(rf"{edge}{re.escape(word)}" + (r"(?![a-z])" if word.isascii() else ""), words):
                if best is None or match.end() > best[0]:
                    best = (match.end(), kind)
    return best[1] if best else None
