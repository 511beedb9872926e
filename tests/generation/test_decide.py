"""What people decide about takes: cancel, dismiss, fetch again, and whether an uncertain one was charged."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.budgets.models import Cap
from musicstudio.budgets.verify import broken_invariants
from musicstudio.generation.models import Job, Reason, State
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key

HTMX = {"HX-Request": "true"}


@pytest.fixture
def jobs(cast: Cast) -> list[Job]:
    """Two paid takes in the queue; $3.00 held."""
    make_key(cast.team)
    return make_jobs(cast.project, cast.producer, takes=2, model=gateway_model("0.10"))


def money(cast: Cast) -> tuple[int, int]:
    assert broken_invariants() == []
    bucket = Cap.objects.of(cast.team).bucket()
    return bucket.held_micros, bucket.settled_micros


def url(verb: str, job: Job) -> str:
    return reverse(verb, args=["northlight", job.pk])


def test_cancel_stops_every_take_of_the_request_and_releases_its_money(as_producer: Client, cast: Cast, jobs: list[Job]) -> None:
    response = as_producer.post(url("cancel", jobs[0]), headers=HTMX)
    assert response.status_code == 200 and b'class="job"' not in response.content
    assert set(Job.objects.values_list("state", flat=True)) == {State.CANCELLED} and money(cast) == (0, 0)


def test_cancel_leaves_other_requests_alone(as_producer: Client, cast: Cast, jobs: list[Job]) -> None:
    [other] = make_jobs(cast.project, cast.owner)
    as_producer.post(url("cancel", jobs[0]), headers=HTMX)
    other.refresh_from_db()
    assert other.state == State.QUEUED


def test_a_running_take_is_asked_to_stop(as_producer: Client, cast: Cast, jobs: list[Job]) -> None:
    Job.objects.update(state=State.RUNNING)
    page = as_producer.post(url("cancel", jobs[0]), headers=HTMX).content.decode()
    assert "Cancelling…" in page and money(cast) == (3_000_000, 0)
    assert all(job.cancel_at for job in Job.objects.all())


def test_dismiss_takes_failed_takes_out_of_the_queue(as_producer: Client, jobs: list[Job]) -> None:
    for job in jobs:
        job.fail(Reason.UNAVAILABLE)
    assert b'class="job"' not in as_producer.post(url("dismiss", jobs[0]), headers=HTMX).content
    assert Job.objects.filter(dismissed=True).count() == 2


def test_a_finished_and_paid_take_is_fetched_again(as_producer: Client, cast: Cast, jobs: list[Job]) -> None:
    Job.objects.update(state=State.COLLECTING, remote_ref={"id": "job_1"}, outputs=[{"url": "https://x.example/a.mp3"}])
    jobs[0].refresh_from_db()
    jobs[0].fail(Reason.FILE_UNREACHABLE, charged=True)
    page = as_producer.get(reverse("queue", args=["northlight", "aurora-spring-film"]), headers=HTMX).content
    assert b"Fetch the file again" in page
    as_producer.post(url("collect_again", jobs[0]), headers=HTMX)
    jobs[0].refresh_from_db()
    assert jobs[0].state == State.COLLECTING and money(cast) == (1_500_000, 1_500_000)


@pytest.mark.parametrize(("charged", "expected"), [("1", (1_500_000, 1_500_000)), ("0", (1_500_000, 0))])
def test_an_admin_decides_about_an_uncertain_take(
    client: Client, cast: Cast, jobs: list[Job], charged: str, expected: tuple[int, int]
) -> None:
    jobs[0].doubt(Reason.NO_ANSWER)
    assert money(cast) == (3_000_000, 0)
    client.force_login(cast.owner)
    page = client.get(reverse("queue", args=["northlight", "aurora-spring-film"]), headers=HTMX).content.decode()
    assert "It was charged" in page and "It was not charged" in page
    assert client.post(url("resolve", jobs[0]), {"charged": charged}, headers=HTMX).status_code == 200
    assert money(cast) == expected
    client.post(url("resolve", jobs[0]), {"charged": "1"}, headers=HTMX)
    assert money(cast) == expected, "a second decision moves nothing"


def test_a_producer_may_not_decide_about_money(as_producer: Client, cast: Cast, jobs: list[Job]) -> None:
    jobs[0].doubt(Reason.NO_ANSWER)
    assert as_producer.post(url("resolve", jobs[0]), {"charged": "0"}, headers=HTMX).status_code == 403
    page = as_producer.get(reverse("queue", args=["northlight", "aurora-spring-film"]), headers=HTMX).content.decode()
    assert "It was not charged" not in page and "no answer came back" in page and money(cast) == (3_000_000, 0)


@pytest.mark.parametrize("verb", ["cancel", "dismiss", "collect_again", "resolve"])
def test_a_reviewer_may_not_and_a_stranger_cannot(client: Client, cast: Cast, jobs: list[Job], verb: str) -> None:
    for user, status in ((cast.reviewer, 403), (cast.stranger, 404)):
        client.force_login(user)
        assert client.post(url(verb, jobs[0]), headers=HTMX).status_code == status
    client.force_login(cast.owner)
    assert client.get(url(verb, jobs[0])).status_code == 405 and money(cast) == (3_000_000, 0)


def test_without_script_the_answer_is_the_project_page(as_producer: Client, jobs: list[Job]) -> None:
    response = as_producer.post(url("cancel", jobs[0]))
    assert response.status_code == 302 and response["Location"] == "/t/northlight/projects/aurora-spring-film/"
