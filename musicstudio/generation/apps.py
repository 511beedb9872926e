import logging
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

log = logging.getLogger(__name__)


class GenerationConfig(AppConfig):
    """A take's way: asked, quoted, held, sent, followed, collected, settled."""

    name = "musicstudio.generation"

    def ready(self) -> None:
        from django_q.signals import post_spawn  # noqa: PLC0415 (imports models)

        from musicstudio.accounts.access import in_project  # noqa: PLC0415
        from musicstudio.generation.models import Job  # noqa: PLC0415

        in_project("project")(Job)
        post_migrate.connect(schedule_revive, sender=self, dispatch_uid="generation-schedule")
        post_spawn.connect(revive_at_start, dispatch_uid="generation-revive")


def schedule_revive(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): once a minute, jobs without a living worker get one; daily, the gateway is
    asked about unknown outcomes.
    """
    from django.db import connections  # noqa: PLC0415 (the app registry is not ready when this file is read)
    from django_q.models import Schedule  # noqa: PLC0415

    if "django_q_schedule" in connections[using].introspection.table_names():
        Schedule.objects.get_or_create(
            func="musicstudio.generation.tasks.revive",
            defaults={"name": "revive", "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1},
        )
        Schedule.objects.get_or_create(
            func="musicstudio.generation.tasks.reconcile",
            defaults={"name": "ask about unknown outcomes", "schedule_type": Schedule.DAILY, "repeats": -1},
        )


def revive_at_start(**kwargs: Any) -> None:
    """In every worker process before its first task. A failure here must not end it: the schedule tries again."""
    from musicstudio.generation.tasks import revive  # noqa: PLC0415 (needs the app registry)

    try:
        revive()
    except Exception:
        log.exception("Jobs without a worker could not be revived.")
