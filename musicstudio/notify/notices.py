"""What people are told: on the page, and by e-mail where they want that. One row per person and piece of news."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.accounts.access import sees, team_wide
from musicstudio.accounts.models import Membership, Role, Team, User

KEPT = timedelta(days=180)


class Kind(models.TextChoices):
    """What news is about; each has a setting of its own."""

    MENTION = "mention", "Somebody mentions me"
    REQUEST = "request", "Somebody asks for something I can decide, or my request was decided"
    APPROVAL = "approval", "A track waits for my approval, or mine was decided"
    ROUND = "round", "A listening round opens or closes"
    THRESHOLD = "threshold", "A cap reaches a threshold"
    KEY = "key", "A provider refuses a key"
    TAKE = "take", "A take that I asked for fails"


class How(models.TextChoices):
    """Where somebody is told."""

    EMAIL = "email", "On the page and by e-mail"
    PAGE = "page", "On the page"
    OFF = "off", "Not at all"


USUAL = dict.fromkeys(Kind, How.EMAIL) | {Kind.TAKE: How.PAGE}


class NoticeSetting(models.Model):
    """How a person wants to be told about a kind of news, where it is not the usual way. The same in every team."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_settings")
    kind = models.CharField(max_length=12, choices=Kind)
    how = models.CharField(max_length=8, choices=How)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="notice_setting_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.how}"

    @classmethod
    def of(cls, user: User) -> dict[str, str]:
        """By kind, the usual ways filled in."""
        return {**{kind.value: how.value for kind, how in USUAL.items()}, **dict(cls.rows(user).values_list("kind", "how"))}

    @classmethod
    def rows(cls, user: User) -> "models.QuerySet[NoticeSetting]":
        """What the person has set."""
        return cls.objects.filter(person=user)

    @classmethod
    def choose(cls, user: User, wanted: dict[str, str]) -> None:
        """Keeps how the person wants to be told; what is no kind or no way is ignored."""
        for kind, how in wanted.items():
            if kind in Kind.values and how in How.values:
                cls.objects.update_or_create(person=user, kind=kind, defaults={"how": how})


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Tells people, and finds what they were told."""

    def tell(
        self,
        team: Team,
        people: Iterable[User],
        kind: str,
        text: str,
        url: str,
        by: User | None = None,
        *,
        about: models.Model | None = None,
        mailed: bool = True,
    ) -> "list[Notification]":
        """One row for each of the people who are in the team and want to know; whoever caused it (`by`) is not told.

        `mailed`: false when the caller has a longer e-mail of its own; it goes to those rows that `want_mail`.

        `text` is one sentence, `url` a path of the studio, `kind` one of Kind. `about`: a row that hangs on a project; who
        may not see that project is not told. Part of the caller's transaction: what is rolled back is never told or mailed.
        """
        wanted = {person.pk for person in people} - {by.pk if by else None}
        places = Membership.objects.filter(team=team, user__in=wanted, user__is_active=True).select_related("user", "team")
        chosen = dict(NoticeSetting.objects.filter(person__in=wanted, kind=kind).values_list("person", "how"))
        made = []
        for place in places.order_by("pk"):
            how = chosen.get(place.user_id, USUAL[Kind(kind)])
            if how == How.OFF or (about is not None and not sees(place, about)):
                continue
            due = timezone.now() if how == How.EMAIL and mailed else None
            made.append(self.model(team=team, person=place.user, kind=kind, text=text[:300], url=url, by=by, mail_at=due))
            made[-1].want_mail = how == How.EMAIL
        self.bulk_create(made)
        if any(row.mail_at for row in made):
            mail_soon()
        return made

    def tell_admins(self, team: Team, kind: str, text: str, url: str, by: User | None = None, **how: Any) -> "list[Notification]":
        """The same for the owners and admins."""
        people = User.objects.filter(memberships__team=team, memberships__role__in=[Role.OWNER, Role.ADMIN])
        return self.tell(team, people, kind, text, url, by, **how)

    def unread(self) -> "NotificationQuerySet":
        """Not looked at yet."""
        return self.filter(read_at=None)

    def due(self) -> "NotificationQuerySet":
        """To be mailed now."""
        return self.filter(mail_at__lte=timezone.now()).order_by("mail_at", "pk")

    def read(self) -> int:
        """Looked at now."""
        return self.filter(read_at=None).update(read_at=timezone.now())


@team_wide
class Notification(models.Model):
    """One piece of news for one person. `mail_at`: when it is to be mailed; `mailed_at`: when a mail server was given it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="notifications")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = NotificationQuerySet.as_manager()
    want_mail = False  # whether the person wants an e-mail about this kind: only known when it is told

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["person", "team", "-created_at"], name="notification_list"),
            models.Index(fields=["person", "team"], name="notification_unread", condition=models.Q(read_at=None)),
            models.Index(fields=["mail_at"], name="notification_due", condition=models.Q(mail_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.text

    def claim(self) -> bool:
        """Whether this worker is the one to mail it; nobody gets it a second time."""
        mine = Notification.objects.filter(pk=self.pk, mail_at=self.mail_at, mail_at__isnull=False)
        return bool(mine.update(mail_at=None, mailed_at=timezone.now(), tries=F("tries") + 1))

    def put_off(self, pause: timedelta) -> None:
        """The mail server did not take it: once more, later."""
        Notification.objects.filter(pk=self.pk).update(mail_at=timezone.now() + pause, mailed_at=None)

    def body(self, settings_path: str) -> tuple[str, str, dict[str, Any]]:
        """Subject, text and headers of its e-mail."""
        link, change = settings.PUBLIC_URL + self.url, settings.PUBLIC_URL + settings_path
        why = f"You get this as a member of {self.team}. Choose what you are told, and how: {change}"
        headers = {"List-Unsubscribe": f"<{change}>"} if settings.PUBLIC_URL else {}
        subject = " ".join(f"{self.team}: {self.text}".split())
        return subject if len(subject) <= 120 else f"{subject[:119]}…", f"{self.text}\n\n{link}\n\n-- \n{why}\n", headers


def unread_of_membership() -> Coalesce:
    """A subquery that counts the unread news of the outer membership."""
    rows = Notification.objects.unread().filter(person=OuterRef("user"), team=OuterRef("team")).order_by().values("team")
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def mail_soon() -> None:
    """Asks a worker to send the e-mails, once the caller's transaction is through; the schedule is the safety net."""
    async_task("musicstudio.notify.tasks.mail", q_options={"save": False})
