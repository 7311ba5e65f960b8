"""APL605: lists of which the caller says how much is read at a time, without an end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import label, name_of
from apilint.checks.paginators import decorated, paginators
from apilint.checks.reached import Reached, made_of
from apilint.facts import Span
from apilint.flow import env_in
from apilint.flow.narrowing import last_name
from apilint.frameworks import inputs
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import (
    Choice,
    External,
    Operation,
    Result,
    Subscripted,
    Value,
)
from apilint.unparse import unparse
from apilint.walk import walk

MAX_DEPTH = 3
_ASKING = frozenset({"args", "GET", "query_params", "values", "query", "QUERY_PARAMS"})


@check
def unbounded_page_size(
    project: Project, *, names: str, paginator: str, limiting: tuple[str, ...], querying: str
) -> Iterator[Match]:
    """Sizes of pages that reach the database as the caller gave them, and paginators without a largest page."""
    sizes, pages = regex(names), Pages(project, limiting, regex(querying))
    seen: set[Span] = set()
    for route in project.routes:
        target = route.function
        if target is None or target.function.span in seen or project.is_test(route.span.file):
            continue
        seen.add(target.function.span)
        for name, at in _asked(project, route, sizes):
            sink = pages.sink(target.function, name, MAX_DEPTH)
            if sink is not None:
                yield Match(
                    span=at,
                    values={"name": name, "route": label(route), "handler": name_of(route.handler)},
                    trace=(Step(at, f"the caller of '{label(route)}' chooses '{name}'"), *sink),
                    route=label(route),
                )
    yield from paginators(project, paginator)
    yield from decorated(project, paginator)


# ------------------------------------------------------------------------------------- what is asked for


def _asked(project: Project, route: Route, sizes: re.Pattern[str]) -> Iterator[tuple[str, Span]]:
    """The names in a handler that hold how many rows the caller wants, where nothing bounds them."""
    target = route.function
    if target is None:
        return
    function, machine = target.function, project.program.machine
    matching = [param for param in function.head.params if sizes.search(param.name)]
    given = inputs.handed_in(project.program, route) if matching else {}
    for param in matching:
        if given.get(param.name) not in (inputs.FIXED, inputs.TEXT, "") or _in_path(route, param.name):
            continue
        values = [machine.evaluate(each, target.env) for each in (param.annotation, param.default) if each is not None]
        if _is_number(values) and not any(map(_is_bounded, values)) and not _is_checked(function, param.name):
            yield param.name, function.module.span(param.start, param.end)
    for assign in function.nodes(f.Assign):
        name = assign.targets[0].id if isinstance(assign.targets[0], f.Name) else ""
        if name and _from_request(assign.value, sizes) and not _is_checked(function, name):
            yield name, function.module.span(assign.start, assign.end)


def _in_path(route: Route, name: str) -> bool:
    return re.search(rf"[{{<:]{re.escape(name)}[}}>:]", route.path) is not None


def _is_number(values: list[Value]) -> bool:
    return any("builtins.int" in _names(value) for value in values)


def _names(value: Value) -> set[str]:
    if isinstance(value, External):
        return {value.name}
    if isinstance(value, Subscripted):
        return {name for each in value.index[:1] for name in _names(each)}
    if isinstance(value, (Choice, Operation)):
        parts = value.options if isinstance(value, Choice) else [value.left, value.right]
        return {name for each in parts if each is not None for name in _names(each)}
    return set()


def _is_bounded(value: Value) -> bool:
    """Whether a declaration says how large a number may be."""
    if isinstance(value, Result):
        return "le" in value.kwargs or "lt" in value.kwargs or any(map(_is_bounded, value.kwargs.values()))
    if isinstance(value, Subscripted):
        return any(map(_is_bounded, value.index))
    if isinstance(value, Choice):
        return any(map(_is_bounded, value.options))
    return False


def _from_request(expr: f.Expr, sizes: re.Pattern[str]) -> bool:
    """`int(request.args.get("limit", 20))`, `request.query_params["limit"]`."""
    while isinstance(expr, f.Call) and last_name(expr.func) == "int" and expr.args:
        expr = expr.args[0]
    if isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute) and expr.func.attr == "get" and expr.args:
        key, owner = expr.args[0], expr.func.value
    elif isinstance(expr, f.Subscript):
        key, owner = expr.index, expr.value
    else:
        return False
    return isinstance(key, f.Constant) and bool(sizes.search(str(key.value))) and last_name(owner) in _ASKING


def _is_checked(function: Function, name: str) -> bool:
    """Whether a function compares a number with another, takes the smaller one, or has it changed by something."""
    for node in function.nodes(f.Compare):
        orders = any(op in ("<", ">", "<=", ">=", "in", "not in") for op in node.ops)
        if orders and any(_mentions(each, name) for each in (node.left, *node.rights)) and not _only_positive(node):
            return True
    for call in function.nodes(f.Call):
        if last_name(call.func) == "min" and any(_mentions(arg, name) for arg in call.args):
            return True
    for assign in function.nodes(f.Assign):
        is_own = any(isinstance(target, f.Name) and target.id == name for target in assign.targets)
        if is_own and isinstance(assign.value, f.Call) and last_name(assign.value.func) not in ("int", "max", "get"):
            if any(_mentions(arg, name) for arg in assign.value.args):
                return True
    return False


def _only_positive(node: f.Compare) -> bool:
    """`limit <= 0`, `limit < 1`: says how small it may be."""
    sides = (node.left, *node.rights)
    return len(sides) == 2 and any(isinstance(each, f.Constant) and each.value in (0, 1, -1) for each in sides)


def _mentions(expr: f.Expr, name: str) -> bool:
    return any(isinstance(node, f.Name) and node.id == name for node in walk([expr]))


# ------------------------------------------------------------------------------------ where it is used


class Pages:
    """Where a number says how many rows are read: in a function, or in one that it is handed to."""

    def __init__(self, project: Project, limiting: tuple[str, ...], querying: re.Pattern[str]) -> None:
        self.project = project
        self.machine = project.program.machine
        self.reached = project.once("reached", lambda: Reached(project))
        self._limiting = frozenset(limiting)
        self._querying = querying
        entries: Mapping[str, Any] = project.knowledge.sections.get("paginators", {})
        self._calls = {name.rpartition(".")[2]: entry for name, entry in entries.items() if "argument" in entry}
        self._found: dict[tuple[Function, str], tuple[Step, ...] | None] = {}

    def sink(self, function: Function, name: str, depth: int) -> tuple[Step, ...] | None:
        """The places that lead from a name in a function to the query; None where there are none."""
        key = (function, name)
        if key not in self._found:
            self._found[key] = None  # for one that calls itself
            self._found[key] = self._look(function, name, depth)
        return self._found[key]

    def _look(self, function: Function, name: str, depth: int) -> tuple[Step, ...] | None:
        for call in function.nodes(f.Call):
            if self._limits(call, name):
                span = function.module.span(call.start, call.end)
                return (Step(span, f"'{unparse(call.func, 3)}' reads that many rows"),)
        made = made_of(function)
        for node in function.nodes(f.Subscript):
            if isinstance(node.index, f.Slice) and node.index.upper is not None and _mentions(node.index.upper, name):
                value = node.value if not isinstance(node.value, f.Name) else made.get(node.value.id, node.value)
                if self._querying.search(unparse(value)):
                    return (Step(function.module.span(node.start, node.end), "a slice reads that many rows"),)
        return self._handed_on(function, name, depth, made) if depth > 0 else None

    def _limits(self, call: f.Call, name: str) -> bool:
        method = last_name(call.func)
        if method in self._limiting and isinstance(call.func, f.Attribute):
            return any(isinstance(arg, f.Name) and arg.id == name for arg in call.args[:1])
        entry = self._calls.get(method)
        if entry is None:
            return False
        given = [each.value for each in call.keywords if each.name == entry["keyword"]]
        given += call.args[entry["argument"] : entry["argument"] + 1]
        return any(isinstance(each, f.Name) and each.id == name for each in given)

    def _handed_on(
        self, function: Function, name: str, depth: int, made: Mapping[str, f.Expr]
    ) -> tuple[Step, ...] | None:
        env = env_in(self.machine, function)
        for call in function.nodes(f.Call):
            given = [(number, "") for number, arg in enumerate(call.args) if isinstance(arg, f.Name) and arg.id == name]
            given += [
                (-1, k.name) for k in call.keywords if k.name and isinstance(k.value, f.Name) and k.value.id == name
            ]
            for called in self.reached.called(function, call.func, env, made) if given else ():
                params = [param.name for param in called.head.params if param.name not in ("self", "cls")]
                for number, keyword in given:
                    inner = keyword or (params[number] if 0 <= number < len(params) else "")
                    if inner not in params or _is_checked(called, inner):
                        continue
                    further = self.sink(called, inner, depth - 1)
                    if further is not None:
                        span = function.module.span(call.start, call.end)
                        return (Step(span, f"'{unparse(call.func, 3)}' is given it"), *further)
        return None


__all__ = ["unbounded_page_size"]
