from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LibraryConfig(AppConfig):
    """What was made, and what people call it."""

    name = "musicstudio.library"

    def ready(self) -> None:
        post_migrate.connect(schedule_tidy, sender=self, dispatch_uid="library-schedule")


def schedule_tidy(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): the bin is emptied once a day."""
    from django.db import connections  # noqa: PLC0415 (the app registry is not ready when this file is read)
    from django_q.models import Schedule  # noqa: PLC0415

    if "django_q_schedule" in connections[using].introspection.table_names():
        Schedule.objects.get_or_create(
            func="musicstudio.library.tasks.tidy",
            defaults={"name": "empty the bin", "schedule_type": Schedule.DAILY, "repeats": -1},
        )
