"""Which bytes a Range header asks for (RFC 9110, section 14.1.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicstudio.core.media import Unsatisfiable, parse_range


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-99", (0, 99)),
        ("bytes=0-", (0, 999)),
        ("bytes=990-2000", (990, 999)),
        ("bytes=-1", (999, 999)),
        ("bytes=-5000", (0, 999)),
        ("bytes= 5 - 9 ", (5, 9)),
    ],
)
def test_it_reads_one_range(header: str, span: tuple[int, int]) -> None:
    assert parse_range(header, 1000) == span


@pytest.mark.parametrize(
    "header", ["bytes=-", "bytes=9-5", "items=0-5", "bytes=0-1,5-6", "bytes=a-b", "bytes=１-２", "bytes=" + "9" * 5000 + "-", ""]
)
def test_it_ignores_what_it_cannot_read(header: str) -> None:
    assert parse_range(header, 1000) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=1000-", 1000), ("bytes=-0", 1000), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_a_range_without_a_byte_of_the_file_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, size)


NUMBERS = st.one_of(st.just(""), st.integers(0, 2_000).map(str), st.integers(0, 10**30).map(str))


@given(
    st.one_of(st.text(max_size=40), st.tuples(NUMBERS, NUMBERS).map(lambda pair: f"bytes={pair[0]}-{pair[1]}")),
    st.integers(0, 1000),
)
def test_whatever_is_asked_the_answer_lies_within_the_file(header: str, size: int) -> None:
    try:
        span = parse_range(header, size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span[0] <= span[1] < size
