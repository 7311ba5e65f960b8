"""Guards of view classes that do not take effect: mixins behind the view, function decorators on methods."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import MISPLACED, is_open, label
from apilint.checks.rejections import Rejections
from apilint.facts import Span
from apilint.finding import Precision
from apilint.index import Class, Function
from apilint.model import Route, Step
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, External, Value
from apilint.unparse import unparse

DISPATCH = "dispatch"


@check
def auth_mixin_order(
    project: Project,
    *,
    method: str,
    views: tuple[str, ...],
    function_decorators: tuple[str, ...],
    method_security_severity: float = 4.3,
) -> Iterator[Match]:
    """Mixins that a view hides from Python's look-up, and decorators for functions on methods."""
    ancestry = Ancestry(project, views)
    for cls in ancestry.classes():
        yield from _hidden(project, ancestry, cls)
        yield from _on_methods(project, ancestry, cls, function_decorators, method_security_severity)


class Ancestry:
    """What the project's classes derive from, as far as views and guards are concerned."""

    def __init__(self, project: Project, views: Collection[str]) -> None:
        self.project = project
        self.machine = project.program.machine
        self.rejections = Rejections(project)
        self._views = tuple(views)
        self._known: Mapping[str, Any] = project.knowledge.sections.get("views", {})

    def classes(self) -> Iterator[ClassValue]:
        """The classes of the project, in source order."""
        for (file, _), cls in sorted(self.machine.classes.items()):
            if not self.project.is_test(file):
                yield cls

    def mro(self, value: Value) -> list[Value]:
        """The classes in which an attribute is looked up."""
        return attributes.mro(self.machine, value) if isinstance(value, ClassValue) else [value]

    def is_view(self, value: Value) -> bool:
        """Whether a library's class is a view; mixins (`ContextMixin`) have no `dispatch` that could hide another."""
        if not isinstance(value, External) or not value.name.startswith(self._views):
            return False
        return bool(self._known.get(value.name, {}).get("kind") != "mixin")

    def has_view(self, value: Value) -> bool:
        """Whether a class is or derives from a view."""
        return any(map(self.is_view, self.mro(value)))

    def guard_in(self, value: Value) -> Value | None:
        """What guards a class that is no view by overriding `dispatch`: a library's mixin, or the project's own."""
        if self.has_view(value):
            return None
        for base in self.mro(value):
            if isinstance(base, External):
                known = self.project.knowledge.guard(self.machine, base)
                if known is not None and known[1].get("kind") == "mixin" and known[1].get("effect") == "required":
                    return base
            elif isinstance(base, ClassValue):
                own = base.cls.method(DISPATCH)
                if own is not None and self.rejections.has_sign(own):
                    return base
        return None


def _hidden(project: Project, ancestry: Ancestry, cls: ClassValue) -> Iterator[Match]:
    """A mixin behind the view: `View.dispatch` is found first, and does not call the mixin's."""
    if len(cls.cls.code.bases) < 2:
        return
    before: Value | None = None
    for base in attributes.bases(ancestry.machine, cls):
        guard = ancestry.guard_in(base) if before is not None else None
        if before is None and ancestry.has_view(base):
            before = base
        elif before is not None and guard is not None and _is_hidden(ancestry, cls, guard):
            yield _match(project, cls, _name(project, base), _name(project, before))
            return


def _is_hidden(ancestry: Ancestry, cls: ClassValue, guard: Value) -> bool:
    """Whether no view stands behind the guard (`View` comes last of all that derive from it), and nobody before it
    asks in its place."""
    order = ancestry.mro(cls)
    at = next(i for i, base in enumerate(order) if base is guard or _same(base, guard))
    if any(map(ancestry.is_view, order[at:])):
        return False
    own = [base.cls.method(DISPATCH) for base in order[:at] if isinstance(base, ClassValue)]
    return not any(method is not None and ancestry.rejections.has_sign(method) for method in own)


def _same(a: Value, b: Value) -> bool:
    return isinstance(a, External) and isinstance(b, External) and a.name == b.name


def _match(project: Project, cls: ClassValue, mixin: str, view: str) -> Match:
    routes = _routes(project, cls.cls)
    return Match(
        span=cls.cls.span,
        values={"mixin": mixin, "view": view, "handler": cls.cls.name},
        trace=(
            Step(cls.cls.span, f"'{view}' stands before '{mixin}', and its 'dispatch' does not call the next one"),
            *(Step(route.registered, f"'{label(route)}' is registered here") for route in routes[:3]),
        ),
        related=tuple(Step(route.registered, f"'{label(route)}'") for route in routes[3:20]),
        precision=Precision.LOW if routes and not any(map(is_open, routes)) else None,
        route=label(routes[0]) if routes else "",
        about=_about(cls.cls.span, routes),
        weight=MISPLACED,
    )


def _about(span: Span, routes: list[Route]) -> tuple[Span, ...]:
    return tuple(dict.fromkeys([span, *(each for route in routes for each in (route.span, route.registered))]))


def _routes(project: Project, cls: Class) -> list[Route]:
    return [route for route in project.routes if route.handler == cls.id or route.handler.startswith(f"{cls.id}.")]


def _name(project: Project, value: Value) -> str:
    return project.program.short_name(value).rpartition(".")[2]


def _on_methods(
    project: Project, ancestry: Ancestry, cls: ClassValue, names: Collection[str], security_severity: float
) -> Iterator[Match]:
    """Decorators for functions on the methods of a view: they take `self` for the request."""
    last = {name.rpartition(".")[2] for name in names}
    for method in cls.cls.methods.values():
        for node in method.head.decorators if method.facts.decorated else ():
            target = node.func if isinstance(node, f.Call) else node
            if unparse(target).rpartition(".")[2] not in last or not _is_one(project, ancestry, cls, target, names):
                continue
            if _takes_self(method) and ancestry.has_view(cls):
                span = method.module.span(node.start, node.end)
                yield Match(
                    span=span,
                    values={
                        "decorator": unparse(target).rpartition(".")[2],
                        "handler": f"{cls.cls.name}.{method.name}",
                    },
                    trace=(
                        Step(span, "it calls what it decorates with the request as the first argument"),
                        Step(method.span, "whose first argument is 'self'"),
                    ),
                    security_severity=security_severity,
                    template="method",
                )


def _is_one(project: Project, ancestry: Ancestry, cls: ClassValue, node: f.Expr, names: Collection[str]) -> bool:
    return project.name_of(ancestry.machine.evaluate(node, cls.env)) in names


def _takes_self(method: Function) -> bool:
    params = method.head.params
    return bool(params) and params[0].name == "self"


__all__ = ["Ancestry", "auth_mixin_order"]
