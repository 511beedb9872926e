"""manage.py verify_ledger: checks every invariant of the ledger."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from musicstudio.budgets.verify import check
from musicstudio.core.migrate import migrate_if_needed


class Command(BaseCommand):
    """Exit code 0 when the ledger is sound, 1 when something is broken; the budgets page shows the result too."""

    help = "Checks the ledger against itself and prints what is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        result = check()
        for sentence in result.broken:
            self.stderr.write(sentence)
        if result.broken:
            sys.exit(1)
        self.stdout.write(f"The ledger is sound: {result.holds} holds checked in {result.milliseconds} ms.")
