"""The README's configuration table names exactly the variables that the settings read."""

import re

from tests.guards.source import PACKAGE, ROOT

TEST_COMMAND = "python -m pytest"
READ = re.compile(r"""\benv(?:_bool|_int|_list|_segment)?\(\s*["']([A-Z0-9_]+)["']""")
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \|", re.M)


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    assert f"pip install -e '.[test]' && {TEST_COMMAND} " in (ROOT / "README.md").read_text()
    assert TEST_COMMAND in (ROOT / ".ci" / "run").read_text()


def test_the_table_in_the_readme_is_complete() -> None:
    read = READ.findall((PACKAGE / "settings.py").read_text())
    assert len(read) == len(set(read)), "a variable is read twice"
    assert sorted(ROW.findall((ROOT / "README.md").read_text())) == sorted(read)
