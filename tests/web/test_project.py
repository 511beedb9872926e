"""The project's workspace."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, gateway_model, make_jobs, make_key, make_track

URL = reverse("project", args=["northlight", "aurora-spring-film"])


def page(client: Client, query: str = "") -> str:
    response = client.get(URL + query)
    assert response.status_code == 200
    return response.content.decode()


def test_it_shows_queue_tracks_and_compose_in_few_queries(
    as_producer: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_track(cast.project, cast.producer, f"waltz {number}").tag("calm")
    make_jobs(cast.project, cast.producer, takes=2)
    with django_assert_max_num_queries(25):
        text = page(as_producer)
    assert text.count('class="track ') == 12 and text.count('class="job"') == 1 and "<ms-compose" in text


def test_an_idle_page_asks_now_and_then_for_the_jobs_of_others(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer)
    text = page(as_producer)
    assert '<ms-poll id="poll" age="0" active="0">' in text and 'hx-trigger="ms:tick"' in text


def test_an_empty_project_offers_first_prompts(as_producer: Client) -> None:
    text = page(as_producer)
    assert "No tracks yet" in text and text.count("data-text=") == 3


def test_a_filter_without_a_match_offers_the_way_back(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer)
    text = page(as_producer, "?q=zither+status:new")
    assert "Nothing matches" in text and "Without <b>words zither</b> there is 1." in text and "Show all tracks" in text


def test_markup_in_a_search_stays_text(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer)
    assert "<script>x" not in page(as_producer, "?q=<script>x+tag:<script>x+<script>:x")


def test_load_more_is_a_real_link(as_producer: Client, cast: Cast) -> None:
    for number in range(51):
        make_track(cast.project, cast.producer, f"waltz {number}")
    assert '<a class="btn line" href="?page=2" hx-get="?page=2"' in page(as_producer)
    assert page(as_producer, "?page=2").count('class="track ') == 1


def test_from_fills_the_panel_with_the_prompt(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer, text="Slow waltz <3", duration_ms=42_500)
    text = page(as_producer, f"?from={job.prompt_id}")
    assert "Slow waltz &lt;3</textarea>" in text and 'value="42.5"' in text and f'name="parent" value="{job.prompt_id}"' in text
    assert "Based on" in text and "fresh" in text


@pytest.mark.parametrize("source", ["x", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_source_is_ignored(as_producer: Client, source: str) -> None:
    assert "Based on" not in page(as_producer, f"?from={source}")


def test_a_prompt_of_another_team_fills_nothing(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.other_project, cast.stranger, text="Secret waltz")
    assert "Secret waltz" not in page(as_producer, f"?from={job.prompt_id}")


def test_a_model_without_a_key_is_disabled_with_the_reason(as_producer: Client, client: Client, cast: Cast) -> None:
    choice = f'value="{GATEWAY_MODEL}" disabled'
    text = page(as_producer)
    assert choice in text and "Needs a key for AIgateway. An owner or admin can add one." in text
    make_key(cast.team)
    assert choice not in page(as_producer)


def test_a_listed_price_is_called_unverified(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    assert "$0.80/s listed, unverified." in page(as_producer)


def test_a_free_take_costs_nothing_and_a_paid_one_is_shown_with_what_is_left(as_producer: Client, cast: Cast) -> None:
    assert '<output class="num" data-c="amount" aria-live="off">$0.00</output>' in page(as_producer)
    make_key(cast.team)
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("0.10"))
    text = page(as_producer, f"?from={job.prompt_id}")
    assert (
        'data-c="amount" aria-live="off">$1.50</output>' in text
        and "$47.00 left after this" in text
        and 'name="cost" value="1500000"' in text
    )


def test_a_reviewer_sees_why_compose_is_closed(client: Client, cast: Cast) -> None:
    client.force_login(cast.reviewer)
    text = page(client)
    assert "You are Reviewer here" in text and "<ms-compose" not in text and "disabled" in text


def test_a_stranger_gets_404_and_anonymous_people_the_sign_in(client: Client, cast: Cast) -> None:
    assert client.get(URL)["Location"] == f"/accounts/login/?next={URL}"
    client.force_login(cast.stranger)
    assert client.get(URL).status_code == 404
    assert client.get(reverse("project", args=["elsewhere", "aurora-spring-film"])).status_code == 404


def test_a_new_project_is_opened_by_producers(as_producer: Client, cast: Cast) -> None:
    url = reverse("project_new", args=["northlight"])
    assert as_producer.get(url).status_code == 200
    assert as_producer.post(url, {"name": " "}).status_code == 422
    assert as_producer.post(url, {"name": "Winter"})["Location"] == "/t/northlight/projects/winter/"
    assert as_producer.post(url, {"name": "Winter"})["Location"] == "/t/northlight/projects/winter-2/"
    as_producer.force_login(cast.reviewer)
    assert as_producer.post(url, {"name": "Other"}).status_code == 403
