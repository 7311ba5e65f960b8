"""Entries <-> the text of `apilint.routes`: a line each, fields parted by tabs, so that no line moves for another."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apilint.config import ConfigError
from apilint.surface.entry import Entry

FILE_NAME = "apilint.routes"
VERSION = 1
_MARK = "# apilint.routes "
_HEAD = (
    f"{_MARK}{VERSION}: who may call what. Written by `apilint routes --lock`; "
    "commit it with the change that alters it.\n"
    "# method\tpath\tverdict\tguards\thandler\n"
)
_FIELDS = ("method", "path", "verdict", "guards", "handler")
_NONE = "-"
_PUBLIC = ", public"
_IF = "conditional if "
_VERDICTS = ("required", "optional", "conditional", "none", "unknown")
_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_LONGEST = 60


class LockError(ConfigError):
    """A lock file cannot be used. The message names file, line, what was found and what was expected."""


def render(entries: Iterable[Entry]) -> str:
    """The text of a lock file; `entries` are sorted."""
    return _HEAD + "".join(f"{_line(entry)}\n" for entry in entries)


def parse(data: bytes) -> list[Entry]:
    """The entries of a lock file, `at` being their lines. Raises LockError."""
    text = data.removeprefix(b"\xef\xbb\xbf")
    lines = [_decoded(line, number) for number, line in enumerate(text.splitlines(), start=1)]
    _check_head(lines[0] if lines else "")
    found: dict[Entry, int] = {}
    for number, line in enumerate(lines, start=1):
        if line.startswith(_CONFLICT):
            raise _error(
                number, f"found a merge conflict, '{_shown(line)}'; `apilint routes --lock` writes the file again"
            )
        if not line.strip() or line.startswith("#"):
            continue
        entry = _parsed(line, number)
        known = found.setdefault(entry, number)
        if known != number:
            raise _error(number, f"'{entry.label}' stands here a second time, as in line {known}")
    return [msgspec.structs.replace(entry, at=number) for entry, number in found.items()]


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _error(number, f"expected UTF-8 text, found the byte {line[error.start]:#04x}") from None


def _line(entry: Entry) -> str:
    verdict = f"{_IF}{entry.condition}" if entry.condition else entry.verdict
    guards = ", ".join(entry.guards) or _NONE
    fields = (entry.method, entry.path, verdict + (_PUBLIC if entry.public else ""), guards, entry.handler or _NONE)
    return "\t".join(fields)


def _check_head(line: str) -> None:
    if not line.startswith(_MARK):
        found = f"'{_shown(line)}'" if line else "nothing"
        raise _error(1, f"expected the head of a route lock file, '{_MARK}{VERSION}: …', found {found}")
    version = line.removeprefix(_MARK).partition(":")[0].strip()
    if version != str(VERSION):
        raise _error(1, f"expected version {VERSION} of a route lock file, found version '{_shown(version)}'")


def _parsed(line: str, number: int) -> Entry:
    fields = line.split("\t")
    if len(fields) != len(_FIELDS):
        expected = f"expected {len(_FIELDS)} fields separated by tabs ({', '.join(_FIELDS)})"
        raise _error(number, f"{expected}, found {len(fields)}: '{_shown(line)}'")
    method, path, said, guards, handler = fields
    verdict = said.removesuffix(_PUBLIC)
    condition = verdict.removeprefix(_IF) if verdict.startswith(_IF) else ""
    verdict = "conditional" if condition else verdict
    if verdict not in _VERDICTS:
        raise _error(number, f"expected a verdict ({', '.join(_VERDICTS)}), found '{_shown(said)}'")
    if not method or not path:
        raise _error(number, f"expected a method and a path, found '{_shown(method)}' and '{_shown(path)}'")
    return Entry(
        method=method,
        path=path,
        verdict=verdict,
        guards=() if guards == _NONE else tuple(guards.split(", ")),
        handler="" if handler == _NONE else handler,
        public=said.endswith(_PUBLIC),
        condition=condition,
    )


def _error(line: int, problem: str) -> LockError:
    return LockError(f"{FILE_NAME}:{line}: {problem}")


def _shown(text: str) -> str:
    text = "".join(char if char.isprintable() else " " for char in text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
