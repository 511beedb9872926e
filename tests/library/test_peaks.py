"""The fine waveform: made with the take, kept beside the original, drawn later for older tracks."""

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django_q.models import OrmQ

from musicstudio import audio
from musicstudio.library.bin import forget
from musicstudio.library.peaks import draw, keep, peaks_name
from tests.conftest import Cast
from tests.factories import make_sounding_track


def test_it_is_served_for_ever_once_it_is_there(as_producer: Client, cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, seconds=1.0)
    keep(track.file.name, bytes([7]) * 2000)
    answer = as_producer.get(track.get_absolute_url() + "peaks.bin")
    assert answer.status_code == 200 and b"".join(answer) == bytes([7]) * 2000  # type: ignore[call-overload]
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    again = as_producer.get(track.get_absolute_url() + "peaks.bin", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db(transaction=True)
def test_a_worker_draws_it_for_a_track_without_one_and_is_asked_once(as_producer: Client, cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, seconds=1.0)
    for _ in range(2):
        answer = as_producer.get(track.get_absolute_url() + "peaks.bin")
        assert answer.status_code == 202 and answer["Cache-Control"] == "no-store"
    assert OrmQ.objects.count() == 1
    assert draw(track.pk)
    drawn = b"".join(as_producer.get(track.get_absolute_url() + "peaks.bin"))  # type: ignore[call-overload]
    assert drawn == audio.inspect(default_storage.path(track.file.name)).fine
    assert 300 < len(drawn) <= 2000 and max(drawn[:50]) > max(drawn[-50:]) > 0  # the sine of the factory fades out


def test_it_goes_with_its_track(cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, seconds=0.2)
    keep(track.file.name, b"x")
    name = track.file.name
    track.delete()
    forget([name])
    assert not default_storage.exists(name) and not default_storage.exists(peaks_name(name))


def test_what_is_no_audio_has_none(cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, seconds=0.2)
    with default_storage.open(track.file.name, "wb") as file:
        file.write(b"<html>")
    assert not draw(track.pk) and not default_storage.exists(peaks_name(track.file.name))


def test_a_stranger_does_not_see_it(client: Client, cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, seconds=0.2)
    client.force_login(cast.stranger)
    assert client.get(track.get_absolute_url() + "peaks.bin").status_code == 404
