"""`/v1`: asking for music, following it, fetching it, inside the team's caps and out of everybody else's sight."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client

from musicstudio.accounts.models import Membership
from musicstudio.budgets.models import Cap, Hold
from musicstudio.generation import render
from musicstudio.generation.models import Job
from musicstudio.projects.models import ApiToken
from tests.api.conftest import Asker, issue
from tests.conftest import Cast
from tests.factories import SKETCH_MODEL, gateway_model, make_jobs, make_key, make_project

RAIN = {"model": SKETCH_MODEL, "prompt": "lo-fi piano with light rain", "duration": 3, "format": "mp3"}


def error(response: Any) -> tuple[int, str, str, str | None]:
    said = response.json()["error"]
    assert said["message"] and response["X-Request-Id"]
    return response.status_code, said["type"], said["code"], said["param"]


def test_from_the_request_to_the_file(ask: Asker, cast: Cast) -> None:
    answer = ask("post", "/audio/music", RAIN, X_Request_Id="mine-1")
    job = answer.json()
    assert answer.status_code == 202 and answer["X-Request-Id"] == "mine-1"
    assert (job["status"], job["object"], job["model"], job["project"]) == ("queued", "job", SKETCH_MODEL, cast.project.slug)
    assert ask("get", f"/jobs/{job['id']}")["Retry-After"] == "3"
    assert render.render(job["id"])
    followed = ask("get", f"/jobs/{job['id']}")
    done = followed.json()
    assert done["status"] == "completed" and "Retry-After" not in followed
    assert done["result"]["duration"] == 3.0 and done["result_url"] == done["result"]["url"] == done["result"]["file_url"]
    assert done["usage"] == {"cost": 0.0, "cost_cents": 0.0, "currency": "USD", "settled": True}
    path = done["result"]["url"].removeprefix("http://testserver/v1")
    file = ask("get", path)
    assert file.status_code == 200 and file["Content-Type"] == "audio/mpeg" and len(file.getvalue()) > 10_000
    part = ask("get", path, Range="bytes=0-9")
    assert part.status_code == 206 and len(part.getvalue()) == 10
    assert error(Client().get(f"/v1{path}"))[:2] == (401, "authentication_error")


def test_an_unchanged_job_answers_304(ask: Asker) -> None:
    job = ask("post", "/audio/music", RAIN).json()
    first = ask("get", f"/jobs/{job['id']}")
    assert ask("get", f"/jobs/{job['id']}", If_None_Match=first["ETag"]).status_code == 304
    Job.objects.get().cancel()
    changed = ask("get", f"/jobs/{job['id']}", If_None_Match=first["ETag"])
    assert changed.status_code == 200 and changed.json()["status"] == "cancelled"


def test_who_asks_again_within_three_seconds_keeps_what_it_has(ask: Asker) -> None:
    path = f"/jobs/{ask('post', '/audio/music', RAIN).json()['id']}"
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False) as clock:
        first = ask("get", path)
        Job.objects.update(state="running", progress=40, updated_at="2026-11-22T10:00:01Z")
        soon = ask("get", path, If_None_Match=first["ETag"])
        assert (soon.status_code, soon["Retry-After"], "ETag" in soon) == (304, "3", False)
        assert ask("get", path, If_Modified_Since="Sun, 22 Nov 2026 09:59:59 GMT").status_code == 304
        assert ask("get", path).json()["progress"] == 40  # who has no copy gets one
        clock.shift(3.1)
        later = ask("get", path, If_None_Match=first["ETag"])
        assert later.status_code == 200 and later["ETag"] != first["ETag"]


def test_a_signed_link_needs_no_token_and_ends(ask: Asker) -> None:
    job = ask("post", "/audio/music", RAIN).json()
    render.render(job["id"])
    path = ask("get", f"/jobs/{job['id']}").json()["result"]["url"].removeprefix("http://testserver/v1")
    signed = ask("get", f"{path}/signed?expires_in=60").json()
    link = signed["url"].removeprefix("http://testserver")
    assert len(Client().get(link).getvalue()) > 10_000
    assert error(Client().get(link.replace("token=", "token=x")))[2] == "bad_signature"
    assert error(Client().get(link.replace("exp=", "exp=9")))[2] == "bad_signature"
    with time_machine.travel(signed["expires_at"] + 1):
        assert error(Client().get(link))[2] == "expired"
    assert error(ask("get", f"{path}/signed?expires_in=59"))[3] == "expires_in"
    assert error(ask("get", f"{path}x"))[0] == 404


def test_the_same_key_asks_once(ask: Asker) -> None:
    first, again = (ask("post", "/audio/music", RAIN, Idempotency_Key="k1") for _ in range(2))
    assert first.json()["id"] == again.json()["id"] and Job.objects.count() == 1
    other = ask("post", "/audio/music", RAIN | {"prompt": "something else"}, Idempotency_Key="k1")
    assert error(other)[:3] == (409, "conflict", "idempotency_conflict") and Job.objects.count() == 1
    ask("post", "/audio/music", RAIN, Idempotency_Key="k2")
    assert Job.objects.count() == 2


def test_several_takes_are_one_request(ask: Asker) -> None:
    job = ask("post", "/audio/music", RAIN | {"takes": 3, "seed": 7}).json()
    assert len(job["jobs"]) == 3 == Job.objects.count() and sorted(Job.objects.values_list("seed", flat=True)) == [7, 8, 9]
    assert ask("get", f"/jobs/{job['jobs'][2]}").json()["jobs"] == job["jobs"]


def test_nothing_is_spent_above_a_cap(ask: Asker, cast: Cast) -> None:
    make_key(cast.team)
    model = gateway_model("20", "generation")
    paid = RAIN | {"model": model.slug, "duration": 15, "takes": 2}
    asked = ask("post", "/audio/music", paid)
    assert asked.json()["usage"] == {"cost": 20.0, "cost_cents": 2000.0, "currency": "USD", "settled": False}
    assert asked["X-Cost-Cents"] == "4000" and ask("get", f"/jobs/{asked.json()['id']}")["X-Cost-Cents"] == "2000"
    short = ask("post", "/audio/music", paid)
    assert error(short)[:2] == (402, "insufficient_credits") and "monthly cap" in short.json()["error"]["message"]
    assert Job.objects.count() == 2 and Hold.objects.count() == 2
    left = ask("get", "/balance").json()
    assert (left["balance"], left["caps"][0]["held"], left["caps"][0]["of"]) == (10.0, 40.0, "Northlight")


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"model": "no/such"}, (404, "not_found", "model_not_found", "model")),
        ({"prompt": ""}, (422, "invalid_request_error", "invalid_request", "prompt")),
        ({"prompt": "   "}, (422, "invalid_request_error", "invalid_request", "prompt")),
        ({"duration": 2}, (422, "invalid_request_error", "invalid_request", "duration")),
        ({"duration": "x"}, (422, "invalid_request_error", "invalid_request", "duration")),
        ({"format": "ogg"}, (422, "invalid_request_error", "invalid_request", "format")),
        ({"takes": 9}, (422, "invalid_request_error", "invalid_request", "takes")),
        ({"lyrics": "la la"}, (422, "invalid_request_error", "invalid_request", "lyrics")),
        ({"project": "no-such"}, (404, "not_found", "not_found", "project")),
        ({"model": "elevenlabs/elevenlabs-music"}, (422, "invalid_request_error", "invalid_request", "model")),
    ],
)
def test_what_is_wrong_is_named(ask: Asker, body: dict[str, Any], wanted: tuple[int, str, str, str]) -> None:
    assert error(ask("post", "/audio/music", RAIN | body)) == wanted and not Job.objects.exists()


def test_nonsense_gets_json(ask: Asker) -> None:
    assert error(ask("post", "/audio/music", "{nonsense"))[0] == 400
    assert error(ask("post", "/audio/music", "[]"))[0] == 422
    assert error(ask("get", "/nowhere"))[:2] == (404, "not_found")
    assert error(ask("get", "/jobs/not-a-uuid"))[0] == 404
    assert error(ask("get", f"/jobs/{uuid.uuid4()}"))[0] == 404
    assert error(ask("post", "/audio/music", RAIN, Idempotency_Key="k" * 256))[::3] == (422, "Idempotency-Key")


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_also_what_django_refuses_is_json(ask: Asker, accept: str) -> None:
    wrong = ask("put", "/audio/music", {}, Accept=accept, X_Request_Id="mine")
    assert error(wrong) == (405, "invalid_request_error", "method_not_allowed", None)
    assert (wrong["X-Request-Id"], wrong["Allow"]) == ("mine", "POST")
    assert error(ask("get", "/models", Accept=accept, Host="evil.example"))[0] == 400
    assert error(ask("get", "/nowhere/at/all/", Accept=accept))[0] == 404
    assert error(ask("post", "/docs", {}, Accept=accept))[0] == 405


@pytest.mark.parametrize("text", ["a\\u0000b", "a\\ud800b"])
def test_what_cannot_be_stored_is_refused(ask: Asker, text: str) -> None:
    assert error(ask("post", "/audio/music", f'{{"prompt": "{text}"}}'))[::3] == (422, "prompt")
    assert error(ask("post", "/audio/music", f'{{"prompt": "x", "project": "{text}"}}'))[::3] == (422, "project")


def test_a_body_that_is_too_large(ask: Asker) -> None:
    assert error(ask("post", "/audio/music", {"prompt": "x", "padding": "y" * 1_100_000}))[0] == 413


def test_what_it_does_not_know_it_says(ask: Asker) -> None:
    answer = ask("post", "/audio/music", RAIN | {"temperature": 1, "lyrics_optimizer": True})
    assert answer.status_code == 202
    assert answer["x-aig-warning"] == "ignored: temperature; lyrics_optimizer is never done"


def test_without_a_model_nothing_costs(ask: Asker) -> None:
    for model in ("", "auto"):
        assert ask("post", "/audio/music", {"prompt": "calm", "model": model}).json()["model"] == SKETCH_MODEL


@pytest.mark.parametrize("how", ["delete", "post"])
def test_cancelling_both_ways(ask: Asker, how: str) -> None:
    job = ask("post", "/audio/music", RAIN).json()
    path = f"/jobs/{job['id']}" + ("/cancel" if how == "post" else "")
    assert ask(how, path).json()["status"] == "cancelled"
    assert ask(how, path).json()["status"] == "cancelled"


def test_a_failed_job_says_why_and_costs_nothing(ask: Asker, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    job.fail("engine", "It broke.", source=("queued",))
    said = ask("get", f"/jobs/{job.pk}").json()
    assert said["status"] == "failed" and said["error"]["code"] == "engine" and "Nothing was charged" in said["error"]["message"]
    assert said["usage"]["cost"] == 0


def test_another_teams_jobs_do_not_exist(ask: Asker, asker: Callable[[str], Asker], cast: Cast) -> None:
    job = ask("post", "/audio/music", RAIN).json()
    render.render(job["id"])
    path = ask("get", f"/jobs/{job['id']}").json()["result"]["url"].removeprefix("http://testserver/v1")
    theirs = asker(issue(cast.other_team, cast.stranger))
    answers = [theirs("get", f"/jobs/{job['id']}"), theirs("delete", f"/jobs/{job['id']}"), theirs("get", path)]
    answers += [theirs("get", f"{path}/signed"), theirs("post", "/audio/music", RAIN | {"project": cast.project.slug})]
    assert {answer.status_code for answer in answers} == {404}
    assert theirs("get", "/usage/by-tag").json()["data"] == []


def test_a_token_for_one_project_sees_only_that(asker: Callable[[str], Asker], ask: Asker, cast: Cast) -> None:
    other = make_project(cast.team, "Other")
    narrow = asker(issue(cast.team, cast.producer, project=other))
    assert narrow("post", "/audio/music", RAIN).json()["project"] == other.slug
    assert error(narrow("post", "/audio/music", RAIN | {"project": cast.project.slug}))[0] == 404
    job = ask("post", "/audio/music", RAIN | {"project": cast.project.slug}).json()
    assert narrow("get", f"/jobs/{job['id']}").status_code == 404


@pytest.mark.parametrize("spoil", ["revoke", "expire", "leave", "inactive", "letters", "none"])
def test_a_token_that_is_no_longer_good(ask: Asker, cast: Cast, spoil: str) -> None:
    assert ask("get", "/models").status_code == 200
    row = ApiToken.objects.get()
    if spoil == "revoke":
        row.revoke()
    elif spoil == "expire":
        ApiToken.objects.update(expires_at=row.created_at)
    elif spoil == "leave":
        Membership.objects.filter(user=cast.producer).delete()
    elif spoil == "inactive":
        type(cast.producer).objects.filter(pk=cast.producer.pk).update(is_active=False)
    else:
        ask.token = ask.token[:-1] + "!" if spoil == "letters" else ""
    answer = ask("get", "/models")
    assert error(answer)[:2] == (401, "authentication_error") and answer["WWW-Authenticate"] == "Bearer"


def test_a_token_does_what_its_scopes_and_its_person_may(asker: Callable[[str], Asker], cast: Cast) -> None:
    reading = asker(issue(cast.team, cast.producer, "read"))
    assert error(reading("post", "/audio/music", RAIN))[:3] == (403, "permission_error", "scope_exceeded")
    asking = asker(issue(cast.team, cast.producer, "generate"))
    assert error(asking("get", "/models"))[0] == 403
    [job] = make_jobs(cast.project, cast.owner)
    Membership.objects.filter(user=cast.producer).update(role="viewer")
    answers = [
        asking("post", "/audio/music", RAIN),
        asking("delete", f"/jobs/{job.pk}"),
        asking("post", f"/jobs/{job.pk}/cancel"),
    ]
    assert [error(answer)[0] for answer in answers] == [403, 403, 403]
    assert Job.objects.get().state == "queued"


def test_too_many_requests_wait(ask: Asker, settings: Any) -> None:
    caches["process"].clear()
    settings.API_REQUESTS_PER_MINUTE = 2
    with time_machine.travel("2026-11-22T10:00:10Z", tick=False):
        answers = [ask("get", "/models") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0"]
    assert answers[2]["Retry-After"] == "50" and error(answers[2])[1] == "rate_limit_error"


def test_models_and_their_parameters(ask: Asker, cast: Cast) -> None:
    models = {model["id"]: model for model in ask("get", "/models?modality=music").json()["data"]}
    assert models[SKETCH_MODEL]["usable"] and not models["elevenlabs/elevenlabs-music"]["usable"]
    assert models["elevenlabs/elevenlabs-music"]["pricing"]["amount"] == 0.8
    assert [model["id"] for model in ask("get", "/models?provider=sketch").json()["data"]] == [SKETCH_MODEL]
    assert ask("get", "/models?modality=video").json()["data"] == []
    assert ask("get", f"/models/{SKETCH_MODEL}").json() == models[SKETCH_MODEL]
    schema = ask("get", "/models/elevenlabs/elevenlabs-music/schema").json()
    assert schema["properties"]["lyrics"]["maxLength"] == 3_500 and "seed" not in schema["properties"]
    assert error(ask("get", "/models/no/such"))[2] == error(ask("get", "/models/no/such/schema"))[2] == "model_not_found"


def test_what_was_spent_by_tag(ask: Asker, cast: Cast) -> None:
    make_key(cast.team)
    job = ask("post", "/audio/music", RAIN | {"model": gateway_model("2", "generation").slug, "duration": 15}).json()
    Job.objects.get(pk=job["id"]).hold.settle(1_500_000)
    [row] = ask("get", "/usage/by-tag?window=7d").json()["data"]
    assert (row["tag"], row["requests"], row["cost"]) == (f"northlight/{cast.project.slug}", 1, 1.5)
    for path in ("/usage", "/usage/by-tag"):
        assert error(ask("get", f"{path}?window=1y"))[3] == "window"
        assert {error(ask("get", f"{path}?month={month}"))[3] for month in ("soon", "2026-13", "0001-01")} == {"month"}


def test_what_was_spent_in_a_month_by_the_askers_own_tags(ask: Asker, cast: Cast) -> None:
    make_key(cast.team)
    paid = RAIN | {"model": gateway_model("2", "generation").slug, "duration": 15}
    for when, tag, cost in (("2026-12-31T22:59Z", "old", 1), ("2026-12-31T23:01Z", "ads", 2), ("2027-01-22T12:00Z", "ads", 1)):
        with time_machine.travel(when, tick=False):
            job = ask("post", "/audio/music", paid, x_aig_tag=tag).json()
            Job.objects.get(pk=job["id"]).hold.settle(cost * 1_000_000)
    with time_machine.travel("2027-01-23T12:00Z", tick=False):
        ask("post", "/audio/music", paid)
        said, whole = ask("get", "/usage/by-tag?month=2027-01").json(), ask("get", "/usage?month=2027-01").json()
    assert [(row["tag"], row["requests"], row["cost"]) for row in said["data"]] == [("ads", 2, 3.0)]
    assert whole["summary"] == {"requests": 3, "cost_cents": 300.0, "held_cents": 200.0}
    assert [(row["day"], row["cost_cents"]) for row in whole["by_day"]] == [
        ("2027-01-01", 200.0), ("2027-01-22", 100.0), ("2027-01-23", 0.0),
    ]  # fmt: skip
    assert [row["model"] for row in whole["by_model"]] == [paid["model"]]
    assert error(ask("post", "/audio/music", RAIN, x_aig_tag="x" * 65))[::3] == (422, "x-aig-tag")


def test_a_team_without_a_cap_has_no_balance(ask: Asker, cast: Cast) -> None:
    Cap.objects.all().update(ended_at="2026-01-01T00:00Z")
    assert ask("get", "/balance").json()["balance"] is None


def test_following_a_job_costs_few_queries(ask: Asker, django_assert_max_num_queries: Any) -> None:
    job = ask("post", "/audio/music", RAIN).json()
    ask("get", f"/jobs/{job['id']}")
    with django_assert_max_num_queries(5):  # one of them counts the request
        ask("get", f"/jobs/{job['id']}")
