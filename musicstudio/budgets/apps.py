from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BudgetsConfig(AppConfig):
    """What may be spent, and what was."""

    name = "musicstudio.budgets"

    def ready(self) -> None:
        from musicstudio.accounts.access import HANGS  # noqa: PLC0415 (the app registry is not ready when this file is read)
        from musicstudio.budgets import append_only, in_one, narrow  # noqa: PLC0415

        HANGS.update(narrow.HANGS)

        post_migrate.connect(append_only.after_migrate, sender=self, dispatch_uid="budgets-append-only", weak=False)
        post_migrate.connect(in_one.after_migrate, sender=self, dispatch_uid="budgets-in-one")
        post_migrate.connect(schedule_check, sender=self, dispatch_uid="budgets-schedule")


def schedule_check(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): the ledger is audited once a day."""
    from django.db import connections  # noqa: PLC0415 (the app registry is not ready when this file is read)
    from django_q.models import Schedule  # noqa: PLC0415

    if "django_q_schedule" in connections[using].introspection.table_names():
        Schedule.objects.get_or_create(
            func="musicstudio.budgets.tasks.check",
            defaults={"name": "verify ledger", "schedule_type": Schedule.DAILY, "repeats": -1},
        )
