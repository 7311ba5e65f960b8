"""Guards that stand above the decorator that registers the route."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import MISPLACED, is_open, label, name_of
from apilint.finding import Precision
from apilint.guards.caller import Caller
from apilint.model import Guard, Route, Step
from apilint.project import Project
from apilint.startup import calls
from apilint.startup.values import FunctionValue, Value, Wrapped
from apilint.unparse import unparse


class Above(msgspec.Struct):
    """A guard that stands above the decorators of some routes, and so before none of them."""

    guard: Guard
    registering: f.Expr
    routes: list[Route]


@check
def decorator_above_route(project: Project, *, weaker: str) -> Iterator[Match]:
    """Guards above a registering decorator: the framework keeps the function below them."""
    for above in _guards_above(project):
        open_ = [route for route in above.routes if is_open(route)]
        first = (open_ or above.routes)[0]
        yield Match(
            span=above.guard.span,
            values={
                "guard": above.guard.name,
                "route_decorator": unparse(_callee(above.registering)),
                "handler": name_of(first.handler),
                "route": label(first),
                "others": ", ".join(map(_guarding, first.guards)),
            },
            trace=(
                Step(above.guard.span, f"'@{above.guard.name}' is applied last, to what the framework no longer calls"),
                Step(first.registered, f"'{label(first)}' is registered here, with the function below"),
                Step(first.span, f"'{name_of(first.handler)}' runs without '{above.guard.name}'"),
                *above.guard.chain[1:],
            ),
            related=tuple(
                Step(route.registered, f"also '{label(route)}'") for route in above.routes if route is not first
            ),
            template="" if open_ else "weaker",
            precision=_precision(above.guard, bool(open_)),
            route=label(first),
            about=tuple({route.span: None for route in open_}),
            weight=MISPLACED,
        )


def _precision(guard: Guard, is_open: bool) -> Precision | None:
    if guard.effect == "unknown":
        return Precision.MEDIUM
    return None if is_open else Precision.HIGH


def _guards_above(project: Project) -> Iterator[Above]:
    for function, routes in _decorated(project).items():
        found: dict[int, Above] = {}
        for route in routes:
            decorators = function.function.head.decorators
            at = next((i for i, node in enumerate(decorators) if is_at(node, route, function)), 0)
            for node, guard in _judged(project, function, decorators[:at], route):
                if not any(_same(guard, other) for other in route.guards):
                    found.setdefault(node.start, Above(guard, decorators[at], [])).routes.append(route)
        yield from found.values()


def _decorated(project: Project) -> dict[FunctionValue, list[Route]]:
    """Decorated functions with the routes that their decorators register."""
    found: dict[object, tuple[FunctionValue, list[Route]]] = {}
    for route in project.routes:
        target = route.function
        if target is None or not target.function.facts.decorated or project.is_test(route.span.file):
            continue
        if any(is_at(node, route, target) for node in target.function.head.decorators[1:]):
            found.setdefault(target.function, (target, []))[1].append(route)
    return dict(found.values())


def is_at(node: f.Expr, route: Route, target: FunctionValue) -> bool:
    """Whether a decorator is what registers a route."""
    at = route.registered
    return at.file == target.function.module.file and node.start <= at.start and at.end <= node.end


def _judged(
    project: Project, target: FunctionValue, nodes: Sequence[f.Expr], route: Route
) -> Iterator[tuple[f.Expr, Guard]]:
    """The guards among decorators."""
    caller = Caller(route.methods[0] if route.methods else "", route.path)
    for node in nodes:
        wrapped = applied(project, target, node)
        if wrapped is None:
            continue
        guard = project.program.decorator_guard(wrapped, caller)
        if guard.effect in ("required", "conditional", "unknown"):
            yield node, guard


def applied(project: Project, target: FunctionValue, node: f.Expr) -> Wrapped | None:
    """What a decorator makes of the bare function: enough to judge it."""
    value: Value = calls.decorate(project.program.machine, node, FunctionValue(target.function, target.env), target.env)
    return value if isinstance(value, Wrapped) else None


def _guarding(guard: Guard) -> str:
    """A guard, and under which condition it is one."""
    return f"'{guard.name}'" if not guard.condition else f"'{guard.name}' (if {guard.condition})"


def _same(guard: Guard, other: Guard) -> bool:
    return guard.name == other.name and guard.kind == other.kind


def _callee(node: f.Expr) -> f.Expr:
    return node.func if isinstance(node, f.Call) else node


__all__ = ["applied", "decorator_above_route", "is_at"]
