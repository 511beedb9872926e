"""Telling people that a cap is half, nearly or wholly used: once per threshold and period, from an outbox."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.budgets.alerts import Alert
from musicstudio.budgets.models import Bucket
from musicstudio.budgets.who import admins_of


def warn(buckets: Iterable[Bucket]) -> None:
    """Notes the thresholds that the buckets' counters have just crossed; call it in the transaction that moved them."""
    fresh: list[Alert] = []
    for bucket in buckets:
        reached = bucket.committed_micros * 100
        crossed = [p for p in bucket.cap.alerts if p > bucket.alerted and reached >= p * bucket.limit_micros]
        if not crossed or bucket.limit_micros <= 0:
            continue
        Bucket.objects.filter(pk=bucket.pk, alerted__lt=max(crossed)).update(alerted=max(crossed))
        fresh += [
            Alert(bucket=bucket, percent=p, used_micros=bucket.committed_micros, limit_micros=bucket.limit_micros)
            for p in crossed
        ]
    if fresh:
        with transaction.atomic():
            Alert.objects.bulk_create(fresh, ignore_conflicts=True)
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
            sent += mail(alert)
    return sent


def mail(alert: Alert) -> int:
    """To the owners and admins, and to the member whose cap it is."""
    cap = alert.bucket.cap
    rows = admins_of(cap.team)
    to = {row.user.email for row in rows} | ({cap.member.email} if cap.member else set())
    body = f"{alert.text}\n\n{cap.resets(alert.bucket.period_end)} Above it nothing is sent; an owner or admin can raise it.\n"
    return send_mail(f"{cap.team.name}: {alert.percent} % of a cap is used", body, settings.DEFAULT_FROM_EMAIL, sorted(to))
