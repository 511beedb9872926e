"""The queue of the whole team, for its admins: filters, search by the ids people quote, and holding a key back."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.generation.models import Job, Reason
from musicstudio.generation.overview import PER_PAGE
from musicstudio.projects.models import Project
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key

URL = reverse("jobs", args=["northlight"])


@pytest.fixture
def as_owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def see(client: Client, **query: str) -> str:
    response = client.get(URL, query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_job_is_found_by_every_id_that_people_quote(as_owner: Client, cast: Cast) -> None:
    make_key(cast.team)
    [lost] = make_jobs(cast.project, cast.producer, text="lost waltz", model=gateway_model("0.10"))
    Job.objects.filter(pk=lost.pk).update(request_id="req-4711-abc", remote_ref={"id": "gen_77"})
    make_jobs(cast.project, cast.producer, text="other tune")
    make_jobs(cast.other_project, cast.stranger, text="lost secret")
    for wanted in ("4711", "GEN_77", str(lost.pk), "lost"):
        page = see(as_owner, q=wanted)
        assert "lost waltz" in page and "other tune" not in page and "secret" not in page, wanted
    assert "Nothing matches these filters." in see(as_owner, q="nobody")


def test_an_earlier_attempts_request_id_is_found_too(as_owner: Client, cast: Cast) -> None:
    make_key(cast.team)
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("0.10"))
    Job.objects.filter(pk=job.pk).update(request_id="req-first")
    Job.objects.get(pk=job.pk).fail(Reason.PROVIDER_FAILED)
    Job.objects.get(pk=job.pk).retry(cast.owner)
    assert "attempt 2" in see(as_owner, q="req-first") and "request req-first" in see(as_owner, q="req-first")


def test_filters_and_search_stay_on_the_way_to_older_jobs(as_owner: Client, cast: Cast) -> None:
    sketchbook = Project.objects.open(cast.team, "Sketchbook")
    for _ in range(PER_PAGE // 8 + 1):
        make_jobs(sketchbook, cast.producer, takes=8, text="slow waltz")
    make_jobs(cast.project, cast.producer, text="fast waltz")
    page = see(as_owner, project="sketchbook", q="waltz")
    assert "fast waltz" not in page and "?project=sketchbook&amp;q=waltz&amp;page=2" in page
    assert see(as_owner, project="sketchbook", q="waltz", page="2").count('class="card"') == 6


def test_a_key_is_held_back_from_here(as_owner: Client, cast: Cast) -> None:
    key = make_key(cast.team)
    url = reverse("pause_key", args=["northlight", key.pk])
    assert as_owner.post(url, {"pause": "1", "back": "jobs"})["Location"] == URL
    assert "is paused: Paused by" in see(as_owner) and "Resume" in see(as_owner)
    as_owner.post(url, {"pause": "0", "back": "jobs"})
    assert "sends." in see(as_owner)


def test_only_admins_see_it(as_producer: Client, client: Client, cast: Cast) -> None:
    assert as_producer.get(URL).status_code == 403
    client.force_login(cast.stranger)
    assert client.get(URL).status_code == 404
