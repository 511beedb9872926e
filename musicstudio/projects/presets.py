"""Presets: what a project's compose panel begins with, so that nobody sets the same things again for every request."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from musicstudio.accounts.access import in_project
from musicstudio.projects.formats import Format

if TYPE_CHECKING:
    from musicstudio.projects.models import Project

STYLES, STYLE_LENGTH, NAME_LENGTH = 12, 40, 40


def style_words(words: Iterable[str]) -> list[str]:
    """The words without repetitions and blanks, in their order. Raises ValidationError for too many or too long ones."""
    found: dict[str, str] = {}
    for word in words:
        if clean := " ".join(word.split()):
            found.setdefault(clean.lower(), clean)
    if len(found) > STYLES or any(len(word) > STYLE_LENGTH or not word.isprintable() for word in found.values()):
        raise ValidationError({"styles": f"Write up to {STYLES} words of up to {STYLE_LENGTH} characters, with commas."})
    return list(found.values())


class PresetQuerySet(models.QuerySet["Preset"]):
    """Finds and keeps presets."""

    def default_of(self, project: "Project") -> "Preset | None":
        """What the project's panel begins with."""
        return self.filter(project=project, is_default=True).first()

    @transaction.atomic
    def keep(self, project: "Project", name: str, *, pk: int | None = None, is_default: bool = False, **sets: Any) -> "Preset":
        """A new preset, or the project's preset `pk` with new contents; a new default replaces the old one.

        Raises ValidationError with a message per field.
        """
        preset = self.get(project=project, pk=pk) if pk else Preset(project=project)
        preset.name, preset.is_default = " ".join(name.split()), is_default
        preset.styles = style_words(sets.pop("styles", []))
        for field, value in sets.items():
            setattr(preset, field, value)
        if not 1 <= len(preset.name) <= NAME_LENGTH:
            raise ValidationError({"name": f"A preset's name has 1 to {NAME_LENGTH} characters."})
        if self.filter(project=project, name__iexact=preset.name).exclude(pk=preset.pk).exists():
            raise ValidationError({"name": "The project has a preset of this name."})
        if is_default:
            self.filter(project=project, is_default=True).exclude(pk=preset.pk).update(is_default=False)
        preset.save()
        return preset


@in_project("project")
class Preset(models.Model):
    """Style words and settings of the compose panel, by name. What is empty (`None` for the length) leaves the panel's habit.

    `styles` are words that go visibly into the prompt, `duration_ms` milliseconds.
    """

    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="presets")
    name = models.CharField(max_length=NAME_LENGTH)
    styles = models.JSONField(default=list, blank=True)
    model_slug = models.CharField(max_length=120, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    format = models.CharField(max_length=8, choices=Format, blank=True)
    instrumental = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint("project", Lower("name"), name="preset_name_once"),
            models.UniqueConstraint(fields=["project"], condition=Q(is_default=True), name="preset_default_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        """The style words as they are typed."""
        return ", ".join(self.styles)

    @property
    def length(self) -> str:
        """The length in seconds as it is typed; empty without one."""
        return f"{self.duration_ms / 1000:g}" if self.duration_ms else ""

    @property
    def contents(self) -> dict[str, Any]:
        """What `keep` takes to make it again."""
        fields = ("name", "styles", "model_slug", "duration_ms", "format", "instrumental", "is_default")
        return {field: getattr(self, field) for field in fields}
