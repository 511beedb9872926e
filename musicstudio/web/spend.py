"""The numbers of the budgets page: caps with their bars, where the money goes, and how the month runs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Membership, Team, User
from musicstudio.budgets.forecast import Forecast, forecast
from musicstudio.budgets.grants import Ask
from musicstudio.budgets.models import OPEN, Alert, Bucket, Cap, Hold, HoldState, LedgerCheck, Period, Scope
from musicstudio.budgets.reserve import current_buckets
from musicstudio.core.money import format_micros
from musicstudio.generation.models import Job
from musicstudio.generation.reconcile import uncertain
from musicstudio.library.models import Status, Track
from musicstudio.projects.models import ApiToken, Project
from musicstudio.providers.models import KeyState, ProviderKey

SETTLED = Sum(F("actual_micros") - F("refunded_micros"), filter=Q(state=HoldState.SETTLED), default=0)
HELD = Sum("amount_micros", filter=Q(state__in=OPEN), default=0)
SPENT = Case(When(state__in=OPEN, then=F("amount_micros")), default=F("actual_micros") - F("refunded_micros"))
VIEWS = {"person": "Person", "project": "Project", "model": "Model", "key": "Key", "day": "Day"}


@dataclass(frozen=True)
class Line:
    """What one person, project, model, key or day cost: micros; how many takes were made of how many asked, and approved."""

    name: str
    settled: int
    held: int
    asked: int
    made: int
    approved: int
    whole: int

    @property
    def committed(self) -> int:
        """Settled and held."""
        return self.settled + self.held

    @property
    def each(self) -> int | None:
        """What a finished take cost on average."""
        return self.settled // self.made if self.made else None

    @property
    def each_approved(self) -> int | None:
        """What an approved track really cost: everything spent, also on takes nobody wanted, for each one approved."""
        return self.settled // self.approved if self.approved else None


@dataclass(frozen=True)
class Bar:
    """One day of the sparkline, in units of a 100 × 24 drawing; `over`: beyond today."""

    x: float
    width: float
    y: float
    height: float
    label: str


class Spend:
    """Everything the page shows of one team; `view` is one of VIEWS."""

    def __init__(self, team: Team, view: str = "person", now: datetime | None = None) -> None:
        self.team, self.now = team, now or timezone.now()
        self.view = view if view in VIEWS else "person"
        self.views = list(VIEWS.items())

    @cached_property
    def caps(self) -> list[Cap]:
        """The caps in force, the team's first; a revoked token's is of no use to anybody."""
        found = list(visible(Cap.objects.live().filter(team=self.team, token__revoked_at=None), self.team))
        return sorted(found, key=lambda cap: (-Scope(cap.scope).rank, cap.whose.lower(), cap.period))

    @cached_property
    def buckets(self) -> dict[int, Bucket]:
        """The current bucket of each cap that counts."""
        return {bucket.cap_id: bucket for bucket in current_buckets(self.caps, self.now)}

    @property
    def rows(self) -> list[tuple[Cap, Bucket | None]]:
        """Each cap with its bucket; a cap per take has none."""
        return [(cap, self.buckets.get(cap.pk)) for cap in self.caps]

    @cached_property
    def bucket(self) -> Bucket | None:
        """The team's month, or its total when it has no monthly cap."""
        of_team = [(cap, bucket) for cap, bucket in self.rows if bucket and cap.scope == Scope.TEAM]
        months = [bucket for cap, bucket in of_team if cap.period == Period.MONTH]
        return next(iter(months or [bucket for _, bucket in of_team]), None)

    @property
    def forecast(self) -> Forecast | None:
        """Of the team's month."""
        return forecast(self.bucket, self.now) if self.bucket else None

    @cached_property
    def span(self) -> tuple[datetime, datetime]:
        """The month the breakdown covers; the last 30 days without a monthly cap."""
        if self.bucket and self.bucket.cap.period == Period.MONTH:
            return self.bucket.period_start, self.bucket.period_end
        return self.now - timedelta(days=30), self.now + timedelta(seconds=1)

    @property
    def holds(self) -> QuerySet[Hold]:
        """The team's holds of the span."""
        start, end = self.span
        return visible(Hold.objects.filter(team=self.team, created_at__gte=start, created_at__lt=end), self.team)

    @cached_property
    def lines(self) -> list[Line]:
        """Where the money goes, the dearest first; days in their order."""
        fields = {"person": "created_by", "project": "project", "model": "model_slug", "key": "key"}
        rows: Any = self.holds.order_by()
        if self.view == "day":
            rows = rows.annotate(day=TruncDate("created_at", tzinfo=self.team.zone)).values("day")
        else:
            rows = rows.values(fields[self.view])
        approved = Track.objects.filter(team=self.team, status=Status.APPROVED).values("pk")  # a track's id is its job's
        counts = {"asked": Count("pk"), "made": Count("pk", filter=Q(state=HoldState.SETTLED))}
        counts["approved"] = Count("pk", filter=Q(job__in=approved))
        found = list(rows.annotate(settled=SETTLED, held=HELD, **counts))
        whole = max((row["settled"] + row["held"] for row in found), default=0)
        names = self.names()
        group = "day" if self.view == "day" else fields[self.view]
        lines = [
            Line(names(row[group]), row["settled"], row["held"], row["asked"], row["made"], row["approved"], whole)
            for row in sorted(found, key=lambda row: str(row[group]))
        ]
        return lines if self.view == "day" else sorted(lines, key=lambda line: -line.committed)

    def names(self) -> Any:
        """What a group is called, by its key."""
        if self.view == "person":
            people = {user.pk: user.display_name for user in User.objects.filter(teams=self.team)}
            return lambda pk: people.get(pk, "Somebody who left")
        if self.view == "project":
            projects = {project.pk: project.name for project in Project.objects.filter(team=self.team)}
            return lambda pk: projects.get(pk, "No project")
        if self.view == "key":
            keys = {key.pk: str(key) for key in ProviderKey.objects.filter(team=self.team)}
            return lambda pk: keys.get(pk, "No key needed")
        if self.view == "day":
            return lambda day: f"{day.day} {day:%b}"
        return lambda slug: slug or "Unknown"

    @cached_property
    def days(self) -> list[Bar]:
        """What was spent on each day of the span so far."""
        zone = self.team.zone
        by_date = self.holds.order_by().annotate(day=TruncDate("created_at", tzinfo=zone)).values("day")
        rows = by_date.annotate(n=Sum(SPENT, default=0))
        by_day: dict[date, int] = {row["day"]: row["n"] or 0 for row in rows}
        first, last = self.span[0].astimezone(zone).date(), (self.span[1] - timedelta(seconds=1)).astimezone(zone).date()
        number, most = (last - first).days + 1, max(by_day.values(), default=0)
        if not most:
            return []
        width = 100 / number
        bars = []
        for place in range(number):
            day = first + timedelta(days=place)
            height = max(24 * by_day.get(day, 0) / most, 0.8 if day <= self.now.astimezone(zone).date() else 0)
            label = f"{day.day} {day:%b}"
            bars.append(Bar(round(place * width, 2), round(width * 0.72, 2), round(24 - height, 2), round(height, 2), label))
        return bars

    @property
    def dearest_day(self) -> str:
        """For the sparkline's text."""
        top = min(self.days, key=lambda bar: bar.y, default=None)
        return top.label if top else ""

    @property
    def alerts(self) -> list[Alert]:
        """The highest threshold reached in each current bucket, from 80 % on."""
        rows = Alert.objects.filter(bucket__in=self.buckets.values(), percent__gte=80).select_related("bucket__cap__team")
        newest: dict[int, Alert] = {}
        for alert in rows.order_by("percent"):
            alert.bucket = self.buckets[alert.bucket.cap_id]
            newest[alert.bucket_id] = alert
        return [alert for alert in newest.values() if alert.bucket.committed_micros * 100 >= 80 * alert.bucket.limit_micros]

    @property
    def asks(self) -> "QuerySet[Ask]":
        """What waits for an admin."""
        return Ask.objects.waiting(self.team)

    @property
    def uncertain(self) -> list[Job]:
        """Takes whose outcome nobody knows."""
        return [] if self.team.limited else [job for job in uncertain() if job.team_id == self.team.pk]

    @property
    def check(self) -> LedgerCheck | None:
        """The last audit of the ledger."""
        return None if self.team.limited else LedgerCheck.newest()


