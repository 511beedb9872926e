"""The README's configuration table names exactly the variables that the settings read."""

import re

from tests.guards.source import PACKAGE, ROOT

READ = re.compile(r"""\benv(?:_bool|_int|_list)?\(\s*["']([A-Z0-9_]+)["']""")
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \|", re.M)


def test_the_table_in_the_readme_is_complete() -> None:
    read = READ.findall((PACKAGE / "settings.py").read_text())
    assert len(read) == len(set(read)), "a variable is read twice"
    assert sorted(ROW.findall((ROOT / "README.md").read_text())) == sorted(read)
