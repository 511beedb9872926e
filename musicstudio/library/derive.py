"""Making the files people ask for, in the worker that picked them up. What a dead worker left is started over."""

import errno
import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from musicstudio.audio.convert import Unmade, convert
from musicstudio.core import cluster
from musicstudio.core.media import CHUNK, Moved
from musicstudio.core.process import is_gone, this_process
from musicstudio.library.derivatives import Derivative, Making, Trouble, as_json, storage_name, tags_of

log = logging.getLogger(__name__)

BEAT = 1.0  # seconds between signs of life
DEAD_AFTER = timedelta(seconds=30)  # without one


class Stopped(Exception):
    """The worker is told to stop, or the row is no longer ours."""


def derive(pk: int) -> bool:
    """Makes one queued file; False when it was not there to be made, or could not be: the row then says why."""
    claim = {"process": this_process(), "alive_at": timezone.now(), "progress": 0}
    if not Derivative.objects.move(pk, Making.QUEUED, Making.WORKING, **claim):
        return False
    row = Derivative.objects.select_related("track__team", "track__project", "track__prompt").get(pk=pk)
    path = working_path(row)
    try:
        with local(row.track.file) as source:
            return make(row, source, path)
    except Stopped:
        give_back(row)
    except FileNotFoundError:
        row.fail(Trouble.MISSING)
    except Unmade as error:
        row.fail(Trouble.UNMADE, str(error))
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        row.fail(Trouble.DISK_FULL if full else Trouble.STORAGE, "" if full else error.strerror or str(error))
    except Exception:
        log.exception("Making %s failed", row)
        row.fail(Trouble.FAULT)
    finally:
        for left in (path, path.with_name(f"{path.name}.part")):
            left.unlink(missing_ok=True)
    return False


def make(row: Derivative, source: Path, path: Path) -> bool:
    """Converts, stores, and only then says ready; the file it replaces goes after the commit."""
    tags = tags_of(row.track, row.kind)
    convert(source, path, row.kind, tags, Beat(row))
    size, digest = path.stat().st_size, sha256_of(path)
    with path.open("rb") as file:
        name = default_storage.save(storage_name(row.track, row.kind), Moved(file, path))
    now = timezone.now()
    facts = {"file": name, "size": size, "sha256": digest, "tags": as_json(tags)}
    facts |= {"progress": 100, "ready_at": now, "used_at": now}
    with transaction.atomic():
        if Derivative.objects.move(row.pk, Making.WORKING, Making.READY, **facts):
            transaction.on_commit(lambda: discard([row.file.name]))
            return True
    discard([name])  # the track was purged meanwhile
    return False


class Beat:
    """Writes progress and a sign of life at most once a second; stops the work when it is no longer wanted."""

    def __init__(self, row: Derivative, clock: Callable[[], float] = time.monotonic) -> None:
        self.row, self.clock, self.next = row, clock, 0.0

    def __call__(self, fraction: float) -> None:
        if self.clock() < self.next:
            return
        self.next = self.clock() + BEAT
        mine = Derivative.objects.filter(pk=self.row.pk, state=Making.WORKING)
        if not mine.update(progress=int(fraction * 100), alive_at=timezone.now()) or cluster.is_stopping():
            raise Stopped


def give_back(row: Derivative) -> None:
    """Back into the queue for the next worker, unless it is gone."""
    if Derivative.objects.move(row.pk, Making.WORKING, Making.QUEUED, progress=0, process=""):
        row.enqueue()


def revive() -> int:
    """Queues again the files whose worker died and those whose task got lost; answers how many."""
    now, revived = timezone.now(), 0
    for row in Derivative.objects.filter(state=Making.WORKING):
        dead = row.alive_at is None or row.alive_at < now - DEAD_AFTER or is_gone(row.process)
        if dead and Derivative.objects.move(row.pk, Making.WORKING, Making.QUEUED, progress=0, process=""):
            row.enqueue()
            revived += 1
    for row in Derivative.objects.filter(state=Making.QUEUED, asked_at__lt=now - timedelta(minutes=10)):
        if Derivative.objects.filter(pk=row.pk, asked_at=row.asked_at).update(asked_at=now):
            row.enqueue()  # twice is harmless: only one finds it queued
            revived += 1
    return revived


def tidy() -> int:
    """Removes files that nobody has downloaded for a while: they can be made again. Answers how many."""
    before = timezone.now() - timedelta(days=settings.DERIVATIVE_DAYS)
    old = Derivative.objects.annotate(last=Coalesce(F("used_at"), F("asked_at")))
    rows = old.filter(Q(state__in=(Making.READY, Making.FAILED)), last__lt=before)
    with transaction.atomic():
        names = list(rows.select_for_update(of=("self",)).values_list("pk", "file"))
        Derivative.objects.filter(pk__in=[pk for pk, _ in names]).delete()
        transaction.on_commit(lambda: discard([name for _, name in names]))
    return len(names)


def discard(names: Iterable[str | None]) -> None:
    """Removes files from the storage."""
    for name in filter(None, names):
        default_storage.delete(name)


def working_path(row: Derivative) -> Path:
    """Where the file is written before it is stored: in the media folder, so that storing it is a rename."""
    folder = Path(settings.MEDIA_ROOT) / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"derivative-{row.pk}.{row.target.extension}"


@contextmanager
def local(file: "File[bytes]") -> Iterator[Path]:
    """The stored file as a path: its own, or that of a copy while the storage is elsewhere. Raises FileNotFoundError."""
    if not file.name or not default_storage.exists(file.name):
        raise FileNotFoundError(errno.ENOENT, "missing")
    try:
        yield Path(default_storage.path(file.name))
        return
    except NotImplementedError:
        pass
    copy = Path(settings.MEDIA_ROOT) / "incoming" / f"copy-{time.monotonic_ns()}"
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with default_storage.open(file.name) as source, copy.open("wb") as target:
            while block := source.read(CHUNK * 16):
                target.write(block)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
