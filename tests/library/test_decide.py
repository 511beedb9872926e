"""Deciding about a track: the status, its history, and what was taken back."""

import pytest
from django.core.exceptions import ValidationError

from musicstudio.library.models import Decision, Status, Track
from tests.conftest import Cast
from tests.factories import make_track


def test_a_decision_moves_the_track_and_is_written_down(cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    assert track.status == Status.NEW
    track.decide(Status.SHORTLISTED, cast.reviewer)
    track.decide(Status.REJECTED, cast.owner, "The hats are too busy.")
    track.refresh_from_db()
    assert track.status == Status.REJECTED
    lines = [(line.was, line.status, line.by, line.reason) for line in track.decisions.all()]
    assert lines == [
        ("shortlisted", "rejected", cast.owner, "The hats are too busy."),
        ("new", "shortlisted", cast.reviewer, ""),
    ]


def test_deciding_the_same_again_writes_nothing(cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    assert track.decide(Status.APPROVED, cast.owner) and track.decide(Status.APPROVED, cast.owner) is None
    assert Decision.objects.count() == 1


def test_an_unknown_status_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        make_track(cast.project, cast.producer).decide("splendid", cast.owner)


def test_kept_leaves_out_the_archive_and_the_bin(cast: Cast) -> None:
    kept, archived, binned = [make_track(cast.project, cast.producer, text) for text in ("a", "b", "c")]
    Track.objects.filter(pk=archived.pk).update(archived_at=archived.created_at)
    Track.objects.filter(pk=binned.pk).update(deleted_at=binned.created_at)
    assert list(Track.objects.kept()) == [kept]
