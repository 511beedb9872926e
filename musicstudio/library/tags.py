"""The team's vocabulary: words with a colour, put on tracks."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from musicstudio.accounts.access import in_project
from musicstudio.accounts.models import Team

TAG_LENGTH = 40


class Color(models.TextChoices):
    """The hues of a tag's dot; the classes are those of projects and people (static/css/base.css)."""

    ORANGE = "orange", "Orange"
    TEAL = "teal", "Teal"
    GREEN = "green", "Green"
    PURPLE = "purple", "Purple"
    BLUE = "blue", "Blue"
    PINK = "pink", "Pink"

    @property
    def hue(self) -> int:
        """Degrees."""
        return HUES[self]


HUES = {Color.ORANGE: 40, Color.TEAL: 200, Color.GREEN: 150, Color.PURPLE: 310, Color.BLUE: 250, Color.PINK: 350}


class TagQuerySet(models.QuerySet["Tag"]):
    """Finds and makes tags."""

    def named(self, team: Team, name: str) -> "Tag":
        """The team's tag of this name, whatever its case; made when missing. Raises ValidationError for a bad name."""
        name = checked(name)
        if found := self.filter(team=team, name__iexact=name).first():
            return found
        color = list(Color)[self.filter(team=team).count() % len(Color)]
        return self.get_or_create(team=team, name=name, defaults={"color": color})[0]

    def called(self, names: list[str]) -> "TagQuerySet":
        """Those with one of the names, which are in small letters; by the index of names."""
        return self.alias(lowered=Lower("name")).filter(lowered__in=names)


@in_project(lambda member: models.Q(pk__in=Tag.objects.filter(tracks__project__in=member.only or ()).values("pk")))
class Tag(models.Model):
    """A word of the team's vocabulary."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=TAG_LENGTH)
    color = models.CharField(max_length=8, choices=Color, default=Color.ORANGE)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("team", Lower("name"), name="tag_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def hue(self) -> int:
        """The colour of its dot, in degrees."""
        return Color(self.color).hue


def checked(name: str) -> str:
    """The name without surplus blanks and a leading #. Raises ValidationError for a bad one."""
    name = " ".join(name.split()).lstrip("#").strip()
    if not 1 <= len(name) <= TAG_LENGTH:
        raise ValidationError({"name": f"A tag has 1 to {TAG_LENGTH} characters."})
    if not name.isprintable() or "," in name:
        raise ValidationError({"name": "A tag is one line of text without commas."})
    return name
