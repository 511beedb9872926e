"""What can be chosen for some tracks: tags, collections or a project, each with how many of the tracks have it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Count, Q

from musicstudio.accounts.access import visible, within
from musicstudio.accounts.models import Team
from musicstudio.library.done import named
from musicstudio.library.models import Collection, Tag, Track
from musicstudio.library.suggest import suggested
from musicstudio.projects.models import Project


@dataclass
class Option:
    """One line of the list. `value` is what the act is sent; `has` of the tracks have it."""

    value: str
    label: str
    has: int
    uses: int
    hue: int | None = None


@dataclass
class Choice:
    """The panel for some of the team's tracks."""

    KINDS: ClassVar[dict[str, tuple[str, str, str]]] = {
        "tag": ("Tag", "untag", "Find or make a tag"),
        "collect": ("Collect", "uncollect", "Find or make a collection"),
        "move": ("Move to", "", "Find a project"),
    }

    team: Team
    what: str
    ids: Sequence[uuid.UUID]

    @property
    def off(self) -> str:
        """The act that takes it off again; empty when one is chosen instead of another."""
        return self.KINDS[self.what][1]

    @property
    def prompt(self) -> str:
        """What the field says."""
        return self.KINDS[self.what][2]

    @cached_property
    def tracks(self) -> list[Track]:
        """The tracks meant."""
        rows = visible(Track.objects.filter(team=self.team, pk__in=self.ids), self.team).select_related("prompt")
        found = list(rows.prefetch_related("tags"))
        for track in found:
            track.team = self.team
        return found

    @property
    def title(self) -> str:
        """`Tag 3 tracks`."""
        return f"{self.KINDS[self.what][0]} {named(self.tracks)}" if self.off else f"Move {named(self.tracks)}"

    @cached_property
    def options(self) -> list[Option]:
        """All there are, those used most first."""
        rows: Any
        mine = Count("tracks", filter=Q(tracks__in=self.ids), distinct=True)
        kept = Q(tracks__archived_at=None, tracks__deleted_at=None) & within("tracks__project", self.team)
        counts = {"has": mine, "uses": Count("tracks", filter=kept, distinct=True)}
        if self.what == "tag":
            rows = visible(Tag.objects.filter(team=self.team), self.team).annotate(**counts)
            return [Option(tag.name, tag.name, tag.has, tag.uses, tag.hue) for tag in rows.order_by("-uses", "name")]
        if self.what == "collect":
            rows = visible(Collection.objects.filter(team=self.team), self.team).annotate(**counts)
            return [Option(found.name, found.name, found.has, found.uses) for found in rows.order_by("name")]
        rows = visible(Project.objects.filter(team=self.team), self.team).annotate(**counts)
        return [Option(place.slug, place.name, place.has, place.uses, place.hue) for place in rows]

    @property
    def suggestions(self) -> list[str]:
        """For one track: words from its prompt and its sound that a person may confirm."""
        return suggested(self.tracks[0]) if self.what == "tag" and len(self.tracks) == 1 else []
