"""Saved views: a search line with its order and grouping under a name, for oneself or for the team."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse

from musicstudio.accounts.access import in_project, visible
from musicstudio.accounts.models import Team, User

NAME_LENGTH, QUERY_LENGTH, MOST = 60, 1200, 40
BUILT_IN = {"Needs my ears": ("q=status%3Anew+mine%3Anone", "ear"), "Favourites": ("q=is%3Afavourite", "heart")}  # with icon
KEPT = ("q", "sort", "group", "as")  # of an address; the page within the list is not part of a view


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Finds and keeps views."""

    def seen_by(self, team: Team, user: User) -> "SavedViewQuerySet":
        """The person's own and the team's."""
        return self.filter(Q(shared=True) | Q(owner=user), team=team)

    def with_built_in(self, team: Team, user: User) -> "list[SavedView]":
        """What the sidebar lists: two that everybody has, then the person's own and the team's."""
        first = [SavedView(team=team, name=name, query=query) for name, (query, _) in BUILT_IN.items()]
        rows = list(visible(self.seen_by(team, user), team))
        for view in rows:
            view.team = team
        return first + rows

    def keep(self, team: Team, owner: User, name: str, query: str, shared: bool = False) -> "SavedView":
        """The person's view of this name, made or changed. Raises ValidationError for a bad name or too many views."""
        name = " ".join(name.split())
        if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
            raise ValidationError({"name": f"A view has a name of 1 to {NAME_LENGTH} characters."})
        if len(query) > QUERY_LENGTH:
            raise ValidationError({"name": "This search is too long to be kept."})
        found = self.filter(team=team, owner=owner, name__iexact=name).first()
        if found is None and self.filter(team=team, owner=owner).count() >= MOST:
            raise ValidationError({"name": f"You have {MOST} views. Delete one first."})
        view = found or SavedView(team=team, owner=owner)
        view.name, view.query, view.shared = name, query, shared
        view.save()
        return view


@in_project(lambda member: Q(owner=member.user_id))  # a view's name and search may speak of any project
class SavedView(models.Model):
    """The address is the view: `query` is what stands behind the library's ?."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=NAME_LENGTH)
    query = models.CharField(max_length=QUERY_LENGTH, blank=True)
    shared = models.BooleanField(default=False, help_text="everybody in the team sees it")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["team", "owner", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The library under this view."""
        return f"{reverse('library', args=[self.team.slug])}?{self.query}"

    @property
    def key(self) -> str:
        """What the page knows it by: its number, or the name of one that everybody has."""
        return str(self.pk or self.name)

    @property
    def icon(self) -> str:
        """The sprite's symbol."""
        return "bookmark" if self.pk else BUILT_IN[self.name][1]
