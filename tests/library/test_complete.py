"""Suggestions while somebody types a search."""

import html
import re

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.factories import make_track


@pytest.fixture
def words(cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "Glasshouse at dawn")
    for name in ("rain", "slow build"):
        track.tag(name)
    stolen = make_track(cast.other_project, cast.stranger, "Glass secret")
    stolen.tag("rainbow")


def lines(client: Client, line: str) -> list[str]:
    text = client.get("/t/northlight/find/suggest/", {"q": line}).content.decode()
    return [html.unescape(found) for found in re.findall(r'data-line="([^"]*)"', text)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tag:", ["tag:rain", 'tag:"slow build"']),
        ("tag:ra", ["tag:rain"]),
        ("calm tag:sl", ['calm tag:"slow build"']),
        ("tag:rain,sl", ['tag:rain,"slow build"']),
        ("-tag:ra", ["-tag:rain"]),
        ("by:", ["by:me", 'by:"Olga Prieto"', 'by:"Pia Duval"', 'by:"Rafa Nunes"']),
        ("by:pi", ['by:"Pia Duval"']),
        ("status:re", ["status:rejected"]),
        ("project:aur", ['project:"Aurora spring film"']),
        ("mine:", ["mine:none"]),
        ("lufs:", ["lufs:"]),
        ("glass", ['"Glasshouse at dawn"']),
        ("slow b", ["slow by:", "slow before:", "slow bpm:", 'slow tag:"slow build"']),
        ("rai", ["tag:rain"]),
        ("appr", ["status:approved"]),
        ("rat", ["rating:"]),
    ],
)
def test_it_goes_on_with_the_last_word(as_producer: Client, words: None, line: str, expected: list[str]) -> None:
    assert lines(as_producer, line)[: len(expected)] == expected


def test_an_empty_line_offers_the_operators_and_never_more_than_eight(as_producer: Client, words: None) -> None:
    assert lines(as_producer, "")[:2] == ["tag:", "status:"] and len(lines(as_producer, "")) == 8
    assert lines(as_producer, "calm ")[0] == "calm tag:"


def test_markup_in_a_tag_stays_text(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer).tag("<b>x")
    text = as_producer.get("/t/northlight/find/suggest/", {"q": "tag:<"}).content.decode()
    assert "<b>x" not in text and "&lt;b&gt;x" in text
