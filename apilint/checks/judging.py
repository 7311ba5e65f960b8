"""Routes -> the functions that look at what callers bring: handlers, guards, and what these call."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.checks.rejections import functions_of
from apilint.index import Function
from apilint.project import Project
from apilint.startup.values import FunctionValue, unwrap

MAX_DEPTH = 2


def judging(project: Project) -> list[Function]:
    """Handlers and guards whose text mentions a secret, and the functions that they call, each once."""
    return project.once("judging", lambda: list(_judging(project)))


def _judging(project: Project) -> Iterator[Function]:
    seen: set[Function] = set()
    pending: list[tuple[Function, int]] = []
    for route in project.routes:
        if route.function is not None:
            pending.append((route.function.function, MAX_DEPTH))
        for guard in (*route.guards, *route.considered):
            pending += ((function, MAX_DEPTH) for function in functions_of(project, guard))
    while pending:
        function, left = pending.pop(0)
        if function in seen or function.module.is_test or "~secret" not in function.facts.words:
            continue
        seen.add(function)
        yield function
        if left > 1:
            for call in function.nodes(f.Call):
                called = _called(project, call, function)
                if called is not None:
                    pending.append((called, left - 1))


def _called(project: Project, call: f.Call, function: Function) -> Function | None:
    """The project's function that a call names, or the method of the same class."""
    if isinstance(call.func, f.Name):
        machine = project.program.machine
        value = unwrap(machine.lookup(call.func.id, machine.run_module(function.module)))
        return value.function if isinstance(value, FunctionValue) else None
    if isinstance(call.func, f.Attribute) and isinstance(call.func.value, f.Name):
        is_own = call.func.value.id in ("self", "cls") and function.owner is not None
        return function.owner.method(call.func.attr) if is_own and function.owner is not None else None
    return None


__all__ = ["judging"]
