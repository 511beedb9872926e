"""How takes descend from each other: a prompt's requests, their takes, and what was asked from those takes, as a tree."""

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby
from uuid import UUID

from django.db.models import Q

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team
from musicstudio.library.models import Track
from musicstudio.projects.models import Prompt

MOST = 200  # takes of one family that are shown
ROUNDS = 24  # generations it is followed for, up and down


@dataclass
class Request:
    """Takes asked for together: a node of the tree, with what was asked from it without a take in between."""

    takes: list["Take"]
    parent: "Request | None" = None
    source: "Take | None" = None
    requests: list["Request"] = field(default_factory=list)

    @property
    def first(self) -> Track:
        """For what the takes have in common."""
        return self.takes[0].track

    @property
    def prompt(self) -> Prompt:
        """What was asked."""
        return self.first.prompt

    @property
    def cost_micros(self) -> int:
        """What its takes cost together."""
        return sum(take.track.cost_micros for take in self.takes)

    @cached_property
    def before(self) -> Track | None:
        """The take whose settings this request changed."""
        return self.source.track if self.source else self.parent.first if self.parent else None

    @cached_property
    def changes(self) -> list[str]:
        """What differs from `before`, the words aside: `length 1:30 → 2:00`. Empty for the first request."""
        return changes(self.before, self.first) if self.before else []

    @cached_property
    def words(self) -> list[tuple[str, str]]:
        """The prompt against the earlier one, as runs of (`same`, `gone` or `new`, text); empty when it says the same."""
        if self.before is None or self.before.prompt.text == self.prompt.text:
            return []
        return differ(self.before.prompt.text, self.prompt.text)


@dataclass
class Take:
    """One take of the tree, and what was asked from it."""

    track: Track
    requests: list[Request] = field(default_factory=list)


@dataclass
class Lineage:
    """The family of one track. `roots`: its first requests, the oldest first; `more`: there are more takes than are shown."""

    track: Track
    roots: list[Request]
    number: int
    more: bool


def lineage(track: Track, team: Team) -> Lineage:
    """The family as far as the person who looks at `team` may see it."""
    tracks, more = family(track, team)
    takes = {found.pk: Take(found) for found in tracks}
    asked: list[Request] = []
    roots: list[Request] = []
    parents = dict(Prompt.objects.filter(project__team=team, pk__in={t.prompt_id for t in tracks}).values_list("pk", "parent"))
    for _, batch in groupby(tracks, key=lambda found: found.batch):
        request = Request([takes[found.pk] for found in batch])
        request.source = takes.get(request.first.based_on_id) if request.first.based_on_id else None
        request.parent = None if request.source else before(request, asked, parents)
        children = request.source.requests if request.source else request.parent.requests if request.parent else roots
        children.append(request)
        asked.append(request)
    return Lineage(track, roots, len(tracks), more)


def before(request: Request, asked: list[Request], parents: dict[UUID, UUID | None]) -> Request | None:
    """The request it follows without a take in between: the first with its prompt, else with its prompt's parent."""
    same = next((other for other in asked if other.prompt.pk == request.prompt.pk), None)
    if same is not None:
        return same
    parent, seen = request.prompt.parent_id, set[UUID]()
    while parent and parent not in seen:
        seen.add(parent)
        if found := next((other for other in asked if other.prompt.pk == parent), None):
            return found
        parent = parents[parent] if parent in parents else Prompt.objects.values_list("parent", flat=True).get(pk=parent)
    return None


def family(track: Track, team: Team) -> tuple[list[Track], bool]:
    """The tracks that prompts and takes lead to, in the order they were asked for; and whether there are more."""
    here = visible(Track.objects.filter(team=team, deleted_at=None), team)
    prompts, tracks = {track.prompt_id}, {track.pk: track.based_on_id}
    new_prompts, new_tracks = set(prompts), dict(tracks)
    for _ in range(ROUNDS):
        up = Prompt.objects.filter(pk__in=new_prompts).exclude(parent=None).values_list("parent", flat=True)
        down = Prompt.objects.filter(parent__in=new_prompts).values_list("pk", flat=True)
        wanted = Q(prompt__in=new_prompts) | Q(based_on__in=new_tracks) | Q(pk__in=filter(None, new_tracks.values()))
        found = here.filter(wanted).exclude(pk__in=tracks).order_by("asked_at", "pk")[: MOST + 1 - len(tracks)]
        rows = list(found.values_list("pk", "based_on", "prompt"))
        new_prompts = {found for found in (*up, *down, *(prompt for _, _, prompt in rows)) if found} - prompts
        new_tracks = {pk: based_on for pk, based_on, _ in rows}
        prompts |= new_prompts
        tracks |= new_tracks
        if not (new_prompts or new_tracks) or len(tracks) > MOST:
            break
    kin = Track.objects.filter(pk__in=tracks).with_row_facts().select_related("prompt", "project", "created_by", "version__piece")
    return list(kin.order_by("asked_at", "batch", "take")[:MOST]), len(tracks) > MOST


def clock(ms: int) -> str:
    """`1:30`."""
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}"


def changes(old: Track, new: Track) -> list[str]:
    """The settings that differ, in words."""
    was, now, said = old.prompt, new.prompt, list[str]()
    if was.chips != now.chips:
        gone, come = set(was.chip_list) - set(now.chip_list), set(now.chip_list) - set(was.chip_list)
        said.append("style " + ", ".join([*(f"−{word}" for word in sorted(gone)), *(f"+{word}" for word in sorted(come))]))
    if was.lyrics != now.lyrics:
        said.append("lyrics changed" if was.lyrics and now.lyrics else "lyrics added" if now.lyrics else "lyrics removed")
    if was.instrumental != now.instrumental:
        said.append("instrumental" if now.instrumental else "with vocals")
    if was.duration_ms != now.duration_ms:
        said.append(f"length {clock(was.duration_ms)} → {clock(now.duration_ms)}")
    if was.format != now.format:
        said.append(f"format {was.format.upper()} → {now.format.upper()}")
    if old.model_slug != new.model_slug:
        said.append(f"model {old.model_name} → {new.model_name}")
    if old.seed != new.seed and new.seed is not None:
        said.append(f"seed {new.seed}" if old.seed is None else f"seed {old.seed} → {new.seed}")
    elif new.parameters.get("sent", {}).get("variation"):
        said.append("another arrangement of the same seed")
    return said


def differ(old: str, new: str) -> list[tuple[str, str]]:
    """Word by word."""
    a, b = re.findall(r"\s+|\S+", old), re.findall(r"\s+|\S+", new)
    runs = list[tuple[str, str]]()
    for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(("same", "".join(a[i:j])))
            continue
        runs += [(name, text) for name, text in (("gone", "".join(a[i:j])), ("new", "".join(b[k:m]))) if text]
    return runs
