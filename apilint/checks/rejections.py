"""Signs in a function's text that it may turn a caller away, though no run for an anonymous one ended so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.index import Function
from apilint.model import Guard, Route
from apilint.project import Project
from apilint.startup.values import FunctionValue, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

MAX_FUNCTIONS = 40
# 401 and 403 by number or name, and exceptions that are called after what they mean.
_REJECTING = re.compile(
    r"(?i)(?<![\d.])40[13](?!\d)|unauthori[sz]ed|forbidden|not_?auth|permission_?(denied|error|required)|access_?denied"
    r"|denied|not_?logged|login_?(required|error)|auth\w*_?(error|failed|failure|required|exception)|invalid_?(token|cred)"
)


def may_reject(project: Project, route: Route) -> bool:
    """Whether the handler, something that runs before it, or a function that they call raises, returns or catches what
    means "not allowed"."""
    handler = route.function.function if route.function is not None else None
    if handler is not None and any(_rejects(each, is_handler=True) for each in _with_called(project, handler)):
        return True
    functions: list[Function] = []
    for guard in (*route.guards, *route.considered):
        if (
            guard.kind != "middleware" and "the application" not in guard.via
        ):  # what all routes share tells nothing of one
            functions += functions_of(project, guard)
    return any(_rejects(each, is_handler=False) for function in functions for each in _with_called(project, function))


def functions_of(project: Project, guard: Guard) -> Iterator[Function]:
    """The project's function behind a guard."""
    module, _, qualname = guard.qualname.rpartition(":")
    found = project.index.module(module) if module else None
    for function in found.functions if found is not None else ():
        if function.qualname == qualname:
            yield function


def _with_called(project: Project, function: Function) -> Iterator[Function]:
    yield function
    seen = {function}
    for call in project.trace(function).calls:
        callee = unwrap(call.callee)
        if isinstance(callee, FunctionValue) and call.depth < 2 and callee.function not in seen:
            seen.add(callee.function)
            yield callee.function
        if len(seen) > MAX_FUNCTIONS:
            return


def _rejects(function: Function, *, is_handler: bool) -> bool:
    """A guard that catches a rejection may let the caller pass after all; a handler that catches one has asked."""
    return any(_is_rejection(node, is_handler=is_handler) for node in walk(function.body))


def _is_rejection(node: object, *, is_handler: bool) -> bool:
    if isinstance(node, f.Raise):
        return bool(_REJECTING.search(unparse(node.exception)))
    if isinstance(node, f.Return):
        return node.value is not None and bool(_REJECTING.search(_status_of(node.value)))
    if isinstance(node, f.Handler):
        return is_handler and node.type is not None and bool(_REJECTING.search(unparse(node.type)))
    if isinstance(node, f.Call):
        name = unparse(node.func).rpartition(".")[2]
        return name == "abort" and bool(_REJECTING.search(" ".join(map(unparse, node.args))))
    return False


def _status_of(value: f.Expr) -> str:
    """The part of a returned expression that can be a status: the last of a tuple, the arguments of a response."""
    if isinstance(value, f.Sequence):
        return " ".join(unparse(item) for item in value.items[1:])
    if isinstance(value, f.Call):
        given = [unparse(keyword.value) for keyword in value.keywords if keyword.name and "status" in keyword.name]
        return " ".join([unparse(value.func), *map(unparse, value.args[1:]), *given])
    return ""


__all__ = ["functions_of", "may_reject"]
