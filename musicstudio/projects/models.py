"""Projects and prompts: what the music is for, what exactly was asked. Presets and recipes are modules of their own."""

import uuid
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from musicstudio.accounts.access import in_project, visible
from musicstudio.accounts.models import AuditEvent, Membership, Team, User
from musicstudio.projects.formats import Format
from musicstudio.projects.places import InvitedProject, ProjectAccess
from musicstudio.projects.presets import Preset
from musicstudio.projects.recipes import PromptFavourite, Recipe
from musicstudio.projects.tokens import ApiToken, TokenScope

# found here by Django, and by name
__all__ = ["ApiToken", "ChangedPrompt", "Format", "InvitedProject", "Preset", "Project", "ProjectAccess", "Prompt"]
__all__ += ["PromptFavourite", "Recipe", "TokenScope"]

MOST_APPROVALS = 9
HUES = (40, 200, 150, 310, 250, 350)  # of the project's dot and its cover tiles, in degrees; the next project takes the next


class ProjectQuerySet(models.QuerySet["Project"]):
    """Finds and opens projects."""

    def open(self, team: Team, name: str, brief: str = "") -> "Project":
        """A new project with a free address within the team."""
        slug = self.free_slug(team, name)
        hue = HUES[self.filter(team=team).count() % len(HUES)]
        return self.create(team=team, name=name.strip(), slug=slug, brief=brief.strip(), hue=hue)

    def first_of(self, team: Team) -> "Project":
        """The team's default project, or its oldest that the person may see; a sketchbook is opened when it has none."""
        rows = visible(self.current().filter(team=team), team).order_by("-is_default", "created_at", "id")
        found = rows.first()
        if found is None and team.seen_by is not None and team.seen_by.only is not None:
            raise PermissionDenied("You see chosen projects only, and none of them takes new takes. Ask an admin.")
        return found or self.open(team, "Sketchbook")

    @transaction.atomic
    def choose_default(self, team: Team, slug: str, by: Membership) -> None:
        """Where takes go whose project nobody names; empty: the oldest. Raises ValidationError for what is not there."""
        was = self.filter(team=team, is_default=True).first()
        found = self.current().filter(team=team, slug=slug).first() if slug else None
        if slug and found is None:
            raise ValidationError({"default_project": "There is no such project."})
        if was != found:
            self.filter(team=team, is_default=True).update(is_default=False)
            if found is not None:
                self.filter(pk=found.pk).update(is_default=True)
            before, after = ({"default project": project.name if project else ""} for project in (was, found))
            AuditEvent.objects.note(team, by, "team.settings", team, before, after)

    def current(self) -> "ProjectQuerySet":
        """Without the archived ones."""
        return self.filter(archived_at=None)

    def free_slug(self, team: Team, name: str) -> str:
        """spring-film, spring-film-2, …"""
        base = slugify(name)[:40] or "project"
        slug, number = base, 2
        while self.filter(team=team, slug=slug).exists():
            slug, number = f"{base}-{number}", number + 1
        return slug


