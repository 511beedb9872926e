"""The repository's own files, as the guards read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "musicstudio"

# a room may import the rooms before it, and itself
ORDER = ["core", "audio", "sketch", "accounts", "notify", "projects", "providers", "budgets", "library", "review"]
ORDER += ["generation", "web", "api"]
ROOMS = {name: place for place, name in enumerate(ORDER)}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(folder: Path = PACKAGE) -> list[Path]:
    """Our Python files, without migrations."""
    return sorted(path for path in folder.rglob("*.py") if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module the file imports, wherever in the file; `from a import b` counts as a.b."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            if node.level:
                above = path.relative_to(ROOT).parts[: -node.level]
                package = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{package}.{alias.name}" for alias in node.names)


def attributes(path: Path) -> Iterator[str]:
    """Everything with a dot that the file uses, as written: `os.environ`, `self.name`."""
    return (ast.unparse(node) for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute))


def room_of(module: str) -> str | None:
    """The room of `musicstudio.library.models`; None outside the rooms."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "musicstudio" and parts[1] in ROOMS else None


def functions(path: Path) -> Iterator[Function]:
    """Functions and methods, also nested ones."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, Function):
            yield node


def length(node: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    first = node.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if said else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring
