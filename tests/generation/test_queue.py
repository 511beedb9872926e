"""Following takes from a page: rows, what arrives, and how little an unchanged queue costs."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.budgets.models import Cap
from musicstudio.generation.models import Job, Reason, State
from musicstudio.generation.queue import Queue
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_track

URL = reverse("queue", args=["northlight", "aurora-spring-film"])
HTMX = {"HX-Request": "true"}


def finish(job: Job) -> None:
    """The take arrives, as the worker's last transaction leaves it."""
    facts = {"batch": job.batch, "take": job.take, "prompt": job.prompt, "asked_at": job.created_at}
    make_track(job.project, job.created_by, **facts)
    Job.objects.move(job.pk, (State.QUEUED,), State.SUCCEEDED)


def watch(*batches: uuid.UUID) -> dict[str, str]:
    return {"watch": ",".join(batch.hex for batch in batches)}


def test_an_unchanged_queue_is_answered_304_without_rendering(
    as_producer: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    first = as_producer.get(URL, watch(job.batch), headers=HTMX)
    with django_assert_max_num_queries(6):
        again = as_producer.get(URL, watch(job.batch), headers=HTMX | {"If-None-Match": first["ETag"]})
    assert first.status_code == 200 and again.status_code == 304 and again.content == b""
    assert "private" in first["Cache-Control"] and "no-cache" in first["Cache-Control"]


@pytest.mark.parametrize("change", ["state", "progress", "money", "cap"])
def test_the_etag_changes_with_what_the_page_shows(as_producer: Client, cast: Cast, change: str) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    before = as_producer.get(URL, headers=HTMX)["ETag"]
    if change == "state":
        Job.objects.move(job.pk, (State.QUEUED,), State.RUNNING)
    elif change == "progress":
        Job.objects.filter(pk=job.pk).update(progress=40)
    else:
        bucket = Cap.objects.of(cast.team).bucket()
        setattr(bucket, "held_micros" if change == "money" else "limit_micros", 7_000_000)
        bucket.save()
    assert as_producer.get(URL, headers=HTMX | {"If-None-Match": before}).status_code == 200


def test_a_finished_take_arrives_in_its_place_with_the_news(as_producer: Client, cast: Cast) -> None:
    first, second = make_jobs(cast.project, cast.producer, takes=2)
    finish(first)
    half = as_producer.get(URL, watch(first.batch), headers=HTMX)
    assert f'id="gen-{first.batch.hex}" hx-swap-oob="morph"' in half.content.decode()
    assert "Rendering" not in half.content.decode() and "HX-Trigger" not in half
    finish(second)
    whole = as_producer.get(URL, watch(first.batch), headers=HTMX)
    assert "2 takes ready" in whole["HX-Trigger"]
    assert b"<ms-poll" not in whole.content and b"hx-trigger" not in whole.content.split(b'id="queue"')[1][:200]


def test_a_request_of_a_colleague_gets_a_place_on_top_of_the_list(as_producer: Client, cast: Cast) -> None:
    [mine] = make_jobs(cast.project, cast.producer)
    [theirs] = make_jobs(cast.project, cast.owner)
    page = as_producer.get(URL, watch(mine.batch), headers=HTMX).content.decode()
    assert 'hx-swap-oob="afterbegin:#tracks"' in page and f'<section class="gen-group" id="gen-{theirs.batch.hex}">' in page
    assert f'<section class="gen-group" id="gen-{mine.batch.hex}">' not in page
    assert f"?watch={theirs.batch.hex},{mine.batch.hex}" in page


def test_tracks_of_another_project_are_not_watched(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.other_project, cast.stranger)
    finish(job)
    assert job.batch.hex.encode() not in as_producer.get(URL, watch(job.batch), headers=HTMX).content.split(b"</section>")[-1]
    assert Queue(cast.project, (job.batch,)).arrived == []


def test_unreadable_watches_are_ignored(cast: Cast) -> None:
    batch = uuid.uuid4()
    assert Queue.watching(cast.project, f"x,{batch.hex},,{batch}").watch == (batch,)


def test_takes_of_one_request_share_a_row_that_counts_them(cast: Cast) -> None:
    make_key(cast.team)
    jobs = make_jobs(cast.project, cast.producer, takes=4, model=gateway_model("0.10"))
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(state=State.RUNNING)
    Job.objects.move(jobs[0].pk, (State.RUNNING,), State.SUCCEEDED)
    [row] = Queue(cast.project).rows
    assert (row.takes, row.stage_text, row.money) == ("4 takes", "Rendering 2 of 4", "$4.50 held")
    assert row.marks == ["done", "done", "now", "", ""]


def test_usually_is_said_only_with_enough_finished_takes(cast: Cast) -> None:
    done = make_jobs(cast.project, cast.producer, takes=3)
    make_jobs(cast.project, cast.producer)
    for job in done[:2]:
        Job.objects.move(job.pk, (State.QUEUED,), State.SUCCEEDED)
    assert {row.usual_seconds for row in Queue(cast.project).rows} == {None}
    Job.objects.move(done[2].pk, (State.QUEUED,), State.SUCCEEDED)
    assert [row.usual_seconds for row in Queue(cast.project).rows] == [0]


def test_a_failure_says_why_what_it_cost_and_offers_the_next_step(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("0.10"))
    job.fail(Reason.CONTENT_REFUSED, "<b>no artist names</b>")
    page = as_producer.get(URL, headers=HTMX).content.decode()
    assert "The provider refuses these words." in page and "nothing charged" in page
    assert "&lt;b&gt;no artist names" in page and "Edit the prompt" in page and "Dismiss" in page


def test_a_stranger_gets_404(client: Client, cast: Cast) -> None:
    client.force_login(cast.stranger)
    assert client.get(URL, headers=HTMX).status_code == 404


def test_a_reviewer_sees_the_rows_without_buttons(client: Client, cast: Cast) -> None:
    make_jobs(cast.project, cast.producer)
    client.force_login(cast.reviewer)
    page = client.get(URL, headers=HTMX).content
    assert b'class="job"' in page and b"Cancel" not in page
