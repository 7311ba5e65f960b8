"""Routes that should not be there: hidden, outlived, left over from development; and what could not be listed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from apilint.check import Match, check
from apilint.checks.conventions import Conventions, literal_parts
from apilint.checks.exposed import is_open, label, name_of
from apilint.facts import Span
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project

_VERSION = regex(r"(?i)^(?P<before>.*?/)v(?P<number>\d+)(?P<after>/.*|)$")
_UNKNOWN = "{?}"


@check
def shadow_route(project: Project) -> Iterator[Match]:
    """Routes that the program leaves out of its own specification and that anyone may call."""
    conventions = Conventions(project)
    for route in _routes(project):
        if route.hidden and is_open(route) and not conventions.covers(route):
            yield _match(route)


@check
def deprecated_version_still_served(project: Project, *, marked: str) -> Iterator[Match]:
    """Routes that are marked as deprecated, and versions of which a later one is served beside them."""
    routes = list(_routes(project))
    for route in routes:
        if route.deprecated:
            yield _match(route, template="marked")
    latest: dict[tuple[str, str], tuple[int, str]] = {}
    for route in routes:
        for _, number, rest in _versions(route):
            latest[rest] = max(latest.get(rest, (0, "")), (number, label(route)))
    outlived: dict[str, list[tuple[Route, str]]] = {}
    for route in routes:
        for prefix, number, rest in _versions(route):
            if number < latest[rest][0] and not route.deprecated:
                outlived.setdefault(prefix, []).append((route, latest[rest][1]))
    for prefix, found in outlived.items():
        first, newer = found[0]
        related = tuple(Step(route.span, f"'{label(route)}'") for route, _ in found[1:50])
        yield _match(first, related, version=prefix, newer=newer, count=len({route.span for route, _ in found}))


@check
def debug_route_shipped(project: Project, *, segments: tuple[str, ...], debug_conditions: str) -> Iterator[Match]:
    """Routes that their path calls a tool of development, that exist in production too, and that anyone may call."""
    for route in _routes(project):
        if is_open(route) and _is_of_development(route, segments) and not re.search(debug_conditions, route.only_if):
            yield _match(route)


@check
def dynamic_registration_unresolved(project: Project, *, cut_short: str) -> Iterator[Match]:
    """Routes of which a part of the path is not known, and start-up code that was not followed to its end."""
    for route in _routes(project):
        if _UNKNOWN in route.path:
            yield _match(route)
    for diagnostic in project.diagnostics:
        module = project.index.file(diagnostic.file)
        if module is not None and not diagnostic.fatal and not module.is_test:
            at = module.start_of(max(diagnostic.line, 1))
            yield Match(
                span=Span(diagnostic.file, at, at),
                values={"route": "", "reason": diagnostic.message},
                template="cut_short",
            )


def _routes(project: Project) -> Iterator[Route]:
    for route in project.routes:
        if not project.is_test(route.span.file) and project.is_public(route) is None:
            yield route


def _match(route: Route, related: tuple[Step, ...] = (), template: str = "", **values: object) -> Match:
    steps = related or (Step(route.span, f"'{name_of(route.handler)}' answers it"),)
    return Match(
        span=route.registered,
        values={"route": label(route), "handler": name_of(route.handler), **values},
        related=steps,
        route=label(route),
        template=template,
    )


def _versions(route: Route) -> Iterator[tuple[str, int, tuple[str, str]]]:
    """The path up to the version, its number, and what stays the same in another version: once for each method."""
    found = _VERSION.match(route.path)
    if found is None:
        return
    for method in route.methods or ("ANY",):
        prefix = f"{found['before']}v{found['number']}"
        yield prefix, int(found["number"]), (method, f"{found['before']}v*{found['after']}")


def _is_of_development(route: Route, segments: Collection[str]) -> bool:
    """Whether a part of the path says so, or the path begins with an underscore: further on it may only keep a name
    from being taken for a variable (`/categories/_create`)."""
    is_named = any(part in segments for part in literal_parts(route.path))
    return is_named or route.path.startswith("/_") or "/__" in route.path
