"""The trigger that makes ledger entries append-only, on SQLite and PostgreSQL. Whoever migrates installs it."""

from typing import Any

from django.db import connections

TABLE = "budgets_entry"
MESSAGE = "ledger entries are never changed or deleted"
NAMES = ("budgets_entry_no_update", "budgets_entry_no_delete")

INSTALL = {
    "sqlite": [
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for name, verb in zip(NAMES, ("UPDATE", "DELETE"), strict=True)
    ],
    "postgresql": [
        f"CREATE OR REPLACE FUNCTION budgets_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
        *(
            f"CREATE OR REPLACE TRIGGER {name} BEFORE {verb} ON {TABLE} FOR EACH ROW EXECUTE FUNCTION budgets_entry_refuse()"
            for name, verb in zip(NAMES, ("UPDATE", "DELETE"), strict=True)
        ),
    ],
}
REMOVE = {
    "sqlite": [f"DROP TRIGGER IF EXISTS {name}" for name in NAMES],
    "postgresql": [f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in NAMES],
}
FIND = {
    "sqlite": f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{TABLE}'",  # noqa: S608 (constants)
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass('budgets_entry') AND tgenabled <> 'D'",
}


def install(connection: Any) -> None:
    """Puts the triggers in place; once is enough, twice does no harm. A table rebuilt by a migration has lost them."""
    with connection.cursor() as cursor:
        for statement in INSTALL[connection.vendor]:
            cursor.execute(statement)


def remove(connection: Any) -> None:
    """Takes them away, for a migration back or a test that empties its tables."""
    with connection.cursor() as cursor:
        for statement in REMOVE[connection.vendor]:
            cursor.execute(statement)


def missing(connection: Any) -> list[str]:
    """The triggers that are not in force."""
    with connection.cursor() as cursor:
        cursor.execute(FIND[connection.vendor])
        found = {row[0] for row in cursor.fetchall()}
    return [name for name in NAMES if name not in found]


def after_migrate(using: str, **kwargs: Any) -> None:
    """Signal handler: the table is there, so are its triggers."""
    connection = connections[using]
    if TABLE in connection.introspection.table_names():
        install(connection)
