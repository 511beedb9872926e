"""Static files as production serves them: every module is imported under its hashed name, so nothing is loaded twice."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from musicstudio.core.static import smaller


def test_files_are_sent_small_and_modules_import_each_other_by_their_hashed_names(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "musicstudio.core.static.Storage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    hashed = [path for path in (tmp_path / "js").glob("*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)]
    imports = [
        found for path in hashed for found in re.findall(r"""(?:from|import)\s*\(?["'](\.{1,2}/[^"']+)""", path.read_text())
    ]
    assert len(hashed) >= 5 and imports
    assert [name for name in imports if not re.search(r"\.[0-9a-f]{12}\.js$", name)] == []
    styles = [path for path in (tmp_path / "css").glob("*.css") if re.search(r"\.[0-9a-f]{12}\.css$", path.name)]
    assert len(styles) > 3 and [path.name for path in hashed + styles if "/* " in path.read_text()] == []
    released = Path(settings.BASE_DIR) / "static" / "vendor"
    scripts = list(released.rglob("*.js"))
    assert [
        path.name for path in scripts if (tmp_path / "vendor" / path.relative_to(released)).read_text() != path.read_text()
    ] == []


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (".a :is(b, c) { d: e }", ".a :is(b,c){d: e}"),
        ("/* a */ .a > b {\n  c: calc(1px + 2px);\n}\n", ".a > b{c: calc(1px + 2px)}"),
        (".a[b] :not(c) { d: e }", ".a[b] :not(c){d: e}"),
        (".a { & :is(b) { c: d } &:is(e) { f: g } }", ".a{& :is(b){c: d}&:is(e){f: g}}"),
    ],
)
def test_a_sheet_means_the_same_when_it_is_small(written: str, sent: str) -> None:
    assert smaller("css/x.css", written) == sent
