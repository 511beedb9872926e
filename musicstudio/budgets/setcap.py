"""Setting and removing a cap. What was spent in the period before the cap existed counts in it from the start."""

from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from musicstudio.accounts.models import AuditEvent, Team, User
from musicstudio.budgets.models import OPEN, Bucket, Cap, Entry, EntryKind, Hold, HoldLine, OnExceed, Period, Scope
from musicstudio.core.money import format_micros
from musicstudio.projects.models import ApiToken, Project
from musicstudio.providers.models import ProviderKey


@transaction.atomic
def set_cap(
    team: Team,
    limit_micros: int,
    by: User | None,
    *,
    member: User | None = None,
    project: Project | None = None,
    key: ProviderKey | None = None,
    token: ApiToken | None = None,
    period: str = Period.MONTH,
    on_exceed: str | None = None,
    rollover: bool | None = None,
    alerts: list[int] | None = None,
) -> Cap:
    """Makes or changes the cap of a member, project, key or API token of the team, or of the team itself when none is named.

    Raising acts at once. Lowering below what is committed stops new holds; what runs may finish. None leaves a setting
    as it is. Raises ValueError for a limit that is no limit, for strangers to the team and for odd alerts.
    """
    scope = scope_of(team, member, project, key, token)
    if limit_micros < 0 or (scope == Scope.TEAM and limit_micros == 0):
        raise ValueError("A cap must be more than $0. Free models run without using it.")
    if alerts is not None and not all(1 <= percent <= 100 for percent in alerts):
        raise ValueError("An alert is a percentage from 1 to 100.")
    wanted: dict[str, Any] = {"limit_micros": limit_micros, "set_by": by, "ended_at": None}
    optional = {"on_exceed": on_exceed and OnExceed(on_exceed), "rollover": rollover, "alerts": alerts and sorted(set(alerts))}
    wanted |= {name: value for name, value in optional.items() if value is not None}
    named: dict[str, Any] = {"member": member, "project": project, "key": key, "token": token}
    was = Cap.objects.filter(team=team, scope=scope, period=Period(period), ended_at=None, **named).first()
    cap, made = Cap.objects.get_or_create(team=team, scope=scope, period=Period(period), **named, defaults=wanted)
    if not made:  # no lock before the write: `update_or_create` takes the strong one, for which a settle's commit would wait
        for name, value in wanted.items():
            setattr(cap, name, value)
        cap.save(update_fields=[*wanted, "updated_at"])
    if period != Period.TAKE:
        follow_limit(cap, count_in=made or scope != Scope.TEAM)
    amounts = format_micros(was.limit_micros) if was else None, format_micros(limit_micros)
    AuditEvent.objects.note(team, by, "cap.set", f"{cap.noun} of {cap.whose}", *amounts)
    return cap


def scope_of(team: Team, member: User | None, project: Project | None, key: ProviderKey | None, token: ApiToken | None) -> Scope:
    """Which scope is named; raises ValueError for more than one and for what is not the team's."""
    named = [(Scope.MEMBER, member), (Scope.PROJECT, project), (Scope.KEY, key), (Scope.TOKEN, token)]
    scopes = [scope for scope, thing in named if thing is not None]
    if len(scopes) > 1:
        raise ValueError("A cap is for a member, a project, a key or a token, not for two of them.")
    if member is not None and not team.memberships.filter(user=member).exists():
        raise ValueError(f"{member} is not in {team}.")
    if any(thing is not None and thing.team_id != team.pk for thing in (project, key, token)):
        raise ValueError(f"That does not belong to {team}.")
    return scopes[0] if scopes else Scope.TEAM


def follow_limit(cap: Cap, *, count_in: bool) -> None:
    """The current bucket takes over the cap's limit; its ceiling never falls below what is committed."""
    bucket = cap.bucket()
    # the team's bucket is every hold's last lock: while it is ours, nothing of the team is reserved or settled. Without
    # `no_key` it would also wait for new entries, which point at the bucket, and they wait for whoever waits behind us
    team_buckets = Bucket.objects.filter(cap__team=cap.team, cap__scope=Scope.TEAM, period_end__gt=timezone.now())
    list(Bucket.objects.select_for_update(no_key=True).filter(Q(pk=bucket.pk) | Q(pk__in=team_buckets)).order_by("rank", "pk"))
    limit = cap.limit_micros + sum(grant.amount_micros for grant in bucket.grants.filter(ended_at=None))
    Bucket.objects.filter(pk=bucket.pk).update(
        limit_micros=limit, ceiling_micros=Greatest(limit, F("held_micros") + F("settled_micros"))
    )
    if count_in:
        count_earlier(cap, bucket)


def count_earlier(cap: Cap, bucket: Bucket) -> None:
    """Counts in the scope's holds of the period that are not in the bucket yet."""
    within = Hold.objects.filter(team=cap.team, created_at__gte=bucket.period_start, created_at__lt=bucket.period_end)
    if cap.scope == Scope.MEMBER:
        within = within.filter(created_by=cap.member)
    elif cap.scope == Scope.PROJECT:
        within = within.filter(project=cap.project)
    elif cap.scope == Scope.KEY:
        within = within.filter(key=cap.key)
    elif cap.scope == Scope.TOKEN:
        within = within.filter(token=cap.token)
    moved = Q(state__in=OPEN, amount_micros__gt=0) | Q(actual_micros__gt=F("refunded_micros"))
    earlier = list(within.filter(moved).exclude(lines__bucket=bucket))
    if not earlier:
        return
    entries = [
        Entry(
            hold=hold,
            bucket=bucket,
            kind=EntryKind.COUNTED,
            held_delta=hold.amount_micros if hold.state in OPEN else 0,
            settled_delta=0 if hold.state in OPEN else (hold.actual_micros or 0) - hold.refunded_micros,
        )
        for hold in earlier
    ]
    held, settled = sum(entry.held_delta for entry in entries), sum(entry.settled_delta for entry in entries)
    HoldLine.objects.bulk_create(HoldLine(hold=hold, bucket=bucket) for hold in earlier)
    Entry.objects.bulk_create(entries)
    Bucket.objects.filter(pk=bucket.pk).update(
        held_micros=F("held_micros") + held,
        settled_micros=F("settled_micros") + settled,
        ceiling_micros=Greatest("ceiling_micros", F("held_micros") + F("settled_micros") + held + settled),
    )


def end_cap(cap: Cap) -> None:
    """Takes the cap out of force. Its buckets and entries stay, and holds that run in it still settle there.

    Raises ValueError for the team's last cap: without one nothing that costs money may run, which a low cap says better.
    """
    if cap.scope == Scope.TEAM and cap.period != Period.TAKE:
        others = Cap.objects.live().filter(team=cap.team, scope=Scope.TEAM).exclude(pk=cap.pk).exclude(period=Period.TAKE)
        if not others.exists():
            raise ValueError("The team keeps one cap. Lower it instead.")
    Cap.objects.filter(pk=cap.pk).update(ended_at=timezone.now())
