from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProvidersConfig(AppConfig):
    """Models, their prices, the keys to reach them, and one client per wire format."""

    name = "musicstudio.providers"

    def ready(self) -> None:
        post_migrate.connect(seed_catalogue, sender=self, dispatch_uid="providers-catalogue")
        post_migrate.connect(schedule, sender=self, dispatch_uid="providers-schedule")


def seed_catalogue(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): the catalogue is complete. Not after a migration back to nothing."""
    from django.db import connections  # noqa: PLC0415 (the app registry is not ready when this file is read)

    from musicstudio.providers.catalogue import seed  # noqa: PLC0415

    if "providers_price" in connections[using].introspection.table_names():
        seed()


def schedule(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): prices are compared once a day, retired keys end within the hour."""
    from django.db import connections  # noqa: PLC0415
    from django_q.models import Schedule  # noqa: PLC0415

    if "django_q_schedule" in connections[using].introspection.table_names():
        wanted = (("sync_models", "compare prices", Schedule.DAILY), ("end_retired", "end retired keys", Schedule.HOURLY))
        for task, name, often in wanted:
            defaults = {"name": name, "schedule_type": often, "repeats": -1}
            Schedule.objects.get_or_create(func=f"musicstudio.providers.tasks.{task}", defaults=defaults)
