"""Asking to be let into a team. Whoever asks learns nothing: not whether the team exists, not what became of it."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from musicstudio.accounts.invitations import check_gives
from musicstudio.accounts.models import AuditEvent, Membership, Role, Team, User

MOST = 50  # open ones of a team; more are dropped


class Answer(models.TextChoices):
    """What became of it."""

    OPEN = "open", "Waiting"
    APPROVED = "approved", "Approved"
    DENIED = "denied", "Denied"


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    """Makes and finds requests."""

    def waiting(self, team: Team) -> "AccessRequestQuerySet":
        """What an admin may decide, oldest first."""
        return self.filter(team=team, state=Answer.OPEN).select_related("user", "team").order_by("created_at")

    def ask(self, user: User, slug: str, text: str = "") -> "AccessRequest | None":
        """The request, when it is a new one of somebody outside to a team there is; else None, and nobody may be told which.

        Who was turned away may ask again after the request is decided, once per day.
        """
        team = Team.objects.filter(slug=slug).first()
        if team is None or team.memberships.filter(user=user).exists():
            return None
        today = timezone.now() - timedelta(days=1)
        again = self.filter(models.Q(state=Answer.OPEN) | models.Q(created_at__gt=today), team=team, user=user)
        if again.exists() or self.waiting(team).count() >= MOST:
            return None
        return self.create(team=team, user=user, text=" ".join(text.split())[:200])


class AccessRequest(models.Model):
    """Somebody outside wants to come into the team."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="access_requests")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_requests")
    text = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], condition=models.Q(state="open"), name="access_request_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.user.email} asks to come in"

    def end(self, state: Answer, by: Membership) -> None:
        """Raises ValidationError when somebody was first."""
        mine = AccessRequest.objects.filter(pk=self.pk, state=Answer.OPEN)
        if not mine.update(state=state, decided_by=by.user, decided_at=timezone.now()):
            raise ValidationError("Somebody has decided this already.")

    @transaction.atomic
    def approve(self, role: str, by: Membership, narrowed: bool = False) -> Membership:
        """The person's place in the team. Raises ValidationError for a role above one's own, and when it is decided."""
        check_gives(by, role)
        self.end(Answer.APPROVED, by)
        narrowed = narrowed and role not in (Role.OWNER, Role.ADMIN)
        said = {"role": role, "narrowed": narrowed}
        AuditEvent.objects.note(self.team, by, "access.approve", self.user, after=Role(role).label)
        return Membership.objects.get_or_create(team=self.team, user=self.user, defaults=said)[0]

    @transaction.atomic
    def deny(self, by: Membership) -> None:
        """The person is not told. Raises ValidationError when it is decided."""
        self.end(Answer.DENIED, by)
        AuditEvent.objects.note(self.team, by, "access.deny", self.user)
