"""People and the teams they belong to."""

import hashlib
import secrets
import zoneinfo
from functools import cached_property
from typing import ClassVar, Optional

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify

from musicstudio.core.money import sign


def check_time_zone(name: str) -> None:
    """Raises ValidationError unless the IANA time zone database knows the name."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Write one like Europe/Madrid.")


class UserManager(BaseUserManager["User"]):
    """Creates people."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A person who signs in with the e-mail address (stored in lower case)."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A person who may do everything in the database's admin pages too."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def terminal(self) -> "User":
        """Whoever types commands where nobody set up the studio; the set-up takes this person over."""
        return self.filter(email=User.TERMINAL).first() or self.create_user(User.TERMINAL, name="Terminal")

    def somebody_can_sign_in(self) -> bool:
        """Whether the studio was set up: an active person has a password."""
        unusable = models.Q(password="") | models.Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        return self.filter(is_active=True).exclude(unusable).exists()


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Signs in with the e-mail address; rights come from memberships."""

    TERMINAL = "terminal@localhost"

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    single_keys = models.BooleanField(default=True, help_text="shortcuts of one key without a modifier (WCAG 2.1.4)")
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name, or the part of the address before the @."""
        return self.name or self.email.partition("@")[0]

    @property
    def initials(self) -> str:
        """Two letters for the round badge."""
        words = self.display_name.replace(".", " ").replace("_", " ").split()
        letters = words[0][:2] if len(words) == 1 else words[0][:1] + words[-1][:1]
        return letters.upper()

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name.split()[0]


class Role(models.TextChoices):
    """What a member may do; a role may do everything the roles after it may."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    PRODUCER = "producer", "Producer"
    REVIEWER = "reviewer", "Reviewer"
    VIEWER = "viewer", "Viewer"

    @property
    def rank(self) -> int:
        """0 is the highest."""
        return list(Role).index(self)

    def at_least(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        return self.rank <= other.rank


class TeamQuerySet(models.QuerySet["Team"]):
    """Finds and creates teams."""

    def of(self, user: "User") -> "TeamQuerySet":
        """The teams the person belongs to."""
        return self.filter(memberships__user=user)

    @transaction.atomic
    def found(self, name: str, owner: "User", time_zone: str = "UTC") -> "Team":
        """A new team with its first member, the owner; raises ValidationError for an unknown time zone."""
        check_time_zone(time_zone)
        team = self.create(name=name.strip(), slug=self.free_slug(name), time_zone=time_zone)
        team.memberships.create(user=owner, role=Role.OWNER)
        return team

    def free_slug(self, name: str) -> str:
        """An address for the name that no team has: northlight, northlight-2, …"""
        base = slugify(name)[:40] or "team"
        slug, number = base, 2
        while self.filter(slug=slug).exists():
            slug, number = f"{base}-{number}", number + 1
        return slug


class Team(models.Model):
    """The unit that owns everything: projects, tracks, keys and caps."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=48, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    currency = models.CharField(max_length=3, default="USD", editable=False)
    artist = models.CharField(max_length=120, blank=True, help_text="whom the files made on demand name as the artist")
    symbol = models.CharField(max_length=4, default="$", help_text="stands before amounts; they are US dollars whatever it says")
    bin_days = models.PositiveSmallIntegerField(null=True, help_text="empty: as the studio's settings say")
    require_two_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    objects = TeamQuerySet.as_manager()
    seen_by: Optional["Membership"] = None  # through whom a request looks at it: see `accounts.access.visible`

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def name_artist(self, name: str) -> None:
        """Whom files name as the artist. Raises ValidationError when it is longer than 120 characters."""
        name = " ".join(name.split())
        if len(name) > 120:
            raise ValidationError({"artist": f"An artist has at most 120 characters; this has {len(name)}."})
        self.artist = name
        self.save(update_fields=["artist"])

    @property
    def limited(self) -> bool:
        """Whether it is looked at by somebody who may see some of its projects only."""
        return self.seen_by is not None and self.seen_by.only is not None

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone in which its months begin and its times are shown."""
        return zoneinfo.ZoneInfo(self.time_zone)


class Membership(models.Model):
    """A person's place in a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    narrowed = models.BooleanField(default=False, help_text="sees only the projects that its rows of ProjectAccess name")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
            models.CheckConstraint(
                condition=models.Q(narrowed=False) | ~models.Q(role__in=["owner", "admin"]), name="membership_admins_see_all"
            ),
        ]
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} as {self.role}"

    def may(self, role: Role) -> bool:
        """Whether the member has at least this role."""
        return Role(self.role).at_least(role)

    @cached_property
    def only(self) -> frozenset[int] | None:
        """The ids of the projects the member is limited to; None for a member of the whole team."""
        return frozenset(self.project_accesses.values_list("project", flat=True)) if self.narrowed else None

    def look(self, only: int | None = None) -> None:
        """From now on the team is looked at as this member may see it, and amounts are written its way.

        `only`: at most this project, for a token of it.
        """
        if only is not None:
            self.only = frozenset({only}) if self.only is None else self.only & {only}
        self.team.seen_by = self
        sign.set(self.team.symbol)


class SetupLinkQuerySet(models.QuerySet["SetupLink"]):
    """Makes and finds the one-time link of a new install."""

    @transaction.atomic
    def issue(self) -> str:
        """A fresh token; earlier ones stop working. The token itself is not stored."""
        self.all().delete()
        token = secrets.token_urlsafe(24)
        self.create(digest=SetupLink.digest_of(token))
        return token

    def valid(self, token: str) -> bool:
        """Whether the token opens the set-up: it is the last one issued and nobody can sign in yet."""
        if User.objects.somebody_can_sign_in():
            return False
        return self.filter(digest=SetupLink.digest_of(token)).exists()


class SetupLink(models.Model):
    """The one-time link that `manage.py studio` prints while nobody can sign in."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SetupLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"set-up link of {self.created_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def digest_of(token: str) -> str:
        """SHA-256; the token is random, so no salt is needed."""
        return hashlib.sha256(token.encode()).hexdigest()


from musicstudio.accounts.audit import AuditEvent  # noqa: E402 (these need what is above)
from musicstudio.accounts.invitations import Invitation  # noqa: E402
from musicstudio.accounts.limits import Tally  # noqa: E402
from musicstudio.accounts.requests import AccessRequest  # noqa: E402

__all__ = ["AccessRequest", "AuditEvent", "Invitation", "Tally"]
