"""A sketch take in the worker: from the queue to the library, cancelled, interrupted, broken."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from django_q.models import OrmQ

from musicstudio import sketch
from musicstudio.core import cluster
from musicstudio.core.process import this_process
from musicstudio.generation import render, tasks
from musicstudio.generation.models import Job, Reason, State
from musicstudio.library.models import Track
from tests.conftest import Cast
from tests.factories import make_jobs


def short_job(cast: Cast, **words: Any) -> Job:
    [job] = make_jobs(cast.project, cast.producer, **({"duration_ms": 3_000} | words))
    return job


def test_words_become_a_track(cast: Cast) -> None:
    job = short_job(cast, text="lo-fi piano with light rain")
    tasks.render(str(job.pk))
    job.refresh_from_db()
    track = job.track
    assert track is not None and (job.state, job.progress) == (State.SUCCEEDED, 100)
    assert abs(track.duration_ms - 3_000) <= 100 and track.format == "mp3" and default_storage.exists(track.file.name)
    assert track.seed == job.seed and track.cost_micros == 0
    said = track.parameters["said"]
    assert said["engine"] == "studio-sketch" and said["genre"] and said["key"] and "rain" in said["textures"]


def test_the_same_seed_gives_the_same_bytes(cast: Cast) -> None:
    jobs = [short_job(cast, format="wav") for _ in range(2)]
    Job.objects.update(seed=11)
    for job in jobs:
        tasks.render(str(job.pk))
    first, second = Track.objects.all()
    assert first.sha256 == second.sha256 and first.pk != second.pk


def test_a_task_that_is_delivered_twice_renders_once(cast: Cast) -> None:
    job = short_job(cast)
    assert render.render(job.pk)
    assert not render.render(job.pk)
    assert Track.objects.count() == 1


def test_a_cancelled_job_is_not_rendered(cast: Cast) -> None:
    job = short_job(cast)
    job.cancel()
    assert not render.render(job.pk)
    assert not Track.objects.exists()


def test_cancelling_stops_the_engine(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = short_job(cast, duration_ms=30_000)
    monkeypatch.setattr(render, "BEAT", 0.0)
    real = sketch.generate

    def cancelled_at_once(*args: Any, **kwargs: Any) -> sketch.Piece:
        job.cancel()
        return real(*args, **kwargs)

    monkeypatch.setattr(sketch, "generate", cancelled_at_once)
    assert not render.render(job.pk)
    job.refresh_from_db()
    assert (job.state, job.hold.state) == (State.CANCELLED, "released")


def test_a_stopping_worker_gives_the_job_back(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = short_job(cast)
    OrmQ.objects.all().delete()
    monkeypatch.setattr(cluster, "is_stopping", lambda: True)
    assert not render.render(job.pk)
    job.refresh_from_db()
    assert job.state == State.QUEUED and OrmQ.objects.count() == 1


@pytest.mark.parametrize(
    ("error", "reason"), [(RuntimeError("bug"), Reason.ENGINE), (OSError(28, "No space left on device"), Reason.STORAGE)]
)
def test_a_failing_engine_fails_the_job_with_a_reason(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: Reason
) -> None:
    def broken(*args: Any, **kwargs: Any) -> sketch.Piece:
        raise error

    monkeypatch.setattr(sketch, "generate", broken)
    job = short_job(cast)
    assert not render.render(job.pk)
    job.refresh_from_db()
    assert (job.state, job.reason, job.hold.state) == (State.FAILED, reason, "released")


def test_the_job_of_a_dead_worker_starts_over(cast: Cast) -> None:
    job = short_job(cast)
    long_ago = timezone.now() - render.DEAD_AFTER - timedelta(seconds=1)
    Job.objects.move(job.pk, (State.QUEUED,), State.RUNNING, alive_at=long_ago)
    OrmQ.objects.all().delete()
    assert render.revive() == 1
    assert OrmQ.objects.count() == 1 and render.render(job.pk)


def test_a_job_whose_worker_lives_is_left_alone(cast: Cast) -> None:
    job = short_job(cast)
    Job.objects.move(job.pk, (State.QUEUED,), State.RUNNING, alive_at=timezone.now())
    OrmQ.objects.all().delete()
    assert render.revive() == 0


def test_a_job_whose_task_was_fetched_by_a_cluster_that_died_is_queued_again(cast: Cast) -> None:
    short_job(cast)
    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=11))
    assert render.revive() == 1
    assert OrmQ.objects.filter(lock__lte=timezone.now()).count() == 1


def test_a_job_whose_task_got_lost_is_queued_again(cast: Cast) -> None:
    short_job(cast)
    OrmQ.objects.all().delete()
    assert render.revive() == 1
    assert render.revive() == 0


def test_a_worker_that_was_killed_just_now_is_not_waited_for(cast: Cast) -> None:
    jobs = [short_job(cast), short_job(cast)]
    here, pid, started = this_process().rsplit("/", 2)
    for job, process in zip(jobs, (f"{here}/{pid}/{int(started) - 1}", this_process()), strict=True):
        Job.objects.move(job.pk, (State.QUEUED,), State.RUNNING, alive_at=timezone.now(), remote_ref={"process": process})
    OrmQ.objects.all().delete()
    assert render.revive() == 1
    assert list(Job.objects.filter(state=State.QUEUED)) == [jobs[0]]
