"""Requirements, lock files and the configured environment -> the versions of libraries that a project runs with.

What is installed counts for more than what is locked, and that for more than what is declared. Declarations of one
library narrow each other down; lock files that differ leave everything between them open.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from apilint.versions import ANY, Bounds, Versions, exactly, normalised, specified

Found = Iterator[tuple[str, Bounds]]

_LOCKED = re.compile(r"""^name = "([^"]+)"\r?\nversion = "([^"]+)"$""", re.MULTILINE)
_LINE = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?((?:[<>=!~]=?=?|===)[^;#)]*)?(?:[;#)\\].*)?\s*\Z")
_INSTALLED = re.compile(r"(.+)-(\d[^-]*)\.(?:dist|egg)-info\Z")


def read_versions(contents: Mapping[str, bytes], environment: str | None) -> Versions:
    """The versions that the files with requirements tell of, by their names relative to the root."""
    declared: dict[str, Bounds] = {}
    locked: dict[str, Bounds] = {}
    for path, data in sorted(contents.items()):
        name = path.rpartition("/")[2]
        text = data.decode("utf-8", "replace")
        if name.endswith(".lock"):
            for library, bounds in _locked(name, text):
                locked[library] = locked[library].or_(bounds) if library in locked else bounds
        else:
            for library, bounds in _declared(name, text):
                narrowed = declared.get(library, ANY).within(bounds)
                declared[library] = ANY if narrowed.is_empty() else narrowed
    return Versions(declared | locked | dict(_installed(environment)))


# ------------------------------------------------------------------------------------------------ the files


def _locked(name: str, text: str) -> Found:
    if name != "Pipfile.lock":
        for library, version in _LOCKED.findall(text):
            yield normalised(library), exactly(version)
        return
    import json

    with contextlib.suppress(ValueError):
        for section in json.loads(text).values():
            yield from _table(section)


def _declared(name: str, text: str) -> Found:
    if name.endswith((".txt", ".in")) or name == "setup.cfg":
        yield from _lines(text.splitlines())
    else:
        import tomli

        with contextlib.suppress(tomli.TOMLDecodeError):
            yield from _toml(tomli.loads(text))


def _toml(data: Mapping[str, Any]) -> Found:
    """`[project]`, Poetry's tables, and a Pipfile's."""
    project = _at(data, "project")
    yield from _lines(project.get("dependencies"))
    for listed in _at(project, "optional-dependencies").values():
        yield from _lines(listed)
    yield from _table(_at(data, "tool", "poetry", "dependencies"))
    yield from _table(_at(data, "packages"))


def _at(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        below = data.get(key)
        data = below if isinstance(below, dict) else {}
    return data


def _lines(lines: object) -> Found:
    """`fastapi[standard]>=0.100,<1  # why`; a line of another form says nothing of a version."""
    for line in lines if isinstance(lines, list) else ():
        match = _LINE.match(line) if isinstance(line, str) else None
        if match and match[2]:
            yield normalised(match[1]), specified(match[2])


def _table(table: object) -> Found:
    """`fastapi = "^0.100"` and `fastapi = {version = "^0.100"}`."""
    for library, value in table.items() if isinstance(table, dict) else ():
        wanted = value.get("version") if isinstance(value, dict) else value
        if isinstance(library, str) and isinstance(wanted, str):
            yield normalised(library), specified(wanted)


# ------------------------------------------------------------------------------------------ the environment


def _installed(environment: str | None) -> Found:
    """What the folders of metadata in an environment's `site-packages` are called."""
    if environment is None:
        return
    top = Path(environment)
    for packages in [*top.glob("lib/python*/site-packages"), *top.glob("Lib/site-packages")]:
        with contextlib.suppress(OSError):
            for entry in sorted(os.listdir(packages)):
                match = _INSTALLED.match(entry)
                if match:
                    yield normalised(match[1]), exactly(match[2])
