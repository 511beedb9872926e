"""The connection check spends nothing; the calibration makes one agreed take and keeps the raw answers."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from musicstudio.generation import tasks
from musicstudio.generation.calibrate import calibrate
from musicstudio.generation.connection import check_connection
from musicstudio.generation.models import Job, Report, State, WebhookCall
from musicstudio.library.models import Track
from musicstudio.providers.models import ProviderKey, WebhookSecret
from musicstudio.providers.recorder import clean, redacted
from tests.factories import gateway_model, make_key
from tests.gateway.server import REVOKED
from tests.generation.conftest import Stage

SHORT = 300_000  # micros: 3 seconds at $0.10


def test_a_check_tells_models_balance_latency_limits_and_clock_and_spends_nothing(stage: Stage) -> None:
    stage.gateway.headers = {
        "x-ratelimit-limit-requests": "600",
        "x-ratelimit-remaining-requests": "599",
        "x-ratelimit-reset-requests": "30",
        "Date": "Sun, 22 Nov 2026 10:00:00 GMT",
    }
    report = check_connection(ProviderKey.objects.get(), None)
    said = dict(report.findings)
    assert report.ok and "6 music models" in said["Models"] and "$42.00" in said["Balance"] and " ms" in said["Latency"]
    assert "600 requests a minute" in said["Limits"] and "apart" in said["Clock"] and "kept" in said["Webhooks"]
    assert stage.gateway.submissions == [] and WebhookSecret.objects.of(ProviderKey.objects.get().pk) == ["whsec-test"]
    kept = json.dumps(report.answers)
    assert "whsec-test" not in kept and "sk-aig" not in kept and '"status": 200' in kept


def test_a_check_of_a_refused_key_says_so_and_marks_it(stage: Stage) -> None:
    make_key(stage.cast.other_team, REVOKED)
    key = ProviderKey.objects.get(team=stage.cast.other_team)
    report = check_connection(key, None)
    key.refresh_from_db()
    assert not report.ok and key.state == "rejected"


def test_a_key_that_is_accepted_again_may_be_used_again(stage: Stage) -> None:
    key = ProviderKey.objects.get()
    key.reject("Invalid")
    assert check_connection(key, None).ok
    key.refresh_from_db()
    assert key.state == "active"


@pytest.mark.parametrize("fault", ["page", "503 page", "drop", "half json", "429 date"])
def test_a_check_survives_a_gateway_in_trouble(stage: Stage, fault: str) -> None:
    for operation in ("models", "balance", "poll", "webhook-secret"):
        stage.gateway.fail(operation, fault, times=None)
    report = check_connection(ProviderKey.objects.get(), None)
    assert not report.ok and report.findings[0][0] == "Models"


def run_calibration(stage: Stage, **words: Any) -> Report:
    key, model = ProviderKey.objects.get(), gateway_model("0.10")
    return calibrate(key, model, stage.cast.project, stage.cast.owner, words.pop("agreed", SHORT), **words)


def test_a_calibration_is_one_take_through_the_pipeline_with_its_answers_recorded(stage: Stage) -> None:
    report = run_calibration(stage)
    assert report.ok and len(stage.gateway.submissions) == 1 and stage.money == (0, SHORT)
    track = Track.objects.get()
    assert abs(track.duration_ms - 3_000) < 200
    kept = json.dumps(report.answers)
    assert "POST /v1/audio/music" in kept and "sk-aig" not in kept and "token=t1" not in kept
    assert {"Take", "Cost", "Length", "Format"} <= {topic for topic, _ in report.findings}


@pytest.mark.parametrize(("recognised", "spent", "tracks"), [(True, SHORT, 1), (False, 2 * SHORT, 2)])
def test_a_repeated_submit_proves_or_disproves_idempotency_at_the_right_cost(
    stage: Stage, recognised: bool, spent: int, tracks: int
) -> None:
    stage.gateway.idempotency = recognised
    run_calibration(stage, repeat=True, agreed=2 * SHORT)
    assert ProviderKey.objects.get().repeats == ("key" if recognised else "none")
    assert stage.money == (0, spent) and Track.objects.count() == tracks == len(stage.gateway.jobs)


def test_without_the_agreed_price_or_with_a_paused_key_nothing_is_sent(stage: Stage) -> None:
    with pytest.raises(ValidationError, match="The price is"):
        run_calibration(stage, agreed=1)
    ProviderKey.objects.get().pause("Invoices")
    with pytest.raises(ValidationError, match="paused"):
        run_calibration(stage)
    assert stage.gateway.submissions == [] and not Job.objects.exists() and stage.money == (0, 0)


def test_a_calibration_whose_submit_is_lost_waits_for_a_person(stage: Stage) -> None:
    stage.gateway.fail("submit", "drop after")
    assert not run_calibration(stage).ok
    assert Job.objects.get().state == State.UNCERTAIN and stage.money == (SHORT, 0)


def test_the_commands_print_what_was_found_and_ask_before_they_spend(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway_model("0.10")
    monkeypatch.setattr("sys.stdin", None)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("checkkey", stdout=out)
    assert ended.value.code == 0 and "music models" in out.getvalue()
    with pytest.raises(SystemExit) as ended:
        call_command("calibrate", stderr=err, no_color=True)
    assert ended.value.code == 2 and f"--agree {SHORT}" in err.getvalue() and stage.gateway.submissions == []
    with pytest.raises(SystemExit) as ended:
        call_command("calibrate", agree=str(SHORT), stdout=out)
    assert ended.value.code == 0 and len(stage.gateway.submissions) == 1


def test_keys_tokens_and_secrets_are_not_kept() -> None:
    assert redacted("sk-aig-123456789 at https://m.example/a.mp3?token=x end") == "[key] at https://m.example/a.mp3?[token] end"
    assert clean({"secret": "0123456789abcdef", "rows": [{"api_key": "x" * 20, "id": "job_1"}]}) == {
        "secret": "[hidden]",
        "rows": [{"api_key": "[hidden]", "id": "job_1"}],
    }


@pytest.fixture
def as_owner(client: Client, stage: Stage) -> Client:
    client.force_login(stage.cast.owner)
    return client


def test_the_page_checks_pauses_and_calibrates(as_owner: Client, stage: Stage) -> None:
    gateway_model("0.10")
    key = ProviderKey.objects.get()
    where = ["northlight", key.pk]
    assert as_owner.post(reverse("check_key", args=where)).status_code == 302
    page = as_owner.get(reverse("connection", args=where)).content.decode()
    assert "6 music models" in page and f'value="{SHORT}"' in page and "sk-aig-test" not in page
    as_owner.post(reverse("pause_key", args=where), {"pause": "1"})
    assert ProviderKey.objects.get().is_paused
    as_owner.post(reverse("pause_key", args=where), {"pause": "0"})
    assert not ProviderKey.objects.get().is_paused
    assert as_owner.post(reverse("calibrate_key", args=where)).status_code == 422
    OrmQ.objects.all().delete()
    assert as_owner.post(reverse("calibrate_key", args=where), {"agreed": str(SHORT)}).status_code == 302
    assert OrmQ.objects.count() == 1
    tasks.calibrate(str(key.pk), stage.cast.owner.pk, SHORT)
    assert Report.objects.first().ok and Track.objects.count() == 1  # type: ignore[union-attr]
    tasks.calibrate(str(key.pk), stage.cast.owner.pk, SHORT + 1)
    assert Report.objects.first().findings[0][0] == "Not sent"  # type: ignore[union-attr]


def test_the_queue_page_shows_every_job_with_filters_and_what_support_needs(as_owner: Client, stage: Stage) -> None:
    from tests.gateway.server import JobPlan

    failed = stage.run(JobPlan(ends="failed"), text="a failing take")
    stage.run(text="a fine take")
    url = reverse("jobs", args=["northlight"])
    page = as_owner.get(url).content.decode()
    assert "a failing take" in page and "a fine take" in page and failed.request_id in page
    assert f"id at the provider: {failed.remote_ref['id']}" in page and "The provider failed to make it." in page
    only = as_owner.get(url, {"state": "failed", "provider": "aigateway", "member": str(stage.cast.producer.pk)}).content.decode()
    assert "a failing take" in only and "a fine take" not in only
    assert "a failing take" not in as_owner.get(url, {"member": str(stage.cast.owner.pk)}).content.decode()
    assert as_owner.get(url, {"state": "nonsense", "page": "x"}).status_code == 200
    as_owner.force_login(stage.cast.producer)
    assert as_owner.get(url).status_code == 403


def test_the_project_s_queue_offers_the_one_button_that_helps(as_owner: Client, stage: Stage) -> None:
    from tests.gateway.server import JobPlan

    job = stage.run(JobPlan(ends="failed"))
    page = as_owner.get(reverse("project", args=["northlight", stage.cast.project.slug])).content.decode()
    assert "Try again" in page and "Edit the prompt" not in page and "Nothing was charged." in page
    as_owner.post(reverse("retry", args=["northlight", job.pk]))
    job.refresh_from_db()
    assert (job.state, job.attempt) == (State.QUEUED, 2)
    stage.gateway.fail("poll", "page", times=10)
    from musicstudio.generation import sweep
    from tests.generation.conftest import HURRY

    sweep.run(HURRY)
    page = as_owner.get(reverse("project", args=["northlight", stage.cast.project.slug])).content.decode()
    assert "Ask the provider again" in page and "It was not charged" in page
    as_owner.post(reverse("ask_again", args=["northlight", job.pk]))
    sweep.run(HURRY)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED and WebhookCall.objects.count() == 0
