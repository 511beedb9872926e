from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReviewConfig(AppConfig):
    """What people say about tracks, and how they choose among them."""

    name = "musicstudio.review"

    def ready(self) -> None:
        from musicstudio.accounts.access import ALONG  # noqa: PLC0415 (the app registry is not ready when this file is read)
        from musicstudio.review.find import register  # noqa: PLC0415
        from musicstudio.review.rounds import waiting_of_membership  # noqa: PLC0415

        register()
        ALONG["to_vote"] = waiting_of_membership()
        post_migrate.connect(schedule_ends, sender=self, dispatch_uid="review-schedule")


def schedule_ends(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): once a minute, people are told about rounds whose deadline has passed."""
    from django.db import connections  # noqa: PLC0415 (the app registry is not ready when this file is read)
    from django_q.models import Schedule  # noqa: PLC0415

    if "django_q_schedule" in connections[using].introspection.table_names():
        Schedule.objects.get_or_create(
            func="musicstudio.review.tasks.end_rounds",
            defaults={"name": "end rounds", "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1},
        )
