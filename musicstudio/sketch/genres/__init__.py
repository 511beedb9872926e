"""The styles the composer knows. One `Genre` row holds everything that makes a style; the tables are grouped by family."""

from musicstudio.sketch.genres.acoustic import ACOUSTIC
from musicstudio.sketch.genres.band import BAND
from musicstudio.sketch.genres.electronic import ELECTRONIC
from musicstudio.sketch.genres.screen import SCREEN
from musicstudio.sketch.genres.style import Genre, Part

GENRES: dict[str, Genre] = {genre.name: genre for genre in (*ELECTRONIC, *BAND, *ACOUSTIC, *SCREEN)}
FALLBACK = "folk"

__all__ = ["FALLBACK", "GENRES", "Genre", "Part"]
