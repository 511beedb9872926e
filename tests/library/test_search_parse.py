"""The search line: text becomes clauses, and what can't be read is explained."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from musicstudio.library.fold import GAP, folded, wanted, words_of
from musicstudio.library.search import FLAGS, LONGEST, MOST, OPERATORS, Query, Span, day_of, parse, spelled


def only(text: str) -> tuple[str, tuple[str, ...], Span | None, bool]:
    query = parse(text)
    assert query.troubles == () and len(query.clauses) == 1, query
    [clause] = query.clauses
    return clause.key, clause.values, clause.span, clause.negated


def why(text: str) -> str:
    query = parse(text)
    assert query.clauses == () and len(query.troubles) == 1, query
    return query.troubles[0].why


@pytest.mark.parametrize(
    ("text", "key", "values", "negated"),
    [
        ("rain", "words", ("rain",), False),
        ("-vocals", "words", ("vocals",), True),
        ('"slow build"', "words", ("slow build",), False),
        ('-"slow build"', "words", ("slow build",), True),
        ("lo-fi", "words", ("lo-fi",), False),
        ("tag:rain", "tag", ("rain",), False),
        ("TAG:rain", "tag", ("rain",), False),
        ('tag:"slow build",calm', "tag", ("slow build", "calm"), False),
        ("tag:“slow build”", "tag", ("slow build",), False),
        ("-tag:rain", "tag", ("rain",), True),
        ("status:Approved,new", "status", ("approved", "new"), False),
        ("-rejected", "status", ("rejected",), True),
        ("rejected", "words", ("rejected",), False),
        ("by:me", "by", ("me",), False),
        ("mine:none", "mine", ("none",), False),
        ("is:favourite", "is", ("favourite",), False),
        ("after:7d", "after", ("7d",), False),
        ("in:bin", "in", ("bin",), False),
        ("https://example.com/x", "words", ("https://example.com/x",), False),
        ('"mood:dark"', "words", ("mood:dark",), False),
        ("8", "words", ("8",), False),
        ("-5", "words", ("5",), True),
    ],
)
def test_it_reads_words_and_operators(text: str, key: str, values: tuple[str, ...], negated: bool) -> None:
    assert only(text) == (key, values, None, negated)


@pytest.mark.parametrize(
    ("text", "key", "span"),
    [
        (":30", "length", Span(28.5, 31.5)),
        ("2:00", "length", Span(114, 126)),
        ("2:00..3:00", "length", Span(120, 180)),
        ("..:30", "length", Span(None, 30)),
        ("1:02:03..", "length", Span(3723, None)),
        ("<1:30", "length", Span(None, 90, True)),
        (">=:45", "length", Span(45, None)),
        ("length:<90s", "length", Span(None, 90, True)),
        ("length:90", "length", Span(85.5, 94.5)),
        ("rating:>=4", "rating", Span(4, None)),
        ("rating:4", "rating", Span(3.5, 4.5)),
        ("mine:3..5", "mine", Span(3, 5)),
        ("lufs:<-16", "lufs", Span(None, -16, True)),
        ("lufs:<−16", "lufs", Span(None, -16, True)),
        ("lufs:-16..-12.5", "lufs", Span(-16, -12.5)),
        ("bpm:90..120", "bpm", Span(90, 120)),
    ],
)
def test_it_reads_numbers_and_lengths(text: str, key: str, span: Span) -> None:
    assert only(text) == (key, (), span, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mood:dark", "There is no mood: here. You can use: tag, status,"),
        ("mode:x", "Did you mean model:?"),
        ("tags:rain", "Did you mean tag:?"),
        ("status:approvd", "Did you mean approved? Choose new, shortlisted, changes, approved, rejected."),
        ("status:", "A name is missing behind the colon."),
        ("tag:,,", "A name is missing behind the colon."),
        ("rating:good", "“good” is not a number. Write it like >=4"),
        ("rating:9", "out of reach: the numbers go from 0 to 5"),
        ("bpm:120..90", "runs backwards"),
        ("bpm:..", "A number is missing"),
        ("lufs:<", "A number is missing"),
        ("1:99", "“1:99” is not a length. Write minutes:seconds"),
        ("3:00..2:00", "runs backwards"),
        ("after:soon", "“soon” is not a day. Write it like 2026-11-01"),
        ("after:2026-02-30", "is not a day"),
        ("is:great", "Choose favourite, duplicate."),
        ("...", "no letter or digit"),
        ('""', "no letter or digit"),
    ],
)
def test_it_explains_what_it_cannot_read(text: str, said: str) -> None:
    assert said in why(text)


def test_the_rest_of_the_line_is_still_searched() -> None:
    query = parse("calm mood:dark tag:rain")
    assert str(query) == "calm tag:rain" and [trouble.word for trouble in query.troubles] == ["mood:dark"]


def test_a_line_has_an_end() -> None:
    query = parse(" ".join(f"w{number}" for number in range(MOST + 5)))
    assert len(query.clauses) == MOST and f"at most {MOST} words" in query.troubles[0].why
    assert f"at most {LONGEST} characters" in parse("x" * (LONGEST + 1)).troubles[0].why


def test_a_quote_that_is_not_closed_goes_on_to_the_end() -> None:
    assert only('"slow bui')[1] == ("slow bui",) and only('tag:"slow bui')[1] == ("slow bui",)


def test_clauses_are_taken_out_and_put_in_as_typed() -> None:
    query = parse('rain tag:calm -tag:loud "slow build"')
    assert str(query.without(*query.of("tag"))) == 'rain "slow build"'
    assert str(query.having("tag", ["a b", "c"])) == 'rain -tag:loud "slow build" tag:"a b",c'
    assert str(query.having("tag", [])) == 'rain -tag:loud "slow build"' and query.chosen("tag") == ["calm"]
    assert str(Query().adding("status:new")) == "status:new"


def test_chips_say_what_was_asked() -> None:
    said = [(c.label, c.value) for c in parse('tag:rain -tag:a,b :30 rating:>=4 x -y "z z" -rejected').clauses]
    assert said == [
        ("Tag", "rain"),
        ("Not tag", "a, b"),
        ("Length", ":30"),
        ("Rating", ">=4"),
        ("Words", "x"),
        ("Without", "y"),
        ("Phrase", "z z"),
        ("Not status", "rejected"),
    ]


def test_days_are_counted_from_today() -> None:
    today = date(2026, 3, 1)
    days = {"today": (3, 1), "yesterday": (2, 28), "7d": (2, 22), "2w": (2, 15), "2026-01": (1, 1), "2026-02-03": (2, 3)}
    assert {text: (day_of(text, today).month, day_of(text, today).day) for text in days} == days


def test_folding_forgets_case_accents_and_punctuation() -> None:
    assert words_of("Café-Jazz, LO-FI & Größe №5") == ["cafe", "jazz", "lo", "fi", "grosse", "no5"]
    assert words_of("雨の音 ピアノ") == ["雨", "の", "音", "ヒ", "ア", "ノ"] and words_of("🎹 piano") == ["🎹", "piano"]
    assert wanted("Café") == "cafe" and wanted("lo-fi") == f"{GAP}lo{GAP}fi" and wanted("a") == f"{GAP}a" and wanted("--") == ""
    assert wanted("slow", whole=True) == f"{GAP}slow{GAP}"


PIECES = st.sampled_from(
    [*(f"{key}:" for key in OPERATORS), *FLAGS, '"', "-", ":", "..", "<", ">=", ",", "none", "1:30", "d", "me", " "]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=14).map("".join))
@example("after:0000-00-00")
@example("after:9999d")
@example("bpm:-")
@example("::::")
@example("length:9999:99:99")
def test_every_text_gives_a_query_or_an_explanation(text: str) -> None:
    query = parse(text)
    assert all(trouble.word and trouble.why.endswith(".") for trouble in query.troubles)
    assert parse(str(query)).clauses == query.clauses and parse(str(query)).troubles == ()
    assert all(clause.label and clause.value for clause in query.clauses)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.text(alphabet=st.characters(blacklist_characters='"“”„\0', blacklist_categories=["Cs"]), min_size=1),
        min_size=1,
        max_size=3,
    )
)
def test_a_name_that_is_spelled_out_is_read_again(names: list[str]) -> None:
    names = [name.strip() for name in names if name.strip()]
    query = parse(spelled("tag", *names)[:LONGEST])
    if names and len(spelled("tag", *names)) <= LONGEST:
        assert query.chosen("tag") == [name.translate({ord("−"): "-"}) for name in dict.fromkeys(names)]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_a_text_is_found_by_its_own_words(text: str, other: str) -> None:
    for word in text.split():
        if part := wanted(word):
            assert part in folded(other, text)
    if part := wanted(text, whole=True):
        assert part in folded(other, text)
