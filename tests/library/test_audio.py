"""Hearing and downloading a track: ranges, conditions, rights."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.library.models import Track
from tests.conftest import Cast
from tests.factories import make_sound, make_sounding_track, make_track

SOUND = make_sound()


@pytest.fixture
def track(cast: Cast) -> Track:
    return make_sounding_track(cast.project, cast.producer, title='Größe/Gla"ss', text="glass")


def url(track: Track) -> str:
    return reverse("track_audio", args=[track.team.slug, track.pk])


def body(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_it_serves_the_original_bytes(as_producer: Client, track: Track) -> None:
    response = as_producer.get(url(track))
    assert response.status_code == 200 and body(response) == SOUND
    assert response["Content-Type"] == "audio/wav" and response["Content-Length"] == str(len(SOUND))
    assert response["Accept-Ranges"] == "bytes" and response["ETag"] == f'"{track.sha256}"'
    assert response["X-Content-Type-Options"] == "nosniff" and response["Cache-Control"].startswith("private")


def test_it_serves_a_range(as_producer: Client, track: Track) -> None:
    response = as_producer.get(url(track), headers={"Range": "bytes=1000-1999"})
    assert response.status_code == 206 and body(response) == SOUND[1000:2000]
    assert response["Content-Range"] == f"bytes 1000-1999/{len(SOUND)}" and response["Content-Length"] == "1000"


def test_a_range_beyond_the_end_is_416(as_producer: Client, track: Track) -> None:
    response = as_producer.get(url(track), headers={"Range": f"bytes={len(SOUND)}-"})
    assert response.status_code == 416 and response["Content-Range"] == f"bytes */{len(SOUND)}"


def test_if_range_with_another_version_gives_the_whole_file(as_producer: Client, track: Track) -> None:
    same = as_producer.get(url(track), headers={"Range": "bytes=0-9", "If-Range": f'"{track.sha256}"'})
    other = as_producer.get(url(track), headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    dated = as_producer.get(url(track), headers={"Range": "bytes=0-9", "If-Range": "Sun, 22 Nov 2026 10:00:00 GMT"})
    assert [same.status_code, other.status_code, dated.status_code] == [206, 200, 200]
    assert body(same) == SOUND[:10] and body(other) == body(dated) == SOUND


def test_an_unchanged_file_is_not_sent_again(as_producer: Client, track: Track) -> None:
    response = as_producer.get(url(track), headers={"If-None-Match": f'"{track.sha256}"', "Range": "bytes=0-9"})
    assert response.status_code == 304 and not response.content


def test_head_gets_the_headers_only(as_producer: Client, track: Track) -> None:
    response = as_producer.head(url(track))
    assert response.status_code == 200 and response.content == b"" and response["Content-Length"] == str(len(SOUND))


def test_a_download_carries_a_safe_file_name(as_producer: Client, track: Track) -> None:
    response = as_producer.get(url(track), {"download": "1"})
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe_Gla_ss%20A%20")
    assert body(response) == SOUND
    playing = as_producer.get(url(track))
    assert playing["Content-Disposition"].startswith("inline")
    playing.close()


def test_a_file_of_another_kind_is_never_shown_by_the_browser(as_producer: Client, cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, mime="text/html")
    response = as_producer.get(url(track))
    assert response["Content-Type"] == "application/octet-stream"
    response.close()


def test_a_missing_file_is_404(as_producer: Client, cast: Cast) -> None:
    assert as_producer.get(url(make_track(cast.project, cast.producer))).status_code == 404


def test_strangers_get_404_and_anonymous_people_the_sign_in(client: Client, cast: Cast, track: Track) -> None:
    assert client.get(url(track)).status_code == 302
    client.force_login(cast.stranger)
    assert client.get(url(track)).status_code == 404
    assert client.get(reverse("track_audio", args=[cast.other_team.slug, track.pk])).status_code == 404


def test_a_closed_connection_closes_the_file(as_producer: Client, track: Track) -> None:
    response = as_producer.get(url(track), headers={"Range": "bytes=0-99"})
    part = response._iterator  # type: ignore[attr-defined]
    response.close()
    assert response.closed and part is not None
