"""What the queue runs for the library."""

from musicstudio.library import bin as binned
from musicstudio.library import derive as deriving
from musicstudio.library import peaks


def tidy() -> None:
    """Once a day: empties the bin of what has lain there long enough, and removes files that can be made again."""
    binned.tidy()
    deriving.tidy()


def derive(pk: int) -> None:
    """Makes a file of a track's original."""
    deriving.derive(pk)


def draw(track_id: str) -> None:
    """Draws the fine waveform of one track."""
    peaks.draw(track_id)
