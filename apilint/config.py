"""`[tool.apilint]` in pyproject.toml, or apilint.toml -> Config; and where a project's root is."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from apilint.globs import Globs
from apilint.shape import Path as ShapePath
from apilint.shape import ShapeError, nearest, read

FILE_NAME = "apilint.toml"
PYPROJECT = "pyproject.toml"

# A file below such a folder belongs to somebody else's project, whatever encloses the folder.
DEPENDENCY_FOLDERS = frozenset({"site-packages", "dist-packages", "node_modules", ".tox", ".nox", ".eggs"})

Level = Literal["note", "warning", "error"]
Sureness = Literal["low", "medium", "high", "very-high"]


class ConfigError(Exception):
    """The settings cannot be used. The message names file, line, what was found and what was expected."""


class Config(msgspec.Struct, frozen=True, rename="kebab"):
    """The settings of a project; every field is documented in docs/configuration.md under its kebab-case name.

    `file` is the file they came from (empty for none). Paths in `rules` and `environment` are absolute.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_path_ignores: dict[str, tuple[str, ...]] = {}
    public: tuple[str, ...] = ()
    models: dict[str, dict[str, Any]] = {}
    severity: dict[str, Level] = {}
    rules: tuple[str, ...] = ()
    min_severity: Level = "note"
    min_confidence: Sureness = "medium"
    fail_on: Level = "note"
    tests: bool = False
    baseline: str | None = None
    require_reasons: bool = False
    environment: str | None = None
    settings: str | None = None
    openapi: str | None = None
    max_file_size: int = 4 * 1024 * 1024
    file: str = ""


# ---------------------------------------------------------------------------------------------- the root


def find_root(paths: Sequence[Path]) -> Path:
    """The project that the paths belong to.

    The nearest folder above (or at) them that has an apilint.toml or a pyproject.toml with `[tool.apilint]`,
    not looking further than the git checkout; else the top of the checkout; else their common folder. A path
    inside an installed dependency is its own root.
    """
    start = _common_folder(paths)
    top = start
    for folder in (start, *start.parents):
        if has_settings(folder):
            top = folder
            break
        if (folder / ".git").exists():
            top = folder
            break
    return start if _inside_dependency(start, top) else top


def _common_folder(paths: Sequence[Path]) -> Path:
    absolute = [Path(os.path.abspath(path)) for path in paths or [Path()]]
    folders = [str(path if path.is_dir() else path.parent) for path in absolute]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError as error:  # different drives
        raise ConfigError(f"the paths have no folder in common: {', '.join(folders)}") from error


def _inside_dependency(start: Path, top: Path) -> bool:
    between = [start, *start.parents]
    between = between[: between.index(top)]
    return any(folder.name in DEPENDENCY_FOLDERS or (folder / "pyvenv.cfg").exists() for folder in between)


def has_settings(folder: Path) -> bool:
    """Whether the folder has an apilint.toml or a pyproject.toml with `[tool.apilint]`."""
    return (folder / FILE_NAME).is_file() or _mentions_apilint(folder / PYPROJECT)


def _mentions_apilint(pyproject: Path) -> bool:
    """Whether `[tool.apilint]` stands in the file: without a TOML parser, whose import alone costs 5 ms."""
    try:
        text = pyproject.read_bytes()
    except OSError:
        return False
    return b"apilint" in text and _TABLE.search(text) is not None


_TABLE = re.compile(
    rb"""^\s*\[+\s*tool\s*\.\s*["']?apilint["']?\s*[\].]|^\s*(tool\s*\.\s*)?apilint\s*[.=]""", re.MULTILINE
)

# --------------------------------------------------------------------------------------------- loading


def load(start: Path, explicit: Path | None = None) -> Config:
    """The settings in the folder `start`, or those in the file `explicit`. Raises ConfigError."""
    file = explicit or _settings_file(start)
    if file is None:
        return Config()
    text = _text(file)
    table = _settings_table(file, text, required=explicit is not None)
    try:
        return _config(file, table)
    except ShapeError as error:
        raise ConfigError(_message(file, text, error.path, error.message, error.value)) from None


