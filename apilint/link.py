"""Facts of all files -> Project: the program started, its routes with their effective guards."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import pkgutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import ModuleType

from apilint import frameworks
from apilint.facts import FileFacts
from apilint.finding import Diagnostic
from apilint.frameworks.program import Program
from apilint.guards.knowledge import Knowledge
from apilint.index import Index, Lower, Text
from apilint.library import FOLDER, Library
from apilint.model import Route
from apilint.project import Project
from apilint.startup.machine import Machine
from apilint.startup.run import start
from apilint.versions import Versions

# An import chain of a few hundred modules, each some frames deep.
RECURSION_LIMIT = 12_000
_SAID = ("guards", "rejects", "responses", "credentials", "verifiers", "routes", "views")


def link(
    facts: Mapping[str, FileFacts],
    names: Mapping[str, str],
    models: Mapping[str, Mapping[str, object]],
    *,
    tests: Iterable[str] = (),
    root_name: str = "",
    lower: Lower | None = None,
    text: Text | None = None,
    options: Mapping[str, str] | None = None,
    public: Sequence[str] = (),
    documents: Mapping[str, bytes] | None = None,
    versions: Versions | None = None,
    library: Library | None = None,
    specifications: Mapping[str, bytes] | None = None,
) -> Project:
    """Start the program symbolically; the project asks every framework for its routes when somebody wants them.

    Takes the facts and dotted names by file, the library models by section, the test files (not run), the name of
    the root folder, how to lower a body that the scanner left, how to get a file's text, framework options
    (`settings`), which routes the user calls public, the documents that speak of routes, with which versions of its
    libraries the program runs, the libraries themselves, where an environment is at hand, and the specifications that
    say which routes there are.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))
    with _without_collector():
        if library is not None:
            library.prepare(frameworks.LIBRARIES, _covered(models))
        opened = None if library is None else library.module
        index = Index(facts, names, tests=tests, root_name=root_name, lower=lower, text=text, library=opened)
        machine = Machine(index)
        program = Program(machine, Knowledge(models), dict(options or {}), versions, specifications)
        for room in rooms():
            if hasattr(room, "prepare"):
                room.prepare(machine, program.options)
        start(machine, _named(rooms(), "CONSTRUCTORS", index), _named(rooms(), "REGISTRARS", index))

    def routes(program: Program) -> list[Route]:
        with _without_collector():
            found = (route for room in rooms() if hasattr(room, "routes") for route in room.routes(program))
            # A library's own application is nobody's, unless one of the program's serves it.
            return [route for route in found if not route.app.startswith(FOLDER)]

    return Project(program, routes, lambda: _cut_short(machine), public, documents)


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """A run is short, and the collector more than halves its speed."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@functools.cache
def rooms() -> Sequence[ModuleType]:
    """The framework modules by name, so that `fastapi` says what it mounts before `flask` asks."""
    names = sorted(found.name for found in pkgutil.iter_modules(frameworks.__path__))
    return [importlib.import_module(f"{frameworks.__name__}.{name}") for name in names]


def _named(rooms: Iterable[ModuleType], constant: str, index: Index) -> Collection[str]:
    """What the frameworks list under a constant: classes of applications, methods that register on them. A name that
    many libraries use (`App`) counts where the program imports the framework's `LIBRARY`."""
    return {
        name
        for room in rooms
        if not hasattr(room, "LIBRARY") or index.imports(room.LIBRARY)
        for name in getattr(room, constant, ())
    }


def _covered(models: Mapping[str, Mapping[str, object]]) -> set[str]:
    """The packages of which the models say what guards, answers and serves."""
    return {name.partition(".")[0] for section in _SAID for name in models.get(section, {})}


def _cut_short(machine: Machine) -> list[Diagnostic]:
    return [
        Diagnostic(
            span.file, machine.index.modules[span.file].line(span.start), "the start-up is too long to follow", False
        )
        for span in machine.cut_short
        if span.file in machine.index.modules
    ]
