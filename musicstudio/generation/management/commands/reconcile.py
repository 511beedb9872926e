"""manage.py reconcile: asks the gateway about the takes whose outcome is unknown."""

from typing import Any

from django.core.management.base import BaseCommand

from musicstudio.core.migrate import migrate_if_needed
from musicstudio.core.money import format_micros
from musicstudio.generation.reconcile import reconcile


class Command(BaseCommand):
    """Books what the gateway says, and closes what nobody decided long after its period."""

    help = "Asks the gateway again about every take whose outcome is unknown."

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        told = reconcile()
        for job, said in told:
            self.stdout.write(f"{job.pk} {format_micros(job.hold.amount_micros)} {job.prompt}: {said}")
        if not told:
            self.stdout.write("No outcome is unknown.")
