"""Who follows jobs: a lease with a token per sweeper, beside which a sweeper that lost it can write nothing."""

import os
import socket
import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Max
from django.utils import timezone

SECONDS = 6.0  # without a beat, after which another sweeper may take over


def database_now() -> datetime:
    """The database server's time on PostgreSQL, so that several machines agree; this machine's on SQLite."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def place() -> str:
    """The cluster this process belongs to: workers of one cluster share the machine and the parent process."""
    return f"{socket.gethostname()[:60]}:{os.getppid()}"


class Sweeper(models.Model):
    """A slot of the work of following jobs: whoever holds its unexpired token sweeps. At most one per cluster."""

    slot = models.PositiveSmallIntegerField(primary_key=True)
    token = models.UUIDField(null=True)
    alive_until = models.DateTimeField()
    place = models.CharField(max_length=80, null=True, unique=True)  # noqa: DJ001 (free slots have none, and it is unique)

    def __str__(self) -> str:
        return f"slot {self.slot} until {self.alive_until:%H:%M:%S}"

    @classmethod
    def take(cls, where: str, seconds: float = SECONDS) -> uuid.UUID | None:
        """A token for a free slot; None when a sweeper of the same place is alive."""
        now, token = database_now(), uuid.uuid4()
        said = {"token": token, "alive_until": now + timedelta(seconds=seconds), "place": where}
        try:
            with transaction.atomic():
                if mine := cls.objects.filter(place=where).first():
                    free = [mine.slot]
                else:
                    free = list(cls.objects.filter(alive_until__lt=now).order_by("slot").values_list("slot", flat=True))
                for slot in free:
                    if cls.objects.filter(slot=slot, alive_until__lt=now).update(**said):
                        return token
                if mine:
                    return None
                highest = cls.objects.aggregate(highest=Max("slot"))["highest"] or 0
                cls.objects.create(slot=highest + 1, **said)
        except IntegrityError:  # another worker of this place, or another place, was faster
            return None
        return token

    @classmethod
    def beat(cls, token: uuid.UUID, seconds: float = SECONDS) -> bool:
        """Renews the lease; False when it ran out, even if nobody took it: its jobs may be another's by now."""
        now = database_now()
        renewed = cls.objects.filter(token=token, alive_until__gte=now).update(alive_until=now + timedelta(seconds=seconds))
        return bool(renewed)

    @classmethod
    def leave(cls, token: uuid.UUID) -> None:
        """Gives the slot back."""
        cls.objects.filter(token=token).update(alive_until=database_now() - timedelta(seconds=1), token=None, place=None)

    @classmethod
    def living(cls) -> "models.QuerySet[Sweeper]":
        """Those whose lease has not run out."""
        return cls.objects.filter(token__isnull=False, alive_until__gt=database_now())
