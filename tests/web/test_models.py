"""The model catalogue and the model pages, with the team's own numbers beside the vendor's."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.generation.models import Job
from musicstudio.library.models import Status
from musicstudio.web.model_numbers import numbers_of
from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, SKETCH_MODEL, gateway_model, make_jobs, make_key, make_track

URL = reverse("models", args=["northlight"])
USD = 1_000_000


def at(slug: str, team: str = "northlight") -> str:
    return reverse("model", args=[team, slug])


@pytest.fixture
def as_viewer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.reviewer)
    return client


def see(client: Client, url: str = URL) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_the_catalogue_filters_and_compares(as_viewer: Client) -> None:
    page = see(as_viewer)
    assert "ElevenLabs Music" in page and "Needs a key" in page and "7 of 7" in page
    free = see(as_viewer, f"{URL}?free=1")
    assert "1 of 7" in free and at(SKETCH_MODEL) in free and at(GATEWAY_MODEL) not in free
    assert at(SKETCH_MODEL) not in see(as_viewer, f"{URL}?sings=1&longest=240")
    assert "No model fits" in see(as_viewer, f"{URL}?free=1&sings=1")
    side = see(as_viewer, f"{URL}?compare={SKETCH_MODEL}&compare={GATEWAY_MODEL}&compare=no/such")
    assert "Side by side" in side and "$0.80 / second, unverified" in side
    assert "Side by side" not in see(as_viewer, f"{URL}?compare={SKETCH_MODEL}")


def test_a_page_answers_what_one_asks(as_viewer: Client) -> None:
    page = see(as_viewer, at(GATEWAY_MODEL))
    for said in (
        "$0.80 / second",
        "Listed, unverified",
        "$12.00",
        "$48.00",
        "5 % when credit is bought",
        "Lyric-aware composition",
    ):
        assert said in page
    assert "http://testserver/v1/audio/music" in page and "video" not in page
    assert "The team has no key for AIgateway" in page
    assert "It needs none: it runs on this machine" in see(as_viewer, at(SKETCH_MODEL))


def test_the_teams_own_numbers(as_viewer: Client, cast: Cast) -> None:
    make_key(cast.team)
    jobs = make_jobs(cast.project, cast.producer, takes=3, model=gateway_model("2", "generation"))
    for job in jobs[:2]:
        job.hold.settle()
        Job.objects.filter(pk=job.pk).update(state="succeeded", finished_at=job.created_at + (job.updated_at - job.created_at))
    for job, status in zip(jobs[:2], (Status.APPROVED, Status.REJECTED), strict=True):
        make_track(cast.project, cast.producer, id=job.pk, model_slug=GATEWAY_MODEL).decide(status, cast.owner)
    jobs[2].fail("provider_failed")
    numbers = numbers_of(cast.team)[GATEWAY_MODEL]
    assert (numbers.asked, numbers.made, numbers.failed, numbers.approval_percent, numbers.rank) == (3, 2, 1, 50, 1)
    assert numbers.each_approved == 4 * USD and numbers.wait_seconds is None  # two takes are too few to say
    assert numbers_of(cast.other_team) == {}
    assert "50 % of 2" in see(as_viewer, at(GATEWAY_MODEL)) and "50 % approved" in see(as_viewer)


def test_every_question_of_a_model_page_is_answered(as_viewer: Client) -> None:
    """The questions are those of the gateway's own page for this model."""
    page = see(as_viewer, at(GATEWAY_MODEL))
    answered = {
        "What is ElevenLabs Music?": "It is a music model of ElevenLabs",
        "What does it cost?": "takes 5 % when credit is bought",
        "How do I call it from my code?": "the OpenAI SDK at http://testserver/v1",
        "Does it support streaming, tool calling, vision and JSON mode?": "Tool calling: no. Vision: no. JSON mode: no.",
        "What is it best for?": "Background tracks, Game scores, Ad jingles. Key strengths: Full-track generation; Lyric",
        "Can we bring our own key?": "Yes, and only so",
    }  # fmt: skip
    for question, answer in answered.items():
        assert question in page and answer in page, question
    for said in ("insufficient_credits", "Per second of music", "3 – 300 s", "After completion", "More from ElevenLabs"):
        assert said in page
    assert "More text models" not in page and "Playground" not in page  # a reviewer asks for nothing


def test_the_filters_by_price_format_and_voice(as_viewer: Client) -> None:
    assert at(GATEWAY_MODEL) not in see(as_viewer, f"{URL}?price=0.50") and at(SKETCH_MODEL) in see(
        as_viewer, f"{URL}?price=0.50"
    )
    assert at(GATEWAY_MODEL) in see(as_viewer, f"{URL}?price=50")
    assert at(GATEWAY_MODEL) not in see(as_viewer, f"{URL}?instrumental=1")
    assert "7 of 7" in see(as_viewer, f"{URL}?format=wav") and "7 of 7" in see(as_viewer, f"{URL}?format=ogg&price=x")
    assert "1 of 7" in see(as_viewer, f"{URL}?vendor=ElevenLabs")


def test_the_playground_asks_this_model_alone(client: Client, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("2", "generation")
    client.force_login(cast.producer)
    page = see(client, at(GATEWAY_MODEL))
    assert page.count('name="model"') == 1 and f'name="only" value="{GATEWAY_MODEL}"' in page
    said = {"text": "calm", "duration": "15", "takes": "1", "format": "mp3", "model": GATEWAY_MODEL, "instrumental": "on"}
    said |= {"at": "model", "only": GATEWAY_MODEL, "cost": "2000000"}
    url = reverse("generate", args=["northlight", cast.project.slug])
    wrong = client.post(url, said | {"text": ""}, headers={"HX-Request": "true"})
    assert wrong.status_code == 422 and wrong.content.decode().count('name="model"') == 1
    made = client.post(url, said, headers={"HX-Request": "true"}).content.decode()
    assert Job.objects.get().model.slug == GATEWAY_MODEL and 'id="queue"' in made and made.count('name="model"') == 1


def test_compared_models_share_one_prompt(client: Client, cast: Cast) -> None:
    make_key(cast.team)
    client.force_login(cast.producer)
    page = see(client, f"{URL}?compare={SKETCH_MODEL}&compare={GATEWAY_MODEL}")
    assert page.count('name="lanes"') == 2 and "One prompt for all of them" in page


def test_a_model_that_is_off_or_unknown_and_a_stranger(as_viewer: Client, cast: Cast) -> None:
    model = gateway_model()
    type(model).objects.filter(pk=model.pk).update(is_enabled=False)
    assert as_viewer.get(at(GATEWAY_MODEL)).status_code == as_viewer.get(at("no/such")).status_code == 404
    as_viewer.force_login(cast.stranger)
    assert as_viewer.get(URL).status_code == as_viewer.get(at(SKETCH_MODEL)).status_code == 404


def test_the_catalogue_costs_few_queries(as_viewer: Client, django_assert_max_num_queries: object) -> None:
    see(as_viewer)
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        see(as_viewer)


def test_the_queue_on_a_models_page_leaves_the_sidebar_there(client: Client, cast: Cast) -> None:
    client.force_login(cast.producer)
    queue = reverse("team_queue", args=["northlight"]) + "?at=model"
    assert queue in see(client, at(SKETCH_MODEL))
    answer = see(client, queue)
    assert "&amp;at=model" in answer and 'data-go="models" aria-current="page"' in answer
    assert 'data-go="library" aria-current' not in answer
