"""The compose form: what it creates, what it refuses, what it keeps."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.budgets.models import Cap, Hold
from musicstudio.generation.models import Job
from musicstudio.projects.models import Prompt
from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, SKETCH_MODEL, gateway_model, make_jobs, make_key

URL = reverse("generate", args=["northlight", "aurora-spring-film"])
HTMX = {"HX-Request": "true"}


def form(**said: Any) -> dict[str, Any]:
    """What the panel sends for a free take of 15 seconds."""
    fields = {"text": "lo-fi piano", "lyrics": "", "duration": "15", "takes": "1", "format": "mp3", "instrumental": "on"}
    return fields | {"model": SKETCH_MODEL, "seed": "", "parent": "", "batch": str(uuid.uuid4()), "cost": ""} | said


def nothing_was_created() -> bool:
    return not (Prompt.objects.exists() or Job.objects.exists() or Hold.objects.exists())


def test_it_queues_the_takes_and_shows_their_row(as_producer: Client, cast: Cast) -> None:
    response = as_producer.post(URL, form(takes="2", seed="5"), headers=HTMX)
    assert response.status_code == 200
    jobs = list(Job.objects.order_by("take"))
    assert [(job.take, job.seed, job.prompt.text, job.prompt.duration_ms) for job in jobs] == [
        (1, 5, "lo-fi piano", 15_000),
        (2, 6, "lo-fi piano", 15_000),
    ]
    page = response.content.decode()
    assert f'id="job-{jobs[0].batch}"' in page and "Lo-fi piano · 2 takes" in page and "<ms-poll" in page
    assert ">lo-fi piano</textarea>" in page, "the panel keeps its content"
    assert "ms:say" in response["HX-Trigger"]


def test_without_script_it_goes_to_the_project(as_producer: Client) -> None:
    response = as_producer.post(URL, form())
    assert response.status_code == 302 and response["Location"] == "/t/northlight/projects/aurora-spring-film/"


def test_sent_twice_it_creates_one_request(as_producer: Client) -> None:
    twice = form()
    for _ in range(2):
        assert as_producer.post(URL, twice, headers=HTMX).status_code == 200
    assert Job.objects.count() == 1


def test_the_panel_gets_a_new_request_id_for_the_next_click(as_producer: Client) -> None:
    sent = form()
    page = as_producer.post(URL, sent, headers=HTMX).content.decode()
    assert sent["batch"] not in page.split('name="batch"')[1][:80]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"text": ""}, "Write what you want to hear."),
        ({"text": "x" * 5_000}, "Studio Sketch reads 2,000 characters; this has 5,000."),
        ({"text": "a\0b"}, "Null characters are not allowed."),
        ({"duration": "0"}, "Studio Sketch makes 3 to 300 seconds."),
        ({"duration": "-1"}, "A length is more than 0 seconds."),
        ({"duration": "2.9"}, "Studio Sketch makes 3 to 300 seconds."),
        ({"duration": "301"}, "Studio Sketch makes 3 to 300 seconds."),
        ({"duration": "abc"}, "Write the length in seconds, like 30."),
        ({"duration": ""}, "Write the length in seconds, like 30."),
        ({"duration": "1e99"}, "That is too long."),
        ({"duration": "NaN"}, "Write the length in seconds, like 30."),
        ({"takes": "0"}, "Ask for 1 to 8 takes."),
        ({"takes": "9"}, "Ask for 1 to 8 takes."),
        ({"takes": "two"}, "Ask for 1 to 8 takes."),
        ({"model": "no/such-model"}, "There is no such model."),
        ({"model": ""}, "Choose a model."),
        ({"format": "exe"}, "Studio Sketch makes MP3 or WAV."),
        ({"seed": "-3"}, "A seed is a whole number"),
        ({"seed": "many"}, "A seed is a whole number"),
        ({"lyrics": "la la la", "instrumental": ""}, "Studio Sketch cannot sing."),
        ({"model": GATEWAY_MODEL}, "needs a key for AIgateway. An owner or admin can add one."),
        ({"cost": "5000"}, "The price is $0.00 now, not $0.005. Nothing was charged."),
    ],
)
def test_it_refuses_bad_input_beside_the_field_and_creates_nothing(
    as_producer: Client, said: dict[str, str], message: str
) -> None:
    response = as_producer.post(URL, form(**said), headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 422 and message in page and nothing_was_created()
    assert 'id="desk"' in page and "<html" not in page
    if "text" not in said:
        assert ">lo-fi piano</textarea>" in page, "what was typed stays"


@pytest.mark.parametrize("text", ["🎹🌧️ drizzle", "بيانو هادئ مع المطر", '<script>alert(1)</script> & "quotes"', "a\r\nb"])
def test_any_words_are_only_words(as_producer: Client, text: str) -> None:
    page = as_producer.post(URL, form(text=text), headers=HTMX).content.decode()
    assert Prompt.objects.get().text.replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert "<script>alert" not in page


def test_over_the_cap_nothing_is_held_and_the_message_names_what_is_left(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("0.80")
    response = as_producer.post(URL, form(model=GATEWAY_MODEL, takes="5"), headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 422 and nothing_was_created()
    assert "This needs $60.00, and $50.00 is left of the monthly cap of $50.00 of Northlight." in page
    assert Cap.objects.of(cast.team).bucket().held_micros == 0


def test_without_a_cap_nothing_that_costs_money_runs(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("0.80")
    cap = Cap.objects.get(team=cast.team)
    cap.buckets.all().delete()
    cap.delete()
    response = as_producer.post(URL, form(model=GATEWAY_MODEL), headers=HTMX)
    assert response.status_code == 422 and b"has no monthly cap" in response.content and nothing_was_created()


def test_a_revoked_key_refuses_beside_the_model(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team).revoke()
    gateway_model("0.80")
    response = as_producer.post(URL, form(model=GATEWAY_MODEL), headers=HTMX)
    assert response.status_code == 422 and b"needs a key for AIgateway" in response.content and nothing_was_created()


def test_a_price_that_rose_since_the_page_was_drawn_is_refused_with_the_new_one(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("0.20")
    old = as_producer.post(URL, form(model=GATEWAY_MODEL, cost="1500000"), headers=HTMX)
    assert old.status_code == 422 and b"The price is $3.00 now, not $1.50." in old.content and nothing_was_created()
    assert as_producer.post(URL, form(model=GATEWAY_MODEL, cost="3000000"), headers=HTMX).status_code == 200
    assert Cap.objects.of(cast.team).bucket().held_micros == 3_000_000


def test_the_same_words_from_a_prompt_are_that_prompt_and_changed_ones_its_child(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer, text="lo-fi piano")
    as_producer.post(URL, form(parent=str(job.prompt.pk)), headers=HTMX)
    as_producer.post(URL, form(parent=str(job.prompt.pk), text="lo-fi piano, faster"), headers=HTMX)
    assert job.prompt.jobs.count() == 2
    assert [child.text for child in job.prompt.children.all()] == ["lo-fi piano, faster"]


def test_a_prompt_of_another_team_is_no_parent(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.other_project, cast.stranger, text="secret")
    as_producer.post(URL, form(parent=str(job.prompt.pk)), headers=HTMX)
    assert Prompt.objects.get(project=cast.project).parent is None


def test_a_reviewer_may_not_a_stranger_cannot_and_nobody_by_get(client: Client, cast: Cast) -> None:
    for user, status in ((cast.reviewer, 403), (cast.stranger, 404)):
        client.force_login(user)
        assert client.post(URL, form(), headers=HTMX).status_code == status
    client.force_login(cast.producer)
    assert client.get(URL).status_code == 405 and nothing_was_created()
