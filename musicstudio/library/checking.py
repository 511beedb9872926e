"""Whether a track's stored original still is what arrived: its bytes are read again and hashed, in the background."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.accounts.access import in_project
from musicstudio.accounts.models import User

if TYPE_CHECKING:
    from musicstudio.library.models import Track

BLOCK = 1 << 20
LOST_AFTER = timedelta(minutes=15)  # a check that has not ended by then is made again


class Finding(models.TextChoices):
    """What a check found."""

    WAITING = "waiting", "Being read"
    SAME = "same", "Unchanged"
    CHANGED = "changed", "Changed"
    MISSING = "missing", "Missing"
    UNREADABLE = "unreadable", "Could not be read"


class FileCheckQuerySet(models.QuerySet["FileCheck"]):
    """Asks for checks and finds them."""

    @transaction.atomic
    def ask(self, track: "Track", by: User) -> "FileCheck":
        """A check of the track's file, queued; the one under way when there is one."""
        row, made = self.select_for_update().get_or_create(track=track, finding=Finding.WAITING, defaults={"by": by})
        if made or row.asked_at < timezone.now() - LOST_AFTER:
            self.filter(pk=row.pk).update(asked_at=timezone.now())
            async_task("musicstudio.library.tasks.check_file", row.pk, q_options={"save": False})
        return row


@in_project("track__project")
class FileCheck(models.Model):
    """One reading of a track's file. Rows stay: they say since when it is known to be unchanged."""

    track = models.ForeignKey("library.Track", models.CASCADE, related_name="checks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    finding = models.CharField(max_length=12, choices=Finding, default=Finding.WAITING)
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the bytes that were read")
    at = models.DateTimeField(null=True)

    objects = FileCheckQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["track"], condition=Q(finding="waiting"), name="check_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.track_id}: {self.finding}"


def check_file(pk: int) -> None:
    """Reads the file and writes down what was found; may run twice."""
    row = FileCheck.objects.select_related("track").filter(pk=pk, finding=Finding.WAITING).first()
    if row is None:
        return
    finding, digest = read(row.track)
    FileCheck.objects.filter(pk=pk, finding=Finding.WAITING).update(finding=finding, sha256=digest, at=timezone.now())


def read(track: "Track") -> tuple[Finding, str]:
    """What the stored bytes say; they are read in blocks."""
    name, digest = track.file.name, hashlib.sha256()
    if not name or not default_storage.exists(name):
        return Finding.MISSING, ""
    try:
        with default_storage.open(name, "rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError:
        return Finding.UNREADABLE, ""
    found = digest.hexdigest()
    return (Finding.SAME if found == track.sha256 else Finding.CHANGED), found
