"""Names, sizes and words: what keeps one file like the next."""

import ast
import re

import pytest

from tests.guards.source import ROOT, Function, functions, length, modules, name_of, parsed

TOP_LEVEL = {"manage.py", "pyproject.toml", "musicstudio", "templates", "static", "tests", "Procfile", "README.md", "LICENSE"}
MADE = {"data", "build", "dist", "venv", "node_modules", "musicstudio.egg-info", "uv.lock"}  # by running things; never committed
FORBIDDEN = {"utils.py", "helpers.py", "services.py", "managers.py", "signals.py", "misc.py", "common.py"}
FUNCTION, VIEW, MODELS, VIEWS = 50, 15, 400, 300  # lines
INHERITED = {"add_arguments", "auth_flow", "clean", "get_full_name", "get_short_name", "handle", "is_open_for_signup", "ready"}
INHERITED |= {"save", "Meta"}  # what these do is said where they come from


def test_the_top_level_is_fixed() -> None:
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - MADE
    assert there == TOP_LEVEL


def test_no_file_is_a_drawer() -> None:
    assert [name_of(path) for path in [*modules(), *modules(ROOT / "tests")] if path.name in FORBIDDEN] == []


def test_no_function_is_long() -> None:
    found = [
        f"{name_of(path)}:{node.lineno} {node.name}: {length(node)}"
        for path in modules()
        for node in functions(path)
        if length(node) > FUNCTION
    ]
    assert found == []


def test_no_view_is_long() -> None:
    found = [
        f"{name_of(path)}:{node.lineno} {node.name}: {length(node)}"
        for path in modules()
        if path.name == "views.py"
        for node in functions(path)
        if node.args.args and node.args.args[0].arg == "request" and length(node) > VIEW
    ]
    assert found == []


@pytest.mark.parametrize(("name", "most"), [("models.py", MODELS), ("views.py", VIEWS)])
def test_no_room_outgrows_its_files(name: str, most: int) -> None:
    sizes = {name_of(path): len(path.read_text().splitlines()) for path in modules() if path.name == name}
    assert {path: size for path, size in sizes.items() if size > most} == {}


def test_what_is_public_says_what_it_does() -> None:
    found = []
    for path in modules():
        tree = parsed(path)
        if tree.body and path.name not in {"__init__.py", "apps.py"} and not ast.get_docstring(tree):
            found.append(name_of(path))
        classes = [
            node for node in tree.body if isinstance(node, ast.ClassDef) and "Protocol" not in map(ast.unparse, node.bases)
        ]
        for owner in [tree, *classes]:
            found += [f"{name_of(path)}:{node.lineno} {node.name}" for node in owner.body if lacks_docstring(node)]
    assert found == []


def lacks_docstring(node: ast.stmt) -> bool:
    if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_") or node.name in INHERITED:
        return False
    return not ast.get_docstring(node) and not any(ast.unparse(line).startswith("overload") for line in node.decorator_list)


def test_no_test_sleeps_or_is_skipped() -> None:
    words = re.compile(r"time\.sleep\(|mark\.(skip|skipif|xfail)\b|pytest\.xfail\(|asyncio\.sleep\((?!0(\.0\d*)?\))")
    browser = ROOT / "tests" / "browser"  # skipped as a whole where there is no Chromium, see its conftest
    found = [
        f"{name_of(path)}:{number}"
        for path in modules(ROOT / "tests")
        if path != ROOT / "tests" / "guards" / "test_shape.py" and browser not in path.parents
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]
    assert found == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    words = re.compile(r"(?<![\w.])/(work|root|home|Users)/\w")
    kinds = {".py", ".html", ".js", ".css", ".toml", ".md", ".txt", ".svg"}
    files = [path for folder in ("musicstudio", "templates", "static", "tests") for path in (ROOT / folder).rglob("*")]
    files += [ROOT / name for name in ("README.md", "pyproject.toml", "Procfile", "manage.py")]
    found = [
        f"{name_of(path)}: {hit.group()}"
        for path in files
        if path.is_file() and (path.suffix in kinds or path.name == "Procfile")
        for hit in words.finditer(path.read_text())
    ]
    assert found == []
