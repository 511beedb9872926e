"""A project's name, brief, due date, presets and archive."""

import json
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.models import User
from musicstudio.generation.models import Job
from musicstudio.projects.models import Preset
from tests.conftest import Cast
from tests.factories import SKETCH_MODEL, make_jobs, make_track

PROJECT = "/t/northlight/projects/aurora-spring-film/"
HTMX = {"HX-Request": "true"}


def test_name_brief_and_due_date_are_saved_and_the_address_stays(as_producer: Client, cast: Cast) -> None:
    said = {"name": " Aurora  film ", "brief": "Warm.", "due_on": "2026-12-03"}
    assert as_producer.post(PROJECT + "settings/", said)["Location"] == PROJECT + "settings/"
    cast.project.refresh_from_db()
    assert (cast.project.name, cast.project.brief, cast.project.due_on) == ("Aurora film", "Warm.", date(2026, 12, 3))
    assert cast.project.slug == "aurora-spring-film"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"name": ""}, "Name the project."),
        ({"name": "x", "due_on": "soon"}, "Write the day like 2026-12-03."),
        ({"name": "x", "brief": "y" * 2001}, "2000 characters"),
    ],
)
def test_a_mistake_is_said_beside_the_field_and_nothing_typed_is_lost(
    as_producer: Client, cast: Cast, said: dict[str, str], message: str
) -> None:
    response = as_producer.post(PROJECT + "settings/", {"name": "", "brief": "kept words"} | said)
    assert response.status_code == 422 and message in response.content.decode()
    assert said.get("brief", "kept words") in response.content.decode()
    cast.project.refresh_from_db()
    assert cast.project.name == "Aurora spring film"


def test_the_brief_is_changed_where_it_stands(as_producer: Client, cast: Cast) -> None:
    cast.project.describe("Aurora", "", date(2026, 12, 3))
    assert as_producer.post(PROJECT + "brief/", {"brief": "Warm."})["Location"] == PROJECT + "overview/"
    cast.project.refresh_from_db()
    assert (cast.project.name, cast.project.brief, cast.project.due_on) == ("Aurora", "Warm.", date(2026, 12, 3))
    refused = as_producer.post(PROJECT + "brief/", {"brief": "y" * 2001})
    assert refused.status_code == 422 and "y" * 2001 in refused.content.decode()


def test_an_archived_project_leaves_the_sidebar_and_can_be_brought_back(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "waltz")
    response = as_producer.post(PROJECT + "archive/", headers=HTMX, follow=True)
    assert json.loads(response["HX-Trigger"])["ms:toast"] == {
        "value": "Archived Aurora spring film. Its tracks stay in the library.",
        "undo": PROJECT + "restore/",
    }
    assert "aurora-spring-film" not in response.content.decode()
    assert "waltz" in as_producer.get("/t/northlight/tracks/").content.decode()
    assert "Aurora spring film" in as_producer.get("/t/northlight/projects/?archived").content.decode()
    undone = as_producer.post(PROJECT + "restore/", headers=HTMX)
    assert undone.status_code == 204 and "is back" in undone["HX-Trigger"]
    cast.project.refresh_from_db()
    assert cast.project.archived_at is None


def test_without_script_the_undo_is_a_form_in_the_page(as_producer: Client) -> None:
    text = as_producer.post(PROJECT + "archive/", follow=True).content.decode()
    assert f'<form method="post" action="{PROJECT}restore/">' in text
    assert as_producer.post(PROJECT + "restore/")["Location"] == PROJECT


def test_an_archived_project_takes_no_requests(as_producer: Client, cast: Cast) -> None:
    cast.project.archive()
    assert "<ms-compose" not in as_producer.get(PROJECT).content.decode()
    with pytest.raises(ValidationError, match="archived"):
        make_jobs(cast.project, cast.producer)
    assert Job.objects.count() == 0


def test_presets_are_made_changed_and_removed_with_a_way_back(as_producer: Client, cast: Cast) -> None:
    said = {
        "name": "Beds",
        "styles": "warm, analog",
        "seconds": "90",
        "model_slug": SKETCH_MODEL,
        "format": "wav",
        "is_default": "1",
    }
    assert as_producer.post(PROJECT + "presets/", said).status_code == 302
    preset = Preset.objects.get()
    assert preset.contents == {
        "name": "Beds",
        "styles": ["warm", "analog"],
        "model_slug": SKETCH_MODEL,
        "duration_ms": 90_000,
        "format": "wav",
        "instrumental": False,
        "is_default": True,
    }
    as_producer.post(f"{PROJECT}presets/{preset.pk}/", said | {"name": "Loops", "seconds": ""})
    preset.refresh_from_db()
    assert (preset.name, preset.duration_ms) == ("Loops", None)
    response = as_producer.post(f"{PROJECT}presets/{preset.pk}/drop/", headers=HTMX, follow=True)
    undo = json.loads(response["HX-Trigger"])["ms:toast"]["undo"]
    assert not Preset.objects.exists()
    assert as_producer.post(undo, headers=HTMX).status_code == 204
    assert Preset.objects.get().contents == preset.contents
    assert as_producer.post(undo, headers=HTMX).status_code == 404


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"name": ""}, "Name the preset."),
        ({"seconds": "long"}, "Write the length in seconds, like 30."),
        ({"model_slug": "no/such"}, "There is no such model."),
        ({"styles": ",".join(f"w{n}" for n in range(13))}, "Write up to 12 words"),
        ({"name": "beds"}, "The project has a preset of this name."),
    ],
)
def test_a_wrong_preset_keeps_what_was_typed(as_producer: Client, cast: Cast, said: dict[str, str], message: str) -> None:
    Preset.objects.keep(cast.project, "Beds")
    response = as_producer.post(PROJECT + "presets/", {"name": "Loops", "styles": "tape hiss"} | said)
    text = response.content.decode()
    assert response.status_code == 422 and message in text and said.get("styles", "tape hiss") in text
    assert Preset.objects.count() == 1


def test_a_forged_way_back_makes_nothing(as_producer: Client, cast: Cast) -> None:
    assert as_producer.post(PROJECT + "presets/back/forged/").status_code == 404


def test_reviewers_read_and_do_not_change(client: Client, cast: Cast) -> None:
    client.force_login(cast.reviewer)
    assert client.get(PROJECT + "overview/").status_code == 200
    assert "Write the brief" not in client.get(PROJECT + "overview/").content.decode()
    for name in ("settings/", "brief/", "archive/", "restore/", "presets/"):
        assert client.post(PROJECT + name, {"name": "x"}).status_code == 403, name


def test_a_preset_of_another_project_is_not_found(as_producer: Client, cast: Cast) -> None:
    other = Preset.objects.keep(cast.other_project, "Beds")
    assert as_producer.post(f"{PROJECT}presets/{other.pk}/", {"name": "x"}).status_code == 404
    assert as_producer.post(f"{PROJECT}presets/{other.pk}/drop/").status_code == 404


def test_the_switch_of_the_single_keys_follows_the_account(as_producer: Client, cast: Cast, client: Client) -> None:
    as_producer.post("/preferences/", {"keys": "off"}, headers=HTMX)
    assert not User.objects.get(pk=cast.producer.pk).single_keys
    other_browser = Client()
    other_browser.force_login(cast.producer)
    assert 'data-keys="off"' in other_browser.get(reverse("project", args=["northlight", cast.project.slug])).content.decode()
