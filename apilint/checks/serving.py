"""Servers that listen to everybody, of programs that ask nobody who they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint.check import Match, check
from apilint.checks.conventions import Conventions
from apilint.checks.exposed import is_open, name_of, words_of
from apilint.checks.library_calls import LibraryCalls
from apilint.finding import Precision
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Known, text_of


@check
def bound_to_all_without_auth(project: Project, *, addresses: Sequence[str]) -> Iterator[Match]:
    """The first place that starts a server on all interfaces, where no route of the project is guarded."""
    routes = [route for route in project.routes if not project.is_test(route.span.file)]
    conventions = Conventions(project)
    private = [route for route in routes if not conventions.covers(route)]
    if not private or not all(map(is_open, routes)):
        return
    for used in LibraryCalls(project, "servers"):
        given = used.argument(used.entry["host"])
        if given is not None and text_of(given[0]) in addresses:
            yield Match(
                span=given[1],
                values={"count": len(routes), "server": used.name},
                trace=(Step(given[1], "every network that the machine is in can reach it"),),
                related=tuple(Step(route.span, "anyone may call this") for route in private[:10]),
                precision=None if isinstance(given[0], Known) and not _is_asked(project, routes) else Precision.LOW,
            )
            return


def _is_asked(project: Project, routes: Sequence[Route]) -> bool:
    """Whether something is named for asking who calls, on the way to a route that it turns nobody away from: which of
    several ways of asking runs may be a setting's choice."""
    names = project.knowledge.sections.get("names", {}).get("guard", {})
    named = regex(str(names.get("matches", "(?!)")))
    judged = (guard for route in routes for guard in (*route.guards, *route.considered))
    return any(named.search(words_of(name_of(guard.qualname))) for guard in judged)


__all__ = ["bound_to_all_without_auth"]
