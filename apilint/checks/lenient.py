"""What callers may send that nobody meant: further fields, fields that give rights, and whole bodies of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import Changes, label, name_of
from apilint.checks.picked import picked
from apilint.checks.writable import writable
from apilint.facts import Span
from apilint.finding import Precision, Severity
from apilint.flow.narrowing import last_name
from apilint.frameworks.dependencies import Dependencies, depends_on
from apilint.frameworks.inputs import TEXT, handed_in
from apilint.frameworks.responses import allows_extra, classes_in
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import ClassValue, Env
from apilint.unparse import unparse

_DUMPS = frozenset({"model_dump", "dict"})
_ANY_SHAPE = regex(r"^(dict|Dict|Any|Mapping|object)\b|^(Annotated\[)?(dict|Dict|Any|typing\.Any|typing\.Dict)\b")


@check
def schema_allows_extra(
    project: Project,
    *,
    frameworks: tuple[str, ...],
    writable_field: str,
    privileged: str,
    owning: str,
    owning_precision: str = "low",
    privileged_severity: str = "warning",
    privileged_security_severity: float = 6.5,
) -> Iterator[Match]:
    """Bodies whose further fields go where they are used as names: into an object, a query or a call; and fields by
    which callers of a serializer give themselves rights, or something that is another's."""
    yield from _further_fields(project, frameworks)
    rights = regex(privileged)
    for found in writable(project, regex(f"{privileged}|{owning}")):
        is_right = rights.search(found.field) is not None
        yield Match(
            span=found.span,
            values={
                "serializer": found.serializer.name,
                "field": found.field,
                "model": found.serializer.model_name or found.serializer.name,
                "route": label(found.route),
            },
            template="writable_field",
            trace=(
                Step(found.route.registered, f"'{label(found.route)}' takes what '{found.serializer.name}' lets in"),
                Step(found.span, f"'{found.field}' is not read-only"),
            ),
            severity=Severity(privileged_severity) if is_right else None,
            security_severity=privileged_security_severity if is_right else None,
            precision=None if is_right and not found.judged else Precision(owning_precision),
            route=label(found.route),
        )


def _further_fields(project: Project, frameworks: tuple[str, ...]) -> Iterator[Match]:
    seen: set[Span] = set()
    for route, function in _handled(project, frameworks):
        for param, cls in _bodies(project, route):
            for use in _spread(function, param):
                span = function.module.span(use.start, use.end)
                if span not in seen and allows_extra(project.program, cls):
                    seen.add(span)
                    yield Match(
                        span=span,
                        values={"schema": cls.cls.name, "route": label(route), "use": unparse(use, 3)},
                        trace=(
                            Step(cls.cls.span, f"'{cls.cls.name}' keeps fields that it does not declare"),
                            Step(span, "whatever the caller adds is handed on here"),
                        ),
                        route=label(route),
                    )


@check
def unvalidated_body(
    project: Project,
    *,
    frameworks: tuple[str, ...],
    read_by_hand: str,
    bodies: Mapping[str, Sequence[str]],
    unsafe_methods: tuple[str, ...] = ("POST", "PUT", "PATCH"),
) -> Iterator[Match]:
    """Handlers that change something and take a body of any shape, or read one by hand (`bodies`: how, by framework)
    and pick from it what they need."""
    changes = Changes(project, unsafe_methods)
    for route, function in _handled(project, tuple(bodies)):
        node = next(picked(function, bodies[route.framework]), None) if changes.cover(route) else None
        if node is not None:
            span = function.module.span(node.start, node.end)
            yield Match(
                span=span,
                values={"name": unparse(node), "route": label(route)},
                template="read_by_hand",
                trace=(Step(span, f"'{name_of(route.handler)}' picks from it without a schema"),),
                route=label(route),
            )
    for route, function in _handled(project, frameworks):
        if not changes.cover(route):
            continue
        kinds = handed_in(project.program, route)
        for param in function.head.params:
            shape = unparse(param.annotation)
            if kinds.get(param.name) == TEXT and _ANY_SHAPE.search(shape):
                span = function.module.span(param.start, param.end)
                yield Match(
                    span=span,
                    values={"name": param.name, "type": shape, "route": label(route)},
                    trace=(Step(route.span, f"'{name_of(route.handler)}' takes it as it comes"),),
                    route=label(route),
                )


def _handled(project: Project, frameworks: tuple[str, ...]) -> Iterator[tuple[Route, Function]]:
    seen: set[Function] = set()
    for route in project.routes:
        function = route.function.function if route.function is not None else None
        if function is None or function in seen or route.framework not in frameworks:
            continue
        seen.add(function)
        if not project.is_test(route.span.file):
            yield route, function


def _bodies(project: Project, route: Route) -> Iterator[tuple[str, ClassValue]]:
    """The parameters of a handler that a class describes."""
    assert route.function is not None
    dependencies = project.program.once(Dependencies, lambda: Dependencies(project.program))
    for param, value, env in dependencies.parameters(route.function):
        if (value is None or depends_on(value) is None) and param.annotation is not None:
            yield from ((param.name, cls) for cls in _classes(project, param.annotation, env))


def _classes(project: Project, annotation: f.Expr, env: Env) -> Iterator[ClassValue]:
    if not isinstance(annotation, (f.Name, f.Attribute, f.Subscript, f.BinOp)):
        return
    for cls in classes_in(project.program.machine.evaluate(annotation, env)):
        if isinstance(cls, ClassValue):
            yield cls


def _spread(function: Function, param: str) -> Iterator[f.Call]:
    """`Order(**param.model_dump())`, and `setattr(row, key, value)` in a loop over it."""
    for call in function.nodes(f.Call):
        for keyword in call.keywords:
            if keyword.name is None and _dumps(keyword.value, param):
                yield call
    for loop in function.nodes(f.For):
        if _dumps(_without_items(loop.iterable), param):
            for node in loop.body:
                inner = node.value if isinstance(node, f.ExprStmt) else None
                if isinstance(inner, f.Call) and last_name(inner.func) == "setattr":
                    yield inner


def _without_items(expr: f.Expr) -> f.Expr:
    """`x` of `x.items()`."""
    if isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute) and expr.func.attr == "items":
        return expr.func.value
    return expr


def _dumps(expr: f.Expr, param: str) -> bool:
    """`param.model_dump(…)`, unless it picks fields."""
    if not isinstance(expr, f.Call) or not isinstance(expr.func, f.Attribute) or expr.func.attr not in _DUMPS:
        return False
    is_param = isinstance(expr.func.value, f.Name) and expr.func.value.id == param
    return is_param and not any(keyword.name == "include" for keyword in expr.keywords)


__all__ = ["schema_allows_extra", "unvalidated_body"]
