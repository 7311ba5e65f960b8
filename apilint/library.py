"""An environment's `site-packages` -> the facts of those library modules that a program names, read when named.

Only libraries that build on a web framework are opened: what `requests` or `numpy` do decides no route and no guard.
What the models speak of stays what they say. Nothing is reported in these files; they are named `site-packages/…`.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from apilint.cache import decoded, recall, remember
from apilint.facts import FileFacts, decode_file, encode

FOLDER = "site-packages/"
MOST_FILES = 600
_METADATA_BYTES = 200_000


class _Known(msgspec.Struct, frozen=True, array_like=True, gc=False):
    size: int
    mtime_ns: int
    facts: bytes


class Library:
    """The installed modules below one environment. `read` are the files that were looked at, with their state."""

    def __init__(self, environment: str, scanner: str, largest: int, *, cache: bool = True) -> None:
        self.folders = tuple(site_packages(environment))
        self._largest = largest
        self._key = "\0".join([scanner, *map(str, self.folders)]).encode("utf-8", "surrogateescape") if cache else b""
        self._known: dict[str, _Known] | None = None
        self._is_fresh = False
        self._opens: dict[str, bool] = {}
        self._brought: dict[Path, dict[str, list[Path]]] = {}
        self._frameworks: frozenset[str] = frozenset()
        self._covered: frozenset[str] = frozenset()
        self.read: dict[str, Path] = {}

    def prepare(self, frameworks: Collection[str], covered: Collection[str]) -> None:
        """Take the names of the frameworks, and those of the packages that the models speak of."""
        self._frameworks = frozenset(frameworks)
        self._covered = frozenset(covered)

    def module(self, name: str) -> tuple[str, FileFacts] | None:
        """The file of a library's module, and its facts; None for what is not opened."""
        package, _, _ = name.partition(".")
        if not package or len(self.read) >= MOST_FILES or not self._is_opened(package):
            return None
        for folder in self.folders:
            stem = name.replace(".", "/")
            for path in (f"{stem}/__init__.py", f"{stem}.py"):
                facts = self._facts(f"{FOLDER}{path}", folder / path)
                if facts is not None:
                    return f"{FOLDER}{path}", facts
        return None

    def state(self) -> list[tuple[str, int, int]]:
        """The files that an earlier run or this one looked at, as they are now."""
        found = []
        for file in sorted({*self.read, *self._stored()}):
            path = self.read.get(file) or self._path(file)
            with contextlib.suppress(OSError):
                entry = os.stat(path)
                found.append((file, entry.st_size, entry.st_mtime_ns))
        return found

    def keep(self) -> None:
        """Remember the facts of what was looked at, for other runs over this environment."""
        if self._is_fresh and self._key:
            remember("library", self._key, msgspec.msgpack.encode(self._stored()))
            self._is_fresh = False

    # ------------------------------------------------------------------------------------------- the files

    def _path(self, file: str) -> Path:
        inner = file.removeprefix(FOLDER)
        return next((folder / inner for folder in self.folders if (folder / inner).is_file()), Path(inner))

    def _stored(self) -> dict[str, _Known]:
        if self._known is None:
            self._known = decoded(recall("library", self._key) if self._key else None, dict[str, _Known]) or {}
        return self._known

    def _facts(self, file: str, path: Path) -> FileFacts | None:
        try:
            entry = os.stat(path)
            known = self._stored().get(file)
            if known is None or (known.size, known.mtime_ns) != (entry.st_size, entry.st_mtime_ns):
                if entry.st_size > self._largest:
                    return None
                from apilint.scan import scan

                known = _Known(entry.st_size, entry.st_mtime_ns, encode(scan(path.read_bytes())))
                self._stored()[file] = known
                self._is_fresh = True
        except OSError:
            return None
        self.read[file] = path
        return decode_file(known.facts)

    # ---------------------------------------------------------------------------------------- the libraries

    def _is_opened(self, package: str) -> bool:
        if package not in self._opens:
            self._opens[package] = self._builds_on_a_framework(package)
        return self._opens[package]

    def _builds_on_a_framework(self, package: str) -> bool:
        if package in self._covered or package in self._frameworks or package in sys.stdlib_module_names:
            return False
        for folder in self.folders:
            if not ((folder / package).is_dir() or (folder / f"{package}.py").is_file()):
                continue
            if folder not in self._brought:
                self._brought[folder] = _brought(folder)
            brought = self._brought[folder]
            about = b"".join(_metadata(brought.get(package) or brought.get(package.lower()) or ()))
            about = about or _start(folder, package)
            return any(word in self._frameworks for word in re.findall(r"[a-z]\w+", about.decode("utf-8", "replace")))
        return False


def site_packages(environment: str) -> Iterator[Path]:
    """The folders with the libraries of an environment."""
    top = Path(environment)
    yield from sorted(top.glob("lib/python*/site-packages"))
    yield from sorted(top.glob("Lib/site-packages"))


def _brought(folder: Path) -> dict[str, list[Path]]:
    """The distributions by the packages that they bring, as far as they tell: by their own name, too."""
    found: dict[str, list[Path]] = {}
    for entry in sorted(folder.glob("*.dist-info")):
        names = {re.sub(r"[-_.]+", "_", entry.name.partition("-")[0]).lower()}
        with contextlib.suppress(OSError):
            names.update((entry / "top_level.txt").read_text(encoding="utf-8", errors="replace").split())
        for name in names:
            found.setdefault(name, []).append(entry)
    return found


def _metadata(entries: Iterable[Path]) -> Iterator[bytes]:
    """What distributions require, and how they are classified, in small letters."""
    for entry in entries:
        with contextlib.suppress(OSError):
            for line in (entry / "METADATA").read_bytes()[:_METADATA_BYTES].split(b"\n"):
                if line.startswith((b"Requires-Dist:", b"Classifier: Framework")) and b"extra ==" not in line:
                    yield line.lower().replace(b"-", b"_") + b"\n"


def _start(folder: Path, package: str) -> bytes:
    """The text of a package of which no distribution tells."""
    for path in (folder / package / "__init__.py", folder / f"{package}.py"):
        with contextlib.suppress(OSError):
            return path.read_bytes().lower()
    return b""


__all__ = ["FOLDER", "Library", "site_packages"]
