"""Which models a team uses: an admin switches one off for the team, or opens it to some projects only."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction

from musicstudio.accounts.access import team_wide
from musicstudio.accounts.models import AuditEvent, Team, User
from musicstudio.projects.models import Project

if TYPE_CHECKING:
    from musicstudio.providers.models import MusicModel


class ModelRuleQuerySet(models.QuerySet["ModelRule"]):
    """Decides about models."""

    @transaction.atomic
    def decide(self, team: Team, model: "MusicModel", by: User, *, on: bool, projects: Sequence[Project] = ()) -> "ModelRule":
        """From now on the team may use the model, or not; with `projects`, only there. What runs already goes on.

        Raises ValidationError for another team's project.
        """
        if any(project.team_id != team.pk for project in projects):
            raise ValidationError({"projects": "There is no such project."})
        rule, made = self.select_for_update().get_or_create(team=team, model=model, defaults={"changed_by": by})
        before = "on" if made else rule.said
        rule.is_on, rule.changed_by = on, by
        rule.save(update_fields=["is_on", "changed_by", "changed_at"])
        rule.projects.set(projects)
        AuditEvent.objects.note(team, by, "model.set", model, before={"use": before}, after={"use": rule.said})
        return rule


@team_wide
class ModelRule(models.Model):
    """What one team decided about one model. Without a row, or on and without projects, everybody may use it."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="model_rules")
    model = models.ForeignKey("providers.MusicModel", models.CASCADE, related_name="rules")
    is_on = models.BooleanField(default=True)
    projects = models.ManyToManyField(Project, blank=True, related_name="+", help_text="none: every project")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    objects = ModelRuleQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "model"], name="model_rule_once")]

    def __str__(self) -> str:
        return f"{self.model} in {self.team}: {self.said}"

    @property
    def said(self) -> str:
        """`on`, `off`, `only in Aurora, Kestrel`."""
        names = sorted(self.projects.values_list("name", flat=True)) if self.is_on else []
        return f"only in {', '.join(names)}" if names else "on" if self.is_on else "off"
