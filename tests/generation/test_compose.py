"""The compose panel: what it shows for whom, what fills it, and races and variations that are asked for through it."""

import json
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.budgets.models import Cap, OnExceed, Period
from musicstudio.generation.models import Job
from musicstudio.projects.models import Preset, Project
from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, SKETCH_MODEL, gateway_model, make_jobs, make_key, make_track
from tests.generation.test_generate import HTMX, URL, form

PANEL = reverse("compose", args=["northlight"])


def panel(client: Client, **query: Any) -> str:
    response = client.get(PANEL, query)
    assert response.status_code == 200
    return response.content.decode()


def attribute(page: str, name: str) -> Any:
    return json.loads(unescape(page.split(f' {name}="')[1].split('"')[0]))


def test_words_of_style_are_kept_apart_and_sent_with_the_prompt(as_producer: Client) -> None:
    response = as_producer.post(URL, form(chips=["warm", "96 bpm, Warm", ""]), headers=HTMX)
    [job] = Job.objects.all()
    assert job.prompt.chips == "warm, 96 bpm" and job.request().prompt == "lo-fi piano\nwarm, 96 bpm"
    assert 'value="warm" checked' in response.content.decode()


def test_too_many_words_of_style_are_refused_beside_the_prompt(as_producer: Client) -> None:
    response = as_producer.post(URL, form(chips=[f"word {n}" for n in range(13)]), headers=HTMX)
    assert response.status_code == 422 and "Write up to 12 words" in response.content.decode() and not Job.objects.exists()


def test_the_words_of_the_projects_presets_come_first_and_its_default_is_set(as_producer: Client, cast: Cast) -> None:
    Preset.objects.keep(cast.project, "Film", styles=["analog"], is_default=True, duration_ms=90_000)
    Preset.objects.keep(cast.project, "Trailer", styles=["dark"], instrumental=False)
    page = panel(as_producer, project="aurora-spring-film")
    assert 'value="analog" checked' in page and page.index('value="dark"') < page.index('value="warm"')
    assert 'name="duration" inputmode="decimal" autocomplete="off" value="90"' in page
    assert attribute(page, "data-preset")["styles"] == ["analog"]


def test_a_take_is_varied_and_remembers_what_it_is_based_on(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "Glasshouse", take=2, seed=7)
    page = panel(as_producer, track=track.pk, at="track")
    assert "Based on Glasshouse take B." in page and f'name="track" value="{track.pk}"' in page
    assert "keeps motif and key" in page and f'name="parent" value="{track.prompt_id}"' in page
    sent = form(text="Glasshouse, slower", track=str(track.pk), parent=str(track.prompt_id), at="track")
    response = as_producer.post(URL, sent, headers=HTMX)
    [job] = Job.objects.all()
    assert (job.based_on, job.prompt.parent, job.seed) == (track, track.prompt, 7) and job.variation
    assert "appear in Aurora spring film" in response["HX-Trigger"] and 'id="queue"' not in response.content.decode()


def test_a_track_of_another_team_fills_nothing_and_is_no_base(as_producer: Client, cast: Cast) -> None:
    secret = make_track(cast.other_project, cast.stranger, "Secret waltz", seed=7)
    assert "Secret waltz" not in panel(as_producer, track=secret.pk)
    as_producer.post(URL, form(track=str(secret.pk)), headers=HTMX)
    assert Job.objects.get().based_on is None


