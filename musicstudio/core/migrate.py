"""Brings a laptop's database up to date, so that the first command somebody types just works."""

import fcntl

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrate_if_needed() -> bool:
    """Applies what is missing; True when there was something. Commands that start at once wait for each other.

    Raises CommandError for a server's database that is behind: there, `manage.py migrate` is part of a release.
    """
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with open(settings.DATA_DIR / "migrate.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        if connection.vendor != "sqlite" and executor.loader.applied_migrations:
            raise CommandError("The database is behind the code. Run: python manage.py migrate")
        call_command("migrate", interactive=False, verbosity=0)
        return True