def _settings_file(folder: Path) -> Path | None:
    own = folder / FILE_NAME
    shared = folder / PYPROJECT
    in_shared = _mentions_apilint(shared)
    if own.is_file() and in_shared:
        raise ConfigError(f"{own}: settings also stand in {shared.name} under [tool.apilint]; keep one of the two")
    return own if own.is_file() else shared if in_shared else None


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{file}:{line}: not UTF-8 text, as TOML must be: {error.reason}") from error


def _settings_table(file: Path, text: str, required: bool) -> Mapping[str, Any]:
    import tomli

    try:
        data: Mapping[str, Any] = tomli.loads(text.replace("\r\n", "\n"))
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{file}:{_error_line(error, text)}: broken TOML: {error}") from error
    if file.name != PYPROJECT:
        return data
    table: object = data.get("tool", {})
    table = table.get("apilint") if isinstance(table, dict) else None
    if table is None and required:
        raise ConfigError(f"{file}: expected a table [tool.apilint], found none")
    if table is not None and not isinstance(table, dict):
        raise ConfigError(_message(file, text, (), "expected a table [tool.apilint], found a plain value"))
    return table or {}


def _error_line(error: ValueError, text: str) -> int:
    """The line that the TOML parser complains of; it says "at end of document" for the last one."""
    match = re.search(r"at line (\d+)", str(error))
    return int(match[1]) if match else max(1, len(text.splitlines()))


def _config(file: Path, table: Mapping[str, Any]) -> Config:
    _check_keys(table)
    config = read(dict(table), Config)
    for position, pattern in enumerate(config.public):
        problem = pattern_problem(pattern)
        if problem:
            raise ShapeError(("public", position), problem, pattern)
    if config.max_file_size <= 0:
        raise ShapeError(("max-file-size",), f"expected a number of bytes above 0, found {config.max_file_size}")
    folder = file.absolute().parent
    return msgspec.structs.replace(
        config,
        file=str(file),
        rules=tuple(str(folder / path) for path in config.rules),
        environment=None if config.environment is None else str(folder / config.environment),
    )


def _check_keys(table: Mapping[str, Any]) -> None:
    known = known_keys()
    for key in table:
        if key not in known:
            raise ShapeError((key,), f"unknown key {key!r}{nearest(key, known)}")


def known_keys() -> list[str]:
    """The keys that a settings file may have."""
    return [field.encode_name for field in msgspec.structs.fields(Config) if field.name != "file"]


# ------------------------------------------------------------------------------------------------ codes


def check_codes(config: Config, known: Collection[str]) -> None:
    """Refuse a selector that no rule answers to. `known` are the codes and the names of all rules."""
    for key, selectors in _selectors(config):
        for selector in selectors:
            if not is_known(selector, known):
                raise ConfigError(_unknown_code(config, key, selector, known))


def _selectors(config: Config) -> Iterable[tuple[tuple[str, ...], Collection[str]]]:
    yield ("select",), config.select
    yield ("ignore",), config.ignore
    yield ("severity",), config.severity
    for glob, selectors in config.per_path_ignores.items():
        yield ("per-path-ignores", glob), selectors


def is_known(selector: str, known: Collection[str]) -> bool:
    """Whether a selector is a rule's code or name, or the beginning of a code (`APL1`)."""
    return selector in known or (selector[:1].isupper() and any(word.startswith(selector) for word in known))


def _unknown_code(config: Config, key: tuple[str, ...], selector: str, known: Collection[str]) -> str:
    problem = f"unknown rule {selector!r}{nearest(selector, known)}"
    where = ".".join(key)
    if not config.file:
        return f"{where}: {problem}"
    text = _text(Path(config.file))
    if not _quotes(text, selector):  # it came from the command line
        return f"{where}: {problem}"
    return _message(Path(config.file), text, key, problem, selector)


# -------------------------------------------------------------------------------------------- public


METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "WEBSOCKET"])


def is_public(method: str, path: str, patterns: Iterable[str]) -> bool:
    """Whether one of the `public` patterns covers a route.

    A pattern is a path, after a method (or several, joined by commas) if not all are meant. The path is
    compared with the route's path as the framework writes it (`/items/{id}`), a leading and a trailing slash
    apart. `*` stands for any text within one segment, `**` for any text, and a last segment `*` for everything
    below.
    """
    wanted = _normal(path)
    return any(
        (not methods or method.upper() in methods) and matcher.match(wanted) is not None
        for methods, matcher in map(_compiled, patterns)
    )


def pattern_problem(pattern: str) -> str:
    """What is wrong with a `public` pattern, or nothing."""
    words = pattern.split()
    if not 1 <= len(words) <= 2 or not words[-1].startswith(("/", "*")):
        return f"expected a path as in 'GET /health' or '/auth/*', found {pattern!r}"
    for method in words[0].split(",") if len(words) == 2 else ():
        if method.upper() not in METHODS:
            return f"unknown method {method!r} in {pattern!r}{nearest(method.upper(), METHODS)}"
    return ""


def _normal(path: str) -> str:
    return "/" + path.strip("/")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> tuple[frozenset[str], re.Pattern[str]]:
    words = pattern.split()
    methods = frozenset(words[0].upper().split(",")) if len(words) > 1 else frozenset()
    path = _normal(words[-1])
    below = path.endswith("/*")
    text = re.escape(path[:-1] if below else path).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return methods, re.compile(text + (".+" if below else "") + r"\Z", re.DOTALL)


# --------------------------------------------------------------------------------------------- paths


class PathIgnores:
    """`per-path-ignores`, compiled: which selectors are ignored for a file."""

    def __init__(self, config: Config) -> None:
        self._entries = [(Globs([glob]), selectors) for glob, selectors in config.per_path_ignores.items()]

    def selectors(self, path: str) -> tuple[str, ...]:
        """The selectors ignored for a path relative to the root."""
        return tuple(selector for globs, found in self._entries if globs.match(path) for selector in found)


# --------------------------------------------------------------------------------------- where a key is


def _message(file: Path, text: str, path: ShapePath, problem: str, value: object = None) -> str:
    """`file:line: key: problem`."""
    prefix = ("tool", "apilint") if file.name == PYPROJECT else ()
    keys = tuple(str(key) for key in path if not isinstance(key, int))
    line = find_line(text, (*prefix, *keys), value if isinstance(value, str) else None)
    shown = ".".join(_printed(key) for key in keys)
    return f"{file}:{line}: {shown + ': ' if shown else ''}{problem}"


def _printed(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'


def find_line(text: str, keys: tuple[str, ...], value: str | None = None) -> int:
    """The 1-based line of a key in a TOML text, or of the longest part of its path that can be found.

    With `value`, the line below it (or its own) where that string stands, if there is one.
    """
    best, depth = 1, 0
    table: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        assignment = _ASSIGNMENT.match(line)
        if header:
            table = inside = _split_key(header[1])
        elif assignment:
            inside = table + _split_key(assignment[1])
        reached = _common(inside, keys)
        if (header or assignment) and depth < reached == len(inside):
            best, depth = number, reached
        if reached == depth == len(keys) and value is not None and _quotes(line, value):
            return number
        if reached == depth == len(keys) - 1 and _assigns(line, keys[-1]):
            best, depth = number, len(keys)
    return best


_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_KEY_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


def _split_key(text: str) -> tuple[str, ...]:
    return tuple(match[1] or match[2] or match[3] or "" for match in _KEY_PART.finditer(text))


def _common(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _quotes(line: str, value: str) -> bool:
    return f'"{value}"' in line or f"'{value}'" in line


def _assigns(line: str, key: str) -> bool:
    """Whether the key stands in an inline table on this line."""
    return re.search(rf"""[{{,]\s*["']?{re.escape(key)}["']?\s*=""", line) is not None
