"""Scopes that a route states and nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.exposed import label, name_of, turns_away
from apilint.facts import Span
from apilint.guards.demands import kind_of
from apilint.model import Guard, Route, Step
from apilint.project import Project

SCOPE = "scope"


@check
def scopes_not_enforced(project: Project) -> Iterator[Match]:
    """Guards that are given scopes, of which nothing that runs takes notice."""
    for span, found in _unread(project).items():
        route, guard = found[0]
        scopes = _stated_in_vain(route, guard)
        yield Match(
            span=span,
            values={
                "guard": guard.name,
                "scopes": ", ".join(f"'{scope}'" for scope in scopes),
                "route": label(route),
                "count": len(found),
            },
            trace=(
                Step(span, f"'{guard.name}' is attached here, with the scopes {', '.join(scopes)}"),
                *_guard(project, guard),
                Step(route.span, f"'{name_of(route.handler)}' runs for whoever passes '{guard.name}'"),
            ),
            related=tuple(Step(each.registered, f"also '{label(each)}'") for each, _ in found[1:21]),
            route=label(route),
        )


def _guard(project: Project, guard: Guard) -> Iterator[Step]:
    function = project.function(guard.qualname)
    if function is not None:
        yield Step(function.span, f"neither '{function.name}' nor what it depends on looks at them")


def _unread(project: Project) -> dict[Span, list[tuple[Route, Guard]]]:
    """The places where scopes are stated in vain, with the routes behind each."""
    found: dict[Span, list[tuple[Route, Guard]]] = {}
    for route in project.routes:
        for guard in (*route.guards, *route.considered):
            if _stated_in_vain(route, guard) and not project.is_test(guard.span.file):
                found.setdefault(guard.span, []).append((route, guard))
    return found


def _stated_in_vain(route: Route, guard: Guard) -> list[str]:
    """The scopes of a guard that nothing on the route asks for. Those stated for the specification alone may be asked
    for by a decorator that is made with the same ones, or that is called so and whose scopes a setting decides."""
    others = [each for each in route.guards if each is not guard and each.kind != "security scheme"]
    if any(not each.demands and turns_away(each) and kind_of(each.name) == SCOPE for each in others):
        return []
    asked = {each.name for other in route.guards for each in other.demands if each.enforced}
    return [each.name for each in guard.demands if not each.enforced and each.name not in asked]


__all__ = ["scopes_not_enforced"]
