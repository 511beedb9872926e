"""Completion webhooks: signed, recognised when repeated, and nothing but a hint."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.generation import sweep
from musicstudio.generation.models import Job, State, WebhookCall
from musicstudio.providers.models import ProviderKey, WebhookSecret
from tests.gateway.server import JobPlan
from tests.generation.conftest import HURRY, PRICE, Stage


@pytest.fixture
def running(stage: Stage) -> Job:
    """A job at the gateway, followed by nobody yet."""
    stage.gateway.plan = JobPlan(polls=0)
    [job] = stage.ask()
    _, record = stage.gateway.submit({"prompt": "piano", "model": job.model.slug, "duration": 15}, job.reference)
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, remote_ref={"id": record["id"]})  # type: ignore[index]
    WebhookSecret.objects.learn(job.key_id, stage.gateway.webhook_secret)  # type: ignore[arg-type]
    job.refresh_from_db()
    return job


def call(stage: Stage, job: Job, client: Client, scheme: str = "gateway", **changed: Any) -> int:
    headers, body = stage.gateway.webhook(stage.gateway.jobs[job.remote_ref["id"]], scheme, changed.get("now"))
    url = reverse("webhook", args=[changed.get("key", job.key_id)])
    said = client.post(url, changed.get("body", body), content_type="application/json", headers=headers)
    return int(said.status_code)


@pytest.mark.parametrize("scheme", ["gateway", "dashboard"])
def test_a_signed_call_makes_the_job_due_and_moves_no_money(stage: Stage, running: Job, client: Client, scheme: str) -> None:
    assert call(stage, running, client, scheme) == 204
    running.refresh_from_db()
    assert running.hint_at is not None and running.state == State.RUNNING and stage.money == (PRICE, 0)
    sweep.run(HURRY)
    running.refresh_from_db()
    assert running.state == State.SUCCEEDED and stage.money == (0, PRICE)


def test_a_repeated_delivery_changes_nothing(stage: Stage, running: Job, client: Client) -> None:
    assert call(stage, running, client) == 204
    Job.objects.update(hint_at=None)
    assert call(stage, running, client) == 204
    assert Job.objects.get().hint_at is None and WebhookCall.objects.count() == 1


def test_what_a_call_claims_is_not_believed(stage: Stage, running: Job, client: Client) -> None:
    stage.gateway.jobs[running.remote_ref["id"]].plan = JobPlan(ends="failed", polls=0)
    assert call(stage, running, client) == 204
    sweep.run(HURRY)
    running.refresh_from_db()
    assert running.state == State.FAILED and stage.money == (0, 0)


def test_an_older_secret_is_good_until_newer_ones_push_it_out(stage: Stage, running: Job, client: Client) -> None:
    for number in range(2):
        WebhookSecret.objects.learn(running.key_id, f"whsec-newer-{number}")  # type: ignore[arg-type]
    assert call(stage, running, client) == 204
    WebhookSecret.objects.learn(running.key_id, "whsec-newest")  # type: ignore[arg-type]
    assert call(stage, running, client) == 401


@pytest.mark.parametrize("wrong", ["body", "time", "key", "revoked", "unsigned"])
def test_a_call_that_is_not_authentic_has_no_effect(stage: Stage, running: Job, client: Client, wrong: str) -> None:
    if wrong == "body":
        status = call(stage, running, client, body=json.dumps({"id": running.remote_ref["id"], "status": "failed"}))
    elif wrong == "time":
        status = call(stage, running, client, now=1_000_000_000.0)
    elif wrong == "key":
        status = call(stage, running, client, key="00000000-0000-0000-0000-000000000000")
    elif wrong == "revoked":
        ProviderKey.objects.get().revoke()
        status = call(stage, running, client)
    else:
        status = client.post(reverse("webhook", args=[running.key_id]), b"{}", content_type="application/json").status_code
    assert status == 401 and Job.objects.get().hint_at is None and not WebhookCall.objects.exists()


def test_the_gateway_is_told_where_to_call_only_by_a_public_studio(stage: Stage, settings: Any) -> None:
    stage.run()
    settings.PUBLIC_URL, settings.HTTPS = "https://studio.example", True
    job = stage.run(text="another prompt")
    first, second = (sent.json for sent in stage.gateway.submissions)
    assert "webhook_url" not in first and second["webhook_url"] == f"https://studio.example/hooks/aigateway/{job.key_id}/"
