"""The webhooks page: added with a secret that is shown once, tried, switched, replayed, removed."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.notify.models import Delivery, Event, State, Webhook
from tests.conftest import Cast

URL = reverse("webhooks", args=["northlight"])
SAID = {"url": "https://hooks.example.com/services/T0/B0/topsecret", "events": ["job.failed", "cap.threshold"], "shape": "json"}


@pytest.fixture
def as_owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def add(client: Client, **said: object) -> str:
    response = client.post(reverse("webhook_add", args=["northlight"]), SAID | said)
    return response.content.decode()


def test_the_secret_is_shown_once_and_the_address_never(as_owner: Client) -> None:
    page = add(as_owner)
    assert re.search(r"whsec_[A-Za-z0-9+/=]{44}", page) and "hooks.example.com" in page and "topsecret" not in page
    page = as_owner.get(URL).content.decode()
    assert "whsec_" not in page and "topsecret" not in page and "a take failed, a cap reached a threshold" in page


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"url": "http://plain.example.com"}, "begins with https://"),
        ({"url": ""}, "Write the address"),
        ({"events": []}, "Choose what it shall be told."),
        ({"events": ["nonsense"]}, "Select a valid choice"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_is_kept(as_owner: Client, said: dict[str, object], message: str) -> None:
    response = as_owner.post(reverse("webhook_add", args=["northlight"]), SAID | said)
    page = response.content.decode()
    assert response.status_code == 422 and message in page and not Webhook.objects.exists()
    assert str(said.get("url", SAID["url"])) in page


def test_tried_switched_replayed_removed(as_owner: Client) -> None:
    add(as_owner)
    hook = Webhook.objects.get()
    as_owner.post(reverse("webhook_ping", args=["northlight", hook.pk]))
    sent = Delivery.objects.get()
    assert sent.event == "ping" and "ping" in as_owner.get(URL).content.decode()
    Delivery.objects.update(state=State.FAILED, note="Answered with HTTP 500.", status=500)
    assert "Given up · HTTP 500" in as_owner.get(URL).content.decode()
    as_owner.post(reverse("delivery_replay", args=["northlight", sent.pk]))
    sent.refresh_from_db()
    assert sent.state == State.WAITING
    as_owner.post(reverse("webhook_switch", args=["northlight", hook.pk]), {"on": "0"})
    assert Webhook.objects.tell(hook.team, Event.JOB_FAILED, "x") == 0
    as_owner.post(reverse("webhook_remove", args=["northlight", hook.pk]))
    assert not Webhook.objects.exists() and "Nobody is told anything yet" in as_owner.get(URL).content.decode()


def test_the_log_has_pages(as_owner: Client, cast: Cast) -> None:
    add(as_owner)
    hook = Webhook.objects.get()
    Delivery.objects.bulk_create(Delivery(webhook=hook, event=f"e{n}", body="{}") for n in range(30))
    assert "Older" in as_owner.get(URL).content.decode() and "Newer" in as_owner.get(f"{URL}?page=2").content.decode()


def test_only_admins_and_only_of_the_team(client: Client, as_owner: Client, cast: Cast) -> None:
    add(as_owner)
    hook = Webhook.objects.get()
    sent = hook.ping()
    posts = [reverse(f"webhook_{name}", args=["northlight", hook.pk]) for name in ("ping", "switch", "remove")]
    posts += [reverse("delivery_replay", args=["northlight", sent.pk]), reverse("webhook_add", args=["northlight"])]
    for person, status in ((cast.producer, 403), (cast.reviewer, 403), (cast.stranger, 404)):
        client.force_login(person)
        assert client.get(URL).status_code == status
        assert {client.post(url, SAID).status_code for url in posts} == {status}
    client.force_login(cast.stranger)
    theirs = reverse("webhook_remove", args=[cast.other_team.slug, hook.pk])
    assert client.post(theirs).status_code == 404
    assert client.post(reverse("delivery_replay", args=[cast.other_team.slug, sent.pk])).status_code == 404
    assert Webhook.objects.count() == 1
