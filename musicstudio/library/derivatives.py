"""Files made of a track's original: another format, with tags. The original stays as it arrived and is never one of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.accounts.access import in_project
from musicstudio.accounts.models import User
from musicstudio.audio.convert import TARGETS, Target, kbits, mp3_kbits
from musicstudio.audio.tags import Tags

if TYPE_CHECKING:
    from musicstudio.library.models import Track

LOSSY = {"mp3", "ogg"}  # formats of originals that have lost something already


class Making(models.TextChoices):
    """Where a derivative is. Every change is one conditional UPDATE from an expected state."""

    QUEUED = "queued", "Waiting"
    WORKING = "working", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Trouble(models.TextChoices):
    """Why a derivative could not be made: a closed set, each with a sentence for the person who asked."""

    MISSING = "missing", "The original file is missing in the studio's storage."
    UNMADE = "unmade", "The original cannot be made into this format."
    DISK_FULL = "disk_full", "The studio's disk is full. An admin has to make room."
    STORAGE = "storage", "The studio could not store the file."
    FAULT = "fault", "This is a fault of the studio; its log has the details."


class DerivativeQuerySet(models.QuerySet["Derivative"]):
    """Asks for files and finds them."""

    @transaction.atomic
    def ask(self, track: Track, kind: str, by: User) -> Derivative:
        """The track's file of the `kind`, queued unless it is under way or ready with the tags it would get now.

        Asking again is safe: there is one row per track and kind.
        """
        row, made = self.select_for_update().get_or_create(track=track, kind=kind, defaults={"asked_by": by})
        row.track = track
        if made or row.state == Making.FAILED or (row.state == Making.READY and row.is_stale):
            again = {"state": Making.QUEUED, "trouble": "", "message": "", "progress": 0, "process": "", "alive_at": None}
            self.filter(pk=row.pk).update(asked_by=by, asked_at=timezone.now(), **again)
            row.refresh_from_db()
            row.enqueue()
        return row

    def move(self, pk: int, source: Making, target: Making, **fields: Any) -> bool:
        """True for the caller whose UPDATE found the row in the state `source`."""
        return bool(self.filter(pk=pk, state=source).update(state=target, **fields))

    def under_way(self) -> DerivativeQuerySet:
        """Waiting or being made."""
        return self.filter(state__in=(Making.QUEUED, Making.WORKING))


@in_project("track__project")
class Derivative(models.Model):
    """One file made of a track's original. Progress is percent; `tags` are those it was written with."""

    track = models.ForeignKey("library.Track", models.CASCADE, related_name="derivatives")
    kind = models.CharField(max_length=8, choices=[(name, target.name) for name, target in TARGETS.items()])
    state = models.CharField(max_length=8, choices=Making, default=Making.QUEUED)
    trouble = models.CharField(max_length=10, choices=Trouble, blank=True)
    message = models.CharField(max_length=200, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    process = models.CharField(max_length=100, blank=True, help_text="who makes it")
    alive_at = models.DateTimeField(null=True, help_text="that process's last sign of life")
    file = models.FileField(max_length=200, blank=True)
    size = models.BigIntegerField(default=0, help_text="bytes")
    sha256 = models.CharField(max_length=64, blank=True)
    tags = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True, help_text="last downloaded; unused ones are removed and made again when asked")

    objects = DerivativeQuerySet.as_manager()

    class Meta:
        ordering = ["track", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["track", "kind"], name="derivative_once"),
            models.CheckConstraint(condition=Q(state__in=Making.values), name="derivative_state_known"),
        ]
        indexes = [models.Index(fields=["state"], condition=~Q(state=Making.READY), name="derivative_unready")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.track_id}: {self.state}"

    def get_absolute_url(self) -> str:
        """Where it is downloaded."""
        return reverse("track_file", args=[self.track.team.slug, self.track_id, self.kind])

    def enqueue(self) -> None:
        """Asks a worker to make it; part of the caller's transaction."""
        async_task("musicstudio.library.tasks.derive", self.pk, q_options={"save": False})

    @property
    def target(self) -> Target:
        """What its format is and can."""
        return TARGETS[self.kind]

    @property
    def is_under_way(self) -> bool:
        """Whether it will change by itself."""
        return self.state in (Making.QUEUED, Making.WORKING)

    @property
    def is_stale(self) -> bool:
        """Whether the track is called something else since it was made, or belongs elsewhere."""
        return bool(self.tags != as_json(tags_of(self.track, self.kind)))

    @property
    def filename(self) -> str:
        """What the download is called; what is made of a compressed original says so: `Rain A 1a2b3c4d (from MP3 192).wav`."""
        stem = self.track.filename.removesuffix(f".{self.track.format}")
        lost = "" if self.track.format not in LOSSY or is_copy(self.track, self.kind) else f" (from {original(self.track)})"
        return f"{stem}{lost}.{self.target.extension}"

    def fail(self, trouble: Trouble, message: str = "") -> None:
        """It was not made; nothing of it is kept."""
        Derivative.objects.move(self.pk, Making.WORKING, Making.FAILED, trouble=trouble, message=message[:200])


