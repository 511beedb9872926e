"""Idempotency-Key: for a day the same request is recognised, another one under the same key is refused."""

import threading
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client

from musicstudio.budgets.models import Cap, Hold
from musicstudio.generation.models import Job
from musicstudio.generation.repeat import Repeat
from tests.api.conftest import Asker, issue
from tests.conftest import Cast
from tests.factories import SKETCH_MODEL, gateway_model, make_key

RAIN = {"model": SKETCH_MODEL, "prompt": "lo-fi piano with light rain", "duration": 3}


@pytest.mark.parametrize("other", [{"seed": 5}, {"takes": 2}, {"webhook_url": "https://example.com/x"}, {"project": "spots"}])
def test_every_part_of_the_body_counts(ask: Asker, other: dict[str, Any]) -> None:
    first = ask("post", "/audio/music", RAIN, Idempotency_Key="k1")
    again = ask("post", "/audio/music", RAIN | {"format": "mp3"}, Idempotency_Key="k1")  # what is left out is the default
    assert first.json()["id"] == again.json()["id"]
    refused = ask("post", "/audio/music", RAIN | other, Idempotency_Key="k1")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert "Nothing was charged" in refused.json()["error"]["message"] and Job.objects.count() == 1


def test_a_day_later_the_key_is_free(ask: Asker) -> None:
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False) as clock:
        first = ask("post", "/audio/music", RAIN, Idempotency_Key="k1").json()["id"]
        clock.shift(24 * 3600 - 1)
        assert ask("post", "/audio/music", RAIN, Idempotency_Key="k1").json()["id"] == first
        clock.shift(2)
        other = ask("post", "/audio/music", RAIN | {"seed": 5}, Idempotency_Key="k1")
    assert other.status_code == 202 and Job.objects.count() == 2 and Repeat.objects.count() == 1


def test_a_refused_request_may_come_corrected(ask: Asker) -> None:
    assert ask("post", "/audio/music", RAIN | {"duration": 1}, Idempotency_Key="k1").status_code == 422
    assert ask("post", "/audio/music", RAIN | {"model": "no/such"}, Idempotency_Key="k1").status_code == 404
    assert ask("post", "/audio/music", RAIN, Idempotency_Key="k1").status_code == 202


def test_two_tokens_may_use_the_same_key(ask: Asker, cast: Cast, client: Client) -> None:
    other = Asker(client, issue(cast.team, cast.owner))
    ids = {asker("post", "/audio/music", RAIN, Idempotency_Key="k1").json()["id"] for asker in (ask, other)}
    assert len(ids) == 2


@pytest.mark.django_db(transaction=True)
def test_sent_at_once_it_is_made_and_held_once(ask: Asker, cast: Cast) -> None:
    make_key(cast.team)
    Cap.objects.set_monthly(cast.team, 100_000_000, None)
    paid = RAIN | {"model": gateway_model("2", "generation").slug, "duration": 15}
    bodies = [paid] * 4 + [paid | {"seed": None, "prompt": "other"}] * 2
    start, answers = threading.Barrier(len(bodies)), []

    def send(body: dict[str, Any]) -> None:
        start.wait(30)
        answers.append(Asker(Client(), ask.token)("post", "/audio/music", body, Idempotency_Key="k1"))
        connections.close_all()

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 202}) == 1
    assert Job.objects.count() == 1 == Hold.objects.count()
