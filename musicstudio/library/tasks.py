"""What the queue runs for the library."""

from musicstudio.library import bin as binned
from musicstudio.library import checking, peaks
from musicstudio.library import derive as deriving


def tidy() -> None:
    """Once a day: empties the bin of what has lain there long enough, and removes files that can be made again."""
    binned.tidy()
    deriving.tidy()


def derive(pk: int) -> None:
    """Makes a file of a track's original."""
    deriving.derive(pk)


def check_file(pk: int) -> None:
    """Reads a track's original again and compares its hash."""
    checking.check_file(pk)


def draw(track_id: str) -> None:
    """Draws the fine waveform of one track."""
    peaks.draw(track_id)