def original(track: Track) -> str:
    """`MP3 192`, `WAV`: the format the track arrived in, with its bit rate when it is a compressed one."""
    rate = f" {kbits(track.size, track.duration_ms / 1000)}" if track.format in LOSSY else ""
    return f"{track.format.upper()}{rate}"


def is_copy(track: Track, kind: str) -> bool:
    """Whether the file has the original's own audio and only the tags are new. An Ogg original may be Vorbis or Opus."""
    return track.format == kind


def described(track: Track, kind: str) -> str:
    """What the file is, truthfully: shown beside it and written into it."""
    target = TARGETS[kind]
    if is_copy(track, kind):
        return f"The original {original(track)}{' kbit/s' * (track.format in LOSSY)}, its audio untouched, with tags"
    rate = f" {mp3_kbits(track.sample_rate)} kbit/s" if kind == "mp3" else ""
    if track.format in LOSSY:
        return f"{target.name}{rate} made from the original {original(track)} kbit/s: not lossless"
    return f"{target.name}{rate} made from the original {original(track)}{': not lossless' if target.lossy else ', lossless'}"


def tags_of(track: Track, kind: str) -> Tags:
    """What is written into a file of the track: no prices. The provenance id is the track's."""
    prompt = "\n".join(filter(None, [track.prompt.text, track.prompt.chips]))[:4000]
    facts = (
        ("PROMPT", prompt),
        ("MODEL", f"{track.model_name} ({track.model_slug})"),
        ("PROVENANCE_ID", str(track.pk)),
        ("ORIGIN", described(track, kind)),
        ("ORIGINAL_SHA256", track.sha256),
    )
    day = track.asked_at.astimezone(track.team.zone).date().isoformat()
    comment = f"Made by AI: {track.model_name}. {described(track, kind)}. Provenance {track.pk}"
    return Tags(f"{track.title} (take {track.letter})", track.project.name, track.team.artist, comment, day, facts)


def as_json(tags: Tags) -> dict[str, Any]:
    """Tags as the row keeps them."""
    return {
        "title": tags.title,
        "album": tags.album,
        "artist": tags.artist,
        "date": tags.date,
        "facts": [list(f) for f in tags.facts],
    }


@dataclass(frozen=True)
class Offer:
    """A format the track can be had in, or `why_not`; `row` is its file when somebody asked."""

    kind: str
    target: Target
    said: str
    why_not: str
    row: Derivative | None


def offers(track: Track) -> list[Offer]:
    """Every format, in the order of TARGETS."""
    rows = {row.kind: row for row in track.derivatives.all()}
    for row in rows.values():
        row.track = track
    can = ((kind, target, target.why_not(track.sample_rate, track.channels)) for kind, target in TARGETS.items())
    return [Offer(kind, target, described(track, kind), why, rows.get(kind)) for kind, target, why in can]


def storage_name(track: Track, kind: str) -> str:
    """Where a new file of the kind lies; never the name of an older one."""
    return f"derivatives/{track.team_id}/{track.pk}/{kind}-{uuid.uuid4().hex[:12]}.{TARGETS[kind].extension}"
