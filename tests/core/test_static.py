"""Static files as production serves them: every module is imported under its hashed name, so nothing is loaded twice."""

import re
from pathlib import Path
from typing import Any

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


def test_a_style_keeps_its_meaning_when_its_blanks_go() -> None:
    style = '/* a, b */ .tools :is(.x, .y) > b {\n  inset: 0 auto calc(1px + 2px); &::before { content: "– " }\n}\n'
    small = '.tools :is(.x,.y) > b{inset: 0 auto calc(1px + 2px);&::before{content: "– "}}'
    assert smaller("css/x.css", style) == small
