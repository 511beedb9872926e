"""Tables whose rows the database itself refuses to change or delete, on SQLite and PostgreSQL."""

from dataclasses import dataclass
from typing import Any

from django.db import connections


@dataclass(frozen=True)
class AppendOnly:
    """The triggers of one table. `months`: rows older than that may be deleted, by their column `at`; 0: none ever.

    A migration that rebuilds the table loses its triggers, so whoever migrates installs them again (`after_migrate`).
    """

    table: str
    message: str
    months: int = 0

    @property
    def names(self) -> tuple[str, str]:
        """The triggers."""
        return f"{self.table}_no_update", f"{self.table}_no_delete"

    def statements(self, vendor: str) -> list[str]:
        """SQL that puts them in place."""
        update, delete = self.names
        if vendor == "sqlite":
            young = f" WHEN OLD.at > datetime('now', '-{self.months} months')" if self.months else ""
            refuse = f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
            return [
                f"CREATE TRIGGER IF NOT EXISTS {update} BEFORE UPDATE ON {self.table} {refuse}",
                f"CREATE TRIGGER IF NOT EXISTS {delete} BEFORE DELETE ON {self.table}{young} {refuse}",
            ]
        young = f" WHEN (OLD.at > now() - interval '{self.months} months')" if self.months else ""
        call = f"EXECUTE FUNCTION {self.table}_refuse()"
        return [
            f"CREATE OR REPLACE FUNCTION {self.table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{self.message}' USING ERRCODE = 'restrict_violation'; END $$",
            f"CREATE OR REPLACE TRIGGER {update} BEFORE UPDATE ON {self.table} FOR EACH ROW {call}",
            f"CREATE OR REPLACE TRIGGER {delete} BEFORE DELETE ON {self.table} FOR EACH ROW{young} {call}",
        ]

    def install(self, connection: Any) -> None:
        """Puts the triggers in place; once is enough, twice does no harm."""
        with connection.cursor() as cursor:
            for statement in self.statements(connection.vendor):
                cursor.execute(statement)

    def remove(self, connection: Any) -> None:
        """Takes them away, for a migration back or a test that empties its tables."""
        where = "" if connection.vendor == "sqlite" else f" ON {self.table}"
        with connection.cursor() as cursor:
            for name in self.names:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{where}")

    def missing(self, connection: Any) -> list[str]:
        """The triggers that are not in force."""
        find = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
            "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled <> 'D'",
        }
        with connection.cursor() as cursor:
            cursor.execute(find[connection.vendor], [self.table])
            found = {row[0] for row in cursor.fetchall()}
        return [name for name in self.names if name not in found]

    def after_migrate(self, using: str, **kwargs: Any) -> None:
        """Signal handler: the table is there, so are its triggers."""
        connection = connections[using]
        if self.table in connection.introspection.table_names():
            self.install(connection)
