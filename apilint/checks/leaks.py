"""Exceptions that the program did not expect, told to the caller word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import last_name
from apilint.checks.choices import Choices
from apilint.checks.credentials import assigned
from apilint.finding import Precision
from apilint.index import Function
from apilint.model import Step
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

_BROAD = frozenset({"Exception", "BaseException"})
_TEXT = frozenset({"str", "repr", "format", "join", "strip", "dumps"})
_TRACES = re.compile(r"(^|\.)(format_exc|format_exception|format_tb)$")


@check
def exception_detail_to_client(
    project: Project, *, builders: tuple[str, ...], asked_for: str = r"(?!)", told_apart: str = r"(?!)"
) -> Iterator[Match]:
    """Answers that hold the text of an exception that was caught whatever it was."""
    raising = {
        name.rpartition(".")[2] for name in project.knowledge.sections.get("rejects", {}) if name.endswith("Exception")
    }
    choices, told = Choices(asked_for), re.compile(told_apart)
    for function in _candidates(project, raising):
        for attempt in function.nodes(f.Try):
            for handler in attempt.handlers:
                if _is_broad(handler):
                    yield from _leaks(project, function, handler, raising, frozenset(builders), choices, told)


def _candidates(project: Project, raising: set[str]) -> Iterator[Function]:
    """Handlers, and functions that raise answers."""
    seen: set[Function] = set()
    for route in project.routes:
        function = route.function.function if route.function is not None else None
        if function is not None and function not in seen and not function.module.is_test:
            seen.add(function)
            yield function
    for function in project.index.functions_with(raising):
        if function not in seen and not function.module.is_test:
            yield function


def _is_broad(handler: f.Handler) -> bool:
    types = handler.type.items if isinstance(handler.type, f.Sequence) else [handler.type]
    return handler.type is None or any(each is not None and last_name(each) in _BROAD for each in types)


def _leaks(
    project: Project,
    function: Function,
    handler: f.Handler,
    raising: set[str],
    builders: frozenset[str],
    choices: Choices,
    told: re.Pattern[str],
) -> Iterator[Match]:
    names = {handler.name} if handler.name else set()
    nodes = list(walk(handler.body))
    for node in nodes:
        names |= {name for name, value in assigned(node) if _shows(value, names, frozenset())}
    tells_apart = any(isinstance(node, f.If) and told.search(unparse(node.test)) for node in nodes)
    is_handler = bool(project.routes_of(function))
    for node in nodes:
        answer = _answer(node, raising, is_handler)
        if answer is None or not _shows(answer, names, builders | raising):
            continue
        span = function.module.span(node.start, node.end)
        is_doubtful = tells_apart or choices.asked_for(function.module, node.start)
        yield Match(
            span=span,
            values={"function": function.name, "exception": handler.name or "the exception"},
            trace=(
                Step(function.module.span(handler.start, handler.end), "any exception is caught here"),
                Step(span, "its text is a part of the answer"),
            ),
            precision=Precision.LOW if is_doubtful else None,
        )
        return


def _answer(node: object, raising: set[str], is_handler: bool) -> f.Expr | None:
    """What a statement sends to the caller."""
    if isinstance(node, f.Raise) and isinstance(node.exception, f.Call):
        return node.exception if last_name(node.exception.func) in raising else None
    return node.value if isinstance(node, f.Return) and is_handler else None


def _shows(expr: f.Expr | None, names: set[str], builders: frozenset[str]) -> bool:
    """Whether a text, or what is built of it, holds the exception's own words."""
    if isinstance(expr, f.Name):
        return expr.id in names
    if isinstance(expr, f.Call):
        name = last_name(expr.func)
        if _TRACES.search(unparse(expr.func)):
            return True
        given = [*expr.args, *(keyword.value for keyword in expr.keywords)]
        if name in _TEXT and isinstance(expr.func, f.Attribute):
            given.append(expr.func.value)
        return (name in _TEXT or name in builders) and any(_shows(each, names, builders) for each in given)
    return any(_shows(each, names, builders) for each in _parts(expr))


def _parts(expr: f.Expr | None) -> list[f.Expr]:
    if isinstance(expr, f.Template):
        return list(expr.parts)
    if isinstance(expr, f.BinOp):
        return [expr.left, expr.right]
    if isinstance(expr, f.BoolOp):
        return [expr.left, expr.right]
    if isinstance(expr, f.IfExp):
        return [expr.body, expr.orelse]
    if isinstance(expr, f.Dict):
        return [value for _, value in expr.items]
    if isinstance(expr, f.Sequence):
        return list(expr.items)
    if isinstance(expr, (f.Await, f.Starred, f.Subscript)):
        return [expr.value]
    return [expr.value] if isinstance(expr, f.Attribute) and expr.attr == "args" else []


__all__ = ["exception_detail_to_client"]
