"""Notes of a track: written in place, found by the search, taken back, never overwritten unseen."""

from django.test import Client
from django.urls import reverse

from musicstudio.library.models import Track, Undo
from tests.conftest import Cast
from tests.factories import make_track


def note(client: Client, track: Track, **words: str) -> tuple[int, str]:
    answer = client.post(reverse("track_note", args=["northlight", track.pk]), words, headers={"HX-Request": "true"})
    return answer.status_code, answer.content.decode()


def test_they_are_kept_with_who_and_when_and_found(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    status, page = note(as_producer, track, notes=" Cut the <intro>\r\nfor the teaser ", since="")
    track.refresh_from_db()
    assert status == 200 and track.notes == "Cut the <intro>\nfor the teaser" and track.notes_by == cast.producer
    assert "Cut the &lt;intro&gt;" in page and "Notes by Pia Duval" in page
    found = as_producer.get("/t/northlight/tracks/?q=teaser").content.decode()
    assert f'data-track="{track.pk}"' in found


def test_undo_brings_the_old_ones_back_to_the_search_too(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    note(as_producer, track, notes="zebra")
    note(as_producer, track, notes="giraffe")
    undo = Undo.objects.filter(act="note").latest("at")
    as_producer.post(undo.address)
    track.refresh_from_db()
    assert track.notes == "zebra" and "zebra" in track.search_text.text and "giraffe" not in track.search_text.text


def test_somebody_elses_change_in_between_is_not_overwritten(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    note(as_producer, track, notes="first", since="")
    status, page = note(as_producer, track, notes="mine", since="")
    track.refresh_from_db()
    assert status == 422 and track.notes == "first" and "Pia Duval has changed the notes" in page and ">mine</textarea>" in page


def test_too_long_ones_are_refused_and_a_reviewer_only_reads(client: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    client.force_login(cast.producer)
    assert note(client, track, notes="x" * 4001)[0] == 422
    note(client, track, notes="for the teaser")
    client.force_login(cast.reviewer)
    assert note(client, track, notes="y")[0] == 403
    page = client.get(track.get_absolute_url()).content.decode()
    assert "for the teaser" in page and "Edit notes" not in page
