"""Applications -> the functions that answer for every exception that nobody catches."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apilint.frameworks.program import Object
from apilint.index import Function
from apilint.project import Project
from apilint.startup.values import External, FunctionValue, Known, Value, unwrap

_EVERY = frozenset({"builtins.Exception", "builtins.BaseException"})
_FAILED = 500


def catch_alls(project: Project, registering: Collection[str]) -> list[tuple[str, Function]]:
    """The functions that were registered so, by calls of these names, and on what: `app` or `router` of a `Route`."""
    return list(dict.fromkeys(_catch_alls(project, frozenset(registering))))


def _catch_alls(project: Project, registering: frozenset[str]) -> Iterator[tuple[str, Function]]:
    program = project.program
    objects: list[Object] = [*program.machine.results, *program.machine.instances]
    for made in objects:
        for name, call in program.events(made):
            if name.rpartition(".")[2] not in registering or not call.args or not _is_every(call.args[0]):
                continue
            for value in (*call.args[1:2], *program.decorated(call)):
                function = unwrap(value)
                if isinstance(function, FunctionValue):
                    yield program.place(made), function.function


def _is_every(value: Value) -> bool:
    value = unwrap(value)
    if isinstance(value, Known):
        return value.value == _FAILED
    return isinstance(value, External) and value.name in _EVERY


__all__ = ["catch_alls"]
