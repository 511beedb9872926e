"""The language of the search line: text becomes clauses; whatever can't be read is explained, never an exception.

    rain piano "exact phrase" -vocals          words, in any order; a minus leaves out
    tag:rain tag:"slow build" tag:a,b -tag:c   both; one of two; not that one
    status:approved -rejected by:me project:…  model:… collection:…
    :30 2:00..3:00 <1:30                       lengths; a single one means about
    rating:>=4 mine:none lufs:<-16 bpm:90..120 is:favourite after:2026-11-01 before:7d in:archive

Pure: knows no database. What a clause selects is in `filters.py`.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from musicstudio.library.fold import wanted
from musicstudio.library.judgement import Status

LONGEST = 300  # characters of a search line
MOST = 20  # clauses of a search line
NONE = "none"

TOKEN = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
VALUE = re.compile(r'"([^"]*)"?|([^,"]+)')
KEYED = re.compile(r"([A-Za-z]{2,}):(.*)", re.S)
CLOCK = re.compile(r"(?:(?:(\d{1,2}):)?(\d{0,3}):)?(\d{1,4})(?:\.\d+)?")
LENGTH_LIKE = re.compile(r"(?:<=?|>=?|\.\.)?[\d.]*:\d|[<>]=?[\d:]|:\d")
NUMBER = re.compile(r"[-−+]?\d{1,6}(?:\.\d{1,3})?")
SIDES = re.compile(r"(.*?)\.\.(.*)", re.S)
COMPARED = re.compile(r"(<=|>=|<|>)?(.*)", re.S)
QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "\0": " ", "−": "-"})


class Unreadable(ValueError):
    """Why a word of the search line can't be used, as a sentence for the person who typed it."""


@dataclass(frozen=True)
class Span:
    """Numbers from `low` to `high`; None is open. `strict` ends do not belong to it."""

    low: float | None = None
    high: float | None = None
    strict: bool = False


@dataclass(frozen=True)
class Clause:
    """One condition. `key` is an operator or `words`; any of `values` will do; `source` is what was typed for it."""

    key: str
    source: str
    values: tuple[str, ...] = ()
    span: Span | None = None
    negated: bool = False
    whole: bool = False

    @property
    def label(self) -> str:
        """What the chip calls it: `Tag`, `Not tag`, `Words`, `Without`."""
        if self.key == "words":
            return "Without" if self.negated else "Phrase" if self.whole else "Words"
        return f"Not {OPERATORS[self.key].label.lower()}" if self.negated else OPERATORS[self.key].label

    @property
    def value(self) -> str:
        """What the chip says: the values, or the span as typed."""
        text = self.source.removeprefix("-") if self.negated else self.source
        return ", ".join(self.values) or (KEYED.fullmatch(text)[2] if KEYED.fullmatch(text) else text)  # type: ignore[index]


@dataclass(frozen=True)
class Trouble:
    """A word that was left out, and why."""

    word: str
    why: str


@dataclass(frozen=True)
class Operator:
    """Something that can be asked for. `read` gives a clause's values or span; `hint` is shown while typing."""

    label: str
    hint: str
    read: Callable[[str], tuple[tuple[str, ...], Span | None]]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """A search line that was read."""

    clauses: tuple[Clause, ...] = ()
    troubles: tuple[Trouble, ...] = field(default=())

    def __str__(self) -> str:
        return " ".join(clause.source for clause in self.clauses)

    def __bool__(self) -> bool:
        return bool(self.clauses)

    def of(self, key: str) -> list[Clause]:
        """Its clauses of that operator."""
        return [clause for clause in self.clauses if clause.key == key]

    def without(self, *clauses: Clause) -> "Query":
        """The line with these clauses taken out."""
        return Query(tuple(clause for clause in self.clauses if clause not in clauses))

    def chosen(self, key: str) -> list[str]:
        """The values asked for with the operator, negated ones left out."""
        return [value for clause in self.of(key) if not clause.negated for value in clause.values]

    def having(self, key: str, values: Iterable[str]) -> "Query":
        """The line with one clause of the operator for any of the values, in place of those it had. None: only taken out."""
        rest = self.without(*[clause for clause in self.of(key) if not clause.negated])
        values = list(values)
        return Query((*rest.clauses, *parse(spelled(key, *values)).clauses)) if values else rest

    def adding(self, source: str) -> "Query":
        """The line with one more clause at its end."""
        return Query((*self.clauses, *parse(source).clauses))


