"""How often something may be asked."""

import threading
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.limits import Tally, TooMany, enforce
from musicstudio.accounts.models import Membership
from musicstudio.projects.models import ApiToken
from tests.conftest import Cast
from tests.factories import PASSWORD

NOON = "2026-11-22T12:00:00Z"


def test_a_guessed_password_is_slowed_down_with_the_same_answer_for_everybody(client: Client, cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        for email in (cast.producer.email, "nobody@northlight.example"):
            said = [client.post(reverse("account_login"), {"login": email, "password": "wrong"}) for _ in range(6)]
            assert [answer.status_code for answer in said] == [200] * 5 + [429]
            assert said[-1]["Retry-After"] == "300" and "try again in 5 minutes" in said[-1].content.decode()
        assert client.post(reverse("account_login"), {"login": cast.producer.email, "password": PASSWORD}).status_code == 429
        elsewhere = Client(REMOTE_ADDR="192.0.2.7")  # its owner, at another machine
        assert elsewhere.post(reverse("account_login"), {"login": cast.producer.email, "password": PASSWORD}).status_code == 302
    with time_machine.travel("2026-11-22T12:05:00Z", tick=False):
        assert client.post(reverse("account_login"), {"login": cast.producer.email, "password": PASSWORD}).status_code == 302


def test_signing_in_well_is_not_counted_as_guessing(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(8):
            said = Client().post(reverse("account_login"), {"login": cast.producer.email, "password": PASSWORD})
            assert said.status_code == 302


def test_one_machine_tries_only_so_many_addresses(client: Client, cast: Cast, settings: Any) -> None:
    settings.SIGN_INS_PER_MINUTE = 3
    with time_machine.travel(NOON, tick=False):
        said = [client.post(reverse("account_login"), {"login": f"p{n}@x.example", "password": "wrong"}) for n in range(4)]
        assert [answer.status_code for answer in said] == [200] * 3 + [429] and said[-1]["Retry-After"] == "60"
        assert client.get(reverse("account_login")).status_code == 200  # reading is free


def test_resets_of_one_address_are_few(client: Client, cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        said = [client.post(reverse("account_reset_password"), {"email": cast.producer.email}) for _ in range(4)]
    assert [answer.status_code for answer in said] == [302] * 3 + [429]


def test_takes_are_asked_for_so_often_by_a_person_and_a_team(client: Client, cast: Cast, settings: Any) -> None:
    settings.TAKES_ASKED_PER_MINUTE = 2
    url = reverse("generate", args=["northlight", cast.project.slug])
    with time_machine.travel(NOON, tick=False):
        client.force_login(cast.producer)
        part = {"HX-Request": "true"}
        said = [client.post(url, headers=part) for _ in range(3)]
        assert [answer.status_code for answer in said] == [422, 422, 429]
        assert "ms:toast" in said[-1]["HX-Trigger"] and "Nothing was done or charged" in said[-1]["HX-Trigger"]
        client.force_login(cast.owner)
        assert client.post(url, headers=part).status_code == 422
        stranger = Client()
        stranger.force_login(cast.stranger)
        assert [stranger.post(url).status_code for _ in range(3)] == [404, 404, 429]


def test_strangers_use_up_nothing_of_a_team(client: Client, cast: Cast) -> None:
    client.force_login(cast.stranger)
    client.post(reverse("invite", args=["northlight"]))
    assert Tally.objects.count() == 1  # their own


@pytest.mark.django_db(transaction=True)
def test_no_two_processes_count_the_same_number() -> None:
    """Each thread has a connection of its own, as another worker would."""
    seen: list[int] = []

    def count() -> None:
        try:
            seen.extend(Tally.objects.count_up("x", "y", 3600)[0] for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 21))


def test_a_span_that_is_over_is_cleared_away(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicstudio.accounts.limits.SWEEP", 1)
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        enforce("x", "y", 1)
        with pytest.raises(TooMany) as refused:
            enforce("x", "y", 1)
        assert refused.value.retry_after == 60
    with time_machine.travel("2026-11-22T12:02:00Z", tick=False):
        assert enforce("x", "z", 1) == (0, 60)
    assert Tally.objects.count() == 1


def test_the_address_of_a_client_is_not_what_it_claims(client: Client, cast: Cast, settings: Any) -> None:
    from django.test import RequestFactory

    from musicstudio.core.client import address_of

    claims = RequestFactory().get("/", headers={"x-forwarded-for": "10.0.0.1, 198.51.100.9"}, REMOTE_ADDR="192.0.2.1")
    assert address_of(claims) == "192.0.2.1"
    settings.TRUST_PROXY = True
    assert address_of(claims) == "198.51.100.9"


def test_programs_are_counted_with_their_person(client: Client, cast: Cast, settings: Any) -> None:
    settings.TAKES_ASKED_PER_MINUTE = 2
    _, token = ApiToken.objects.issue(Membership.objects.get(user=cast.producer), "x", ["generate"])
    rain = {"prompt": "rain", "duration": 15}
    with time_machine.travel(NOON, tick=False):
        client.force_login(cast.producer)
        client.post(reverse("generate", args=["northlight", cast.project.slug]))
        headers = {"authorization": f"Bearer {token}"}
        said = [client.post("/v1/audio/music", rain, content_type="application/json", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in said] == [202, 429]
    assert said[-1]["Retry-After"] == "60" and "Nothing was charged" in said[-1].json()["error"]["message"]
