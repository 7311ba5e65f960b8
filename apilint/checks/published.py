"""Documentation of an API that everybody may read, of an API that nobody may call without credentials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint.check import Match, check
from apilint.checks.conventions import Conventions
from apilint.checks.exposed import is_guarded, label, turns_away
from apilint.finding import Precision
from apilint.model import Route, Step
from apilint.project import Project


@check
def public_documentation(project: Project, *, minimum: int = 3, views: tuple[str, ...] = ()) -> Iterator[Match]:
    """Documentation that stands open beside routes that are all guarded."""
    conventions = Conventions(project)
    routes = [route for route in project.routes if not project.is_test(route.span.file)]
    for published in project.program.published:
        own = [route for route in routes if route.app == published.app]
        if published.is_open and not project.is_test(published.span.file) and _are_closed(own, conventions, minimum):
            yield Match(
                span=published.span,
                values=_values(published.paths, own),
                trace=(
                    Step(published.span, f"the application serves {', '.join(published.paths)} by itself"),
                    *(Step(route.registered, f"'{label(route)}' is guarded") for route in own if is_guarded(route)),
                )[:3],
                precision=None if _as_a_whole(own) else Precision.LOW,
            )
    documents = [route for route in routes if route.auth == "none" and route.handler.startswith(views)] if views else []
    others = [route for route in routes if not route.handler.startswith(views)] if documents else []
    if documents and _are_closed(others, conventions, minimum):
        yield Match(
            span=documents[0].registered,
            values=_values([route.path for route in documents], others),
            trace=(Step(documents[0].registered, f"'{label(documents[0])}' is registered here, for everybody"),),
            precision=None if _as_a_whole(others) else Precision.LOW,
            route=label(documents[0]),
        )


def _values(paths: Sequence[str], routes: Sequence[Route]) -> dict[str, object]:
    return {"paths": ", ".join(f"'{path}'" for path in paths), "count": sum(map(is_guarded, routes))}


def _as_a_whole(routes: Sequence[Route]) -> bool:
    """Whether the application as a whole was put behind a guard, so that its documentation seems to be, too; one that
    stands there under a setting only leaves that to whoever runs the program."""
    return not any(route.auth == "conditional" for route in routes) and all(
        any(turns_away(guard) and (guard.kind == "setting" or guard.via == "the application") for guard in route.guards)
        for route in routes
        if is_guarded(route)
    )


def _are_closed(routes: Sequence[Route], conventions: Conventions, minimum: int) -> bool:
    """Whether all routes are guarded, those that are open by nature aside."""
    return sum(map(is_guarded, routes)) >= minimum and all(
        is_guarded(route) or conventions.covers(route) for route in routes
    )


__all__ = ["public_documentation"]
