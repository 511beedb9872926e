from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """People, teams and who may do what."""

    name = "musicstudio.accounts"

    def ready(self) -> None:
        from musicstudio.accounts.audit import AUDIT  # noqa: PLC0415 (the app registry is not ready when this file is read)

        post_migrate.connect(AUDIT.after_migrate, sender=self, dispatch_uid="accounts-append-only", weak=False)
        post_migrate.connect(schedule_forgetting, sender=self, dispatch_uid="accounts-schedule")


def schedule_forgetting(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): audit events go when their time is over."""
    from django.db import connections  # noqa: PLC0415
    from django_q.models import Schedule  # noqa: PLC0415

    if "django_q_schedule" in connections[using].introspection.table_names():
        said = {"name": "forget old audit events", "schedule_type": Schedule.DAILY, "repeats": -1}
        Schedule.objects.get_or_create(func="musicstudio.accounts.tasks.forget", defaults=said)
