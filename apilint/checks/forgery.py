"""Views that a page on another site can call as the user who looks at it."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.exposed import Changes, label, name_of, turns_away
from apilint.facts import Span
from apilint.model import Guard, Route, Step
from apilint.project import Project


@check
def csrf_exempt_session_view(
    project: Project,
    *,
    exempting: tuple[str, ...],
    session_guards: tuple[str, ...],
    unsafe_methods: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE"),
) -> Iterator[Match]:
    """Views that change something, know the user by a cookie, and ask for no proof of who sent the request."""
    changes = Changes(project, unsafe_methods)
    seen: set[Span] = set()
    for route in project.routes:
        if route.span in seen or project.is_test(route.span.file) or not changes.cover(route):
            continue
        exempt = _first(route, exempting)
        guards = [guard for guard in route.guards if turns_away(guard)]
        if exempt is None or not guards or not all(guard.qualname in session_guards for guard in guards):
            continue
        seen.add(route.span)
        yield Match(
            span=exempt.span,
            values={"route": label(route), "guard": guards[0].name},
            trace=(
                Step(exempt.span, f"'{exempt.name}' takes the protection away"),
                Step(guards[0].span, f"'{guards[0].name}' knows the user by the session's cookie"),
                Step(route.span, f"'{name_of(route.handler)}' changes something"),
            ),
            route=label(route),
        )


def _first(route: Route, names: tuple[str, ...]) -> Guard | None:
    return next((guard for guard in (*route.considered, *route.guards) if guard.qualname in names), None)


__all__ = ["csrf_exempt_session_view"]
