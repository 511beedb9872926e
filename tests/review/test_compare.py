"""Hearing takes beside each other: which ones, how loud, and deciding about all of them at once."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.library.models import Decision, Status, Track, Undo
from musicstudio.review.levels import gains
from tests.conftest import Cast
from tests.factories import make_track


def address(*tracks: Track | str) -> str:
    named = "&".join(f"track={track if isinstance(track, str) else track.pk}" for track in tracks)
    return f"{reverse('compare', args=['northlight'])}?{named}"


@pytest.fixture
def takes(cast: Cast) -> list[Track]:
    return [
        make_track(cast.project, cast.producer, f"waltz {take}", take=take, lufs=lufs, true_peak_db=peak)
        for take, lufs, peak in ((1, -9.5, -1.5), (2, -14.2, -3.0), (3, -12.0, -2.0))
    ]


def test_takes_stand_in_the_order_of_the_address_with_what_turns_them_down(as_producer: Client, takes: list[Track]) -> None:
    page = as_producer.get(address(takes[2], takes[0], takes[1])).content.decode()
    assert "Compare 3 takes" in page
    assert page.index("waltz 3") < page.index("waltz 1") < page.index("waltz 2")
    assert [part.split('"')[0] for part in page.split('data-gain="')[1:]] == ["-2.20", "-4.70", "0.00"]


def test_the_page_writes_nothing_and_costs_the_same_for_two_and_four(as_producer: Client, takes: list[Track], cast: Cast) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    takes.append(make_track(cast.project, cast.producer, "waltz 4"))
    numbers = []
    for chosen in (takes[:2], takes):
        with CaptureQueriesContext(connection) as seen:
            as_producer.get(address(*chosen))
        assert not [query for query in seen if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        numbers.append(len(seen))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("number", [0, 1, 5])
def test_any_other_number_is_explained(as_producer: Client, cast: Cast, number: int) -> None:
    tracks = [make_track(cast.project, cast.producer) for _ in range(number)]
    response = as_producer.get(address(*tracks))
    page = response.content.decode()
    assert response.status_code == 200 and "<ms-compare" not in page
    assert ("That is 5 takes" if number == 5 else "Choose 2 to 4 takes") in page


def test_what_is_not_here_is_said_and_the_others_are_compared(as_producer: Client, cast: Cast, takes: list[Track]) -> None:
    theirs = make_track(cast.other_project, cast.stranger, "secret melody")
    Track.objects.filter(pk=takes[2].pk).update(deleted_at=takes[2].created_at)
    page = as_producer.get(address(*takes, theirs, "nonsense", str(uuid.uuid4()))).content.decode()
    assert "Compare 2 takes" in page and "4 takes of this address are no longer here" in page
    assert "secret melody" not in page


def test_an_archived_take_can_be_compared(as_producer: Client, takes: list[Track]) -> None:
    Track.objects.filter(pk=takes[0].pk).update(archived_at=takes[0].created_at)
    assert "Compare 2 takes" in as_producer.get(address(*takes[:2])).content.decode()


def test_gains_only_attenuate_and_every_take_reaches_the_target() -> None:
    loud, hot = Track(lufs=-9.5, true_peak_db=-0.1), Track(lufs=-14.2, true_peak_db=0.0)
    assert gains([loud, hot]) == pytest.approx([-5.7, -1.0])  # both at -15.2 LUFS, neither over -1 dBTP
    assert gains([Track(lufs=-9.5, true_peak_db=-2.0), Track(lufs=-14.2, true_peak_db=-2.0)]) == pytest.approx([-4.7, 0.0])


def test_a_silent_take_keeps_its_level() -> None:
    assert gains([Track(lufs=None, true_peak_db=None), Track(lufs=-10.0, true_peak_db=-4.0)]) == [0.0, 0.0]


def test_one_is_approved_and_the_others_rejected_in_one_go_with_one_way_back(
    client: Client, cast: Cast, takes: list[Track]
) -> None:
    client.force_login(cast.reviewer)
    words = {"track": [track.pk for track in takes], "winner": takes[1].pk}
    response = client.post(reverse("compare_decide", args=["northlight"]), words, headers={"HX-Request": "true"})
    assert "waltz 2, take B: approved; 2 tracks: rejected." in response["HX-Trigger"]
    assert list(Track.objects.order_by("take").values_list("status", flat=True)) == ["rejected", "approved", "rejected"]
    undo = Undo.objects.get(act="settle")
    client.post(undo.address)
    assert set(Track.objects.values_list("status", flat=True)) == {Status.NEW}
    client.post(undo.address)
    assert Decision.objects.count() == 6


def test_a_take_of_another_team_wins_nothing(client: Client, cast: Cast, takes: list[Track]) -> None:
    client.force_login(cast.reviewer)
    theirs = make_track(cast.other_project, cast.stranger)
    words = {"track": [takes[0].pk, theirs.pk], "winner": theirs.pk}
    assert client.post(reverse("compare_decide", args=["northlight"]), words).status_code == 422
    assert not Decision.objects.exists()


def test_a_viewer_hears_and_decides_nothing(client: Client, cast: Cast, takes: list[Track]) -> None:
    cast.team.memberships.filter(user=cast.reviewer).update(role="viewer")
    client.force_login(cast.reviewer)
    page = client.get(address(*takes)).content.decode()
    assert "<ms-compare" in page and "Approve, reject the others" not in page
    words = {"track": [track.pk for track in takes], "winner": takes[0].pk}
    assert client.post(reverse("compare_decide", args=["northlight"]), words).status_code == 403
