"""A finished file becomes a track: checked, measured, stored untouched, settled. Safe to run twice for one job."""

import errno
import hashlib
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from musicstudio import audio
from musicstudio.core.media import Moved
from musicstudio.generation.models import Job, Reason, State
from musicstudio.library.models import Track, storage_name, title_from
from musicstudio.library.peaks import keep as keep_peaks
from musicstudio.notify.models import Event, Webhook

SHORTEST = Decimal("0.9")  # of the asked length; below that a file is truncated, not a little early
LEFT_FOR = 3600.0  # seconds that an unfinished file may lie in the incoming folder
EXTENSIONS = {"mp3": "mp3", "wav": "wav", "flac": "flac", "ogg": "ogg"}


class Unusable(Exception):
    """The file cannot become a track; `reason` says why."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Measured:
    """A checked file: what it is, and the SHA-256 of its bytes in hex."""

    path: Path
    size: int
    sha256: str
    facts: audio.AudioFacts


def incoming(job: Job, extension: str = "audio") -> Path:
    """Where a job's file is written before it is checked: in the media folder, so that moving it is a rename."""
    folder = Path(settings.MEDIA_ROOT) / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{job.pk}.{extension}"


def measure(path: Path, expected: Decimal | None) -> Measured:
    """Decodes the whole file; raises `Unusable` when it is no audio or breaks off. `expected` seconds; None: any length.

    Touches no database, so it may run in a thread.
    """
    try:
        facts = audio.inspect(path)
    except audio.NotAudio as error:
        raise Unusable(Reason.NOT_AUDIO, str(error)) from error
    if expected is not None and Decimal(facts.seconds) < expected * SHORTEST - Decimal("0.5"):
        raise Unusable(Reason.TRUNCATED, f"{facts.seconds:.1f} s arrived, {expected:f} s were announced.")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return Measured(path, path.stat().st_size, digest.hexdigest(), facts)


def store(job: Job, measured: Measured) -> str:
    """Puts the original into the storage and answers its name; the same bytes are never stored twice."""
    extension = EXTENSIONS[measured.facts.format]
    name = storage_name(job.team, job.pk, measured.sha256, extension)
    keep_peaks(name, measured.facts.fine)
    if default_storage.exists(name) and default_storage.size(name) == measured.size:
        measured.path.unlink(missing_ok=True)
        return name
    try:
        with measured.path.open("rb") as file:
            name = default_storage.save(name, Moved(file, measured.path))
    except OSError:
        raise
    except Exception as error:  # a remote storage has exceptions of its own; to the job they are all the disk's
        raise OSError(errno.EIO, f"The storage failed: {type(error).__name__}") from error
    measured.path.unlink(missing_ok=True)  # a remote storage copied it
    return name


def finish(job: Job, measured: Measured, **said: Any) -> bool:
    """Stores the file and makes the track: `store`, then `book`."""
    return book(job, measured, store(job, measured), **said)


@transaction.atomic
def book(job: Job, measured: Measured, name: str, **said: Any) -> bool:
    """In one transaction the track is made, the hold settled and the job ended. `name`: the file's in the storage.

    `said`: what the provider told about the take, for its provenance. False when another worker was first.
    """
    if not job.move((State.COLLECTING,), State.SUCCEEDED, reason="", message="", progress=100):
        return False
    job.refresh_from_db(fields=["cost_micros", "facts"])
    job.hold.settle(job.cost_micros)
    job.hold.refresh_from_db()
    track = Track.objects.add(job.pk, **provenance(job, said), **properties(measured, name))
    Job.objects.filter(pk=job.pk).update(track=track)
    about: dict[str, Any] = {
        "track": str(track.pk),
        "project": job.project.slug,
        "model": track.model_slug,
        "sha256": track.sha256,
    }
    about |= {"seconds": track.duration_ms / 1000, "cost_micros": track.cost_micros, "path": track.get_absolute_url}
    Webhook.objects.tell(job.team, Event.TRACK_CREATED, f"{track} is in {job.project.name}.", **about)
    job.refresh_from_db()
    return True


def tidy(now: float | None = None) -> int:
    """Removes what interrupted downloads left in the incoming folder an hour ago or more; answers how many."""
    folder, before = Path(settings.MEDIA_ROOT) / "incoming", (time.time() if now is None else now) - LEFT_FOR
    stale = [path for path in folder.iterdir() if path.stat().st_mtime < before] if folder.is_dir() else []
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def properties(measured: Measured, name: str) -> dict[str, Any]:
    """What the file itself tells."""
    facts = measured.facts
    return {
        "file": name,
        "format": facts.format,
        "mime": facts.mime,
        "size": measured.size,
        "sha256": measured.sha256,
        "duration_ms": round(facts.seconds * 1000),
        "sample_rate": facts.sample_rate,
        "channels": facts.channels,
        "lufs": facts.lufs,
        "true_peak_db": facts.true_peak_db,
        "tempo_bpm": facts.tempo_bpm,
        "brightness_hz": facts.brightness_hz,
        "peaks": facts.peaks,
    }


def provenance(job: Job, said: dict[str, Any]) -> dict[str, Any]:
    """Where the take comes from, copied into the track so that nothing later can change it."""
    return {
        "team": job.team,
        "project": job.project,
        "prompt": job.prompt,
        "batch": job.batch,
        "race": job.race,
        "based_on_id": job.based_on_id,
        "take": job.take,
        "title": title_from(job.prompt.text),
        "model_slug": job.model.slug,
        "model_name": job.model.name,
        "provider": job.model.provider,
        "key_label": str(job.key) if job.key else "",
        "seed": job.seed,
        "parameters": {"sent": job.wire_parameters, "said": job.facts | said},
        "terms": job.terms,
        "quoted_micros": job.hold.amount_micros,
        "cost_micros": job.hold.actual_micros or 0,
        "upstream_id": str(job.remote_ref.get("id", ""))[:200],
        "request_id": job.request_id,
        "created_by": job.created_by,
        "asked_at": job.created_at,
    }
