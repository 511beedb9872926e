"""The bin and the archive: out of every list, back again, or gone for good with the file."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from django_q.models import Schedule

from musicstudio.accounts.models import Role
from musicstudio.generation.models import Job
from musicstudio.generation.render import render
from musicstudio.library.models import CollectionItem, Track
from musicstudio.library.tasks import tidy
from tests.conftest import Cast
from tests.factories import make_jobs, make_sounding_track, make_track

PURGE = "/t/northlight/bin/purge/"
Callbacks = Any  # pytest-django's fixture: runs what waits for the commit


def throw_away(*tracks: Track, days: int = 0) -> None:
    Track.objects.filter(pk__in=[track.pk for track in tracks]).update(deleted_at=timezone.now() - timedelta(days=days))


def test_the_shelves_show_what_the_lists_do_not(as_producer: Client, cast: Cast) -> None:
    kept, archived, binned = [make_track(cast.project, cast.producer, text) for text in ("kept", "archived", "binned")]
    Track.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    throw_away(binned)
    for url, title in (("tracks", "kept"), ("archive", "archived"), ("bin", "binned"), ("projects/aurora-spring-film", "kept")):
        page = as_producer.get(f"/t/northlight/{url}/").content.decode()
        shown = [other for other in ("kept", "archived", "binned") if f'data-title="{other}"' in page]
        assert shown == [title], url
    assert b'data-title="binned"' in as_producer.get("/t/northlight/bin/?q=BINNED").content
    assert b'data-title="binned"' not in as_producer.get("/t/northlight/bin/?q=waltz").content
    assert as_producer.get(binned.get_absolute_url()).status_code == 200 and kept.get_absolute_url()


def test_deleting_for_good_asks_for_the_number_and_takes_the_files(
    as_producer: Client, cast: Cast, django_capture_on_commit_callbacks: Callbacks
) -> None:
    tracks = [make_sounding_track(cast.project, cast.producer, 0.2) for _ in range(2)]
    throw_away(*tracks)
    chosen = {"track": [str(track.pk) for track in tracks]}
    assert "Type 2 to confirm" in as_producer.post(PURGE, chosen).content.decode()
    wrong = as_producer.post(PURGE, chosen | {"sure": "3"})
    assert wrong.status_code == 422 and "That is not 2. Nothing was deleted." in wrong.content.decode()
    assert Track.objects.count() == 2
    with django_capture_on_commit_callbacks() as waiting:
        done = as_producer.post(PURGE, chosen | {"sure": "2"})
    assert done.status_code == 200 and not Track.objects.exists()
    assert all(default_storage.exists(track.file.name) for track in tracks)  # until the commit
    for run in waiting:
        run()
    assert not any(default_storage.exists(track.file.name) for track in tracks)


def test_only_what_is_in_the_bin_can_go_for_good(client: Client, cast: Cast) -> None:
    kept, binned = make_track(cast.project, cast.producer, "kept"), make_track(cast.project, cast.producer, "binned")
    theirs = make_track(cast.other_project, cast.stranger, "theirs")
    throw_away(binned, theirs)
    client.force_login(cast.producer)
    client.post(PURGE, {"track": [str(track.pk) for track in (kept, binned, theirs)], "sure": "3"})
    assert Track.objects.count() == 3
    client.post(PURGE, {"track": [str(track.pk) for track in (kept, binned, theirs)], "sure": "1"})
    assert {track.title for track in Track.objects.all()} == {"kept", "theirs"}
    client.force_login(cast.reviewer)
    assert client.post(PURGE, {"track": [str(kept.pk)], "sure": "1"}).status_code == 403
    client.force_login(cast.stranger)
    assert client.post(PURGE, {"track": [str(kept.pk)], "sure": "1"}).status_code == 404


def test_the_night_takes_what_is_old_enough_and_the_ledger_stays(
    cast: Cast, django_capture_on_commit_callbacks: Callbacks
) -> None:
    [job] = make_jobs(cast.project, cast.producer, duration_ms=3_000)
    assert render(job.pk)
    old = Track.objects.get(pk=job.pk)
    fresh = make_sounding_track(cast.project, cast.producer, 0.2)
    old.collections.create(team=cast.team, name="Set", created_by=cast.owner, through_defaults={"position": 0})
    throw_away(old, days=settings.BIN_DAYS + 1)
    throw_away(fresh, days=settings.BIN_DAYS - 1)
    with django_capture_on_commit_callbacks(execute=True):
        tidy()
        tidy()
    assert list(Track.objects.all()) == [fresh] and not CollectionItem.objects.exists()
    assert not default_storage.exists(old.file.name) and default_storage.exists(fresh.file.name)
    job = Job.objects.get(pk=job.pk)
    assert job.track is None and job.hold.project == cast.project and job.prompt.text


@pytest.mark.django_db(transaction=True)
def test_the_night_is_scheduled_once() -> None:
    assert Schedule.objects.filter(func="musicstudio.library.tasks.tidy").count() == 1


def test_a_file_that_another_track_names_stays(cast: Cast, django_capture_on_commit_callbacks: Callbacks) -> None:
    first = make_sounding_track(cast.project, cast.producer, 0.2)
    make_track(cast.project, cast.producer, file=first.file.name)
    throw_away(first, days=99)
    with django_capture_on_commit_callbacks(execute=True):
        tidy()
    assert Track.objects.count() == 1 and default_storage.exists(first.file.name)


def test_a_viewer_sees_the_shelves_and_changes_nothing(client: Client, cast: Cast) -> None:
    cast.team.memberships.filter(user=cast.reviewer).update(role=Role.VIEWER)
    throw_away(make_track(cast.project, cast.producer, "binned"))
    client.force_login(cast.reviewer)
    page = client.get("/t/northlight/bin/").content.decode()
    assert 'data-title="binned"' in page and "data-purge" not in page and 'data-act="restore"' not in page
