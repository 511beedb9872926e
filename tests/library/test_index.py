"""The index of the search: made by a migration, on a database whose user may do little too."""

from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import DatabaseError

from musicstudio.library.index import provide_trigrams


class Server:
    """A PostgreSQL connection that knows which extensions there are and whether one may be added."""

    alias = "default"

    def __init__(self, has: bool = False, may: bool = False) -> None:
        self.has, self.may = has, may
        self.said: list[str] = []

    def cursor(self) -> "Server":
        return self

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *args: object) -> None:
        return None

    def execute(self, sql: str) -> None:
        self.said.append(sql)
        if sql.startswith("CREATE") and not self.may:
            raise DatabaseError('permission denied to create extension "pg_trgm"')

    def fetchone(self) -> Any:
        return (1,) if self.has else None


def test_the_extension_is_installed_where_that_is_allowed(db: None) -> None:
    server = Server(may=True)
    provide_trigrams(server)
    assert server.said[-1] == "CREATE EXTENSION IF NOT EXISTS pg_trgm"


def test_one_that_is_there_is_left_alone(db: None) -> None:
    server = Server(has=True)
    provide_trigrams(server)
    assert len(server.said) == 1


def test_without_the_right_to_install_it_the_way_out_is_told(db: None) -> None:
    with pytest.raises(CommandError, match="Let a superuser run CREATE EXTENSION pg_trgm"):
        provide_trigrams(Server())
