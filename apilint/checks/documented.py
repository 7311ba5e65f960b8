"""What the program and its OpenAPI specification say differently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint import surface
from apilint.check import Match, check
from apilint.checks.exposed import name_of
from apilint.facts import Span
from apilint.model import Step
from apilint.project import Project

if TYPE_CHECKING:
    from apilint.openapi import Difference, Operation


@check
def openapi_drift(project: Project, *, undocumented: str, closed: str, gone: str, silent: str) -> Iterator[Match]:
    """Routes that are not as the configured specification has them. Without one there is nothing to say."""
    for file, data in project.documents.items():
        if file == surface.FILE_NAME:
            continue
        from apilint import openapi  # YAML takes as long to load as a file to lint

        specification = openapi.read(data, file)
        routes = surface.entries((route, project.is_public(route) is not None) for route in project.routes)
        hidden = {number for number, route in enumerate(project.routes) if route.hidden}
        for difference in openapi.compare(specification, routes, hidden):
            yield _match(project, difference, file)


def _match(project: Project, difference: Difference, file: str) -> Match:
    """At the route; in the specification for what is documented only."""
    entry, operation = difference.route, difference.operation
    route = project.routes[entry.at] if entry is not None else None
    documented = _span(file, operation)
    steps = [Step(documented, "it is documented here")] if operation is not None and route is not None else []
    steps += [Step(route.span, f"'{name_of(route.handler)}' answers the route")] if route is not None else []
    return Match(
        span=route.registered if route is not None else documented,
        values={
            "route": difference.label,
            "file": file,
            "verdict": entry.standing if entry is not None else "",
            "schemes": ", ".join(operation.schemes) if operation is not None else "",
        },
        related=tuple(steps),
        severity=difference.severity,
        security_severity=None if difference.kind == "open" else 0.1,
        template="" if difference.kind == "open" else difference.kind,
        route=difference.label,
    )


def _span(file: str, operation: Operation | None) -> Span:
    return Span(file, operation.start, operation.end) if operation is not None else Span(file, 0, 0)
