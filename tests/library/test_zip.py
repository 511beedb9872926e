"""Handing over: a ZIP of originals with a manifest for people and spreadsheets."""

import csv
import io
import zipfile
from typing import Any

import pytest
from django.test import Client

from musicstudio.library.models import Collection, Track
from tests.conftest import Cast
from tests.factories import make_sound, make_sounding_track, make_track

ZIP = "/t/northlight/tracks/zip/"


def unpack(response: Any) -> zipfile.ZipFile:
    assert response.status_code == 200 and response["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def table(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))


@pytest.fixture
def track(cast: Cast) -> Track:
    facts = {"title": "Größe/Glass", "text": "=cmd|' /C calc'!A0 piano", "seed": 7, "tempo_bpm": 96.0, "lufs": -14.04}
    return make_sounding_track(cast.project, cast.producer, 2.0, **facts)


def test_it_holds_the_original_bytes_and_a_manifest(as_producer: Client, cast: Cast, track: Track) -> None:
    track.tag("calm")
    track.decide("approved", cast.owner)
    response = as_producer.post(ZIP, {"track": [str(track.pk)]})
    assert response["Content-Disposition"].startswith("attachment; filename=") and ".zip" in response["Content-Disposition"]
    archive = unpack(response)
    name = f"Aurora spring film/Größe_Glass A {track.pk.hex[:8]}.wav"
    assert archive.testzip() is None and archive.read(name) == make_sound()
    assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
    [row] = table(archive)
    assert row["file"] == name and row["title"] == "Größe/Glass" and row["status"] == "Approved" and row["tags"] == "calm"
    assert row["prompt"].startswith("'=cmd") and row["seed"] == "7" and row["LUFS"] == "-14.0" and row["sha256"] == track.sha256
    letter = archive.read("manifest.txt").decode()
    assert "Größe/Glass" in letter and "tempo bpm: 96.0" in letter


def test_no_price_leaves_the_house(as_producer: Client, cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, 0.2, cost_micros=123_456_789, quoted_micros=123_456_789)
    archive = unpack(as_producer.post(ZIP, {"track": [str(track.pk)]}))
    said = archive.read("manifest.csv") + archive.read("manifest.txt")
    assert b"123" not in said.replace(track.sha256.encode(), b"").replace(track.pk.hex[:8].encode(), b"") and b"$" not in said


def test_a_missing_file_is_named_and_breaks_nothing(as_producer: Client, cast: Cast, track: Track) -> None:
    lost = make_track(cast.project, cast.producer, "lost")
    archive = unpack(as_producer.post(ZIP, {"track": [str(lost.pk), str(track.pk)]}))
    assert archive.testzip() is None and len(archive.namelist()) == 3
    notes = {row["title"]: row["note"] for row in table(archive)}
    assert notes == {"lost": "The file is missing in the studio.", "Größe/Glass": ""}


def test_a_collection_is_numbered_in_its_order(as_producer: Client, cast: Cast) -> None:
    tracks = [make_sounding_track(cast.project, cast.producer, 0.2, text=text) for text in ("house", "waltz")]
    collection, _ = Collection.objects.named(cast.team, "Client set", cast.owner)
    collection.append(tracks)
    words = {"scope": f"collection:{collection.pk}", "matching": "1", "query": ""}
    archive = unpack(as_producer.post(ZIP, words))
    assert [name[:8] for name in archive.namelist()[:2]] == ["01 house", "02 waltz"]


def test_all_that_match_are_packed(as_producer: Client, cast: Cast) -> None:
    for text in ("house one", "house two", "waltz"):
        make_sounding_track(cast.project, cast.producer, 0.2, text=text)
    archive = unpack(as_producer.post(ZIP, {"matching": "1", "query": "?q=house", "scope": "project:aurora-spring-film"}))
    assert sorted(row["title"] for row in table(archive)) == ["house one", "house two"]


def test_too_much_is_refused_with_the_size(as_producer: Client, cast: Cast, track: Track) -> None:
    Track.objects.update(size=3 * 1024**3)
    response = as_producer.post(ZIP, {"track": [str(track.pk)]}, headers={"Referer": "http://testserver/t/northlight/tracks/"})
    assert response.status_code == 302 and response["Location"] == "http://testserver/t/northlight/tracks/"
    page = as_producer.get(response["Location"]).content.decode()
    assert "These files are 3.0 GB; one ZIP takes 2 GB. Select fewer tracks." in page


def test_nothing_to_pack_brings_back_and_never_elsewhere(as_producer: Client, cast: Cast) -> None:
    response = as_producer.post(ZIP, {}, headers={"Referer": "https://evil.example/"})
    assert response.status_code == 302 and response["Location"] == "/t/northlight/tracks/"


def test_strangers_tracks_are_not_packed(client: Client, cast: Cast, track: Track) -> None:
    theirs = make_sounding_track(cast.other_project, cast.stranger, 0.2, text="secret")
    client.force_login(cast.reviewer)
    archive = unpack(client.post(ZIP, {"track": [str(track.pk), str(theirs.pk)]}))
    assert [row["title"] for row in table(archive)] == ["Größe/Glass"]
    client.force_login(cast.stranger)
    assert client.post(ZIP, {"track": [str(track.pk)]}).status_code == 404


def test_same_files_are_found(as_producer: Client, cast: Cast) -> None:
    first, second, other = [make_sounding_track(cast.project, cast.producer, length, text=f"t{length}") for length in (1, 1, 2)]
    Track.objects.filter(pk=second.pk).update(title="twin")
    page = as_producer.get("/t/northlight/tracks/?q=is:duplicate").content.decode()
    assert 'data-title="t1"' in page and 'data-title="twin"' in page and f'data-title="{other.title}"' not in page
    assert "Same file as" in as_producer.get(first.get_absolute_url()).content.decode()
    assert "Same file as" not in as_producer.get(other.get_absolute_url()).content.decode()
