"""`webhook_url`: the record of a job that has ended arrives, signed as the AIgateway signs, at a public address only."""

import json
from io import StringIO
from typing import Any

import pytest
from aigateway import verify_webhook
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.generation import render, tasks
from musicstudio.generation.models import Job, Reason
from musicstudio.notify import deliver
from musicstudio.notify.callbacks import Callback, Stage
from musicstudio.notify.models import KEPT
from musicstudio.notify.tasks import forget
from tests.api.conftest import Asker, issue
from tests.conftest import Cast
from tests.factories import SKETCH_MODEL
from tests.notify.conftest import Listener, listener

__all__ = ["listener"]

RAIN = {"model": SKETCH_MODEL, "prompt": "lo-fi piano with light rain", "duration": 3}


def asked(ask: Asker, listener: Listener, **more: Any) -> Job:
    answer = ask("post", "/audio/music", RAIN | {"webhook_url": listener.url} | more)
    assert answer.status_code == 202 and "x-aig-warning" not in answer
    return Job.objects.get(pk=answer.json()["id"])


def told(job: Job) -> Callback:
    """What the queue does once a job has ended."""
    tasks.call_back(str(job.pk))
    deliver.deliver()
    return Callback.objects.get(subject=job.pk)


def test_the_finished_record_arrives_signed(ask: Asker, listener: Listener) -> None:
    secret = ask("get", "/webhook-secret").json()["secret"]
    job = asked(ask, listener)
    assert deliver.deliver() == 0 and not listener.heard
    assert render.render(str(job.pk)) and told(job).state == Stage.DELIVERED
    [(headers, body)] = listener.heard
    assert verify_webhook(secret, body, headers["x-gateway-signature"])
    assert not verify_webhook(secret, body + b" ", headers["x-gateway-signature"])
    assert json.loads(body) == ask("get", f"/jobs/{job.pk}").json()
    assert json.loads(body)["status"] == "completed" and headers["x-gateway-attempt"] == "1"
    file = ask("get", json.loads(body)["result"]["url"].removeprefix("http://testserver/v1"))
    assert len(file.getvalue()) > 1_000


@pytest.mark.parametrize("how", ["fail", "cancel"])
def test_so_do_failures_and_cancellations(ask: Asker, listener: Listener, how: str) -> None:
    job = asked(ask, listener)
    job.fail(Reason.ENGINE, source=("queued",)) if how == "fail" else job.cancel()
    told(job)
    said = json.loads(listener.heard[0][1])
    assert (said["status"], said["usage"]["cost"]) == ("failed" if how == "fail" else "cancelled", 0)


def test_every_take_is_told_and_the_net_finds_what_was_missed(ask: Asker, listener: Listener) -> None:
    asked(ask, listener, takes=2)
    for job in Job.objects.all():
        job.cancel()
    tasks.revive()
    deliver.deliver()
    assert {json.loads(body)["take"] for _, body in listener.heard} == {1, 2}


def test_what_is_not_taken_comes_again_under_the_same_id(ask: Asker, listener: Listener) -> None:
    listener.answers = [500]
    job = asked(ask, listener)
    job.cancel()
    first = told(job)
    assert (first.state, first.tries, first.status) == (Stage.WAITING, 1, 500) and first.next_at > timezone.now()
    Callback.objects.update(next_at=timezone.now())
    fresh = ask("post", "/webhook-secret/rotate").json()["secret"]
    deliver.deliver()
    heard = [headers for headers, _ in listener.heard]
    assert heard[0]["x-gateway-delivery"] == heard[1]["x-gateway-delivery"] and heard[1]["x-gateway-attempt"] == "2"
    assert verify_webhook(fresh, listener.heard[1][1], heard[1]["x-gateway-signature"])
    assert not verify_webhook(fresh, listener.heard[0][1], heard[0]["x-gateway-signature"])


def test_a_take_tried_again_is_told_again(ask: Asker, listener: Listener, cast: Cast) -> None:
    job = asked(ask, listener)
    job.fail(Reason.ENGINE, source=("queued",))
    told(job)
    job.refresh_from_db()
    render.render(str(job.retry(cast.producer).pk))
    told(job)
    assert [json.loads(body)["status"] for _, body in listener.heard] == ["failed", "completed"]
    assert len({headers["x-gateway-delivery"] for headers, _ in listener.heard}) == 2


@pytest.mark.parametrize("url", ["http://example.com/x", "ftp://example.com", "example.com", "https://user:pass@example.com"])
def test_an_address_that_may_not_be_told(ask: Asker, url: str) -> None:
    answer = ask("post", "/audio/music", RAIN | {"webhook_url": url})
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "webhook_url") and not Job.objects.exists()


def test_only_public_addresses_are_connected_to(ask: Asker, listener: Listener, settings: Any) -> None:
    job = asked(ask, listener)
    settings.ALLOW_LOOPBACK_WEBHOOKS = False
    job.cancel()
    assert "not on the open internet" in told(job).note and not listener.heard


def test_neither_address_nor_secret_is_stored_in_the_clear(ask: Asker, listener: Listener) -> None:
    secret = ask("get", "/webhook-secret").json()["secret"]
    asked(ask, listener)
    row = str(Callback.objects.values().get())
    assert secret not in row and "secret-path" not in row
    call_command("rotatekeys", stdout=StringIO())
    assert ask("get", "/webhook-secret").json()["secret"] == secret


def test_admins_see_how_it_went_and_send_it_again(ask: Asker, listener: Listener, cast: Cast, client: Client) -> None:
    job = asked(ask, listener)
    job.cancel()
    sent = told(job)
    page, again = reverse("webhooks", args=["northlight"]), reverse("callback_replay", args=["northlight", sent.pk])
    client.force_login(cast.stranger)
    assert client.post(again).status_code == 404
    client.force_login(cast.producer)
    assert client.post(again).status_code == 403
    client.force_login(cast.owner)
    assert "127.0.0.1" in client.get(page).content.decode()
    client.post(again)
    deliver.deliver()
    assert len(listener.heard) == 2


def test_a_token_that_only_reads_gets_no_secret(cast: Cast, client: Client) -> None:
    assert Asker(client, issue(cast.team, cast.producer, "read"))("get", "/webhook-secret").status_code == 403


def test_what_ended_long_ago_is_forgotten(ask: Asker, listener: Listener) -> None:
    done, running = asked(ask, listener), asked(ask, listener)
    done.cancel()
    told(done)
    Callback.objects.update(created_at=timezone.now() - KEPT * 2)
    forget()
    assert list(Callback.objects.values_list("subject", flat=True)) == [running.pk]
