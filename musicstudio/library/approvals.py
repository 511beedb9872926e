"""One person's yes to a track. How many a project wants, and whose, is the project's rule."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from musicstudio.accounts.access import in_project, visible
from musicstudio.accounts.models import Membership, Role, Team, User
from musicstudio.notify.notices import Kind, Notification
from musicstudio.projects.models import Project

if TYPE_CHECKING:
    from musicstudio.library.models import Track

LONGEST = {"use": 200, "territory": 120, "term": 120}  # characters
NEEDED = {"use": "Say what it is for.", "territory": "Say where it may be used.", "term": "Say for how long."}


class Terms(NamedTuple):
    """What an approval is for: what use, where, for how long. In the words of whoever approves; empty where nobody asked."""

    use: str = ""
    territory: str = ""
    term: str = ""

    @classmethod
    def read(cls, words: QueryDict) -> "Terms":
        """From a form."""
        return cls(*(" ".join(words.get(name, "").split()) for name in cls._fields))


class TermsWanted(ValidationError):
    """A project of the tracks asks what the approval is for, and the form does not say."""


class ApprovalQuerySet(models.QuerySet["Approval"]):
    """Counts and finds approvals."""

    def standing(self) -> "ApprovalQuerySet":
        """Without those that were withdrawn or ended."""
        return self.filter(ended_at=None)

    def count_of(self, tracks: Iterable[UUID]) -> "Counter[UUID]":
        """How many stand, by track."""
        return Counter(self.standing().filter(track__in=list(tracks)).values_list("track_id", flat=True))


@in_project("track__project")
class Approval(models.Model):
    """One person's approval of one track. It stands until it is withdrawn or another decision about the track ends it."""

    track = models.ForeignKey("library.Track", models.CASCADE, related_name="approvals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="approvals")
    at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=400, blank=True)
    use = models.CharField(max_length=LONGEST["use"], blank=True)
    territory = models.CharField(max_length=LONGEST["territory"], blank=True)
    term = models.CharField(max_length=LONGEST["term"], blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["track", "by"], condition=Q(ended_at=None), name="approval_once"),
        ]

    def __str__(self) -> str:
        return f"{self.track_id} approved by {self.by_id}"

    @property
    def terms(self) -> Terms:
        """What it is for."""
        return Terms(self.use, self.territory, self.term)


def approvers_of(project: Project) -> list[User]:
    """Who may approve its tracks: those the project names, else everybody from the role Reviewer up."""
    chosen = {person.pk for person in project.approvers.all()}
    return [person for person in deciders_of(project) if not chosen or person.pk in chosen]


def deciders_of(project: Project) -> list[User]:
    """Everybody from the role Reviewer up who sees the project."""
    may = [role.value for role in Role if role.at_least(Role.REVIEWER)]
    members = Membership.objects.filter(team=project.team_id, role__in=may, user__is_active=True)
    seeing = members.filter(Q(narrowed=False) | Q(project_accesses__project=project)).distinct()
    return [place.user for place in seeing.select_related("user").order_by("pk")]


@transaction.atomic
def ask_for(team: Team, ids: Iterable[UUID], by: User) -> str:
    """Tells everybody whose approval these tracks still want, once for all of them; answers what was done, for a person.

    Raises ValidationError when nobody is left to ask.
    """
    tracks = visible(apps.get_model("library", "Track").objects.kept().filter(team=team, pk__in=list(ids)), team)
    rows = tracks.exclude(status="approved").select_related("project", "team").order_by("-asked_at", "prompt_id", "take")
    waiting: list[Track] = list(rows)
    given = set(Approval.objects.standing().filter(track__in=waiting).values_list("track", "by"))
    wanted: dict[User, list[Track]] = {}
    for project in {track.project_id: track.project for track in waiting}.values():
        for person in approvers_of(project):
            mine = [track for track in waiting if track.project_id == project.pk and (track.pk, person.pk) not in given]
            if mine and person.pk != by.pk:
                wanted[person] = wanted.get(person, []) + mine
    told = [person for person, mine in wanted.items() if _tell(team, person, mine, by)]
    if not told:
        raise ValidationError("There is nobody to ask: these tracks are approved, or only you can approve them.")
    names = [person.get_short_name() for person in told]
    what = str(waiting[0]) if len(waiting) == 1 else f"{len(waiting)} tracks"
    return f"Asked {', '.join(names[:-1])}{' and ' * (len(names) > 1)}{names[-1]} to approve {what}."


def _tell(team: Team, person: User, tracks: "list[Track]", by: User) -> bool:
    first, many = tracks[0], f"{len(tracks)} tracks in {tracks[0].project.name}, among them "
    text = f"{by.display_name} asks you to approve {many if len(tracks) > 1 else ''}{first}."
    address = first.get_absolute_url()
    if len({track.batch for track in tracks}) > 1:
        address = reverse("project", args=[team.slug, first.project.slug])
    return bool(Notification.objects.tell(team, [person], Kind.APPROVAL, text, address, by, about=first))


def check_terms(tracks: Iterable["Track"], terms: Terms) -> None:
    """Raises TermsWanted, with a message beside each field, when a project asks and it is empty, or when it is too long."""
    wrong = {}
    if any(track.project.asks_use for track in tracks):
        wrong = {name: said for name, said in NEEDED.items() if not getattr(terms, name)}
    for name, value in terms._asdict().items():
        most = LONGEST[name]
        if len(value) > most:
            wrong[name] = f"At most {most} characters; this has {len(value)}."
    if wrong:
        raise TermsWanted(wrong)
