"""Exceptions that the program did not expect, told to the caller word for word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import last_name
from apilint.checks.choices import Choices
from apilint.checks.credentials import assigned
from apilint.finding import Precision
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

_BROAD = frozenset({"Exception", "BaseException"})
_TEXT = frozenset({"str", "repr", "format", "join", "strip", "dumps"})
_DEBUGGING = regex(r"(?i)^(?!not ).*(debug|verbose|log_?level)")
_TRACES = regex(r"(^|\.)(format_exc|format_exception|format_tb)$")


@check
def exception_detail_to_client(
    project: Project,
    *,
    builders: tuple[str, ...],
    asked_for: str = r"(?!)",
    told_apart: str = r"(?!)",
    validating: str = r"(?!)",
) -> Iterator[Match]:
    """Answers that hold the text of an exception that was caught whatever it was."""
    raising = frozenset(
        name.rpartition(".")[2] for name in project.knowledge.sections.get("rejects", {}) if name.endswith("Exception")
    )
    choices, told, meant = Choices(asked_for), regex(told_apart), regex(validating)
    for function in _candidates(project, raising):
        for attempt in function.nodes(f.Try):
            for handler in filter(_is_broad, attempt.handlers):
                nodes = list(walk(handler.body))
                node = _leak(handler, nodes, raising, frozenset(builders), is_handler=bool(project.routes_of(function)))
                if node is None:
                    continue
                tells_apart = any(isinstance(each, f.Call) and told.search(unparse(each)) for each in nodes)
                asked = choices.asked_for(function.module, node.start)
                is_doubtful = tells_apart or asked or _only_validates(attempt, meant)
                yield _match(function, handler, node, Precision.LOW if is_doubtful else None)


def _match(function: Function, handler: f.Handler, node: f.Stmt, precision: Precision | None) -> Match:
    span = function.module.span(node.start, node.end)
    return Match(
        span=span,
        values={"function": function.name, "exception": handler.name or "the exception"},
        trace=(
            Step(function.module.span(handler.start, handler.end), "any exception is caught here"),
            Step(span, "its text is a part of the answer"),
        ),
        precision=precision,
    )


def _candidates(project: Project, raising: Collection[str]) -> Iterator[Function]:
    """Handlers, and functions that raise answers."""
    handlers = [route.function.function for route in project.routes if route.function is not None]
    found = dict.fromkeys([*handlers, *project.index.functions_with(raising)])
    return (function for function in found if not function.module.is_test)


def _is_broad(handler: f.Handler) -> bool:
    types = handler.type.items if isinstance(handler.type, f.Sequence) else [handler.type]
    return handler.type is None or any(each is not None and last_name(each) in _BROAD for each in types)


def _only_validates(attempt: f.Try, meant: re.Pattern[str]) -> bool:
    """Whether all that is tried is a check of what the caller sent: its words are meant for the caller."""
    only = attempt.body[0] if len(attempt.body) == 1 else None
    value = only.value if isinstance(only, (f.ExprStmt, f.Assign, f.Return)) else None
    inner = value.value if isinstance(value, f.Await) else value
    if not isinstance(inner, f.Call):
        return False
    name = last_name(inner.func)
    is_filled = name[:1].isupper() and any(keyword.name is None for keyword in inner.keywords)  # `Order(**body)`
    return is_filled or bool(meant.search(name))


def _leak(
    handler: f.Handler, nodes: list[Any], raising: frozenset[str], builders: frozenset[str], *, is_handler: bool
) -> f.Stmt | None:
    """The first statement of an exception handler that sends the exception's text."""
    names = {handler.name} if handler.name else set()
    for node in nodes:
        names |= {name for name, value in assigned(node) if _shows(value, names, frozenset())}
    for node in nodes:
        answer = _answer(node, raising, is_handler=is_handler)
        if answer is not None and _shows(answer, names, builders | raising):
            return node  # type: ignore[no-any-return]
    return None


def _answer(node: object, raising: Collection[str], *, is_handler: bool) -> f.Expr | None:
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
        # `Response(status=400, exception=error)` only says that there was one.
        given = [*expr.args, *(keyword.value for keyword in expr.keywords if keyword.name != "exception")]
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
        # `f"… {error}" if settings.debug else "…"`
        return [expr.orelse] if _DEBUGGING.search(unparse(expr.test)) else [expr.body, expr.orelse]
    if isinstance(expr, f.Dict):
        return [value for _, value in expr.items]
    if isinstance(expr, f.Sequence):
        return list(expr.items)
    if isinstance(expr, (f.Await, f.Starred, f.Subscript)):
        return [expr.value]
    return [expr.value] if isinstance(expr, f.Attribute) and expr.attr == "args" else []


__all__ = ["exception_detail_to_client"]
