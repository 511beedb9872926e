"""The sheet of a track's origin: page, JSON with its schema, no secrets, terms as known when asked, the file read again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.generation import render
from musicstudio.generation.models import Job
from musicstudio.library import tasks
from musicstudio.library.models import FileCheck, Track
from musicstudio.providers.models import TermsNote
from musicstudio.providers.terms import UNKNOWN
from musicstudio.web.provenance import SCHEMA
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_prompt, make_sounding_track, make_track, sketch_model


def sheet(client: Client, track: Track) -> dict[str, Any]:
    response = client.get(reverse("provenance_json", args=["northlight", track.pk]))
    found: dict[str, Any] = json.loads(response.content)
    return found


def look(client: Client, track: Track) -> str:
    return client.get(reverse("track_provenance", args=["northlight", track.pk])).content.decode()


def fits(value: Any, form: dict[str, Any]) -> bool:
    """As much of JSON Schema as SCHEMA uses."""
    if "anyOf" in form:
        return value is None or fits(value, form["anyOf"][1])
    if "const" in form:
        return bool(value == form["const"])
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "number": (int, float),
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    names = form["type"] if isinstance(form["type"], list) else [form["type"]]
    assert any(isinstance(value, kinds[name]) for name in names), (value, form)  # type: ignore[arg-type]
    if "properties" in form:
        assert set(value) == set(form["required"]) == set(form["properties"])
        return all(fits(value[name], one) for name, one in form["properties"].items())
    return all(fits(one, form["items"]) for one in value) if "items" in form else True


def test_the_json_has_exactly_the_form_its_schema_promises(cast: Cast, as_producer: Client) -> None:
    parent = make_track(cast.project, cast.owner)
    prompt = parent.prompt.change(cast.producer, text="slower")
    track = make_track(cast.project, cast.producer, prompt=prompt, based_on=parent, title="夜の列車")
    make_track(cast.project, cast.producer, take=2, based_on=track)
    track.decide("approved", cast.owner, "It breathes.", use="cinema", territory="Europe", term="2 years")
    found = sheet(as_producer, track)
    assert fits(found, SCHEMA)
    assert found["track"]["title"] == "夜の列車" and found["based_on"]["id"] == str(parent.pk) and len(found["variations"]) == 1
    assert [one["prompt"] for one in found["asked"]["versions"]] == ["lo-fi piano with light rain", "slower"]
    assert found["approvals"][0]["use"] == "cinema" and found["decisions"][0]["reason"] == "It breathes."
    assert json.loads(as_producer.get(reverse("provenance_schema")).content) == SCHEMA
    taken = as_producer.get(reverse("provenance_json", args=["northlight", track.pk]) + "?download=1")
    assert "provenance.json" in taken["Content-Disposition"] and "夜の列車" in taken.content.decode()


def test_a_real_take_tells_all_its_times_its_money_and_the_engine_s_words(cast: Cast, as_producer: Client) -> None:
    [job] = make_jobs(cast.project, cast.producer, duration_ms=3_000)
    assert render.render(job.pk)
    track = Job.objects.get(pk=job.pk).track
    assert track is not None
    found = sheet(as_producer, track)
    assert fits(found, SCHEMA) and all(found["times"].values())
    assert found["made_with"]["said"]["engine"] and found["cost"] == {"currency": "USD", "quoted_micros": 0, "actual_micros": 0}
    assert found["terms"]["text"].startswith("Made by rule by the studio itself")
    page = look(as_producer, track)
    assert "Made by rule by the studio itself" in page and "Settled" in page and "lo-fi piano with light rain" in page


def test_it_holds_nothing_that_opens_a_door(cast: Cast, as_producer: Client) -> None:
    said = {
        "url": "https://media.example.com/a.mp3?X-Amz-Signature=abc",
        "api_key": "sk-secret",
        "deep": [{"token": "t0ken", "ok": 1}],
    }
    track = make_track(
        cast.project, cast.producer, parameters={"sent": {"model": "x"}, "said": said}, key_label="Studio •••• 4f2a"
    )
    for text in (json.dumps(sheet(as_producer, track)), look(as_producer, track)):
        assert "Signature" not in text and "sk-secret" not in text and "t0ken" not in text
    assert sheet(as_producer, track)["made_with"]["said"] == {"url": "https://media.example.com/a.mp3", "deep": [{"ok": 1}]}


def test_terms_are_kept_as_they_were_known_when_the_take_was_asked_for(cast: Cast, client: Client) -> None:
    model, url = gateway_model("0.0001"), "https://example.com/terms"
    make_key(cast.team)

    def asked() -> dict[str, str]:
        prompt = make_prompt(cast.project, cast.producer, f"piano {Job.objects.count()}", model_slug=model.slug)
        return dict(Job.objects.submit(prompt, 1, model, cast.producer)[0].terms)

    assert asked()["text"] == UNKNOWN
    client.force_login(cast.owner)
    address = reverse("terms_note", args=["northlight", model.pk])
    assert client.post(address, {"text": "No TV without a licence.", "url": url}).status_code == 302
    first = asked()
    assert (first["text"], first["url"], first["source"]) == ("No TV without a licence.", url, "noted by Olga Prieto")
    client.post(address, {"text": "Everything is allowed.", "url": ""})
    assert asked()["text"] == "Everything is allowed." and Job.objects.filter(terms__text="No TV without a licence.").count() == 1
    for wrong in ({"text": " "}, {"text": "x" * 2001}, {"text": "x", "url": "javascript:alert(1)"}):
        assert client.post(address, wrong).status_code == 422
    assert TermsNote.objects.of(cast.other_team, model) is None
    client.force_login(cast.producer)
    assert client.post(address, {"text": "Mine."}).status_code == 403


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    asked = list[int]()
    monkeypatch.setattr("musicstudio.library.checking.async_task", lambda name, pk, **how: asked.append(pk))
    return asked


def test_the_stored_file_is_read_again_and_what_was_found_is_told(cast: Cast, as_producer: Client, checks: list[int]) -> None:
    track = make_sounding_track(cast.project, cast.producer, 0.1)
    url = reverse("file_check", args=["northlight", track.pk])
    assert "has not been checked" in look(as_producer, track)

    def check() -> str:
        waiting = as_producer.post(url, headers={"HX-Request": "true"}).content.decode()
        assert "ms-poll" in waiting and "being read" in waiting
        tasks.check_file(checks[-1])
        tasks.check_file(checks[-1])
        return as_producer.get(url).content.decode()

    good = check()
    assert "Unchanged since" in good and "ms-poll" not in good and sheet(as_producer, track)["file"]["check"]["finding"] == "same"
    default_storage.delete(str(track.file.name))
    assert "is missing" in check()
    default_storage.save(str(track.file.name), ContentFile(b"something else"))
    assert "has changed" in check() and "has changed" in look(as_producer, track)
    assert FileCheck.objects.count() == 3 and "Unchanged" not in look(as_producer, track)


def test_one_check_at_a_time_and_a_lost_one_is_made_again(cast: Cast, as_producer: Client, checks: list[int]) -> None:
    track = make_sounding_track(cast.project, cast.producer, 0.1)
    url = reverse("file_check", args=["northlight", track.pk])
    for _ in range(2):
        as_producer.post(url)
    assert len(checks) == FileCheck.objects.count() == 1
    FileCheck.objects.update(asked_at=timezone.now() - timedelta(minutes=16))
    as_producer.post(url)
    assert len(checks) == 2 and FileCheck.objects.count() == 1


@pytest.mark.django_db
def test_the_sketch_engine_is_known_to_have_no_third_party_s_terms() -> None:
    assert "no AI" in sketch_model().terms
