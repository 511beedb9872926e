"""What was asked before: search, stars, and recipes with what became of their takes."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.generation.history import Figures, ranked
from musicstudio.generation.models import Job
from musicstudio.projects.models import PromptFavourite, Recipe
from tests.conftest import Cast
from tests.factories import make_jobs, make_track

URL = reverse("history", args=["northlight", "aurora-spring-film"])


def shown(client: Client, **query: str) -> str:
    response = client.get(URL, query)
    assert response.status_code == 200
    return response.content.decode()


def arrive(job: Job, status: str, cost: int = 0) -> None:
    """The take comes, and somebody decides about it."""
    track = make_track(job.project, job.created_by, prompt=job.prompt, batch=job.batch, take=job.take, cost_micros=cost)
    type(track).objects.filter(pk=track.pk).update(status=status)
    Job.objects.filter(pk=job.pk).update(track=track)


def share(client: Client, job: Job, name: str) -> None:
    assert client.post(reverse("share_recipe", args=["northlight", job.prompt_id]), {"name": name}).status_code == 200


def test_it_lists_what_was_asked_with_what_became_of_it(as_producer: Client, cast: Cast) -> None:
    first, second, third = make_jobs(cast.project, cast.producer, takes=3, text="slow waltz", chips="warm, 96 bpm")
    arrive(first, "approved", 240_000)
    arrive(second, "shortlisted", 240_000)
    arrive(third, "rejected", 240_000)
    make_jobs(cast.project, cast.owner, text="techno")
    make_jobs(cast.other_project, cast.stranger, text="secret march")
    page = shown(as_producer)
    assert "3 takes: 2 kept, 1 rejected · $0.72" in page and "warm, 96 bpm" in page and "techno" in page
    assert "secret march" not in page
    assert "techno" not in shown(as_producer, show="mine") and "slow waltz" in shown(as_producer, show="mine")
    assert "slow waltz" in shown(as_producer, q="WALTZ bpm") and "Nothing with “tuba”." in shown(as_producer, q="tuba")


def test_a_star_is_ones_own_and_reaches_across_projects(client: Client, as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer, text="slow waltz")
    assert "slow waltz" not in shown(as_producer, show="starred")
    as_producer.post(reverse("star", args=["northlight", job.prompt_id]))
    assert "slow waltz" in shown(as_producer, show="starred")
    client.force_login(cast.owner)
    assert "slow waltz" not in shown(client, show="starred")
    client.force_login(cast.producer)
    client.post(reverse("star", args=["northlight", job.prompt_id]))
    assert not PromptFavourite.objects.exists()


def test_a_recipe_is_shared_under_a_name_with_the_figures_of_its_takes(as_producer: Client, cast: Cast) -> None:
    jobs = make_jobs(cast.project, cast.producer, takes=4, text="slow waltz", chips="warm")
    share(as_producer, jobs[0], "Waltz that works")
    assert "No decisions yet" in shown(as_producer, show="recipes") and "no takes yet" in shown(as_producer, show="recipes")
    for job, status in zip(jobs, ("approved", "approved", "rejected", "new"), strict=True):
        arrive(job, status, 250_000)
    page = shown(as_producer, show="recipes")
    assert "67 % approved</b> of 3 decided" in page and "$0.25 a take over 4" in page


def test_takes_with_other_words_or_of_another_team_do_not_count(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer, text="slow waltz", chips="warm")
    share(as_producer, job, "Waltz")
    arrive(make_jobs(cast.project, cast.producer, text="slow waltz")[0], "approved")
    arrive(make_jobs(cast.other_project, cast.stranger, text="slow waltz", chips="warm")[0], "approved")
    assert [one.figures for one in ranked(cast.team)] == [Figures()]


def test_recipes_are_ranked_by_approval_with_regard_to_how_many_decided() -> None:
    lucky, steady, poor, unknown = Figures(1, 1, 1, 0), Figures(20, 20, 18, 0), Figures(20, 20, 2, 0), Figures(9, 0, 0, 0)
    assert sorted([unknown, poor, lucky, steady], key=lambda one: one.rank) == [steady, lucky, poor, unknown]
    assert Figures(4, 2, 1, 400_000).rank < Figures(4, 2, 1, 800_000).rank


@pytest.mark.parametrize(("name", "said"), [("", "1 to 60 characters"), ("WALTZ", "has a recipe named WALTZ")])
def test_a_recipe_needs_a_name_of_its_own(as_producer: Client, cast: Cast, name: str, said: str) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    share(as_producer, job, "Waltz")
    response = as_producer.post(reverse("share_recipe", args=["northlight", job.prompt_id]), {"name": name})
    assert said in response["HX-Trigger"] and Recipe.objects.count() == 1


def test_a_recipe_is_taken_out_by_its_author_or_an_admin_and_comes_back(client: Client, as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.owner, text="slow waltz")
    client.force_login(cast.owner)
    share(client, job, "Waltz")
    url = reverse("drop_recipe", args=["northlight", "aurora-spring-film", Recipe.objects.get().pk])
    client.force_login(cast.producer)
    assert client.post(url).status_code == 403
    client.force_login(cast.owner)
    response = client.post(url, {"show": "recipes"})
    assert "Waltz</b>" not in response.content.decode() and f"{url}?back=1" in response["HX-Trigger"]
    client.post(f"{url}?back=1")
    assert "Waltz</b>" in shown(client, show="recipes")


def test_a_recipe_fills_the_panel(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer, text="slow waltz", chips="warm", duration_ms=42_000)
    share(as_producer, job, "Waltz")
    recipe = Recipe.objects.get()
    panel = as_producer.get(reverse("compose", args=["northlight"]), {"recipe": recipe.pk}).content.decode()
    assert ">slow waltz</textarea>" in panel and 'value="warm" checked' in panel and 'value="42"' in panel


def test_a_reviewer_stars_and_does_not_share(client: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    client.force_login(cast.reviewer)
    assert client.post(reverse("star", args=["northlight", job.prompt_id])).status_code == 200
    assert client.post(reverse("share_recipe", args=["northlight", job.prompt_id]), {"name": "x"}).status_code == 403


def test_a_stranger_gets_404(client: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    client.force_login(cast.stranger)
    assert client.get(URL).status_code == 404
    assert client.post(reverse("star", args=["northlight", job.prompt_id])).status_code == 404
    assert client.post(reverse("star", args=["elsewhere", job.prompt_id])).status_code == 404
