"""A comparison: 2 to 4 takes heard at the same second. It is an address, not a row."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team
from musicstudio.library.models import Track
from musicstudio.library.scope import readable
from musicstudio.projects.models import Project
from musicstudio.review.levels import gains

FEWEST, MOST, MOST_OF_ROUND = 2, 4, 16


@dataclass(frozen=True)
class Take:
    """`number` is its key; `gain` the dB by which it is turned down to match the others."""

    number: int
    track: Track
    gain: float


class Comparison:
    """The tracks of the team that an address names, in its order."""

    def __init__(self, team: Team, named: Sequence[str]) -> None:
        self.team = team
        self.wanted = list(dict.fromkeys(pk for text in named if (pk := readable(text))))
        self.strange = len([text for text in named if readable(text) is None])

    @cached_property
    def tracks(self) -> list[Track]:
        """Those that are here: not in the bin, not of another team."""
        rows = visible(Track.objects.with_row_facts().filter(team=self.team, deleted_at=None), self.team).in_bulk(self.wanted)
        return [rows[pk] for pk in self.wanted if pk in rows]

    @property
    def missing(self) -> int:
        """How many the address names that are not here."""
        return len(self.wanted) - len(self.tracks) + self.strange

    @property
    def fits(self) -> bool:
        """Whether they can be heard at once."""
        return FEWEST <= len(self.tracks) <= MOST

    @property
    def project(self) -> Project | None:
        """Theirs, when all are of one."""
        found = {track.project_id: track.project for track in self.tracks}
        return next(iter(found.values())) if len(found) == 1 else None

    @property
    def title(self) -> str:
        """What a round about them is called until somebody finds a better name: by their title, else by their project."""
        titles = {track.title for track in self.tracks}
        about = titles.pop() if len(titles) == 1 else str(self.project or self.team)
        return f"{about[:100]}: which take?"

    @property
    def may_be_round(self) -> bool:
        """Whether a round can be started from them."""
        return FEWEST <= len(self.tracks) <= MOST_OF_ROUND

    @cached_property
    def takes(self) -> list[Take]:
        """With what matches their levels."""
        pairs = zip(self.tracks, gains(self.tracks), strict=True)
        return [Take(number, track, round(gain, 2)) for number, (track, gain) in enumerate(pairs, 1)]

    @property
    def ids(self) -> list[uuid.UUID]:
        """Of the tracks, in order."""
        return [track.pk for track in self.tracks]

    @property
    def query(self) -> str:
        """The address' own words, for a link to another page about the same takes."""
        return "&".join(f"track={pk}" for pk in self.ids)

    @property
    def first_query(self) -> str:
        """The same for as many as can be heard at once."""
        return "&".join(f"track={pk}" for pk in self.ids[:MOST])
