"""A program's own statements -> the folders that it puts on its import path: `sys.path.append(str(BASE_DIR / "apps"))`.

What is said in `os.path` and `pathlib` of `__file__` is followed through the names of the same file; any other path is
not known, and no folder (https://docs.python.org/3/library/sys.html#sys.path).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from apilint import facts as f

_ADDS = {"sys.path.append": 0, "sys.path.insert": 1, "site.addsitedir": 0, "path.append": 0, "path.insert": 1}
_SAME = frozenset({"abspath", "realpath", "normpath", "str", "fspath", "Path", "PurePath", "resolve", "absolute"})
_METHODS = frozenset({"resolve", "absolute", "joinpath"})
_DEPTH = 12


def added(file: str, body: tuple[f.Stmt, ...], calls: Iterator[f.Call]) -> Iterator[str]:
    """The folders, relative to the root of the project ("" for the root itself), that calls in a file add. `body` are
    the statements among which its names are looked for."""
    named = {
        target.id: statement.value
        for statement in body
        if isinstance(statement, f.Assign)
        for target in statement.targets
        if isinstance(target, f.Name)
    }
    for call in calls:
        position = _ADDS.get(_dotted(call.func))
        if position is None or len(call.args) <= position:
            continue
        folder = _path(call.args[position], file, named, _DEPTH)
        if folder is not None and not folder.startswith("..") and not posixpath.isabs(folder):
            yield "" if folder == "." else folder


def _path(expr: f.Expr, file: str, named: Mapping[str, f.Expr], depth: int) -> str | None:
    """The path that an expression gives, relative to the root of the project; None where that is not known."""
    if not depth:
        return None
    if isinstance(expr, f.Name):
        given = named.get(expr.id)
        return file if expr.id == "__file__" else None if given is None else _path(given, file, named, depth - 1)
    if isinstance(expr, f.BinOp) and expr.op == "/":
        return _joined(_path(expr.left, file, named, depth - 1), [expr.right])
    if isinstance(expr, f.Attribute) and expr.attr == "parent":
        return _above(_path(expr.value, file, named, depth - 1), 1)
    if isinstance(expr, f.Subscript) and isinstance(expr.value, f.Attribute) and expr.value.attr == "parents":
        count = expr.index.value if isinstance(expr.index, f.Constant) else None
        base = _path(expr.value.value, file, named, depth - 1)
        return _above(base, count + 1) if isinstance(count, int) else None
    return _called(expr, file, named, depth) if isinstance(expr, f.Call) else None


def _called(call: f.Call, file: str, named: Mapping[str, f.Expr], depth: int) -> str | None:
    """What a function of `os.path` or a method of a path gives."""
    name = _dotted(call.func).rpartition(".")[2]
    on = call.func.value if isinstance(call.func, f.Attribute) and name in _METHODS else None
    first = on or (call.args[0] if call.args else None)
    base = None if first is None else _path(first, file, named, depth - 1)
    if name == "dirname":
        return _above(base, 1)
    if name in ("join", "joinpath"):
        return _joined(base, call.args if on is not None else call.args[1:])
    return base if name in _SAME else None


def _dotted(func: f.Expr) -> str:
    """What is called: `os.path.join`; of something computed the last name only."""
    if isinstance(func, f.Attribute):
        return f"{_dotted(func.value)}.{func.attr}"
    return func.id if isinstance(func, f.Name) else ""


def _above(path: str | None, count: int) -> str | None:
    """So many folders up; None above the root, which nobody knows."""
    for _ in range(count):
        if path is None or path == ".":
            return None
        path = posixpath.dirname(path) or "."
    return path


def _joined(base: str | None, parts: tuple[f.Expr, ...] | list[f.Expr]) -> str | None:
    texts = [part.value for part in parts if isinstance(part, f.Constant) and isinstance(part.value, str)]
    if base is None or len(texts) != len(parts):
        return None
    return posixpath.normpath(posixpath.join(base, *texts))


__all__ = ["added"]