def test_a_race_asks_every_model_at_once(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("0.10")
    lanes = {"race": "on", "lanes": [SKETCH_MODEL, GATEWAY_MODEL], "model": ""}
    response = as_producer.post(URL, form(takes="2", cost="3000000", **lanes), headers=HTMX)
    assert response.status_code == 200 and Job.objects.count() == 4 and Job.objects.values("race").distinct().count() == 1
    assert "Race of 2 models" in response.content.decode()


def test_a_race_that_a_cap_refuses_queues_nothing_and_names_it(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("10")
    lanes = {"race": "on", "lanes": [SKETCH_MODEL, GATEWAY_MODEL]}
    page = as_producer.post(URL, form(**lanes), headers=HTMX)
    assert page.status_code == 422 and "$50.00 is left of the monthly cap" in page.content.decode() and not Job.objects.exists()
    assert f'name="lanes" value="{GATEWAY_MODEL}" checked' in page.content.decode(), "the choice stays"
    alone = as_producer.post(URL, form(race="on", lanes=[SKETCH_MODEL]), headers=HTMX)
    assert "A race takes 2 to 4 models." in alone.content.decode()


def test_every_cap_that_applies_is_shown_with_what_it_leaves(as_producer: Client, cast: Cast) -> None:
    Cap.objects.set(cast.team, 20_000_000, cast.owner, member=cast.producer, on_exceed=OnExceed.STOP)
    Cap.objects.set(cast.team, 30_000_000, cast.owner, project=cast.project)
    Cap.objects.set(cast.team, 1_000_000, cast.owner, period=Period.TAKE)
    page = panel(as_producer, project="aurora-spring-film")
    caps = attribute(page, "caps")
    assert [(cap["who"], cap["limit"], cap["take"], cap["ask"]) for cap in caps] == [
        ("Team", 50_000_000, False, True),
        ("Project", 30_000_000, False, True),
        ("You", 20_000_000, False, False),
        ("Team", 1_000_000, True, True),
    ]
    assert "your cap $20.00" in page and "project cap $30.00" in page


def test_a_price_that_changed_in_another_tab_asks_again(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("0.10")
    seen = form(model=GATEWAY_MODEL, cost="1500000")
    gateway_model("0.20")
    refused = as_producer.post(URL, seen, headers=HTMX)
    page = refused.content.decode()
    assert refused.status_code == 422 and "The price is $3.00 now, not $1.50. Nothing was charged." in page
    assert 'name="cost" value="3000000"' in page
    assert as_producer.post(URL, seen | {"cost": "3000000"}, headers=HTMX).status_code == 200


def test_the_library_chooses_the_project_and_loads_the_panel_later(as_producer: Client, cast: Cast) -> None:
    Project.objects.open(cast.team, "Sketchbook")
    library = as_producer.get("/t/northlight/tracks/").content.decode()
    assert "<ms-compose" not in library and "at=library" in library
    page = panel(as_producer, at="library", quiet="1", project="sketchbook")
    assert 'data-place aria-label="Project the takes go to"' in page and '<option value="sketchbook" selected>' in page
    assert "open=" not in page.split("<form")[0] and "open=" in panel(as_producer, at="library").split("<form")[0]
    response = as_producer.post(URL, form(at="library"), headers=HTMX).content.decode()
    assert "/t/northlight/queue/?since=" in response and 'id="queue"' in response and 'id="count"' not in response


def test_an_archived_project_takes_no_new_takes(as_producer: Client, cast: Cast) -> None:
    Project.objects.filter(pk=cast.project.pk).update(archived_at=timezone.now())
    assert "is archived and takes no new takes" in panel(as_producer, project="aurora-spring-film")
    refused = as_producer.post(URL, form(), headers=HTMX)
    assert refused.status_code == 422 and not Job.objects.exists()


def test_the_picker_says_how_long_a_model_usually_takes(as_producer: Client, cast: Cast) -> None:
    for job in make_jobs(cast.project, cast.producer, takes=3):
        finished = job.created_at + timedelta(seconds=70)
        Job.objects.filter(pk=job.pk).update(state="succeeded", finished_at=finished)
    assert "free, local · ~70 s per take · instrumental" in panel(as_producer)


def test_the_arrow_key_brings_back_ones_own_last_prompt(as_producer: Client, cast: Cast) -> None:
    [mine] = make_jobs(cast.project, cast.producer, text="mine")
    make_jobs(cast.project, cast.owner, text="theirs")
    page = panel(as_producer, project="aurora-spring-film")
    assert f"from={mine.prompt_id}" in page.split("data-recall")[1][:200]


def test_a_stranger_gets_404(client: Client, cast: Cast) -> None:
    client.force_login(cast.stranger)
    assert client.get(PANEL).status_code == 404
    assert client.post(URL, form(batch=str(uuid.uuid4()))).status_code == 404


def test_an_address_that_names_a_model_chooses_it(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("0.10")
    chosen = f'value="{GATEWAY_MODEL}" checked'
    project = cast.project.get_absolute_url()
    assert chosen not in panel(as_producer)
    assert chosen in panel(as_producer, model=GATEWAY_MODEL)
    assert chosen in as_producer.get(project, {"model": GATEWAY_MODEL}).content.decode()
    assert f'value="{SKETCH_MODEL}" checked' in panel(as_producer, model="none/such")
    library = as_producer.get(reverse("library", args=["northlight"]), {"model": GATEWAY_MODEL}).content.decode()
    assert f"quiet=1&amp;model={GATEWAY_MODEL.replace('/', '%2F')}" in library
    about = as_producer.get(reverse("model", args=["northlight", GATEWAY_MODEL])).content.decode()
    assert f"{project}?model={GATEWAY_MODEL.replace('/', '%2F')}" in about
