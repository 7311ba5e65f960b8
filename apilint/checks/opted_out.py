"""Middleware that asks for a log-in, and views that it leaves alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apilint.check import Match, check
from apilint.checks.exposed import UNLIKE_SIBLINGS, Changes, is_open, label, name_of
from apilint.facts import Span
from apilint.model import Guard, Route, Step
from apilint.project import Project

OPTED_OUT = "opted out"
SETTING = "setting"


@check
def login_middleware_gap(
    project: Project,
    *,
    frameworks: tuple[str, ...],
    unsafe_methods: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE"),
    examples: int = 3,
) -> Iterator[Match]:
    """Views of another framework that log-in middleware leaves to that framework's default, which lets everybody in."""
    changes = Changes(project, unsafe_methods)
    for span, found in _left_alone(project, frameworks).items():
        if project.is_test(span.file):
            continue
        middleware, default = found[0][1], found[0][2]
        routes = [route for route, _, _ in found]
        views = list(dict.fromkeys(name_of(route.handler) for route in routes))
        reading = [route for route in routes if not changes.cover(route)]
        yield Match(
            span=span,
            values={
                "middleware": middleware.name,
                "views": ", ".join(f"'{view}'" for view in views[:examples]),
                "open": "1 view is" if len(views) == 1 else f"{len(views)} views are",
            },
            trace=(
                Step(span, f"'{middleware.name}' is attached here"),
                Step(default.span, f"{default.via}: '{default.name}'"),
                *(Step(route.span, f"'{label(route)}' is left to that default") for route in routes[:examples]),
            ),
            related=tuple(Step(route.span, f"'{label(route)}'") for route in routes[:50]),
            about=(default.span, *dict.fromkeys(each for route in reading for each in (route.span, route.registered))),
            weight=UNLIKE_SIBLINGS,
        )


def _left_alone(project: Project, frameworks: Collection[str]) -> dict[Span, list[tuple[Route, Guard, Guard]]]:
    """The open views that opted out of middleware and name no policy of their own, by the place of the middleware."""
    found: dict[Span, list[tuple[Route, Guard, Guard]]] = {}
    for route in project.routes:
        if route.framework not in frameworks or not is_open(route) or project.is_public(route) is not None:
            continue
        out = next((guard for guard in route.considered if guard.kind == OPTED_OUT), None)
        default = next((guard for guard in route.considered if guard.kind == SETTING), None)
        if out is not None and default is not None and not project.is_test(route.span.file):
            found.setdefault(out.span, []).append((route, out, default))
    return found


__all__ = ["login_middleware_gap"]
