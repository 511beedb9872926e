"""The cast: Olga owns Northlight, Pia produces and Rafa reviews there, Sam is a stranger who owns another team."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db.backends.sqlite3.base import DatabaseOperations  # by this way: the other one is circular without SQLite
from django.test import Client
from hypothesis import settings as properties

from musicstudio.accounts.audit import AUDIT
from musicstudio.accounts.models import Role, Team, User
from musicstudio.budgets import append_only
from musicstudio.projects.models import Project
from tests.factories import join, make_project, make_team, make_user

# the same examples on every run and machine, however slow that is
properties.register_profile("studio", derandomize=True, deadline=None, database=None)
properties.load_profile("studio")


@dataclass
class Cast:
    """Everybody, their teams and one project each."""

    owner: User
    producer: User
    reviewer: User
    stranger: User
    team: Team
    other_team: Team
    project: Project
    other_project: Project


@pytest.fixture(scope="session", autouse=True)
def flush_may_empty_the_ledger() -> Iterator[None]:
    """Between transactional tests Django deletes every row, which the triggers of the ledger and the audit log refuse on SQLite.

    They go for that moment only; the signal after the flush puts them back.
    """
    flush = DatabaseOperations.execute_sql_flush

    def without_triggers(self: DatabaseOperations, statements: list[str]) -> None:
        append_only.remove(self.connection)
        AUDIT.remove(self.connection)
        flush(self, statements)

    DatabaseOperations.execute_sql_flush = without_triggers  # type: ignore[method-assign]
    yield
    DatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]


@pytest.fixture
def cast(db: None) -> Cast:
    owner = make_user("olga@northlight.example", "Olga Prieto")
    stranger = make_user("sam@elsewhere.example", "Sam Stranger")
    team, other = make_team("Northlight", owner), make_team("Elsewhere", stranger)
    return Cast(
        owner=owner,
        producer=join(team, make_user("pia@northlight.example", "Pia Duval"), Role.PRODUCER),
        reviewer=join(team, make_user("rafa@northlight.example", "Rafa Nunes"), Role.REVIEWER),
        stranger=stranger,
        team=team,
        other_team=other,
        project=make_project(team),
        other_project=make_project(other, "Secret album"),
    )


@pytest.fixture
def as_producer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.producer)
    return client


@pytest.fixture(autouse=True)
def media_folder(settings: object, tmp_path: Path) -> Iterator[Path]:
    """Files of a test go to the test's own folder; static files need no manifest, passwords no slow hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    yield tmp_path / "media"
