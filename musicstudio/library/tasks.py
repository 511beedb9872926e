"""What the queue runs for the library."""

from musicstudio.library import bin as binned


def tidy() -> None:
    """Once a day: empties the bin of what has lain there long enough."""
    binned.tidy()