def parse(text: str) -> Query:
    """Reads a search line. Every text gives a query; words that can't be read stand in its troubles."""
    clauses: dict[str, Clause] = {}
    troubles: list[Trouble] = []
    text = text.translate(QUOTES)
    if len(text) > LONGEST:
        troubles.append(Trouble(text[LONGEST:][:20] + "…", f"A search has at most {LONGEST} characters. The rest was left out."))
    tokens = TOKEN.findall(text[:LONGEST])
    for token in tokens[:MOST]:
        try:
            clauses.setdefault(token, read(token))
        except Unreadable as unreadable:
            troubles.append(Trouble(token, str(unreadable)))
    if len(tokens) > MOST:
        troubles.append(Trouble(tokens[MOST], f"A search has at most {MOST} words. The rest was left out."))
    return Query(tuple(clauses.values()), tuple(troubles))


def read(token: str) -> Clause:
    """The clause of one word; raises Unreadable."""
    negated = token.startswith("-") and len(token) > 1 and not token.startswith("--")
    bare = token[1:] if negated else token
    keyed = KEYED.fullmatch(bare)
    if keyed and (keyed[1].lower() in OPERATORS or not keyed[2].startswith("//")):
        key = keyed[1].lower()
        values, span = operator(key).read(keyed[2])
        return Clause(key, token, values, span, negated)
    if negated and bare.lower() in Status.values:
        return Clause("status", token, (bare.lower(),), None, negated)
    if LENGTH_LIKE.match(bare):
        return Clause("length", token, (), a_length(bare)[1], negated)
    whole = bare.startswith('"')
    text = bare.replace('"', " ").strip()
    if not wanted(text):
        raise Unreadable("There is no letter or digit in it to look for.")
    return Clause("words", token, (text,), None, negated, whole)


def operator(key: str) -> Operator:
    """The operator of that name; raises Unreadable with what there is instead."""
    if found := OPERATORS.get(key):
        return found
    near = difflib.get_close_matches(key, OPERATORS, 1, 0.7)
    meant = f"Did you mean {near[0]}:? " if near else ""
    raise Unreadable(f"There is no {key}: here. {meant}You can use: {', '.join(OPERATORS)}.")


def spelled(key: str, *values: str) -> str:
    """How the values are typed after the operator: `tag:calm,"slow build"`."""
    return f"{key}:" + ",".join(f'"{value}"' if re.search(r'[\s",]', value) else value for value in values)


# What stands behind the colon


def names(text: str) -> tuple[tuple[str, ...], None]:
    """`calm`, `"slow build",calm`."""
    values = tuple(dict.fromkeys(value.strip() for pair in VALUE.findall(text) if (value := pair[0] or pair[1]).strip()))
    if not values:
        raise Unreadable("A name is missing behind the colon.")
    return values, None


def one_of(*allowed: str) -> Callable[[str], tuple[tuple[str, ...], None]]:
    """Only these words, in any case."""

    def choose(text: str) -> tuple[tuple[str, ...], None]:
        values = tuple(dict.fromkeys(value.lower() for value in names(text)[0]))
        for value in values:
            if value not in allowed:
                near = difflib.get_close_matches(value, allowed, 1, 0.6)
                meant = f" Did you mean {near[0]}?" if near and len(allowed) > 1 else ""
                raise Unreadable(f"“{value}” is not possible here.{meant} Choose {', '.join(allowed)}.")
        return values, None

    return choose


def numbers(example: str, low: float, high: float, none: bool = False) -> Callable[[str], tuple[tuple[str, ...], Span | None]]:
    """`-14`, `<-16`, `90..120`, and `none` where that can be asked; a single number means the nearest half."""

    def number(text: str) -> float:
        if not NUMBER.fullmatch(text):
            raise Unreadable(f"“{text}” is not a number. Write it like {example}.")
        if not low <= (value := float(text.replace("−", "-"))) <= high:
            raise Unreadable(f"{text} is out of reach: the numbers go from {low:g} to {high:g}.")
        return value

    def measure(text: str) -> tuple[tuple[str, ...], Span | None]:
        if none and text.lower() == NONE:
            return (NONE,), None
        return (), ranged(text, number, lambda value: 0.5, f"Write it like {example}.")

    return measure


