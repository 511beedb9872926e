"""The sound of a round's takes as a voter gets it: without tags, and all takes in one format, so that none gives itself away."""

from functools import lru_cache

from django.core.files.storage import default_storage

from musicstudio.audio.bare import as_wav, bare, padded
from musicstudio.library.models import Track
from musicstudio.review.rounds import Round


def handed(round: Round, track: Track) -> bytes:
    """The original's samples. Where a round has takes of several formats, all of them are 16-bit WAV."""
    formats = {take.track.format for take in round.takes.values() if take.track}
    name = str(track.file.name)
    return decoded(name) if len(formats) > 1 else padded(bare(read(name), track.format))


@lru_cache(maxsize=2)
def decoded(name: str) -> bytes:
    """A stored file as WAV; the last two are kept, because a player asks for one file in several ranges."""
    return padded(as_wav(read(name)))


def read(name: str) -> bytes:
    """The stored bytes; a name holds their hash, so the same name always means the same bytes."""
    with default_storage.open(name) as file:
        return bytes(file.read())