@in_project("pk")
class Project(models.Model):
    """What the music is for; tracks live in one."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="projects")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=48)
    brief = models.TextField(blank=True, max_length=2000)
    hue = models.PositiveSmallIntegerField(default=HUES[0])
    due_on = models.DateField(null=True, blank=True, help_text="when the music has to be there")
    created_at = models.DateTimeField(auto_now_add=True)
    needed = models.PositiveSmallIntegerField(default=1, help_text="approvals that make a track approved")
    approvers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="nobody: everybody from Reviewer up"
    )
    asks_use = models.BooleanField(default=False, help_text="an approval says for what use, territory and term")
    archived_at = models.DateTimeField(null=True, blank=True, help_text="since then it takes no new takes; its tracks stay")
    is_default = models.BooleanField(default=False, help_text="takes whose project nobody names go there")

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "slug"], name="project_slug_once"),
            models.UniqueConstraint(fields=["team"], condition=models.Q(is_default=True), name="project_default_once"),
        ]
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its tracks, with the compose panel."""
        return reverse("project", args=[self.team.slug, self.slug])

    def describe(self, name: str, brief: str, due_on: date | None) -> None:
        """A new name, brief and due date; the address stays. Raises ValidationError for an empty or too long name or brief."""
        name, brief = " ".join(name.split()), brief.strip()
        if not 1 <= len(name) <= 80:
            raise ValidationError({"name": "A project's name has 1 to 80 characters."})
        if len(brief) > 2000:
            raise ValidationError({"brief": "A brief has at most 2,000 characters."})
        self.name, self.brief, self.due_on = name, brief, due_on
        self.save(update_fields=["name", "brief", "due_on"])

    @transaction.atomic
    def rule(self, needed: int, approvers: Iterable[User], asks_use: bool) -> None:
        """How many approvals a track wants and whose, and whether they say what for. Raises ValidationError for a bad number."""
        people = list(approvers)
        if not 1 <= needed <= MOST_APPROVALS:
            raise ValidationError({"needed": f"A track wants 1 to {MOST_APPROVALS} approvals."})
        self.needed, self.asks_use = needed, asks_use
        self.save(update_fields=["needed", "asks_use"])
        self.approvers.set(people)

    def archive(self) -> None:
        """No new takes from now on; the tracks stay in the library."""
        self.archived_at = self.archived_at or timezone.now()
        self.save(update_fields=["archived_at"])

    def restore(self) -> None:
        """Takes it out of the archive."""
        self.archived_at = None
        self.save(update_fields=["archived_at"])


class ChangedPrompt(Exception):
    """Somebody tried to change a prompt that is already written; a change makes a child."""


class PromptQuerySet(models.QuerySet["Prompt"]):
    """Writes prompts; never changes one."""

    def write(self, prompt: "Prompt") -> "Prompt":
        """The saved prompt: an earlier one of the project with the very same words, else this one."""
        words = {word: getattr(prompt, word) for word in Prompt.WORDS}
        same = self.filter(project=prompt.project, **words).order_by("created_at").first()
        if same is None:
            prompt.save()
        return same or prompt

    def update(self, **fields: Any) -> int:
        """Refused: see `ChangedPrompt`."""
        raise ChangedPrompt("A prompt never changes; write a child with Prompt.change().")


@in_project("project")
class Prompt(models.Model):
    """An immutable version of what was asked. Durations are milliseconds; a change makes a child."""

    WORDS = ("text", "chips", "lyrics", "duration_ms", "format", "instrumental", "model_slug")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="prompts")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    text = models.TextField()
    chips = models.CharField(max_length=600, blank=True, help_text="words of style, with commas: warm, analog, 96 bpm")
    lyrics = models.TextField(blank=True)
    duration_ms = models.PositiveIntegerField()
    format = models.CharField(max_length=8, choices=Format, default=Format.MP3)
    instrumental = models.BooleanField(default=True)
    model_slug = models.CharField(max_length=120)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.text[:60]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Writes the row once; raises `ChangedPrompt` afterwards."""
        if not self._state.adding:
            raise ChangedPrompt("A prompt never changes; write a child with Prompt.change().")
        super().save(*args, **kwargs)

    def change(self, by: User, **words: Any) -> "Prompt":
        """A child that differs in the given words; itself when nothing differs. Raises TypeError for an unknown word."""
        if unknown := set(words) - set(self.WORDS):
            raise TypeError(f"A prompt has no {', '.join(sorted(unknown))}.")
        if all(getattr(self, word) == value for word, value in words.items()):
            return self
        said = {word: getattr(self, word) for word in self.WORDS} | words
        return Prompt.objects.create(project=self.project, parent=self, created_by=by, **said)

    @property
    def sent(self) -> str:
        """What the model reads: the text and, on a line of their own, the words of style."""
        return f"{self.text}\n{self.chips}" if self.chips else self.text

    @property
    def chip_list(self) -> list[str]:
        """The words of style, one by one."""
        return self.chips.split(", ") if self.chips else []

    @property
    def seconds(self) -> Decimal:
        """The asked length in seconds."""
        return Decimal(self.duration_ms) / 1000
