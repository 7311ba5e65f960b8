"""Bare name + importing file -> module: what stands on the import path because of the script that is run.

A name that is no dotted name of the project, counted from its roots, may still be one of a neighbour: Python puts the
folder of the script first (https://docs.python.org/3/library/sys.html#sys.path), be that folder a package or not. So
may one of a folder that the program itself puts on the path.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from os.path import commonpath
from typing import Generic, Protocol, TypeVar

from apilint.facts import Call, FileFacts, Import, ImportFrom, Stmt
from apilint.path_entries import added


class Scope(Protocol):
    """A function of the project."""

    @property
    def body(self) -> tuple[Stmt, ...]:
        """Its statements."""

    @property
    def words(self) -> frozenset[str]:
        """What it calls, passes as keyword or assigns."""

    def nodes(self, kind: type[Call]) -> Sequence[Call]:
        """The calls in it."""


class Importing(Scope, Protocol):
    """A module of the project."""

    name: str
    file: str
    facts: FileFacts
    is_test: bool

    @property
    def functions(self) -> Sequence[Scope]:
        """All its functions."""


M = TypeVar("M", bound=Importing)


class ImportPath(Generic[M]):
    """The folders of one project that stand on the import path beside its roots. `known` are the dotted names that
    count from these, packages and their parents."""

    def __init__(self, modules: Mapping[str, M], known: Collection[str]) -> None:
        self._modules = modules
        self._known = known

    def find(self, name: str, near: str) -> M | None:
        """The module that a file imports by a bare name, `near` being the importing file."""
        return self._sibling(name, near) or self._beside_scripts(name, near) or self._in_added(name, near)

    def _in(self, folder: str, name: str) -> M | None:
        """The module or package of that name, counted from a folder."""
        path = f"{folder}/{name.replace('.', '/')}" if folder else name.replace(".", "/")
        return self._modules.get(f"{path}.py") or self._modules.get(f"{path}/__init__.py")

    def _is_package(self, folder: str) -> bool:
        return (f"{folder}/__init__.py" if folder else "__init__.py") in self._modules

    def _sibling(self, name: str, near: str) -> M | None:
        """A script's neighbour."""
        folder = _above(near)
        above = self._beside_package(name, folder)
        if above is not None and above.file != near:
            return above
        found = self._in(folder, name)
        if found is None or found.file == near:  # `from jwt import decode` in a `jwt.py`
            return None
        return None if self._is_package(folder) and self._is_within_package(near) else found

    def _beside_package(self, name: str, folder: str) -> M | None:
        """A module beside the package that a folder is, where a script there imports the package by its bare name:
        what is in it finds that module, and not a neighbour of the same name."""
        outer, _, package = folder.rpartition("/")
        found = self._in(outer, name)
        if found is None or not folder or not self._is_package(folder) or self._is_package(outer):
            return None
        return found if (outer, package) in self._imported_from else None

    @cached_property
    def _imported_from(self) -> frozenset[tuple[str, str]]:
        """Each folder with the first names of what the modules in it import."""
        return frozenset(
            (_above(file), name.partition(".")[0])
            for file, module in self._modules.items()
            for name in module.facts.imports
        )

    def _beside_scripts(self, name: str, near: str) -> M | None:
        """A module below the folder of the script that is run: a package, whose modules import each other without its
        name."""
        for folder in _folders_of(near) if self._script_folders else ():
            if folder in self._script_folders:
                found = self._in(folder, name)
                if found is not None and found.file != near:
                    return found
        return None

    @cached_property
    def _script_folders(self) -> frozenset[str]:
        """Packages that stand on the import path as well: what is below imports modules of packages in them, as
        `import api.users` in `server/jobs/run.py` does where there is a `server/api/users.py`; but where some
        `import api.…` is not found there, the name is a library's."""
        own = {part for file in self._modules for part in file.split("/")[1:-1]}.difference(self._known)
        found: dict[tuple[str, str], bool] = {}  # a folder and a package in it -> whether all that is named is there
        for module in self._modules.values():
            for name in module.facts.imports:
                if "." in name and (head := name.partition(".")[0]) in own:
                    for folder in _folders_of(module.file):
                        is_there = self._in(folder, name) is not None
                        found[folder, head] = is_there and found.get((folder, head), True)
        return frozenset(folder for (folder, _), is_there in found.items() if is_there)

    def _in_added(self, name: str, near: str) -> M | None:
        """A module below a folder that the program puts on the path; the nearest of them to who imports it."""
        found = (self._in(folder, name) for folder in self._added)
        others = [module for module in found if module is not None and module.file != near]
        return max(others, key=lambda module: len(commonpath([module.file, near])), default=None)

    @cached_property
    def _added(self) -> tuple[str, ...]:
        folders: dict[str, None] = {}
        for module in self._modules.values():
            if module.is_test or _ADDING.isdisjoint(module.words) or _SYS.isdisjoint(module.facts.imports):
                continue
            folders.update(dict.fromkeys(added(module.file, module.body, iter(module.nodes(Call)))))
            for function in module.functions:
                if _ADDING.isdisjoint(function.words):
                    continue
                body = (*module.body, *function.body)
                folders.update(dict.fromkeys(added(module.file, body, iter(function.nodes(Call)))))
        return tuple(folders)

    def _is_within_package(self, file: str) -> bool:
        """Whether a module of a package says by its imports that it is never run as a script, which alone would find
        its neighbours by their bare names: `import flask` in a package that has a `flask` of its own."""
        module = self._modules.get(file)
        top = module.name.partition(".")[0] if module is not None else ""
        for statement in module.body if module is not None else ():
            if isinstance(statement, ImportFrom):
                if statement.level or statement.module.partition(".")[0] == top:
                    return True
            elif isinstance(statement, Import) and any(name.partition(".")[0] == top for name, _ in statement.names):
                return True
        return False


_SYS = frozenset({"sys", "site"})
_ADDING = frozenset({"append", "insert", "addsitedir"})


def _above(file: str) -> str:
    """The folder of a file, the empty string for the root."""
    return file.rpartition("/")[0]


def _folders_of(file: str) -> Iterator[str]:
    """The folders above a file, from the nearest on, the root aside."""
    folder = _above(file)
    while folder:
        yield folder
        folder = _above(folder)


__all__ = ["ImportPath"]
