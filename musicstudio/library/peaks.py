"""The fine waveform of a track: a file beside its original, for looking closer than the 200 levels of the row."""

import logging
import shutil
import tempfile
import uuid
from pathlib import Path, PurePosixPath

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django_q.tasks import async_task

from musicstudio import audio
from musicstudio.library.models import Track

log = logging.getLogger(__name__)
PAUSE = 120  # seconds until a missing file is asked for again


def peaks_name(file: str) -> str:
    """Where the waveform of the original of this name lies."""
    return str(PurePosixPath(file).with_suffix(".peaks"))


def keep(file: str, peaks: bytes) -> None:
    """Puts the waveform beside its original. It can be drawn again, so a storage that fails costs no take."""
    name = peaks_name(file)
    try:
        if peaks and not default_storage.exists(name):
            default_storage.save(name, ContentFile(peaks))
    except Exception:
        log.exception("The waveform %s could not be stored", name)


def order(track: Track) -> None:
    """Asks a worker to draw it, for tracks from before there were such files; once in a while at most."""
    if cache.add(f"peaks:{track.pk}", True, PAUSE):
        async_task("musicstudio.library.tasks.draw", str(track.pk), q_options={"save": False})


def draw(track_id: uuid.UUID | str) -> bool:
    """Decodes the original once more and keeps its waveform; False when there is no file that can be decoded."""
    track = Track.objects.filter(pk=track_id).first()
    if track is None or not default_storage.exists(str(track.file.name)):
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"original.{track.format}"
        with track.file.open("rb") as source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        try:
            keep(str(track.file.name), audio.outline(path))
        except audio.NotAudio:
            return False
    return True
