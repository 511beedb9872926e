"""What members say about a track: at a moment, over a range or about all of it; with replies, reactions and an end."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from musicstudio.accounts.access import in_project
from musicstudio.accounts.models import Team, User
from musicstudio.library.models import Track
from musicstudio.notify.models import Notification
from musicstudio.notify.notices import Kind as Notice
from musicstudio.review.mentions import members, named
from musicstudio.review.moments import hashed, written

LONGEST = 4000  # characters


class Kind(models.TextChoices):
    """What a reaction says."""

    AGREE = "agree", "Agree"
    LOVE = "love", "Love it"
    SPARK = "spark", "Good idea"
    ASK = "ask", "Not sure"


class CommentQuerySet(models.QuerySet["Comment"]):
    """Finds, adds and carries comments."""

    def there(self) -> "CommentQuerySet":
        """Without the deleted ones."""
        return self.filter(deleted_at=None)

    @transaction.atomic
    def say(
        self,
        track: Track,
        by: User,
        text: str,
        *,
        id: uuid.UUID | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        parent: "Comment | None" = None,
    ) -> "Comment":
        """A new comment; the same `id` of the same person a second time answers the first. A reply has its thread's moment.

        Raises ValidationError for no or too much text, a moment outside the track, a reply to a reply of another track.
        """
        facts: dict[str, Any] = {"text": worded(text), "start_ms": start_ms, "end_ms": within(track, start_ms, end_ms)}
        if parent is not None:
            parent = parent.parent or parent
            if parent.track_id != track.pk or parent.deleted_at:
                raise ValidationError("What you reply to is no longer here. Your text was not sent; it can stand by itself.")
            facts |= {"parent": parent, "start_ms": None, "end_ms": None}
        facts |= {"team_id": track.team_id, "track": track}
        if id and self.filter(pk=id).exclude(by=by).exists():
            id = None
        comment, made = self.get_or_create(id=id or uuid.uuid4(), by=by, defaults=facts)
        if made:
            comment.tell(comment.mention())
            if parent is not None and parent.resolved_at:
                parent.resolve(by, False)
            Track.objects.index([track.pk])
        return comment

    @transaction.atomic
    def carry(self, from_track: Track, to_track: Track, by: User) -> "list[Comment]":
        """Copies the open threads of one version to another, marked as carried; answers the copies of their heads.

        A second time it copies only what was said since.
        Words, people and moments stay as they are; a moment behind the end of the other version becomes the whole track.
        """
        if from_track.team_id != to_track.team_id or from_track.pk == to_track.pk:
            raise ValidationError("Comments are carried from one version to another of the same team.")
        Track.objects.select_for_update().get(pk=to_track.pk)  # two people at once: the second sees what the first carried
        done = self.filter(track=to_track).exclude(carried_from=None).values("carried_from")
        heads = self.there().filter(track=from_track, parent=None, resolved_at=None).exclude(pk__in=done)
        heads = heads.exclude(carried_from__track=to_track)
        copies = {head.pk: head.copy_to(to_track, by) for head in heads.order_by("at", "pk")}
        replies = self.there().filter(parent__in=copies).order_by("at", "pk")
        copied = [reply.copy_to(to_track, by, copies[reply.parent_id]) for reply in replies if reply.parent_id]
        self.bulk_create([*copies.values(), *copied])
        if copies:
            Track.objects.index([to_track.pk])
        return list(copies.values())

    def not_yet_on(self, track: Track, others: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
        """How many open threads each of the other tracks has that `carry` would bring to this one."""
        done = self.filter(track=track).exclude(carried_from=None).values("carried_from")
        rows = self.there().filter(track__in=list(others), parent=None, resolved_at=None).exclude(pk__in=done)
        rows = rows.exclude(carried_from__track=track)
        return dict(rows.order_by().values_list("track").annotate(number=Count("pk")))

    def moments(self, track: Track) -> list[int]:
        """Where open threads begin, milliseconds, in order."""
        rows = self.there().filter(track=track, parent=None, resolved_at=None).exclude(start_ms=None)
        moments = rows.order_by("start_ms").values_list("start_ms", flat=True).distinct()
        return [moment for moment in moments if moment is not None]

    def state(self, track: Track) -> tuple[int, datetime | None]:
        """Changes whenever something said about the track does: one short read."""
        found = self.filter(track=track).aggregate(number=Count("pk"), newest=Max("changed_at"))
        return found["number"], found["newest"]


@in_project("track__project")
class Comment(models.Model):
    """One comment. The id may come from the form, so that a form sent twice says it once.

    `start_ms` none: about the whole track; `end_ms` none: about a moment. Replies have neither. Deleted ones keep their row:
    the thread under them goes on, and they can be put back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="comments")
    track = models.ForeignKey(Track, models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments")
    text = models.TextField(max_length=LONGEST)
    start_ms = models.PositiveIntegerField(null=True, blank=True)
    end_ms = models.PositiveIntegerField(null=True, blank=True)
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="mentions", blank=True)
    carried_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="carried")
    carried_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["track", "at"], name="comment_track_at"),
            models.Index(fields=["team", "track"], name="comment_team_there", condition=Q(deleted_at=None)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(end_ms=None) | Q(end_ms__gt=F("start_ms")), name="comment_range_runs_forward"),
            models.UniqueConstraint(fields=["track", "carried_from"], name="comment_carried_once"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def moment(self) -> str:
        """`0:41`, `0:41 – 0:48`; nothing for the whole track."""
        return " – ".join(written(side) for side in (self.start_ms, self.end_ms) if side is not None)

    @property
    def hash(self) -> str:
        """The part of an address that leads to its moment."""
        return hashed(self.start_ms, self.end_ms)

    @property
    def address(self) -> str:
        """The track page with this comment in view."""
        return f"{self.track.get_absolute_url()}#c-{self.pk.hex}"

    def touch(self, **changes: Any) -> None:
        """Writes the columns, and that something changed."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.save(update_fields=[*changes, "changed_at"])

    @transaction.atomic
    def edit(self, text: str) -> None:
        """Other words. Raises ValidationError as `say` does."""
        if (text := worded(text)) != self.text:
            self.touch(text=text, edited_at=timezone.now())
            self.tell(self.mention())
            Track.objects.index([self.track_id])

    def resolve(self, by: User, done: bool = True) -> None:
        """Ends the thread, or opens it again. A reply stands for its thread."""
        head = self.parent or self
        head.touch(resolved_at=timezone.now() if done else None, resolved_by=by if done else None)

    @transaction.atomic
    def delete_softly(self, when: datetime | None) -> None:
        """Takes it away, or with None puts it back."""
        self.touch(deleted_at=when)
        Track.objects.index([self.track_id])

    @transaction.atomic
    def react(self, by: User, kind: str) -> bool:
        """Adds the person's reaction of the kind or takes it off; answers whether it is there now. Raises ValidationError."""
        if kind not in Kind.values:
            raise ValidationError("No such reaction.")
        _, made = Reaction.objects.get_or_create(comment=self, by=by, kind=kind)
        if not made:
            Reaction.objects.filter(comment=self, by=by, kind=kind).delete()
        self.touch()
        return made

    def mention(self) -> list[User]:
        """Notes whom the text names with @; answers those it did not name before."""
        found = named(self.text, members(self.track))
        known = set(self.mentioned.values_list("pk", flat=True))
        self.mentioned.set(found)
        return [user for user in found if user.pk not in known]

    def tell(self, people: list[User]) -> None:
        """Tells these people that the comment mentions them."""
        text = f"{self.by.display_name} mentions you on {self.track}: {self.text}"
        Notification.objects.tell(self.team, people, Notice.MENTION, text, self.address, self.by, about=self.track)

    def copy_to(self, track: Track, by: User, parent: "Comment | None" = None) -> "Comment":
        """An unsaved copy for another version."""
        fits = self.start_ms is not None and self.start_ms < track.duration_ms
        end = min(self.end_ms, track.duration_ms) if fits and self.end_ms else None
        facts = {
            "team_id": track.team_id,
            "track": track,
            "parent": parent,
            "by_id": self.by_id,
            "text": self.text,
            "at": self.at,
        }
        carried = {"carried_from": self, "carried_by": by, "edited_at": self.edited_at}
        return Comment(**facts, **carried, start_ms=self.start_ms if fits else None, end_ms=end)


class Reaction(models.Model):
    """One person's short answer to a comment; of each kind at most one."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="reactions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["comment", "by", "kind"], name="reaction_once")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.by_id}"


class Look(models.Model):
    """Up to when one person has read what is said about a track."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="looks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    upto = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["track", "user"], name="look_once")]

    def __str__(self) -> str:
        return f"{self.track_id} by {self.user_id} up to {self.upto}"

    @classmethod
    def note(cls, track: Track, user: User, upto: datetime) -> None:
        """Never goes back."""
        row, made = cls.objects.get_or_create(track=track, user=user, defaults={"upto": upto})
        if not made:
            cls.objects.filter(pk=row.pk, upto__lt=upto).update(upto=upto)


def worded(text: str) -> str:
    """The text without blanks around it. Raises ValidationError when nothing or too much is left."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise ValidationError("Write something first.")
    if len(text) > LONGEST:
        raise ValidationError(f"That is {len(text):,} characters; a comment has at most {LONGEST:,}. Nothing was sent.")
    return text


def within(track: Track, start: int | None, end: int | None) -> int | None:
    """The end of the range, none for a moment. Raises ValidationError unless it lies within the track and runs forward."""
    last = written(track.duration_ms // 1000 * 1000)
    if start is not None and start > track.duration_ms:
        raise ValidationError(f"The track ends at {last}; {written(start)} lies behind that.")
    if end is None:
        return None
    if start is None:
        raise ValidationError("A range needs a beginning too.")
    if end <= start:
        raise ValidationError("The range ends before it begins.")
    return min(end, track.duration_ms) if start < track.duration_ms else None
