"""What the player asks about the track it holds."""

from django.test import Client
from django.urls import reverse

from musicstudio.library.models import Status
from tests.conftest import Cast
from tests.factories import make_track


def test_it_says_what_the_team_decided_and_what_the_person_loves(client: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    track.decide(Status.APPROVED, cast.owner)
    track.favourites.create(user=cast.reviewer)
    url = reverse("standing", args=["northlight", track.pk])
    client.force_login(cast.reviewer)
    said = client.get(url).json()
    assert (said["status"], said["favourite"], said["decides"]) == ("approved", True, True)
    client.force_login(cast.producer)
    assert client.get(url).json()["favourite"] is False
    client.force_login(cast.stranger)
    assert client.get(url).status_code == 404
