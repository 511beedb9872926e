"""What the shell around every page shows: the team, its projects, the month's money, the person's preferences."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Membership, Role, Team
from musicstudio.budgets.grants import Ask
from musicstudio.budgets.models import Bucket
from musicstudio.generation.models import Job
from musicstudio.generation.views import month_of
from musicstudio.library.models import SavedView, Status, Track
from musicstudio.projects.models import Project

THEMES = ("system", "light", "dark")


def counted(rows: "QuerySet[Any]") -> Coalesce:
    """A subquery that counts the rows belonging to the outer project."""
    rows = rows.filter(project=OuterRef("pk"), team=OuterRef("team"))  # the index that holds everything begins with the team
    number = rows.order_by().values("project").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)


@dataclass
class Shell:
    """Read only when a template asks: an error page or a fragment costs no query for it."""

    request: HttpRequest

    @property
    def theme(self) -> str:
        """`system`, `light` or `dark`, from a cookie, so that the first paint is right."""
        theme = self.request.COOKIES.get("theme", "")
        return theme if theme in THEMES else "system"

    @property
    def keys(self) -> str:
        """`on` or `off`: single-key shortcuts (WCAG 2.1.4), as the person's account says; by cookie where nobody is signed in."""
        user = getattr(self.request, "user", None)
        on = user.single_keys if user is not None and user.is_authenticated else self.request.COOKIES.get("keys") != "off"
        return "on" if on else "off"

    @property
    def os(self) -> str:
        """`mac` or `other`: what the key of the labels is called there."""
        agent = self.request.headers.get("User-Agent", "")
        return "mac" if any(word in agent for word in ("Macintosh", "iPhone", "iPad")) else "other"

    @property
    def mod(self) -> str:
        """The key that stands before K and Enter."""
        return "⌘" if self.os == "mac" else "Ctrl"

    @property
    def mailed(self) -> bool:
        """Whether a mail server is set up; without one, mails are printed where the studio runs."""
        return bool(settings.MAILED)

    @property
    def team(self) -> Team | None:
        """The team the page belongs to; None on pages outside."""
        return getattr(self.request, "team", None)

    @property
    def membership(self) -> Membership | None:
        """The person's place in the team."""
        return getattr(self.request, "membership", None)

    @property
    def project(self) -> Project | None:
        """The project the page is about."""
        return getattr(self.request, "project", None)

    @property
    def is_admin(self) -> bool:
        """Whether the settings are open."""
        return bool(self.membership and self.membership.may(Role.ADMIN))

    @property
    def may_produce(self) -> bool:
        """Whether new projects and takes may be made."""
        return bool(self.membership and self.membership.may(Role.PRODUCER))

    @property
    def limited(self) -> bool:
        """Whether the person sees chosen projects only: then nothing is shown that speaks of the whole team."""
        return bool(self.team and self.team.limited)

    @property
    def may_decide(self) -> bool:
        """Whether tracks may be approved and rejected."""
        return bool(self.membership and self.membership.may(Role.REVIEWER))

    @property
    def teams(self) -> list[Team]:
        """Every team of the person, for the switch."""
        return sorted(getattr(self.request, "teams", []), key=lambda team: (team.name, team.pk))

    @cached_property
    def projects(self) -> list[Project]:
        """The team's projects, each with the numbers of its `tracks_made`, of those `approved`, and of takes `running`."""
        shown = Q(archived_at=None) | Q(pk=self.project.pk if self.project else None)
        tracks = Track.objects.kept()
        numbers = {"tracks_made": counted(tracks), "approved": counted(tracks.filter(status=Status.APPROVED))}
        asks = Ask.objects.undecided(self.team).order_by().values("team").annotate(n=Count("pk")).values("n")  # type: ignore[arg-type]
        numbers |= {"running": counted(Job.objects.active())}
        numbers |= {"asks_of_team": Coalesce(Subquery(asks), 0)} if self.is_admin else {}
        rows = Project.objects.filter(shown, team=self.team)
        return list((visible(rows, self.team) if self.team else rows).annotate(**numbers))

    @property
    def counts(self) -> Project | None:
        """The project of the page with its numbers."""
        return next((project for project in self.projects if self.project and project.pk == self.project.pk), None)

    @cached_property
    def members(self) -> list[Membership]:
        """Everybody in the team."""
        return list(Membership.objects.filter(team=self.team).select_related("user"))

    @property
    def here(self) -> Project | None:
        """The project of the page, or the first: where the compose button of the phone leads."""
        return self.project or (self.projects[0] if self.projects else None)

    @property
    def tracks_made(self) -> int:
        """Tracks of the whole team."""
        return sum(getattr(project, "tracks_made", 0) for project in self.projects)

    @property
    def running(self) -> int:
        """Takes under way in the whole team."""
        return sum(getattr(project, "running", 0) for project in self.projects)

    @cached_property
    def views(self) -> list[SavedView]:
        """Saved views of the library, for the sidebar."""
        if not self.team or not self.membership:
            return []
        return SavedView.objects.with_built_in(self.team, self.membership.user)

    @cached_property
    def asks(self) -> int:
        """Requests for more that wait for an admin; they are of projects, so they are read along with those."""
        return getattr(self.projects[0], "asks_of_team", 0) if self.team and self.projects else 0

    @property
    def unread(self) -> int:
        """News of the person in the team that they have not looked at; read along with the membership."""
        return int(getattr(self.membership, "unread", 0))

    @cached_property
    def bucket(self) -> Bucket | None:
        """This month's money; None without a cap."""
        return month_of(self.request) if self.team else None


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor of `settings.TEMPLATES`."""
    return {"shell": Shell(request)}
