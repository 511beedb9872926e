"""What each member really heard of a track."""

import pytest
from django.test import Client

from musicstudio.review.heard import joined
from musicstudio.review.models import Heard, PrivateListening
from tests.conftest import Cast
from tests.factories import make_track

HEARD = "/t/northlight/heard/"


def test_reports_are_joined_and_only_what_sounded_counts(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)  # 15 s
    for ranges in ("0-4,4.2-6", "0-4,4.2-6", "10-99", "3-5"):
        assert as_producer.post(HEARD, {"track": track.pk, "ranges": ranges}).status_code == 204
    row = Heard.objects.get(track=track, user=cast.producer)
    assert row.spans == [[0, 6000], [10_000, 15_000]] and row.percent == 73
    assert Heard.objects.seconds(cast.producer, [track.pk]) == {track.pk: 11.0}
    assert Heard.objects.seconds(cast.owner, [track.pk]) == {}


def test_all_of_it_is_100_per_cent_only_when_nothing_is_missing(cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    assert [Heard(track=track, heard_ms=heard).percent for heard in (0, 14_600, 14_800, 15_000)] == [0, 97, 100, 100]


@pytest.mark.parametrize("ranges", ["x", "5", "5-3", "nan-3", "0-inf", "-1-4", "0-1," * 201])
def test_nonsense_is_refused(as_producer: Client, cast: Cast, ranges: str) -> None:
    track = make_track(cast.project, cast.producer)
    assert as_producer.post(HEARD, {"track": track.pk, "ranges": ranges}).status_code == 422
    assert not Heard.objects.exists()


def test_nothing_is_noted_while_somebody_listens_in_private(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    assert as_producer.post(HEARD + "private/", {"on": "1"}).status_code == 302
    assert PrivateListening.of(cast.producer) and not PrivateListening.of(cast.owner)
    assert as_producer.post(HEARD, {"track": track.pk, "ranges": "0-5"}).status_code == 204
    assert not Heard.objects.exists()
    answer = as_producer.post(HEARD + "private/", headers={"HX-Request": "true"})
    assert answer.status_code == 204 and "ms:changed" in answer["HX-Trigger"]
    as_producer.post(HEARD, {"track": track.pk, "ranges": "0-5"})
    assert Heard.objects.get().heard_ms == 5000


def test_a_viewer_may_report_and_a_stranger_learns_nothing(client: Client, cast: Cast) -> None:
    theirs = make_track(cast.other_project, cast.stranger)
    client.force_login(cast.reviewer)
    assert client.post(HEARD, {"track": theirs.pk, "ranges": "0-5"}).status_code == 404
    assert client.post(HEARD, {"track": "x", "ranges": "0-5"}).status_code == 404
    assert client.get(HEARD).status_code == 405


def test_spans_stay_in_order_and_apart() -> None:
    assert joined([(9, 3), (5000, 6000), (0, 1000), (1200, 2000), (5500, 9000)], 8000) == [(0, 2000), (5000, 8000)]
    assert joined([(-5, 10)], 8000) == [(0, 10)]
