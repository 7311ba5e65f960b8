"""Routes that do not inherit the guards of what they are mounted on."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.conventions import Conventions
from apilint.checks.exposed import NOT_INHERITED, is_open, label, name_of
from apilint.facts import Span
from apilint.finding import Precision
from apilint.index import Module
from apilint.model import Guard, Route, Step
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

KIND = "not inherited"
ON_A_ROUTER = "mount on a router"


@check
def mount_bypasses_auth(project: Project, *, on_a_router: str) -> Iterator[Match]:
    """Mounts, and plain routes on guarded applications, behind which something is open that the guard was to cover."""
    conventions = Conventions(project)
    for span, found in _bypassing(project).items():
        routes = [route for route, _ in found if is_open(route) and project.is_public(route) is None]
        if not routes or project.is_test(span.file):
            continue
        guard = found[0][1]
        first = next((route for route in routes if not conventions.covers(route)), routes[0])
        mounted, parent, path = _named(project, span, first)
        count = len({(route.methods, route.path) for route in routes})
        yield Match(
            span=span,
            values={
                "mounted": mounted,
                "path": path,
                "guard": guard.name,
                "parent": parent,
                "behind": "1 route is" if count == 1 else f"{count} routes are",
                "route": label(first),
            },
            trace=(
                Step(span, f"'{mounted}' is attached here, where no dependency of '{parent}' applies"),
                Step(first.registered, f"'{label(first)}' is registered here, without '{guard.name}'"),
                Step(first.span, f"'{name_of(first.handler)}' runs for everybody"),
            ),
            related=tuple(Step(route.registered, f"'{label(route)}'") for route in routes if route is not first),
            precision=Precision.LOW if conventions.covers(first) else None,
            template="on_a_router" if guard.via == ON_A_ROUTER else "",
            route=label(first),
            about=tuple({route.span: None for route in routes}),
            weight=NOT_INHERITED,
        )


def _bypassing(project: Project) -> dict[Span, list[tuple[Route, Guard]]]:
    """The places at which guards get lost, with the routes behind each."""
    found: dict[Span, list[tuple[Route, Guard]]] = {}
    for route in project.routes:
        for guard in route.considered:
            if guard.kind == KIND:
                found.setdefault(guard.span, []).append((route, guard))
    return found


def _named(project: Project, span: Span, route: Route) -> tuple[str, str, str]:
    """What is mounted, on what, and at which path, as the source calls them."""
    call = _call_at(project.module(span.file), span)
    if call is None:
        return name_of(route.handler), "the application", route.path
    parent = unparse(call.func.value) if isinstance(call.func, f.Attribute) else "the application"
    given = {keyword.name: keyword.value for keyword in call.keywords}
    mounted = next((given[name] for name in ("app", "endpoint", "route") if name in given), None)
    if mounted is None and len(call.args) > 1:
        mounted = call.args[1]
    path = given.get("path", call.args[0] if call.args else None)
    text = path.value if isinstance(path, f.Constant) and isinstance(path.value, str) else route.path
    return unparse(mounted) if mounted is not None else name_of(route.handler), parent, text


def _call_at(module: Module, span: Span) -> f.Call | None:
    """The call that stands at a place."""
    bodies = [module.body, *(each.body for each in module.functions if each.facts.start < span.start < each.facts.end)]
    for body in bodies:
        for node in walk(body):
            if isinstance(node, f.Call) and (node.start, node.end) == (span.start, span.end):
                return node
    return None


__all__ = ["mount_bypasses_auth"]
