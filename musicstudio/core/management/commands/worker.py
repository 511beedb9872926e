"""manage.py worker: runs the queue."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from musicstudio.core import cluster
from musicstudio.core.supervise import Child, Supervisor


def cluster_command() -> list[str]:
    """The command line of a bare cluster, for a supervisor to keep running."""
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--unsupervised"]


class Command(BaseCommand):
    """Keeps one cluster running until SIGTERM or Ctrl-C."""

    help = "Runs the queue: renders, follows and collects takes. Starts itself again when something in it dies."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--unsupervised", action="store_true", help="one bare cluster; ends with its parent process")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["unsupervised"]:
            sys.exit(cluster.run())
        Supervisor([Child("worker", cluster_command())], self.stderr.write).run()