def ranged(text: str, number: Callable[[str], float], about: Callable[[float], float], how: str) -> Span:
    """`<3`, `>=3`, `1..3`, `..3`, `3..`, `3`: the last with `about` that much room on either side."""
    if sides := SIDES.fullmatch(text):
        low, high = (number(side) if side else None for side in sides.groups())
        if low is None and high is None:
            raise Unreadable(f"A number is missing. {how}")
        if low is not None and high is not None and low > high:
            raise Unreadable(f"“{text}” runs backwards. {how}")
        return Span(low, high)
    sign, rest = COMPARED.fullmatch(text).groups()  # type: ignore[union-attr]
    if not rest:
        raise Unreadable(f"A number is missing. {how}")
    value = number(rest)
    if not sign:
        return Span(value - about(value), value + about(value))
    return Span(None, value, sign == "<") if sign[0] == "<" else Span(value, None, sign == ">")


def a_length(text: str) -> tuple[tuple[str, ...], Span]:
    """`:30`, `1:30`, `<1:30`, `2:00..3:00`, `90s`; seconds. A single length means about: 5 % or 1.5 s either way."""
    how = "Write minutes:seconds, like 1:30, :30, <1:30 or 2:00..3:00."

    def seconds(part: str) -> float:
        found = CLOCK.fullmatch(part.removesuffix("s"))
        if not found or (":" in part and int(found[3]) > 59) or (found[1] and int(found[2] or 0) > 59):
            raise Unreadable(f"“{part}” is not a length. {how}")
        return 3600 * int(found[1] or 0) + 60 * int(found[2] or 0) + int(found[3])

    return (), ranged(text, seconds, lambda value: max(1.5, value * 0.05), how)


def a_day(text: str) -> tuple[tuple[str, ...], None]:
    """`2026-11-01`, `2026-11`, `today`, `yesterday`, `7d`, `4w`; kept as written, `day_of` says which day it is."""
    day_of(text, date(2026, 11, 22))
    return (text.lower(),), None


def day_of(text: str, today: date) -> date:
    """The day that is meant; raises Unreadable. `7d` is seven days ago, `2026-11` its first day."""
    text = text.lower()
    if text in {"today", "yesterday"}:
        return today - timedelta(days=text == "yesterday")
    if ago := re.fullmatch(r"(\d{1,4})([dw])", text):
        return today - timedelta(days=int(ago[1]) * (7 if ago[2] == "w" else 1))
    try:
        return date.fromisoformat(text if text.count("-") == 2 else f"{text}-01")
    except ValueError:
        raise Unreadable(f"“{text}” is not a day. Write it like 2026-11-01, 2026-11, yesterday, 7d or 4w.") from None


STATES = tuple(Status.values)
PLACES, FLAGS = ("archive", "bin"), ("favourite", "duplicate")
OPERATORS = {
    "tag": Operator("Tag", "tag:rain, tag:a,b for one of them, tag:none", names),
    "status": Operator("Status", "status:approved", one_of(*STATES), STATES),
    "project": Operator("Project", 'project:"Spring film"', names),
    "model": Operator("Model", "model:sketch", names),
    "by": Operator("By", "by:me, by:Mara", names),
    "length": Operator("Length", "length:<1:30, or simply :30, 2:00..3:00", a_length),
    "rating": Operator("Rating", "rating:>=4, rating:none; the team's mean", numbers(">=4 or 3..5", 0, 5, none=True)),
    "mine": Operator("My rating", "mine:>=4, mine:none", numbers(">=4 or none", 0, 5, none=True)),
    "is": Operator("Is", "is:favourite", one_of(*FLAGS), FLAGS),
    "after": Operator("Since", "after:7d, after:2026-11-01", a_day),
    "before": Operator("Before", "before:2026-11-01", a_day),
    "lufs": Operator("Loudness", "lufs:<-16, lufs:-16..-12", numbers("<-16 or -16..-12", -99, 20)),
    "bpm": Operator("Tempo", "bpm:90..120", numbers("90..120", 1, 999)),
    "collection": Operator("Collection", "collection:reel", names),
    "in": Operator("In", "in:archive, in:bin", one_of(*PLACES), PLACES),
}
