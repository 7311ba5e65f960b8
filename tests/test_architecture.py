"""The house as docs/architecture.md describes it: imports point down, one room for each third-party package."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "apilint"

# From the top to the bottom. A room may import from the lines below its own, and within itself.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("server", "review", "examples"),
    ("pipeline",),
    ("mending",),
    ("analysis",),
    ("scanning",),
    ("rows", "hygiene", "scope"),
    ("report", "fix", "suppress", "baseline", "pool", "discover", "requirements", "specifications", "streams"),
    ("engine", "catalogue"),
    ("rule",),
    ("checks",),
    ("check",),
    ("link",),
    ("project",),
    ("frameworks", "flow"),
    ("guards",),
    ("model",),
    ("startup",),
    ("index", "source", "library", "installation"),
    ("import_path",),
    ("scan", "cache", "document"),
    ("openapi",),
    ("surface",),
    ("finding",),
    ("facts", "config", "query"),
)
FLOOR = len(LAYERS)  # for what everybody may use: the package itself and helpers without imports of ours

ROOMS = {
    "attr": {"report/sarif"},
    "click": {"cli"},
    "libcst": {"fix"},
    "lsprotocol": {"server"},
    "pathspec": {"discover"},
    "pygls": {"server"},
    "sarif_om": {"report/sarif"},
    "tomli": {"config", "requirements"},
    "tree_sitter": {"scan"},
    "tree_sitter_python": {"scan"},
    "yaml": {"document", "openapi"},
    "msgspec": {"*"},
}

FRAMEWORKS = re.compile(
    r"flask|fastapi|starlette|django|rest_framework|\bdrf\b|\bninja\b|litestar|aiohttp|falcon|tornado|channels|\bquart\b",
    re.IGNORECASE,
)


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    """`apilint.scan.tree` of apilint/scan/tree.py."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sources()}


@functools.cache
def imported(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, at any depth and for typing too."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield name if name in MODULES else base


def room(module: str) -> str:
    """`scan` of apilint.scan.tree; empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


def layer(module: str) -> int:
    for number, rooms in enumerate(LAYERS):
        if room(module) in rooms:
            return number
    return FLOOR


def edges() -> Iterator[tuple[str, str]]:
    for module, path in MODULES.items():
        for target in imported(path):
            if target in MODULES and target != module:
                yield module, target


def test_imports_point_down() -> None:
    upward = [
        f"{module} imports {target}"
        for module, target in edges()
        if room(module) != room(target) and layer(target) <= layer(module) != FLOOR
    ]
    assert upward == []


def test_what_stands_in_no_layer_imports_types_at_most() -> None:
    helpers = {"", "finding", "facts"}
    wide = [
        f"{module} imports {target}"
        for module, target in edges()
        if layer(module) == FLOOR and room(target) != room(module) and room(target) not in helpers
    ]
    assert wide == []


def test_no_import_cycles() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for module, target in edges():
        graph[module].add(target)
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


def is_in_room(path: Path, rooms: set[str]) -> bool:
    inside = path.relative_to(PACKAGE).with_suffix("").as_posix()
    return any(name == "*" or inside == name or inside.startswith((f"{name}/", f"{name}_")) for name in rooms)


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_third_party_packages_keep_to_their_rooms(path: Path) -> None:
    for target in imported(path):
        top = target.partition(".")[0]
        if top == "apilint" or top in sys.stdlib_module_names:
            continue
        assert top in ROOMS, f"{top} is no dependency of apilint"
        assert is_in_room(path, ROOMS[top]), f"{top} belongs in {', '.join(ROOMS[top])}"


def without_prose(source: str) -> str:
    """The code of a module without comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


@pytest.mark.parametrize("path", sorted((PACKAGE / "checks").rglob("*.py")), ids=module_name)
def test_checks_name_no_framework(path: Path) -> None:
    assert FRAMEWORKS.findall(without_prose(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_every_module_says_its_purpose(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_starting_up_imports_no_parser_and_no_formatter() -> None:
    code = "import sys, apilint.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "tree_sitter",
        "tree_sitter_python",
        "yaml",
        "libcst",
        "sarif_om",
        "pathspec",
        "multiprocessing",
        "asyncio",
    }
    assert heavy.isdisjoint(loaded)
