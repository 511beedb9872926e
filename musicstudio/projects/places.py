"""Which projects a member, or somebody invited, is limited to. Who has no such limit sees every project of the team."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse

from musicstudio.accounts import members as membering
from musicstudio.accounts.invitations import Invitation, check_gives
from musicstudio.accounts.models import AccessRequest, AuditEvent, Membership, Role, Team, User
from musicstudio.notify.models import Notification
from musicstudio.notify.notices import Kind
from musicstudio.projects.tokens import ApiToken

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
    """Lets the person in, limited as the invitation says, and tells who invited. Raises ValidationError as its `accept` does."""
    known = invitation.team.memberships.filter(user=user).exists()
    member = invitation.accept(user)
    if not known:
        arrived(invitation, member)
    return member


@transaction.atomic
def accept_as_new(invitation: Invitation, email: str, name: str, password: str) -> User:
    """The same for somebody who has no account yet."""
    user = invitation.accept_as_new(email, name, password)
    arrived(invitation, invitation.team.memberships.get(user=user))
    return user


def arrived(invitation: Invitation, member: Membership) -> None:
    """What an invitation brings with it: the projects it names, and word to who sent it."""
    rows = invitation.invited_projects.values_list("project", flat=True) if invitation.narrowed else ()
    ProjectAccess.objects.bulk_create(ProjectAccess(membership=member, project_id=pk) for pk in rows)
    if invitation.created_by:
        text = f"{member.user} accepted your invitation and is {member.get_role_display()} now."
        page = reverse("members", args=[member.team.slug])
        Notification.objects.tell(member.team, [invitation.created_by], Kind.REQUEST, text, page, by=member.user)


@transaction.atomic
def invite(
    by: Membership, role: str, email: str = "", days: int = 7, projects: "Sequence[Project] | None" = None
) -> tuple[Invitation, str]:
    """An invitation to the whole team, or with `projects` to these; and the token of its link.

    Raises ValidationError as `Invitation.objects.invite` does, for an empty choice, and for roles that see every project.
    """
    if projects is not None:
        check_may_be_narrowed(role)
        if not projects:
            raise ValidationError({"projects": "Choose a project, or let the person see all."})
    made, token = Invitation.objects.invite(by.team, role, by, email, days)
    if projects is not None:
        Invitation.objects.filter(pk=made.pk).update(narrowed=True)
        made.narrowed = True
        InvitedProject.objects.bulk_create(InvitedProject(invitation=made, project=project) for project in projects)
    return made, token


@transaction.atomic
def remove(member: Membership, by: Membership) -> None:
    """Ends a membership with everything that acts for it: its tokens. Open pages of the person find nothing from now on.

    Raises ValidationError as `accounts.members.remove` does.
    """
    membering.remove(member, by)
    ApiToken.objects.end_for(member.user, member.team)


@transaction.atomic
def approve(wanted: AccessRequest, role: str, by: Membership, projects: "Sequence[Project] | None" = None) -> Membership:
    """Lets in somebody who asked; with `projects` limited to these. Raises ValidationError as for an invitation."""
    if projects is not None:
        check_may_be_narrowed(role)
    member = wanted.approve(role, by)
    if projects is not None:
        narrow(member, projects, by)
    page = reverse("team", args=[member.team.slug])
    Notification.objects.tell(member.team, [member.user], Kind.REQUEST, f"You are in {member.team} now.", page, by=by.user)
    return member
