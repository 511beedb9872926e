"""Telling people that a cap is half, nearly or wholly used: once per threshold and period, from an outbox."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.budgets.alerts import Alert
from musicstudio.budgets.models import Bucket
from musicstudio.budgets.who import admins_of
from musicstudio.core.money import written_with
from musicstudio.notify.models import Event, Notification, Webhook
from musicstudio.notify.notices import Kind


class Reached(NamedTuple):
    """Where a bucket stands after its counters moved. `alerts`: the percents its cap wants to be told about."""

    bucket_id: int
    committed_micros: int
    limit_micros: int
    alerted: int
    alerts: list[int]


def reached(buckets: Iterable[Bucket]) -> list[Reached]:
    """Reads where the buckets stand; in the transaction that moved them, their rows are still locked."""
    rows = Bucket.objects.filter(pk__in=[bucket.pk for bucket in buckets]).order_by("rank", "pk")
    committed = F("held_micros") + F("settled_micros")
    return [Reached(*row) for row in rows.values_list("pk", committed, "limit_micros", "alerted", "cap__alerts")]


def warn(standing: Iterable[Reached]) -> None:
    """Notes the thresholds that the buckets have just crossed; call it in the transaction that moved them."""
    fresh: list[Alert] = []
    for bucket in standing:
        crossed = [
            percent
            for percent in bucket.alerts
            if percent > bucket.alerted and bucket.committed_micros * 100 >= percent * bucket.limit_micros
        ]
        if not crossed or bucket.limit_micros <= 0:
            continue
        Bucket.objects.filter(pk=bucket.bucket_id, alerted__lt=max(crossed)).update(alerted=max(crossed))
        fresh += [
            Alert(
                bucket_id=bucket.bucket_id,
                percent=percent,
                used_micros=bucket.committed_micros,
                limit_micros=bucket.limit_micros,
            )
            for percent in crossed
        ]
    if fresh:
        Alert.objects.bulk_create(fresh, ignore_conflicts=True)
        send_soon()


def send_soon() -> None:
    """Asks a worker to empty the outbox; what it misses goes out with the next alert or the daily check."""
    async_task("musicstudio.budgets.tasks.tell", q_options={"save": False})


def tell() -> int:
    """Sends what the outbox holds and answers how many mails left; each alert leaves once, the highest of a bucket only."""
    sent = 0
    waiting = Alert.objects.filter(sent_at=None).select_related("bucket__cap__team", "bucket__cap__member")
    told: set[int] = set()
    for alert in waiting.order_by("-percent"):
        claimed = Alert.objects.filter(pk=alert.pk, sent_at=None).update(sent_at=timezone.now())
        if claimed and alert.bucket_id not in told:
            told.add(alert.bucket_id)
            with written_with(alert.bucket.cap.team.symbol):
                sent += mail(alert)
                announce(alert)
    return sent


def announce(alert: Alert) -> None:
    """To the webhooks of the team."""
    cap = alert.bucket.cap
    about: dict[str, Any] = {"cap": cap.noun, "of": cap.whose, "percent": alert.percent, "used_micros": alert.used_micros}
    Webhook.objects.tell(cap.team, Event.CAP_THRESHOLD, alert.text, limit_micros=alert.limit_micros, **about)


def mail(alert: Alert) -> int:
    """To the owners and admins, and to the member whose cap it is, as each of them wants to be told."""
    cap = alert.bucket.cap
    people = [row.user for row in admins_of(cap.team)] + ([cap.member] if cap.member else [])
    page = reverse("budgets", args=[cap.team.slug])
    told = Notification.objects.tell(cap.team, people, Kind.THRESHOLD, alert.text, page, mailed=False)
    to = sorted(row.person.email for row in told if row.want_mail)
    body = f"{alert.text}\n\n{cap.resets(alert.bucket.period_end)} Above it nothing is sent; an owner or admin can raise it.\n"
    return send_mail(f"{cap.team.name}: {alert.percent} % of a cap is used", body, settings.DEFAULT_FROM_EMAIL, to) if to else 0
