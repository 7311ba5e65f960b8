"""Which files of a project a run speaks of: those in the named paths, and tests only when they were asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from apilint.discover import is_test_path


class Scope:
    """The part of a project that was asked for, by files and folders relative to its root ("" for all of it).

    `tests` are those of them that are test code: whoever names it wants it analysed as the program.
    """

    def __init__(self, names: Iterable[str], tests: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        self.tests = tuple(sorted(tests))
        self.is_whole = "" in self.names
        self._folders = tuple(f"{name}/" for name in self.names)

    def covers(self, file: str) -> bool:
        """Whether a file was asked for."""
        return self.is_whole or file in self.names or file.startswith(self._folders)

    def names_test(self, file: str) -> bool:
        """Whether a file lies in test code that was named."""
        return file in self.tests or file.startswith(tuple(f"{name}/" for name in self.tests))

    def is_test(self, file: str) -> bool:
        """Whether a file is test code. What lies in named test code is judged by the rest of its path."""
        for name in self.tests:
            if file == name:
                return False
            if file.startswith(f"{name}/"):
                return is_test_path(file[len(name) + 1 :])
        return is_test_path(file)


def named(root: Path, paths: Sequence[Path]) -> Scope:
    """What the paths name below the root, as they are written and with their links followed."""
    names = {name for path in paths for name in _spellings(path, root)} if paths else {""}
    return Scope(names, filter(_is_test_code, names))


def _spellings(path: Path, root: Path) -> Iterator[str]:
    for follow in (os.path.abspath, os.path.realpath):
        relative = os.path.relpath(follow(path), follow(root)).replace(os.sep, "/")
        if not relative.startswith("../"):
            yield "" if relative == "." else relative


def _is_test_code(name: str) -> bool:
    return bool(name) and (is_test_path(name) or is_test_path(f"{name}/_.py"))
