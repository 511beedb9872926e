"""Which projects a member, or somebody invited, is limited to. Who has no such limit sees every project of the team."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models, transaction

from musicstudio.accounts.invitations import Invitation
from musicstudio.accounts.models import AuditEvent, Membership, Role, Team, User

if TYPE_CHECKING:
    from musicstudio.projects.models import Project


class ProjectAccess(models.Model):
    """A limited member may see this project."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="project_accesses")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="accesses")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "project"], name="project_access_once")]

    def __str__(self) -> str:
        return f"{self.membership_id} sees {self.project_id}"


class InvitedProject(models.Model):
    """Whoever accepts the invitation will see this project."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="invited_projects")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "project"], name="invited_project_once")]

    def __str__(self) -> str:
        return f"{self.invitation_id} to {self.project_id}"


def check_may_be_narrowed(role: str) -> None:
    """Raises ValidationError for the roles that look after the whole team."""
    if role in (Role.OWNER, Role.ADMIN):
        raise ValidationError({"projects": "Owners and admins see every project. Choose another role, or all projects."})


def chosen(team: Team, slugs: Iterable[str]) -> "list[Project]":
    """The team's projects of these addresses. Raises ValidationError when one is not there."""
    from musicstudio.projects.models import Project  # noqa: PLC0415 (it needs this module)

    wanted = set(slugs)
    found = list(Project.objects.filter(team=team, slug__in=wanted))
    if len(found) != len(wanted):
        raise ValidationError({"projects": "There is no such project."})
    return found


@transaction.atomic
def narrow(member: Membership, projects: "Sequence[Project] | None", by: Membership) -> bool:
    """Limits a member to these projects, or with None to none; answers whether that changed anything.

    Raises ValidationError for an empty choice, for owners and admins, and where `by` may not.
    """
    from musicstudio.accounts.invitations import check_gives  # noqa: PLC0415

    check_gives(by, member.role)
    if projects is not None:
        check_may_be_narrowed(member.role)
        if not projects:
            raise ValidationError({"projects": "Choose a project, or let the person see all."})
    before = names(member)
    Membership.objects.filter(pk=member.pk).update(narrowed=projects is not None)
    member.narrowed = projects is not None
    member.project_accesses.all().delete()
    ProjectAccess.objects.bulk_create(ProjectAccess(membership=member, project=project) for project in projects or ())
    after = names(member)
    if before != after:
        AuditEvent.objects.note(member.team, by, "member.projects", member.user, before, after)
    return before != after


def names(member: Membership) -> str:
    """`all projects`, or what they are called."""
    if not member.narrowed:
        return "all projects"
    return ", ".join(member.project_accesses.order_by("project__name").values_list("project__name", flat=True))


@transaction.atomic
def accept(invitation: Invitation, user: User) -> Membership:
    """Lets the person in, limited as the invitation says. Raises ValidationError as `Invitation.accept` does."""
    known = invitation.team.memberships.filter(user=user).exists()
    member = invitation.accept(user)
    if invitation.narrowed and not known:
        rows = invitation.invited_projects.values_list("project", flat=True)
        ProjectAccess.objects.bulk_create(ProjectAccess(membership=member, project_id=pk) for pk in rows)
    return member
