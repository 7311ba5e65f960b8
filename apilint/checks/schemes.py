"""Security schemes that ask for a credential which nobody verifies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.credentials import IGNORED, RETURNED, USED, assigned, use_of
from apilint.checks.exposed import UNREAD, is_open, label, name_of
from apilint.checks.rejections import Rejections, functions_of
from apilint.facts import Span
from apilint.finding import Precision
from apilint.frameworks.dependencies import Dependencies, depends_on
from apilint.index import Function
from apilint.model import Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import FunctionValue, Instance, Value, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

MAX_DEPTH = 6
_HEADER = regex(r"(?i)authorization|token|bearer|api_?key|cookie|session")
_SUPER = "super().__call__"


class Unverified(msgspec.Struct, frozen=True):
    """A scheme whose credential goes unverified: where it is asked for, and what it is called."""

    span: Span
    name: str


@check
def scheme_only_auth(project: Project, *, frameworks: tuple[str, ...]) -> Iterator[Match]:
    """Routes guarded by the presence of a credential only."""
    yield from _unverified(project, frameworks, tolerated=False)


@check
def auto_error_unchecked(project: Project, *, frameworks: tuple[str, ...]) -> Iterator[Match]:
    """Routes whose scheme lets callers without a credential pass, and that do not look whether there was one."""
    yield from _unverified(project, frameworks, tolerated=True)


def _unverified(project: Project, frameworks: Sequence[str], *, tolerated: bool) -> Iterator[Match]:
    finder, rejections = Finder(project, tolerated=tolerated), Rejections(project)
    found: dict[Span, list[tuple[Route, Unverified]]] = {}
    for route in project.routes:
        if route.framework in frameworks and not project.is_test(route.span.file):
            scheme = finder.of(route)
            if scheme is not None and project.is_public(route) is None:
                found.setdefault(scheme.span, []).append((route, scheme))
    for span, pairs in found.items():
        route, scheme = pairs[0]
        routes = [each for each, _ in pairs]
        is_doubtful = any(_is_verified_outside(project, rejections, each) for each in routes)
        yield Match(
            span=span,
            values={"scheme": scheme.name, "route": label(route), "count": len({each.span for each in routes})},
            trace=(
                Step(span, f"'{scheme.name}' takes what the caller sends here"),
                Step(route.span, f"nothing before or in '{name_of(route.handler)}' verifies it"),
            ),
            related=tuple(Step(each.span, f"also '{label(each)}'") for each in routes[1:21]),
            precision=Precision.LOW if is_doubtful else None,
            route=label(route),
            about=tuple(each.span for each in routes),
            weight=UNREAD,
        )


class Finder:
    """Follows a credential from the scheme to whoever uses it. `tolerated` says which schemes: those that let a caller
    without a credential pass, or those that do not."""

    def __init__(self, project: Project, *, tolerated: bool) -> None:
        self.project = project
        self.tolerated = tolerated
        self.dependencies = project.program.once(Dependencies, lambda: Dependencies(project.program))
        self.knowledge = project.program.judge

    def of(self, route: Route) -> Unverified | None:
        """The scheme that is all the guard a route has, if nobody verifies what it takes."""
        if (is_open(route) if self.tolerated else route.auth == "required") is False:
            return None
        guards = [guard for guard in route.guards if guard.effect in ("required", "conditional", "optional")]
        if not guards or route.function is None or not any(map(self._is_scheme, guards)):
            return None
        found: Unverified | None = None
        for guard in guards:
            scheme = self._unverified(route, guard) if self._is_scheme(guard) else None
            if scheme is None:
                return None
            found = found or scheme
        return found

    def _is_scheme(self, guard: Guard) -> bool:
        wanted = "optional" if self.tolerated else "required"
        return guard.effect == wanted and (guard.kind == "security scheme" or guard.kind == "dependency")

    def _unverified(self, route: Route, guard: Guard) -> Unverified | None:
        """The scheme behind a guard, where neither the guard nor the handler verifies the credential."""
        assert route.function is not None
        for param, value, _ in self.dependencies.parameters(route.function):
            target = depends_on(value) if value is not None else None
            if target is None or guard.via != f"parameter '{param.name}'":
                continue
            scheme = self._below(target, guard.span, guard.name)
            return scheme if scheme is not None and use_of(route.function.function, [param.name]) != USED else None
        if self._is_library(guard):
            return Unverified(guard.span, guard.name)
        function = next(functions_of(self.project, guard), None)
        return self._within(function, guard.span, guard.name) if function is not None else None

    def _is_library(self, guard: Guard) -> bool:
        """Whether a guard is a scheme itself, attached where its value is dropped."""
        entry = self.project.knowledge.sections.get("guards", {}).get(guard.qualname.replace(":", "."))
        return entry is not None and entry.get("verifies") is False

    def _below(self, target: Value, span: Span, name: str, depth: int = 0) -> Unverified | None:
        """The scheme at a dependency, or below it, if nothing on the way verifies what it takes."""
        inner = unwrap(target)
        if isinstance(inner, FunctionValue):
            return self._in_function(inner, span, name, depth)
        if isinstance(inner, Instance):
            call = self.project.function(f"{inner.cls.cls.id}.__call__")
            known = self.knowledge.library(target)
            if known is None or known.kind != "scheme" or self._tolerates(known.effect) is not self.tolerated:
                return None
            return Unverified(span, name) if call is None else self._within(call, span, name)
        known = self.knowledge.library(target)
        if known is None or known.kind != "scheme" or self._tolerates(known.effect) is not self.tolerated:
            return None
        return Unverified(span, name)

    @staticmethod
    def _tolerates(effect: str) -> bool:
        return effect != "required"

    def _in_function(self, target: FunctionValue, span: Span, name: str, depth: int) -> Unverified | None:
        function = target.function
        found: Unverified | None = None
        for param, value, env in self.dependencies.parameters(target):
            below = depends_on(value) if value is not None else None
            if below is None:
                if _is_request(param):
                    return None  # it may look at the headers itself
                continue
            at = env.module.span(param.start, param.end)
            scheme = (
                self._below(below, at, self.dependencies.name(below, value), depth + 1) if depth < MAX_DEPTH else None
            )
            if scheme is None:
                continue
            if use_of(function, [param.name]) == USED:
                return None
            found = scheme
        return found

    def _within(self, function: Function, span: Span, name: str) -> Unverified | None:
        """A project's scheme that asks the library's, if it does nothing with the answer."""
        if function.name != "__call__":
            made = self.project.program.machine
            env = made.run_module(function.module)
            return self._in_function(FunctionValue(function, env), span, name, 0)
        nodes = list(walk(function.body))
        asking = [node for node in nodes if isinstance(node, f.Call) and unparse(node.func) == _SUPER]
        inside = any(
            any(part in asking for part in walk([*node.args, *(keyword.value for keyword in node.keywords)]))
            for node in nodes
            if isinstance(node, f.Call)
        )
        names = [name for node in nodes for name, value in assigned(node) if _SUPER in unparse(value)]
        is_dropped = bool(asking) and not inside and use_of(function, names) in (IGNORED, RETURNED)
        return Unverified(span, name) if is_dropped else None


def _is_request(param: f.Param) -> bool:
    return "Request" in unparse(param.annotation) or "HTTPConnection" in unparse(param.annotation)


def _is_verified_outside(project: Project, rejections: Rejections, route: Route) -> bool:
    """Whether middleware, or the handler with the request in its hands, may verify the credential."""
    for guard in (*route.considered, *route.guards):
        if guard.kind in ("middleware", "route class", "decorator"):
            return True
    function = route.function.function if route.function is not None else None
    return function is not None and (
        rejections.has_sign(function)
        or (
            any(_is_request(param) for param in function.head.params)
            and any(isinstance(node, f.Attribute) and _HEADER.search(node.attr) for node in walk(function.body))
        )
    )


__all__ = ["auto_error_unchecked", "scheme_only_auth"]
