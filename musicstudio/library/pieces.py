"""A piece: music that the team names, like “Main theme”, and its versions v1, v2, v3…, each of them a take.

Takes stay what they are; promoting one makes it the piece's newest version. A number is given once, also when its version is
taken out again, so that “v2” never means two things.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from musicstudio.accounts.access import in_project
from musicstudio.accounts.models import Role, Team, User
from musicstudio.library.undo import WAYS, Undo, Way
from musicstudio.projects.models import Project

if TYPE_CHECKING:
    from musicstudio.library.models import Track

NAME_LENGTH = 80


class PieceQuerySet(models.QuerySet["Piece"]):
    """Names music and finds it."""

    @transaction.atomic
    def promote(self, track: "Track", name: str, by: User) -> tuple["Version", Undo]:
        """The track as the next version of the project's piece of this name, which is made when there is none; and the way back.

        Raises ValidationError for a bad name and for a track that is a version already.
        """
        name = named(name)
        if Version.objects.filter(track=track).exists():
            raise ValidationError({"name": f"This take already is {track.version}."})
        facts = {"team": track.team, "name": name, "created_by": by}
        piece, made = self.get_or_create(project=track.project, name__iexact=name, defaults=facts)
        piece = self.select_for_update().get(pk=piece.pk)
        piece.numbered += 1
        piece.save(update_fields=["numbered"])
        version = piece.versions.create(number=piece.numbered, track=track, by=by)
        undo = Undo.objects.create(team=track.team, by=by, act="promote", facts={"version": version.pk, "new": made})
        return version, undo


@in_project("project")
class Piece(models.Model):
    """Music under a name, with its versions. `numbered`: the highest number it has given."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="pieces")
    project = models.ForeignKey(Project, models.CASCADE, related_name="pieces")
    name = models.CharField(max_length=NAME_LENGTH)
    numbered = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PieceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("project", Lower("name"), name="piece_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def newest(self) -> "Version | None":
        """The version with the highest number that is there."""
        return self.versions.order_by("-number").first()

    def rename(self, name: str) -> None:
        """Another name for all its versions. Raises ValidationError for a bad one and one that the project has."""
        name = named(name)
        if Piece.objects.filter(project=self.project_id, name__iexact=name).exclude(pk=self.pk).exists():
            raise ValidationError({"name": f"The project has a piece named {name}. Choose another name."})
        self.name = name
        self.save(update_fields=["name"])


class VersionQuerySet(models.QuerySet["Version"]):
    """Finds versions."""

    def beside(self, track: "Track") -> "VersionQuerySet":
        """All versions of the piece that the track is one of, without those in the bin; none when it is no version."""
        rows = self.filter(piece__versions__track=track).filter(Q(track__deleted_at=None) | Q(track=track))
        return rows.select_related("piece", "by", "track__project").order_by("number")


@in_project("piece__project")
class Version(models.Model):
    """A take as one version of a piece. A take is the version of one piece at most."""

    piece = models.ForeignKey(Piece, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    track = models.OneToOneField("library.Track", models.CASCADE, related_name="version")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["piece", "number"], name="version_number_once")]

    def __str__(self) -> str:
        return f"{self.piece} v{self.number}"

    @transaction.atomic
    def take_out(self, by: User) -> Undo:
        """The take is no version any more; its number stays free. Answers the way back."""
        facts = {"piece": self.piece_id, "number": self.number, "track": self.track_id.hex, "by": self.by_id}
        undo = Undo.objects.create(team=self.piece.team, by=by, act="take_out", facts=facts)
        self.delete()
        return undo


def named(name: str) -> str:
    """Without surplus blanks. Raises ValidationError unless it has 1 to 80 characters."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_LENGTH:
        raise ValidationError({"name": f"A piece's name has 1 to {NAME_LENGTH} characters, like Main theme."})
    return name


def promote_back(facts: Any, team: Team, by: User) -> int:
    """The take is no version; a piece made for it goes too when nothing else is in it."""
    version = Version.objects.filter(pk=facts["version"], piece__team=team).select_related("piece").first()
    if version is None:
        return 1
    version.delete()
    if facts["new"] and not version.piece.versions.exists():
        version.piece.delete()
    elif version.number == version.piece.numbered:
        Piece.objects.filter(pk=version.piece_id, numbered=version.number).update(numbered=version.number - 1)
    return 0


def take_out_back(facts: Any, team: Team, by: User) -> int:
    """The same version again, where the take has not become another since."""
    piece = Piece.objects.filter(pk=facts["piece"], team=team).first()
    taken = Version.objects.filter(track=facts["track"]).exists()
    track = None if piece is None or taken else piece.project.tracks.model.objects.filter(pk=facts["track"], team=team).first()
    if piece is None or track is None:
        return 1
    Version.objects.create(piece=piece, number=facts["number"], track=track, by_id=facts["by"])
    return 0


WAYS["promote"] = Way(Role.PRODUCER, promote_back)
WAYS["take_out"] = Way(Role.PRODUCER, take_out_back)
