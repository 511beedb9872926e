"""What is worth asking again: a person's favourite prompts, and recipes, which a whole team shares."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from musicstudio.accounts.access import in_project
from musicstudio.accounts.models import Team, User

NAME_LENGTH = 60


class PromptFavourite(models.Model):
    """A prompt that one person wants to find again."""

    prompt = models.ForeignKey("projects.Prompt", models.CASCADE, related_name="favourites")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="prompt_favourites")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prompt", "user"], name="prompt_favourite_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.prompt}"


class RecipeQuerySet(models.QuerySet["Recipe"]):
    """Shares recipes."""

    def shared(self, team: Team) -> "RecipeQuerySet":
        """The team's, without those that were taken out."""
        return self.filter(team=team, ended_at=None)

    def share(self, team: Team, name: str, by: User, **words: Any) -> "Recipe":
        """A recipe of these words (`Prompt.WORDS`) under a name that the team does not use yet; raises ValidationError."""
        name = " ".join(name.split())
        if not 1 <= len(name) <= NAME_LENGTH:
            raise ValidationError({"name": f"A recipe's name has 1 to {NAME_LENGTH} characters."})
        if self.shared(team).filter(name__iexact=name).exists():
            raise ValidationError({"name": f"The team has a recipe named {name}. Choose another name."})
        return self.create(team=team, name=name, created_by=by, **words)


@in_project(lambda member: models.Q(created_by=member.user_id))  # its words may come from any project
class Recipe(models.Model):
    """Words, model, length and format that worked, named for the whole team. It is a copy: its prompt may go."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="recipes")
    name = models.CharField(max_length=NAME_LENGTH)
    text = models.TextField()
    chips = models.CharField(max_length=600, blank=True)
    lyrics = models.TextField(blank=True)
    duration_ms = models.PositiveIntegerField()
    format = models.CharField(max_length=8)
    instrumental = models.BooleanField()
    model_slug = models.CharField(max_length=120)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="taken out of the list since")

    objects = RecipeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("team", Lower("name"), condition=models.Q(ended_at=None), name="recipe_name_once")]

    def __str__(self) -> str:
        return self.name

    def drop(self, *, back: bool = False) -> None:
        """Takes it out of the list; `back` puts it there again, unless its name was given to another meanwhile."""
        if back and Recipe.objects.shared(self.team).filter(name__iexact=self.name).exists():
            return
        self.ended_at = None if back else timezone.now()
        self.save(update_fields=["ended_at"])
