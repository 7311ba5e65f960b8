"""Exceptions that disappear on the way of a request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import label
from apilint.checks.logs import Logs
from apilint.finding import Precision
from apilint.index import Function
from apilint.model import Route, Step
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk


@check
def swallowed_exception(
    project: Project,
    *,
    broad: tuple[str, ...] = ("Exception", "BaseException"),
    depth: int = 2,
    noting: str = r"(?!)",
    harmless: str = r"(?!)",
    client_precision: str = "low",
) -> Iterator[Match]:
    """Clauses that catch everything and leave no trace of it, in handlers and what they call."""
    logs = Logs(project, noting)
    expected = re.compile(harmless)
    for function, route in _on_the_way(project, logs, depth):
        for statement in function.nodes(f.Try):
            if _is_harmless(statement, expected):
                continue
            for handler in statement.handlers:
                if not _is_broad(handler, broad) or _keeps(handler) or logs.leave_trace(handler.body, function):
                    continue
                span = function.module.span(handler.start, handler.type.end if handler.type else handler.start + 6)
                yield Match(
                    span=span,
                    values={
                        "handler": function.qualname.replace("<locals>.", ""),
                        "exception": unparse(handler.type) if handler.type is not None else "every exception",
                        "route": label(route),
                    },
                    trace=(
                        Step(route.registered, f"'{label(route)}' is registered here"),
                        Step(function.span, f"'{function.name}' runs for it"),
                        Step(span, "everything is caught here, and neither logged nor raised again"),
                    ),
                    precision=Precision(client_precision) if _blames_client(project, logs, handler, function) else None,
                    route=label(route),
                )


def _on_the_way(project: Project, logs: Logs, depth: int) -> Iterator[tuple[Function, Route]]:
    """Handlers and the project functions that they call, each once, with the first route that runs it."""
    seen: set[Function] = set()
    pending: list[tuple[Function, Route, int]] = [
        (route.function.function, route, depth) for route in project.routes if route.function is not None
    ]
    while pending:
        function, route, left = pending.pop(0)
        if function in seen or function.module.is_test:
            continue
        seen.add(function)
        yield function, route
        if left > 1:
            env = logs.env(function)
            for node in function.nodes(f.Call):
                pending += [(called, route, left - 1) for called in logs.called(node, function, env)]


def _is_broad(handler: f.Handler, broad: tuple[str, ...]) -> bool:
    types = handler.type.items if isinstance(handler.type, f.Sequence) else (handler.type,)
    return any(each is None or unparse(each).rpartition(".")[2] in broad for each in types)


def _keeps(handler: f.Handler) -> bool:
    """Whether a clause hands the exception on: raises it again or from it, or gives it to somebody."""
    for node in walk(handler.body):
        if isinstance(node, f.Raise) and (node.exception is None or node.cause is not None):
            return True
        if handler.name and isinstance(node, f.Name) and node.id == handler.name:
            return True
    return False


def _blames_client(project: Project, logs: Logs, handler: f.Handler, function: Function) -> bool:
    """Whether a clause only tells the client that the request was wrong: a status between 400 and 499."""
    last = handler.body[-1]
    machine, env = project.program.machine, logs.env(function)
    if isinstance(last, f.Raise) and last.exception is not None:
        _, status = project.knowledge.exception(machine, machine.evaluate(last.exception, env))
    elif isinstance(last, f.Return) and last.value is not None:
        status = project.knowledge.response_status(machine, machine.evaluate(last.value, env))
    else:
        return False
    return 400 <= status < 500


def _is_harmless(statement: f.Try, expected: re.Pattern[str]) -> bool:
    """Whether what is tried may well fail and means nothing: an optional import, a conversion, cleaning up."""
    if all(isinstance(each, (f.Import, f.ImportFrom)) for each in statement.body[:1]):
        return True
    calls = [node for node in walk(statement.body) if isinstance(node, f.Call)]
    return all(expected.search(unparse(call.func)) for call in calls)


__all__ = ["swallowed_exception"]
