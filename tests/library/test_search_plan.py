"""With 100,000 tracks every question of the library is answered by an index, on either database."""

# ruff: noqa: S608 (constants only)
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import QueryDict

from musicstudio.library.filters import Reader
from musicstudio.library.listing import Listing
from musicstudio.library.models import SearchText, Track
from tests.conftest import Cast
from tests.factories import make_track

MANY = 100_000
LITE = "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < %s)"
GREAT = "WITH many(n) AS (SELECT generate_series(1, %s))"


def columns(model: type[Model], **expressions: str) -> tuple[str, str]:
    """The table's columns, and for each its expression or itself."""
    names = [field.column for field in model._meta.local_concrete_fields if field.column in expressions or field.column != "id"]
    return ", ".join(names), ", ".join(expressions.get(name, name) for name in names)


@pytest.fixture
def crowd(cast: Cast) -> Cast:
    """Tracks by the thousand: copies of one at other times, every fourth with a piano, every thousandth with a theremin."""
    track = make_track(cast.project, cast.producer, "waltz", peaks=b"")
    track.tag("rain")
    lite = connection.vendor == "sqlite"
    new = "lower(hex(randomblob(16)))" if lite else "gen_random_uuid()"
    asked = "datetime('2026-01-01', '-' || n || ' minutes')" if lite else "timestamptz '2026-01-01' - n * interval '1 minute'"
    names, values = columns(Track, id=new, batch=new, asked_at=asked)
    text = "'  take  number  ' || n || '  slow  waltz' || CASE n %% 4 WHEN 0 THEN '  piano' ELSE '  drums' END || "
    text += "CASE n %% 1000 WHEN 0 THEN '  theremin  ' ELSE '  ' END"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{LITE if lite else GREAT} INSERT INTO library_track ({names}) SELECT {values} FROM library_track, many", [MANY]
        )
        rows = "SELECT id, row_number() OVER (ORDER BY asked_at) AS n FROM library_track"
        rows = f"({rows} WHERE id NOT IN (SELECT track_id FROM library_searchtext)) AS rows"
        cursor.execute(f"INSERT INTO library_searchtext (track_id, text) SELECT id, {text} FROM {rows} WHERE %s > 0", [MANY])
        cursor.execute("ANALYZE")
    return cast


def plan(rows: "QuerySet[Any]") -> str:
    """How the database would go about it."""
    return rows.explain()


def test_no_question_reads_every_track(crowd: Cast) -> None:
    assert Track.objects.count() == SearchText.objects.count() == MANY + 1
    reader, tracks = Reader(crowd.team, crowd.producer), Track.objects.kept().filter(team=crowd.team)
    scans = (
        "SCAN library_track\n",
        "SCAN library_searchtext\n",
        "SCAN U0\n",
        "Seq Scan on library_track ",  # with the blank: the few tags of library_track_tags may well be read one by one
        "Seq Scan on library_searchtext ",
    )
    index = "VIRTUAL TABLE INDEX" if connection.vendor == "sqlite" else "library_searchtext_trigrams"
    for line in (
        "theremin",
        "there",
        '"slow waltz theremin"',
        "zz",
        "theremin piano",
        "ere min",
        "",
        "tag:rain",
        "by:olga",
        "status:approved",
    ):
        query = QueryDict(mutable=True)
        query["q"] = line
        listing = Listing.from_query(tracks, query, reader)
        how = plan(listing.ordered.values("pk")[:51]) + "\n"
        assert not [scan for scan in scans if scan in how], f"{line}: {how}"
        assert (index in how) == (bool(line) and ":" not in line), f"{line}: {how}"
    newest = plan(Listing.from_query(tracks, QueryDict(""), reader).ordered.values("pk")[:51])
    assert "track_team_newest" in newest and "B-TREE" not in newest and "Sort" not in newest, newest
    common = Listing.from_query(tracks, QueryDict("q=piano"), reader)
    how = plan(common.ordered.values("pk")[:51])
    assert not [scan for scan in scans if scan in how], how
    assert len(common.groups) == 50
