"""Following takes from a page: rows, what arrives, and how little an unchanged queue costs."""

import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.budgets.models import Cap
from musicstudio.generation.models import Job, Reason, State
from musicstudio.generation.queue import Queue
from musicstudio.generation.race import race
from musicstudio.projects.models import Project
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_prompt, make_track, sketch_model

URL = reverse("queue", args=["northlight", "aurora-spring-film"])
HTMX = {"HX-Request": "true"}


def finish(job: Job) -> None:
    """The take arrives, as the worker's last transaction leaves it."""
    facts = {"batch": job.batch, "take": job.take, "prompt": job.prompt, "asked_at": job.created_at}
    make_track(job.project, job.created_by, **facts)
    Job.objects.move(job.pk, (State.QUEUED,), State.SUCCEEDED)


def address(response: HttpResponse) -> str:
    """The query with which the page would ask next."""
    found = re.search(r'queue/(\?since=[^"]*)"', response.content.decode())
    assert found
    return unescape(found[1])


def watch(*batches: uuid.UUID) -> dict[str, str]:
    return {"watch": ",".join(batch.hex for batch in batches)}


def test_an_unchanged_queue_is_answered_304_without_rendering(
    as_producer: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    first = as_producer.get(URL, watch(job.batch), headers=HTMX)
    with django_assert_max_num_queries(8):
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


def test_a_take_that_arrived_renews_the_list_and_the_end_of_the_request_is_told(as_producer: Client, cast: Cast) -> None:
    first, second = make_jobs(cast.project, cast.producer, takes=2)
    seen = address(as_producer.get(URL, headers=HTMX))
    finish(first)
    half = as_producer.get(URL + seen, headers=HTMX)
    assert "ms:changed" in half["HX-Trigger"] and "ms:news" not in half["HX-Trigger"]
    assert "ms:changed" not in as_producer.get(URL + address(half), headers=HTMX).headers.get("HX-Trigger", "")
    finish(second)
    whole = as_producer.get(URL + address(half), headers=HTMX)
    assert "ms:changed" in whole["HX-Trigger"] and "2 takes ready" in whole["HX-Trigger"]
    assert b'active="0"' in whole.content and "HX-Trigger" not in as_producer.get(URL + address(whole), headers=HTMX)


def test_the_news_say_what_was_lost(as_producer: Client, cast: Cast) -> None:
    first, second = make_jobs(cast.project, cast.producer, takes=2)
    finish(first)
    second.fail(Reason.ENGINE)
    news = as_producer.get(URL, watch(first.batch), headers=HTMX)["HX-Trigger"]
    assert "Lo-fi piano with light rain: 1 of 2 takes ready, 1 failed" in news


def test_a_request_of_a_colleague_is_noticed_by_a_page_where_nothing_ran(as_producer: Client, cast: Cast) -> None:
    idle = as_producer.get(URL, headers=HTMX)
    assert b'active="0"' in idle.content
    [theirs] = make_jobs(cast.project, cast.owner)
    page = as_producer.get(URL + address(idle), headers=HTMX | {"If-None-Match": idle["ETag"]}).content.decode()
    assert f'id="job-{theirs.batch}"' in page and 'active="1"' in page and f"watch={theirs.batch.hex}" in page


def test_the_library_follows_every_project_of_the_team_and_no_other(as_producer: Client, cast: Cast) -> None:
    [other] = make_jobs(Project.objects.open(cast.team, "Sketchbook"), cast.owner)
    [secret] = make_jobs(cast.other_project, cast.stranger)
    page = as_producer.get(reverse("team_queue", args=["northlight"]), headers=HTMX).content.decode()
    assert f'id="job-{other.batch}"' in page and "· Sketchbook" in page and str(secret.batch) not in page
    cancel = as_producer.post(reverse("cancel", args=["northlight", other.pk]) + "?at=library", headers=HTMX)
    assert b"team_queue" not in cancel.content and b"/t/northlight/queue/?since=" in cancel.content


def test_tracks_of_another_project_are_no_news(as_producer: Client, cast: Cast) -> None:
    [job] = make_jobs(cast.other_project, cast.stranger)
    finish(job)
    assert "HX-Trigger" not in as_producer.get(URL, watch(job.batch) | {"since": "1"}, headers=HTMX)


def test_unreadable_watches_are_ignored(cast: Cast) -> None:
    batch = uuid.uuid4()
    found = Queue.watching(cast.team, cast.project, f"x,{batch.hex},,{batch}", "9" * 40)
    assert (found.watch, found.since) == ((batch,), 0)


def test_takes_of_one_request_share_a_row_that_counts_them(cast: Cast) -> None:
    make_key(cast.team)
    jobs = make_jobs(cast.project, cast.producer, takes=4, model=gateway_model("0.10"))
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(state=State.RUNNING)
    Job.objects.move(jobs[0].pk, (State.RUNNING,), State.SUCCEEDED)
    [row] = Queue(cast.team, cast.project).rows
    assert (row.takes, row.stage_text, row.money) == ("4 takes", "Rendering 2 of 4", "$4.50 held")
    assert row.marks == ["done", "done", "now", "", ""]


def test_usually_is_said_only_with_enough_finished_takes_of_that_length(cast: Cast) -> None:
    done = make_jobs(cast.project, cast.producer, takes=3)
    make_jobs(cast.project, cast.producer)
    for job in done[:2]:
        Job.objects.move(job.pk, (State.QUEUED,), State.SUCCEEDED)
    assert {row.usual_seconds for row in Queue(cast.team, cast.project).rows} == {None}
    Job.objects.move(done[2].pk, (State.QUEUED,), State.SUCCEEDED)
    make_jobs(cast.project, cast.producer, duration_ms=90_000)
    assert [row.usual_seconds for row in Queue(cast.team, cast.project).rows] == [None, 1]


def test_a_waiting_take_says_how_many_are_ahead(cast: Cast) -> None:
    make_jobs(cast.other_project, cast.stranger, takes=2)
    make_jobs(cast.project, cast.producer)
    [row] = Queue(cast.team, cast.project).rows
    assert row.stage_text == "Waiting, 2 ahead"


def test_a_busy_provider_is_named_with_the_time_of_the_next_try(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("0.10"))
    Job.objects.filter(pk=job.pk).update(tries=1, next_at=timezone.now() + timedelta(seconds=18))
    page = as_producer.get(URL, headers=HTMX).content.decode()
    assert "Provider busy" in page and "retrying in <ms-elapsed down" in page and "Nothing was charged" in page


def test_a_request_that_failed_in_part_says_what_arrived_what_it_cost_and_retries_the_rest(
    as_producer: Client, cast: Cast
) -> None:
    make_key(cast.team)
    jobs = make_jobs(cast.project, cast.producer, takes=4, model=gateway_model("0.10"))
    for job in jobs[:3]:
        job.hold.settle()
        Job.objects.move(job.pk, (State.QUEUED,), State.SUCCEEDED)
    jobs[3].fail(Reason.PROVIDER_FAILED)
    page = as_producer.get(URL, headers=HTMX).content.decode()
    assert "3 of 4 arrived, $4.50 charged." in page and "Retry 1" in page and "Nothing was charged." in page


def test_a_cancelled_take_says_what_was_released(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("0.10"))
    response = as_producer.post(reverse("cancel", args=["northlight", job.pk]), headers=HTMX)
    assert "Cancelled. $1.50 released." in response["HX-Trigger"]


def test_the_lanes_of_a_race_stand_together(cast: Cast) -> None:
    make_key(cast.team)
    race(make_prompt(cast.project, cast.producer), 2, [gateway_model("0.10"), sketch_model()], cast.producer)
    rows = Queue(cast.team, cast.project).rows
    assert [row.lanes for row in rows] == [2, 0] and {row.takes for row in rows} == {"2 takes"}


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
