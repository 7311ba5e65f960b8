"""Names this installation by the content of its code and rules: what another one found out may be another's.

Reading a few hundred files takes longer than all the rest of a run with nothing to do, so the answer is remembered
for as long as their directory entries stay as they are.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

from apilint import scan
from apilint.cache import recall, remember
from apilint.config import ConfigError

_PARSERS = ("tree_sitter", "tree_sitter_python", "msgspec")
_SUFFIXES = (".py", ".yaml", ".yml")


class Identity(NamedTuple):
    """`scanner` names what decides about facts, `code` everything that decides about reports."""

    scanner: str
    code: str


def rules_folder() -> Path:
    """The rules that come with apilint: inside the package when installed, beside it in a checkout. Raises
    `ConfigError` where there are none."""
    package = Path(__file__).parent
    for folder in (package / "_rules", package.parent / "rules"):
        if folder.is_dir():
            return folder
    raise ConfigError(f"the rules are missing from this installation: expected them in {package / '_rules'}")


@functools.cache
def identity() -> Identity:
    """The identity of the running apilint, which stays what it is for as long as the process does."""
    files = sorted(_own_files())
    key = "\0".join([sys.version, *map(_entry, [*files, *_parser_files()])]).encode("utf-8", "surrogateescape")
    known = (recall("installation", key) or b"").decode("ascii", "replace").split()
    if len(known) == 2:
        return Identity(*known)
    found = Identity(scan.digest(), _content(files))
    remember("installation", key, " ".join(found).encode())
    return found


def _own_files() -> Iterator[str]:
    package = os.path.dirname(os.path.abspath(__file__))
    folders = [package, str(rules_folder())]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.name.endswith(_SUFFIXES):
                    yield entry.path


def _parser_files() -> Iterator[str]:
    for package in _PARSERS:
        spec = PathFinder.find_spec(package)
        if spec is not None and spec.origin:
            yield spec.origin


def _entry(path: str) -> str:
    entry = os.stat(path)
    return f"{path}:{entry.st_size}:{entry.st_mtime_ns}:{entry.st_ctime_ns}:{entry.st_ino}"


def _content(files: list[str]) -> str:
    state = hashlib.blake2b(digest_size=16)
    top = os.path.commonpath(files)
    for path in files:
        with open(path, "rb") as stream:
            data = stream.read()
        state.update(f"{os.path.relpath(path, top)}:{len(data)}:".encode("utf-8", "surrogateescape") + data)
    return state.hexdigest()
