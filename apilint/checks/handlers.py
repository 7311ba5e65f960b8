"""What a handler answers: nothing at all, or the same page to everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from apilint import facts as f
from apilint.index import Function
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Attr, External, Known, Mapping, Result, Seq, Setting, Text, Unknown, Value, constant
from apilint.walk import walk

# The request itself, or the address that it was sent to.
_REQUEST = regex(r"(^|\.)request(\.(base_url|url)(\.\w+)?)?$")
NO_CONTENT = 204
# The caller learns that there is nothing here.
NOTHING_HERE = (404, 405, 410, 501)


def answers_nothing(project: Project, route: Route) -> bool:
    """Whether a handler only says that there is nothing: `raise NotImplementedError`, 404, 405, 410, 501, or 204."""
    if route.function is None:
        return False
    statements = [each for each in route.function.function.body if not _says_nothing(each)]
    if not statements:
        return True
    machine = project.program.machine
    if len(statements) == 1 and isinstance(statements[0], f.Return):
        answer = statements[0].value
        if not isinstance(answer, f.Call) or answer.args or len(answer.keywords) != 1:
            return False  # what a service answers is not asked: that would run all of it
        value = machine.evaluate(answer, route.function.env)
        return isinstance(value, Result) and project.knowledge.response_status(machine, value) == NO_CONTENT
    if len(statements) > 1 or not isinstance(statements[0], f.Raise) or statements[0].exception is None:
        return False
    name, status = project.knowledge.exception(machine, machine.evaluate(statements[0].exception, route.function.env))
    return name.endswith("NotImplementedError") or status in NOTHING_HERE


def _says_nothing(statement: f.Stmt) -> bool:
    if isinstance(statement, f.Jump):
        return True
    return isinstance(statement, f.ExprStmt) and isinstance(statement.value, (f.Constant, f.Opaque))


def reads_post(function: Function, unsafe_methods: Collection[str]) -> bool:
    """Whether a handler for all methods asks for the method, or for what is posted."""
    if any(node.attr in ("POST", "FILES") for node in function.nodes(f.Attribute)):
        return True
    compared = (right for node in function.nodes(f.Compare) for right in node.rights)
    return any(_is_method(right, unsafe_methods) for right in compared)


def _is_method(node: f.Expr, methods: Collection[str]) -> bool:
    return isinstance(node, f.Constant) and node.value in methods


def answers_constant(project: Project, function: Function, pages: Collection[str]) -> bool:
    """Whether what a handler returns depends on nothing but itself: a constant, a page, a file of its own."""
    returned = project.trace(function, deep=True).returned
    return bool(returned) and all(_is_constant(project, value, pages, 6) for value, _ in returned)


def is_draft(route: Route) -> bool:
    """Whether a handler does nothing but answer everybody with the same words."""
    function = route.function.function if route.function is not None else None
    statements = [each for each in function.body if not _says_nothing(each)] if function is not None else []
    only = statements[0] if len(statements) == 1 else None
    if not isinstance(only, f.Return) or only.value is None:
        return False
    return all(isinstance(node, (f.Constant, f.Dict, f.Sequence)) for node in walk((only.value,)))


def _is_constant(project: Project, value: Value, pages: Collection[str], depth: int) -> bool:
    if depth == 0:
        return False
    inner: Iterable[Value]
    if isinstance(value, (Known, Setting, External)) or constant(value) is not None:
        return True
    if isinstance(value, Unknown):
        return bool(_REQUEST.search(value.text))
    if isinstance(value, Text):
        inner = value.parts
    elif isinstance(value, Seq):
        inner = () if value.open else value.items
    elif isinstance(value, Mapping):
        inner = () if value.open else value.items.values()
    elif isinstance(value, Attr):
        inner = (value.base,)
    elif isinstance(value, Result):
        if project.name_of(value.callee).rpartition(".")[2] not in pages:
            return False
        inner = (*value.args, *value.kwargs.values())
    else:
        return False
    return all(_is_constant(project, item, pages, depth - 1) for item in inner)