@dataclass(frozen=True)
class Target:
    """Whose cap the editor sets. `token`: team, everyone, member:7, project:…, key:…, token:…"""

    token: str
    label: str


def targets(team: Team) -> list[Target]:
    """Everybody and everything a cap can be for."""
    found = [Target("team", f"{team.name} (team)"), Target("everyone", "Every member, each")]
    members = team.memberships.select_related("user").order_by("user__name", "user__email")
    found += [Target(f"member:{row.user_id}", row.user.display_name) for row in members]
    found += [Target(f"project:{project.pk}", f"Project {project}") for project in Project.objects.filter(team=team)]
    keys = ProviderKey.objects.filter(team=team).exclude(state=KeyState.REVOKED)
    found += [Target(f"key:{key.pk}", f"Key {key}") for key in keys]
    return found + [Target(f"token:{one.pk}", f"API token {one}") for one in ApiToken.objects.usable().filter(team=team)]


def named(team: Team, token: str) -> list[dict[str, Any]]:
    """What the token names, as arguments for `Cap.objects.set`, one for each cap; empty for what is not the team's."""
    kind, _, pk = token.partition(":")
    if kind == "team":
        return [{}]
    if kind == "everyone":
        return [{"member": row.user} for row in Membership.objects.filter(team=team).select_related("user")]
    rows: dict[str, QuerySet[Any]] = {
        "member": User.objects.filter(teams=team),
        "project": Project.objects.filter(team=team),
        "key": ProviderKey.objects.filter(team=team).exclude(state=KeyState.REVOKED),
        "token": ApiToken.objects.usable().filter(team=team),
    }
    if kind not in rows:
        return []
    found = next((row for row in rows[kind] if str(row.pk) == pk), None)
    return [{kind: found}] if found else []


def effect(team: Team, token: str, period: str, micros: int, now: datetime | None = None) -> str:
    """One sentence: what a cap of this size would mean today. Nothing is changed."""
    who = named(team, token)
    if not who:
        return ""
    if period == Period.TAKE:
        return "A take that costs more is refused, or asked for."
    committed = [spent(team, where, period, now or timezone.now()) for where in who]
    over = [amount - micros for amount in committed if amount > micros]
    if len(who) > 1:
        return f"{len(over)} of {len(who)} members would be over." if over else "Nobody would be over."
    spent_text = f"{format_micros(committed[0])} is committed"
    if over:
        return f"{spent_text}, {format_micros(over[0])} over this cap: running takes finish, new ones stop."
    return f"{spent_text}, so {format_micros(micros - committed[0])} would be left."


def spent(team: Team, where: dict[str, Any], period: str, now: datetime) -> int:
    """What a member, project, key, token or the team has committed in the period, in micros."""
    rows = Hold.objects.filter(team=team, **{("created_by" if name == "member" else name): row for name, row in where.items()})
    if period == Period.MONTH:
        rows = rows.filter(created_at__gte=Spend(team, now=now).span[0])
    return int(rows.aggregate(total=Sum(SPENT, default=0))["total"] or 0)
