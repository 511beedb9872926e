"""API tokens: what a program shows instead of signing in. They live here, not beside the people, because one may be
narrowed to a project.

The token is shown once; stored are its first letters, to find it, and an HMAC-SHA-256 of the whole.
"""

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from musicstudio.accounts.access import in_project
from musicstudio.accounts.models import AuditEvent, Membership, Role, Team, User
from musicstudio.core import crypto
from musicstudio.notify.callbacks import Callback

if TYPE_CHECKING:
    from musicstudio.projects.models import Project

MARK = "ms_live_"
SIGNING = "ms_whsec_"
SHOWN = len(MARK) + 8
MOST = 50  # usable ones of a team
TOUCH = timedelta(minutes=1)  # `last_used_at` is written no more often than this


class TokenScope(models.TextChoices):
    """What a token may do, within what its person may."""

    READ = "read", "Read jobs, tracks, models and what is left of the caps"
    GENERATE = "generate", "Ask for takes, which spends money within the caps"
    REVIEW = "review", "Decide about tracks"
    ADMIN = "admin", "Manage the team"


NEEDS = {TokenScope.GENERATE: Role.PRODUCER, TokenScope.REVIEW: Role.REVIEWER, TokenScope.ADMIN: Role.ADMIN}


def role_for(scope: str) -> Role:
    """The lowest role whose members may have, and use, a token of this scope."""
    return NEEDS.get(TokenScope(scope), Role.VIEWER)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Issues and finds tokens."""

    def usable(self) -> "ApiTokenQuerySet":
        """Neither revoked nor over."""
        fresh = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(fresh, revoked_at=None)

    def issue(
        self,
        member: Membership,
        name: str,
        scopes: list[str],
        *,
        project: "Project | None" = None,
        expires_at: datetime | None = None,
    ) -> tuple["ApiToken", str]:
        """The row and the token, which is shown only now. Raises ValidationError with a message per field that is wrong."""
        name = " ".join(name.split())
        if not 1 <= len(name) <= 80:
            raise ValidationError({"name": "Name what it is for, in 1 to 80 characters."})
        if not scopes or not set(scopes) <= set(TokenScope.values):
            raise ValidationError({"scopes": "Choose what it may do: read, generate, review, admin."})
        short = [scope for scope in scopes if not member.may(role_for(scope))]
        if short:
            raise ValidationError({"scopes": f"As {member.get_role_display()} you cannot give: {', '.join(sorted(short))}."})
        if project is not None and project.team_id != member.team_id:
            raise ValidationError({"project": "There is no such project."})
        if self.usable().filter(team=member.team).count() >= MOST:
            raise ValidationError({"name": f"A team has {MOST} tokens at most. Revoke one first."})
        token = MARK + secrets.token_urlsafe(30)
        said = {"prefix": token[:SHOWN], "digest": digest_of(token), "project": project, "expires_at": expires_at}
        made = self.create(team=member.team, user=member.user, name=name, scopes=sorted(set(scopes)), **said)
        after = {"may": made.scopes, "for": str(project or "every project"), "until": expires_at and f"{expires_at:%Y-%m-%d}"}
        AuditEvent.objects.note(member.team, member, "token.make", made, after=after)
        return made, token

    def end_for(self, user: User, team: Team) -> int:
        """Revokes everything the person could do in the team by token; answers how many that were."""
        return self.usable().filter(user=user, team=team).update(revoked_at=timezone.now())

    def find(self, token: str) -> "ApiToken | None":
        """The usable row of a token; None for an unknown, revoked or expired one alike."""
        rows = self.usable().select_related("team", "user", "project").filter(prefix=token[:SHOWN], user__is_active=True)
        for row in rows:
            if hmac.compare_digest(row.digest, digest_of(token)):
                return row
        return None


@in_project(lambda member: models.Q(user=member.user_id))
class ApiToken(models.Model):
    """One token of one member."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="api_tokens")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    project = models.ForeignKey("projects.Project", models.CASCADE, null=True, blank=True, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20, db_index=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    signing = models.TextField(editable=False, blank=True, help_text="what its callbacks are signed with, encrypted")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def membership(self) -> Membership | None:
        """Its person's place in the team; None when that has ended, and with it the token's use."""
        return Membership.objects.select_related("user", "team").filter(team=self.team_id, user=self.user_id).first()

    def allows(self, scope: str) -> bool:
        """Whether it was given this scope."""
        return scope in self.scopes

    def touch(self) -> None:
        """It was used just now."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > TOUCH:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=now)

    def signing_secret(self) -> str:
        """What callbacks to this token's `webhook_url` are signed with, made when first asked for; raises Undecryptable."""
        if not self.signing:
            made = crypto.encrypt(SIGNING + secrets.token_urlsafe(32))
            ApiToken.objects.filter(pk=self.pk, signing="").update(signing=made)  # two may ask at once: the first one wins
            self.refresh_from_db(fields=["signing"])
        return crypto.decrypt(self.signing)

    @transaction.atomic
    def new_signing_secret(self) -> str:
        """Another secret; from now on nothing is signed with the old one, not even what waits for its next try."""
        fresh = SIGNING + secrets.token_urlsafe(32)
        self.signing = crypto.encrypt(fresh)
        self.save(update_fields=["signing"])
        Callback.objects.filter(signer=self.pk).update(secret=self.signing)
        return fresh

    def revoke(self) -> None:
        """Never used again; the row stays for what was made with it."""
        ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now())


def digest_of(token: str) -> str:
    """HMAC-SHA-256 under SECRET_KEY: a stolen database alone gives nobody a token to try."""
    return hmac.new(settings.SECRET_KEY.encode(), b"api-token:" + token.encode(), hashlib.sha256).hexdigest()
