from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NotifyConfig(AppConfig):
    """What people and machines of a team are told, from an outbox."""

    name = "musicstudio.notify"

    def ready(self) -> None:
        from musicstudio.accounts.access import ALONG  # noqa: PLC0415 (the app registry is not ready when this file is read)
        from musicstudio.notify.notices import unread_of_membership  # noqa: PLC0415

        ALONG["unread"] = unread_of_membership()
        post_migrate.connect(schedule_deliveries, sender=self, dispatch_uid="notify-schedule")


def schedule_deliveries(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): what could not be delivered is tried again, what is old is forgotten."""
    from django.db import connections  # noqa: PLC0415 (the app registry is not ready when this file is read)
    from django_q.models import Schedule  # noqa: PLC0415

    if "django_q_schedule" not in connections[using].introspection.table_names():
        return
    wanted = (
        ("deliver", "deliver webhooks", Schedule.MINUTES),
        ("mail", "mail what people are told", Schedule.MINUTES),
        ("forget", "forget old deliveries", Schedule.DAILY),
    )
    for name, label, often in wanted:
        said = {"name": label, "schedule_type": often, "repeats": -1} | ({"minutes": 1} if often == Schedule.MINUTES else {})
        Schedule.objects.get_or_create(func=f"musicstudio.notify.tasks.{name}", defaults=said)
