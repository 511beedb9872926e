"""What an act is, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from musicstudio.accounts.models import Role, Team, User
from musicstudio.library.models import Track
from musicstudio.library.undo import Undo


@dataclass
class Done:
    """What an act did. `failed`: a track's name and why it stayed as it was."""

    said: str
    tracks: list[Track]
    facts: Any
    undo: Undo | None = None
    failed: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Act:
    """`stays`: the tracks stay in the lists they are in. `back` answers how many tracks it could not put back."""

    role: Role
    stays: bool
    do: Callable[[Sequence[Track], User, QueryDict], Done]
    back: Callable[[Any, Team, User], int]


def named(tracks: Sequence[Track]) -> str:
    """`Glasshouse, take B` or `3 tracks`."""
    if len(tracks) == 1:
        return f"{tracks[0].title}, take {tracks[0].letter}"
    return f"{len(tracks)} tracks"
