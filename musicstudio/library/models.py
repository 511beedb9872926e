"""Tracks. What people say about them is in judgement.py, tags.py and collections.py; all are imported from here."""

import base64
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from musicstudio.accounts.access import in_project
from musicstudio.accounts.models import Team, User
from musicstudio.library.approvals import Approval
from musicstudio.library.checking import FileCheck
from musicstudio.library.collections import Collection, CollectionItem
from musicstudio.library.derivatives import Derivative
from musicstudio.library.index import SearchText, index
from musicstudio.library.judgement import Decision, Favourite, Rating, Status
from musicstudio.library.pieces import Piece, Version
from musicstudio.library.row import ROW_FACTS
from musicstudio.library.saved import SavedView
from musicstudio.library.tags import Tag
from musicstudio.library.undo import Undo
from musicstudio.notify.models import Event, Webhook
from musicstudio.projects.models import Project, Prompt

__all__ = [
    "Approval",
    "Collection",
    "CollectionItem",
    "Decision",
    "Derivative",
    "Favourite",
    "FileCheck",
    "Piece",
    "Rating",
    "SavedView",
    "SearchText",
    "Status",
    "Tag",
    "Track",
    "TrackQuerySet",
    "Undo",
    "Version",
]

KEPT = Q(archived_at=None, deleted_at=None)
NEWEST = ("-asked_at", "prompt", "take", "archived_at", "deleted_at", "id")  # the order of every list, and all it filters by
FACET_COLUMNS = ("team", "project", "status", "model_slug", "created_by", "duration_ms", "asked_at")
STEPS = bytes(min(255, (value + 8) // 16 * 16) for value in range(256))


class TrackQuerySet(models.QuerySet["Track"]):
    """Finds and adds tracks."""

    @transaction.atomic
    def add(self, id: uuid.UUID, **facts: Any) -> "Track":
        """The track of a finished job, exactly once: a second call for the same id answers the first row."""
        track, made = self.get_or_create(id=id, defaults=facts)
        if made:
            self.index([track.pk])
        return track

    def kept(self) -> "TrackQuerySet":
        """Neither archived nor in the bin. Every list, count and number in the sidebar starts here."""
        return self.filter(archived_at=None, deleted_at=None)

    def away(self) -> "TrackQuerySet":
        """The others: archived or in the bin."""
        return self.filter(Q(archived_at__isnull=False) | Q(deleted_at__isnull=False))

    def for_lists(self, user: User | None = None) -> "TrackQuerySet":
        """With everything a list row shows, everybody's stars and favourites among it; for a person, what is new to them."""
        return self.with_row_facts(user).order_by(*self.model.LIST_ORDER)

    def with_row_facts(self, user: User | None = None) -> "TrackQuerySet":
        """The same in whatever order the tracks have."""
        columns = {name: column for facts in ROW_FACTS if user for name, column in facts(user).items()}
        rows = self.annotate(**columns).select_related("prompt", "project", "created_by")
        return rows.prefetch_related("tags", "ratings", "favourites")

    def index(self, ids: Iterable[uuid.UUID] | None = None) -> int:
        """Writes anew what the search finds these tracks by (all of the queryset without ids); answers how many.

        To be called in the transaction of whatever changes a title, a tag's name, an author's name or who has which tag.
        """
        return index(self if ids is None else self.filter(pk__in=ids))


@in_project("project")
class Track(models.Model):
    """One take in the library: the original bytes, untouched, and where they come from.

    The id is its job's. Lengths are milliseconds of decoded audio, loudness is LUFS (BS.1770-4), peak is dBTP, peaks are
    200 bytes 0-255; brightness is the spectral centroid; a track without a clear beat has no tempo.
    """

    LIST_ORDER = ("-asked_at", "prompt_id", "take")  # newest request first, its takes together and in order

    id = models.UUIDField(primary_key=True, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="tracks")
    project = models.ForeignKey(Project, models.PROTECT, related_name="tracks")
    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="tracks")
    batch = models.UUIDField(help_text="the takes asked for together")
    race = models.UUIDField(null=True, blank=True, help_text="the requests to several models that were asked for as one")
    based_on = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="variations")
    take = models.PositiveSmallIntegerField(help_text="1 is take A")
    title = models.CharField(max_length=120)
    notes = models.TextField(max_length=4000, blank=True)
    notes_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    notes_at = models.DateTimeField(null=True, blank=True)
    tags = models.ManyToManyField(Tag, related_name="tracks", blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    agreed = models.PositiveSmallIntegerField(default=0, help_text="approvals that stand")
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="in the bin since")
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    file = models.FileField(max_length=200)
    format = models.CharField(max_length=8)
    mime = models.CharField(max_length=40)
    size = models.BigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    duration_ms = models.PositiveIntegerField()
    sample_rate = models.PositiveIntegerField()
    channels = models.PositiveSmallIntegerField()
    lufs = models.FloatField(null=True)
    true_peak_db = models.FloatField(null=True)
    tempo_bpm = models.FloatField(null=True)
    brightness_hz = models.FloatField(null=True)
    peaks = models.BinaryField()

    model_slug = models.CharField(max_length=120)
    model_name = models.CharField(max_length=80)
    provider = models.CharField(max_length=20)
    key_label = models.CharField(max_length=80, blank=True)
    seed = models.BigIntegerField(null=True)
    parameters = models.JSONField(default=dict, help_text="what was sent, and what the provider said about the take")
    terms = models.JSONField(default=dict, help_text="what was known about the model's terms of use when it was asked")
    quoted_micros = models.BigIntegerField()
    cost_micros = models.BigIntegerField()
    upstream_id = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tracks")
    asked_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["project", *NEWEST], name="track_project_newest", condition=KEPT),
            models.Index(fields=["team", *NEWEST], name="track_team_newest", condition=KEPT),
            models.Index(fields=["sha256"], name="track_sha256"),
            models.Index(  # facets are counted from the index alone
                fields=[*FACET_COLUMNS, "archived_at", "deleted_at", "id"],
                name="track_facets",
                condition=KEPT,
            ),
            models.Index(
                fields=["team"], name="track_away", condition=Q(archived_at__isnull=False) | Q(deleted_at__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "take"], name="track_take_once"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="track_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.title} take {self.letter}"

    def get_absolute_url(self) -> str:
        """The track page."""
        return reverse("track", args=[self.team.slug, self.pk])

    @property
    def letter(self) -> str:
        """A for the first take."""
        return chr(ord("A") + self.take - 1)

    @property
    def seconds(self) -> Decimal:
        """The length in seconds."""
        return Decimal(self.duration_ms) / 1000

    @property
    def peaks_base64(self) -> str:
        """The peaks as the waveform element reads them."""
        return base64.b64encode(bytes(self.peaks)).decode()

    @property
    def row_peaks(self) -> str:
        """The same in 16 steps, a hexadecimal digit each: as much as a row of 30 pixels shows, at half the weight."""
        return "#" + bytes(self.peaks).translate(STEPS).hex()[::2]

    @property
    def filename(self) -> str:
        """What a download is called: title, take and the first digits of its id."""
        safe = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in self.title).strip(" _") or "track"
        return f"{safe} {self.letter} {self.pk.hex[:8]}.{self.format}"

    @staticmethod
    def titled(title: str) -> str:
        """The title without surplus blanks. Raises ValidationError unless it has 1 to 120 characters."""
        title = " ".join(title.split())
        if not 1 <= len(title) <= 120:
            raise ValidationError({"title": "A title has 1 to 120 characters."})
        return title

    @staticmethod
    def noted(text: str) -> str:
        """Notes without blanks around them. Raises ValidationError for more than 4,000 characters."""
        text = text.replace("\r\n", "\n").replace("\x00", "").strip()
        if len(text) > 4000:
            raise ValidationError(f"That is {len(text):,} characters; notes have at most 4,000. Nothing was changed.")
        return text

    def decide(self, status: str, by: User, reason: str = "", **terms: str) -> Decision | None:
        """Decides about this one, see `library.decide`; None when its status did not change and no reason is given.

        Raises ValidationError for an unknown status, and TermsWanted.
        """
        from musicstudio.library.acts import perform  # noqa: PLC0415 (the verb needs this module)

        words = QueryDict(mutable=True)
        words.update({"status": status, "reason": reason, **terms})
        done = perform("decide", self.team, [self.pk], by, words)
        self.refresh_from_db(fields=["status", "agreed"])
        return self.decisions.filter(pk__in=[pk for _, pk in done.facts["lines"]]).first()

    def tell(self, by: User) -> None:
        """Tells the team's webhooks that it was approved, if it was."""
        if self.status == Status.APPROVED:
            about: dict[str, Any] = {"track": str(self.pk), "project": self.project.slug, "path": self.get_absolute_url}
            Webhook.objects.tell(
                self.team, Event.TRACK_APPROVED, f"{by.display_name} approved {self}.", by=by.display_name, **about
            )

    def stars_of(self, user: User) -> int:
        """The person's own stars; 0 without an opinion."""
        return next((rating.stars for rating in self.ratings.all() if rating.user_id == user.pk), 0)

    def is_favourite_of(self, user: User) -> bool:
        """Whether the person wants to find it again."""
        return any(favourite.user_id == user.pk for favourite in self.favourites.all())

    @property
    def mean(self) -> float | None:
        """The team's mean of stars; None without any."""
        stars = [rating.stars for rating in self.ratings.all()]
        return sum(stars) / len(stars) if stars else None

    @transaction.atomic
    def tag(self, name: str) -> Tag:
        """Adds the team's tag of this name; raises ValidationError for a bad name."""
        tag = Tag.objects.named(self.team, name)
        self.tags.add(tag)
        Track.objects.index([self.pk])
        return tag


def title_from(text: str) -> str:
    """A title from a prompt's first words: `lo-fi piano with light rain, …` becomes `Lo-fi piano with light rain`."""
    line = text.strip().splitlines()[0] if text.strip() else "Untitled"
    words = " ".join("".join(letter for letter in line.split(",")[0].split(".")[0] if letter.isprintable()).split())
    if len(words) > 60:
        words = words[:60].rsplit(" ", 1)[0]
    words = words or "Untitled"
    return words[0].upper() + words[1:]


def storage_name(team: Team, track_id: uuid.UUID, sha256: str, extension: str) -> str:
    """Where a track's original lives: the name holds the content's hash, so the same bytes always meet the same name."""
    return f"tracks/{team.pk}/{track_id}/{sha256[:16]}.{extension}"
