"""Files on demand: asked over HTTP, made by the queue's task, taken away; what fails leaves nothing."""

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import soundfile
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tinytag import TinyTag

from musicstudio.generation import tasks as generation_tasks
from musicstudio.library import bin as binned
from musicstudio.library import derive as deriving
from musicstudio.library import tasks
from musicstudio.library.derivatives import Derivative, Making, Trouble, offers
from musicstudio.library.models import Track
from tests.conftest import Cast
from tests.factories import make_sounding_track, make_track


@pytest.fixture
def track(cast: Cast) -> Track:
    return make_sounding_track(cast.project, cast.producer, 0.5, title="Ночной дождь")


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was put into the queue."""
    asked = list[int]()
    monkeypatch.setattr("musicstudio.library.derivatives.async_task", lambda name, pk, **how: asked.append(pk))
    return asked


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any) -> Any:
    return django_capture_on_commit_callbacks


def ask(client: Client, track: Track, kind: str = "flac") -> Derivative:
    response = client.post(reverse("track_file_ask", args=["northlight", track.pk, kind]), headers={"HX-Request": "true"})
    assert response.status_code == 200, response.content
    return Derivative.objects.get(track=track, kind=kind)


def look(client: Client, track: Track) -> str:
    return client.get(reverse("track_files", args=["northlight", track.pk])).content.decode()


def in_storage(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_is_asked_made_and_taken_away_with_its_tags(as_producer: Client, cast: Cast, track: Track, tmp_path: Path) -> None:
    cast.team.name_artist("Northlight Ensemble")
    assert "Make FLAC" in look(as_producer, track)
    row = ask(as_producer, track)
    assert row.state == Making.QUEUED and "ms-poll" in look(as_producer, track)
    tasks.derive(row.pk)
    page = look(as_producer, track)
    assert (
        "Download FLAC" in page
        and "FLAC made from the original WAV, lossless" in page
        and "ms-poll" not in page.split('id="files"')[1]
    )
    response = as_producer.get(reverse("track_file", args=["northlight", track.pk, "flac"]))
    data = b"".join(response.streaming_content)  # type: ignore[arg-type]
    (tmp_path / "taken.flac").write_bytes(data)
    found = TinyTag.get(tmp_path / "taken.flac")
    assert (found.title, found.album, found.artist) == ("Ночной дождь (take A)", "Aurora spring film", "Northlight Ensemble")
    assert found.other["provenance_id"] == [str(track.pk)] and found.other["prompt"] == ["lo-fi piano with light rain"]
    assert soundfile.info(str(tmp_path / "taken.flac")).frames == 11_025
    assert "attachment" in response["Content-Disposition"] and response["Content-Type"] == "audio/flac"


def test_it_is_made_once_and_asking_again_is_safe(as_producer: Client, track: Track, queued: list[int]) -> None:
    row = ask(as_producer, track)
    ask(as_producer, track)
    assert queued == [row.pk]
    assert deriving.derive(row.pk) is True
    assert deriving.derive(row.pk) is False
    name = ask(as_producer, track).file.name
    assert queued == [row.pk]
    row.refresh_from_db()
    assert row.file.name == name


def test_after_a_new_title_it_can_be_made_again_and_the_old_file_goes(as_producer: Client, track: Track, commits: Any) -> None:
    row = ask(as_producer, track)
    deriving.derive(row.pk)
    row.refresh_from_db()
    old = row.file.name
    Track.objects.filter(pk=track.pk).update(title="Night rain")
    assert "Make FLAC again" in look(as_producer, track)
    ask(as_producer, track)
    with commits(execute=True):
        assert deriving.derive(row.pk)
    row.refresh_from_db()
    assert row.file.name != old and not default_storage.exists(old) and default_storage.exists(row.file.name)


def test_what_is_made_of_a_compressed_original_says_so_everywhere(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, title="Rain", size=360_000)
    wav, mp3 = (next(offer for offer in offers(track) if offer.kind == kind) for kind in ("wav", "mp3"))
    assert wav.said == "WAV made from the original MP3 192 kbit/s: not lossless"
    assert mp3.said == "The original MP3 192 kbit/s, its audio untouched, with tags"
    row = Derivative(track=track, kind="wav")
    assert row.filename == f"Rain A {track.pk.hex[:8]} (from MP3 192).wav"
    assert Derivative(track=track, kind="mp3").filename == f"Rain A {track.pk.hex[:8]}.mp3"
    assert wav.said in look(as_producer, track)


def test_a_format_that_cannot_hold_it_is_not_offered(as_producer: Client, track: Track) -> None:
    page = look(as_producer, track)
    assert "Opus has no 22.05 kHz" in page and "Make Opus" not in page
    for kind in ("opus", "midi"):
        assert as_producer.post(reverse("track_file_ask", args=["northlight", track.pk, kind])).status_code == 404


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Trouble.DISK_FULL),
        (OSError(errno.EIO, "Input/output error"), Trouble.STORAGE),
        (RuntimeError("broken"), Trouble.FAULT),
    ],
)
def test_what_fails_says_why_keeps_nothing_and_can_be_tried_again(
    as_producer: Client,
    track: Track,
    monkeypatch: pytest.MonkeyPatch,
    media_folder: Path,
    error: Exception,
    trouble: Trouble,
    queued: list[int],
) -> None:
    def fail(source: Path, target: Path, *rest: object) -> None:
        target.write_bytes(b"half")
        target.with_name(f"{target.name}.part").write_bytes(b"half")
        raise error

    before = in_storage(media_folder)
    row = ask(as_producer, track)
    with monkeypatch.context() as broken:
        broken.setattr(deriving, "convert", fail)
        assert not deriving.derive(row.pk)
    row.refresh_from_db()
    assert (row.state, row.trouble) == (Making.FAILED, trouble) and in_storage(media_folder) == before
    page = look(as_producer, track)
    assert trouble.label in page.replace("&#x27;", "'") and "Nothing was kept" in page and "Try FLAC again" in page
    ask(as_producer, track)
    assert queued == [row.pk, row.pk] and deriving.derive(row.pk)


def test_a_missing_original_is_told(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    row = ask(as_producer, track)
    assert not deriving.derive(row.pk)
    row.refresh_from_db()
    assert row.trouble == Trouble.MISSING


def test_a_file_whose_worker_died_is_made_by_another(as_producer: Client, track: Track, queued: list[int]) -> None:
    row = ask(as_producer, track)
    silent = timezone.now() - timedelta(minutes=1)
    Derivative.objects.move(row.pk, Making.QUEUED, Making.WORKING, process="x", alive_at=silent)
    generation_tasks.revive()
    row.refresh_from_db()
    assert row.state == Making.QUEUED and queued == [row.pk, row.pk] and deriving.derive(row.pk)


def test_a_lost_task_is_queued_again_and_a_living_worker_left_alone(as_producer: Client, track: Track, queued: list[int]) -> None:
    row = ask(as_producer, track)
    assert deriving.revive() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert deriving.revive() == 1 and deriving.revive() == 0
    Derivative.objects.move(row.pk, Making.QUEUED, Making.WORKING, process="x", alive_at=timezone.now())
    assert deriving.revive() == 0


def test_a_worker_that_is_told_to_stop_gives_it_back(as_producer: Client, track: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ask(as_producer, track)
    with monkeypatch.context() as stopping:
        stopping.setattr("musicstudio.core.cluster.is_stopping", lambda: True)
        assert not deriving.derive(row.pk)
    row.refresh_from_db()
    assert row.state == Making.QUEUED and deriving.derive(row.pk)


def test_unused_files_go_and_used_ones_stay(as_producer: Client, track: Track, commits: Any) -> None:
    for kind in ("flac", "wav"):
        deriving.derive(ask(as_producer, track, kind).pk)
    names = dict(Derivative.objects.values_list("kind", "file"))
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        Derivative.objects.filter(kind="wav").update(used_at=timezone.now())
        with commits(execute=True):
            tasks.tidy()
    assert list(Derivative.objects.values_list("kind", flat=True)) == ["wav"]
    assert default_storage.exists(names["wav"]) and not default_storage.exists(names["flac"])
    assert default_storage.exists(track.file.name)


def test_they_go_with_the_track(as_producer: Client, track: Track, media_folder: Path, commits: Any) -> None:
    deriving.derive(ask(as_producer, track).pk)
    Track.objects.filter(pk=track.pk).update(deleted_at=timezone.now())
    with commits(execute=True):
        binned.purge(Track.objects.filter(pk=track.pk))
    assert not Derivative.objects.exists() and in_storage(media_folder) == []


def test_a_track_that_is_purged_while_it_is_being_made_leaves_no_file(
    as_producer: Client,
    track: Track,
    media_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    commits: Any,
) -> None:
    row = ask(as_producer, track)
    real = deriving.sha256_of

    def purge_first(path: Path) -> str:
        Track.objects.filter(pk=track.pk).update(deleted_at=timezone.now())
        with commits(execute=True):
            binned.purge(Track.objects.filter(pk=track.pk))
        return real(path)

    monkeypatch.setattr(deriving, "sha256_of", purge_first)
    assert not deriving.derive(row.pk)
    assert in_storage(media_folder) == []


def test_a_file_that_vanished_from_the_storage_is_offered_again(as_producer: Client, track: Track) -> None:
    row = ask(as_producer, track)
    deriving.derive(row.pk)
    row.refresh_from_db()
    default_storage.delete(row.file.name)
    assert as_producer.get(row.get_absolute_url()).status_code == 404
    assert "Make FLAC" in look(as_producer, track)


def test_an_admin_names_the_artist_and_nobody_below(client: Client, cast: Cast) -> None:
    url = reverse("set_artist", args=["northlight"])
    client.force_login(cast.owner)
    assert client.post(url, {"artist": "  North   light "}).status_code == 302
    cast.team.refresh_from_db()
    assert cast.team.artist == "North light"
    refused = client.post(url, {"artist": "x" * 121})
    assert refused.status_code == 422 and "at most 120" in refused.content.decode()
    client.force_login(cast.producer)
    assert client.post(url, {"artist": "Me"}).status_code == 403
