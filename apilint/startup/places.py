"""`pathlib` as programs use it that import the files of a folder: what a path is called, and which modules it finds."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator

from apilint.facts import Span
from apilint.startup.core import Core
from apilint.startup.values import FALSE, TRUE, Attr, Known, Place, Seq, Unknown, Value, text_of

_IMPORTING = frozenset({"spec_from_file_location", "import_module", "__import__"})
_SAME = frozenset({"resolve", "absolute", "expanduser"})
_KINDS = frozenset({"is_file", "is_dir", "exists"})
_TEXTS = frozenset({"as_posix", "__str__", "__fspath__"})


def made(machine: Core, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    """`Path(__file__)`: known where a file imports modules by name; elsewhere a path is data."""
    parts = [text_of(arg) for arg in args]
    texts = [part for part in parts if part is not None and "{" not in part]
    if len(texts) < len(args) or not texts or not _imports(machine, span):
        return None
    return Place(posixpath.normpath(posixpath.join(*texts)))


def _imports(machine: Core, span: Span) -> bool:
    module = machine.index.file(span.file)
    return module is not None and not _IMPORTING.isdisjoint(module.words)


def joined(base: Place, part: Value, span: Span) -> Value:
    """`base / part`."""
    text = text_of(part)
    if text is None or "{" in text:
        return Unknown("a path on disk", span)
    return Place(posixpath.normpath(posixpath.join(str(base.value), text)))


def attribute(machine: Core, base: Value, name: str, span: Span) -> Value:
    """What a path says of itself."""
    assert isinstance(base, Place)
    path = str(base.value)
    last = posixpath.basename(path)
    if name == "parent":
        # Above the folder that is looked at there is nothing that is known.
        return Place(posixpath.dirname(path) or ".") if path not in (".", "..") else Unknown("a folder above", span)
    if name == "name":
        return Known(last)
    if name in ("stem", "suffix"):
        return Known(posixpath.splitext(last)[name == "suffix"])
    if name == "parts":
        return Seq("tuple", [Known(part) for part in path.split("/")])
    return Attr(base, name)


def method(machine: Core, base: Place, name: str, args: list[Value], span: Span) -> Value:
    """What a path's methods give."""
    path = str(base.value)
    if name in _SAME:
        return base
    if name in _TEXTS:
        return Known(path)
    if name == "joinpath" and len(args) == 1:
        return joined(base, args[0], span)
    pattern = "*" if name == "iterdir" else text_of(args[0]) if name in ("glob", "rglob") and args else None
    if pattern is not None and "{" not in pattern:
        wanted = [*(["**"] if name == "rglob" else []), *pattern.split("/")]
        return Seq("list", [Place(each) for each in sorted(_found(machine, path, wanted))], is_open=True)
    if name in _KINDS:
        return _kind(machine, path, name) or Unknown(f"Path.{name}()", span)
    return Unknown(f"Path.{name}()", span)


def _kind(machine: Core, path: str, asked: str) -> Value | None:
    """Whether a path is a file, a folder or either; of what is no module and has none below it, nothing is known."""
    kind = "is_file" if machine.index.file(path) else "is_dir" if any(_below(machine, path)) else None
    return None if kind is None else TRUE if asked in (kind, "exists") else FALSE


def _below(machine: Core, folder: str) -> Iterator[list[str]]:
    """The parts, from a folder on, of the modules in it and below it."""
    start = "" if folder == "." else f"{folder}/"
    return (file[len(start) :].split("/") for file in machine.index.modules if file.startswith(start))


def _found(machine: Core, folder: str, pattern: list[str]) -> set[str]:
    """The modules, and the folders of modules, that a pattern finds in a folder."""
    start = "" if folder == "." else f"{folder}/"
    paths = {tuple(parts[:depth]) for parts in _below(machine, folder) for depth in range(1, len(parts) + 1)}
    return {start + "/".join(path) for path in paths if _matches(path, pattern)}


def _matches(path: tuple[str, ...], pattern: list[str]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_matches(path[skip:], pattern[1:]) for skip in range(len(path) + 1))
    return bool(path) and fnmatch.fnmatchcase(path[0], pattern[0]) and _matches(path[1:], pattern[1:])


__all__ = ["attribute", "joined", "made", "method"]
