"""Invitations: how people come into a team. The link is the secret; only its digest is stored."""

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.utils import timezone

from musicstudio.accounts.audit import AuditEvent
from musicstudio.accounts.models import Membership, Role, Team, User

LASTS = timedelta(days=7)
LONGEST = 30  # days
ASKED_FOR = timedelta(days=30)  # so long somebody with an expired link may ask for a new one
AGAIN = timedelta(days=1)
MOST = 100  # open ones of a team


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Makes and finds invitations."""

    def open(self) -> "InvitationQuerySet":
        """Those that still let somebody in."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())

    @transaction.atomic
    def invite(self, team: Team, role: str, by: Membership, email: str = "", days: int = 7) -> tuple["Invitation", str]:
        """The invitation and the token of its link, which is not stored. Without an address, whoever has the link may come.

        Raises ValidationError for a role above the inviter's own, a wrong address, and for somebody who is a member.
        """
        email = email.strip().lower()
        check_gives(by, role)
        if email:
            try:
                validate_email(email)
            except ValidationError:
                raise ValidationError({"email": "Write a whole e-mail address, like ines@example.com."}) from None
        if email and team.memberships.filter(user__email__iexact=email).exists():
            raise ValidationError({"email": "This person is a member already."})
        if self.open().filter(team=team).count() >= MOST:
            raise ValidationError({"email": f"{MOST} invitations are open. Revoke some first."})
        token = secrets.token_urlsafe(24)
        ends = timezone.now() + timedelta(days=min(max(1, days), LONGEST))
        said = {"digest": digest_of(token), "expires_at": ends, "created_by": by.user}
        made = self.create(team=team, role=role, email=email, **said)
        AuditEvent.objects.note(team, by, "invitation.make", made, after={"role": made.get_role_display(), "email": email})
        return made, token

    def renewable(self) -> "InvitationQuerySet":
        """The open ones, and those that expired lately without having been used."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now() - ASKED_FOR)

    def ask_again(self, token: str) -> "Invitation | None":
        """Notes that somebody with an expired link wants a new one; None when there is nothing to renew, or it was just asked."""
        found = self.renewable().filter(digest=digest_of(token), expires_at__lte=timezone.now())
        lately = models.Q(asked_at=None) | models.Q(asked_at__lt=timezone.now() - AGAIN)
        row = found.select_related("team", "created_by").first()
        return row if row is not None and found.filter(lately).update(asked_at=timezone.now()) else None

    def by_token(self, token: str) -> "Invitation | None":
        """The invitation that a link opens; None for an unknown, used, revoked or expired one alike."""
        return self.open().select_related("team", "created_by").filter(digest=digest_of(token)).first()


class Invitation(models.Model):
    """A place in a team for whoever has the link; used once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True, help_text="empty: for whoever has the link")
    role = models.CharField(max_length=10, choices=Role)
    narrowed = models.BooleanField(default=False, help_text="to the projects that its rows of InvitedProject name")
    asked_at = models.DateTimeField(null=True, help_text="when somebody with the expired link asked for a new one")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known")]

    def __str__(self) -> str:
        return f"{self.email or 'whoever has the link'} as {self.get_role_display()}"

    @property
    def is_over(self) -> bool:
        """Whether its time is up."""
        return self.expires_at <= timezone.now()

    @transaction.atomic
    def renew(self, by: Membership) -> str:
        """A new link with a new week; the one sent before stops working. Raises ValidationError when it was used meanwhile."""
        token = secrets.token_urlsafe(24)
        self.digest, self.expires_at = digest_of(token), timezone.now() + LASTS
        mine = Invitation.objects.renewable().filter(pk=self.pk)
        if not mine.update(digest=self.digest, expires_at=self.expires_at, asked_at=None):
            raise ValidationError("This invitation was used or revoked in the meantime.")
        AuditEvent.objects.note(self.team, by, "invitation.renew", self)
        return token

    @transaction.atomic
    def revoke(self, by: Membership) -> None:
        """The link stops working."""
        if Invitation.objects.filter(pk=self.pk, used_at=None, revoked_at=None).update(revoked_at=timezone.now()):
            AuditEvent.objects.note(self.team, by, "invitation.revoke", self)

    def fits(self, user: User) -> bool:
        """Whether it is for this person."""
        return not self.email or self.email == user.email.lower()

    @transaction.atomic
    def accept(self, user: User) -> Membership:
        """The person's place in the team; who is a member already keeps the role, and the link stays unused.

        Raises ValidationError when it is for somebody else, or not open any more.
        """
        if not self.fits(user):
            raise ValidationError(f"This invitation is for {self.email}.")
        if there := Membership.objects.filter(team=self.team, user=user).first():
            return there
        mine = Invitation.objects.open().filter(pk=self.pk)
        if not mine.update(used_at=timezone.now(), used_by=user):
            raise ValidationError("This invitation was used, revoked or has expired. Ask for a new one.")
        AuditEvent.objects.note(self.team, user, "member.join", user, after=self.get_role_display())
        return Membership.objects.create(team=self.team, user=user, role=self.role, narrowed=self.narrowed)

    @transaction.atomic
    def accept_as_new(self, email: str, name: str, password: str) -> User:
        """Makes the person and lets them in. A mailed invitation proves its address; a link that somebody passed on proves none.

        Raises ValidationError with a message beside each field that is wrong, and then changes nothing.
        """
        email = (self.email or email).strip().lower()
        wrong: dict[str, Any] = {}
        try:
            validate_email(email)
            if User.objects.filter(email__iexact=email).exists():
                wrong["email"] = "Somebody has this address already. Sign in with it, then open the link again."
        except ValidationError:
            wrong["email"] = "Write a whole e-mail address, like ines@example.com."
        try:
            validate_password(password, User(email=email, name=name))
        except ValidationError as weak:
            wrong["password"] = weak.messages
        if wrong:
            raise ValidationError(wrong)
        user = User.objects.create_user(email, password, name=" ".join(name.split())[:120])
        EmailAddress.objects.create(user=user, email=email, verified=bool(self.email) and settings.MAILED, primary=True)
        self.accept(user)
        return user


def check_gives(by: Membership, role: str) -> None:
    """Raises ValidationError unless the member may give this role: nobody gives one above their own."""
    if role not in Role.values or not by.may(Role(role)) or not by.may(Role.ADMIN):
        raise ValidationError({"role": "You cannot give this role."})


def digest_of(token: str) -> str:
    """SHA-256; the token is random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
