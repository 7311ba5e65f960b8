"""Routes that anyone may call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from apilint.check import Match, check
from apilint.checks.aside import is_for_own_machine, middleware_aside
from apilint.checks.bars import Bar, Doubts, Reading
from apilint.checks.conventions import Conventions, Privacy
from apilint.checks.exposed import (
    NO_GUARD,
    Changes,
    Open,
    further,
    is_guarded,
    is_open,
    label,
    name_of,
    open_handlers,
)
from apilint.checks.rejections import Rejections
from apilint.finding import Precision
from apilint.model import Route, Step
from apilint.project import Project


@check
def route_without_auth(
    project: Project,
    *,
    summary: str,
    application: str,
    unsafe_methods: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE"),
    safe_precision: str = "medium",
    public_precision: str = "low",
    doubtful_precision: str = "low",
    private_sections: tuple[str, ...] = (),
    pages: tuple[str, ...] = (),
    page_frameworks: tuple[str, ...] = (),
    page_views: tuple[str, ...] = (),
    token_views: tuple[str, ...] = (),
    debug_conditions: str = "",
    habit: float = 0.9,
    few: str = "",
    rare: float = 0.0,
    many: int = 5,
) -> Iterator[Match]:
    """Routes without any guard; one match for a project in which nothing is guarded, or hardly anything: fewer than a
    `rare` share of what changes something, and at least `many` such routes are open."""
    changes = Changes(project, unsafe_methods)
    opened = open_handlers(project, changes)
    routes = [route for route in project.routes if not project.is_test(route.span.file)]
    guarded = sum(map(is_guarded, routes))
    unguarded = _unguarded(routes) if guarded else {route.app for route in routes}
    if guarded or not any(route.auth == "unknown" for route in routes):
        yield from _open_as_a_whole(project, opened, routes, unguarded if guarded else {""}, changes)
    opened = [handler for handler in opened if handler.routes[0].app not in unguarded]
    reading = Reading(project, Privacy(project, private_sections), habit, pages, page_frameworks)
    doubts = Doubts(project, routes, page_views, token_views, debug_conditions)
    bar = Bar(project, routes, changes, doubts, reading)
    exposed = bar.exposed(opened)
    is_rare = bool(guarded and few) and bar.changing_share < rare and len(exposed) >= many
    if is_rare:
        doubt = Precision.LOW if _is_decided(project) else None
        yield _summary(project, exposed, {"guarded": guarded, "total": len(routes)}, "few", doubt)
    worth = {
        Bar.PUBLIC: Precision(public_precision),
        Bar.DOUBTFUL: Precision(doubtful_precision),
        Bar.READING: Precision(safe_precision),
        Bar.MIXED: Precision.MEDIUM,
        Bar.CLEAR: None,
    }
    for handler in opened:
        kind = bar.kind(handler)
        precision = Precision.LOW if is_rare and kind != Bar.PUBLIC else worth[kind]
        yield _finding(handler, {"guarded": guarded, "total": len(routes)}, precision)


def _finding(handler: Open, values: dict[str, object], precision: Precision | None) -> Match:
    first = handler.routes[0]
    return Match(
        span=handler.span,
        values={"route": label(first), "handler": name_of(first.handler), **values},
        trace=_proof(first),
        related=further(handler.routes),
        precision=precision,
        route=label(first),
        about=handler.handlers,
        weight=NO_GUARD,
    )


def _unguarded(routes: Iterable[Route]) -> set[str]:
    """The applications of which no route is guarded, as far as can be told."""
    closed = {route.app for route in routes if not is_open(route)}
    return {route.app for route in routes if route.app} - closed


def _open_as_a_whole(
    project: Project, opened: Iterable[Open], routes: list[Route], apps: Collection[str], changes: Changes
) -> Iterator[Match]:
    """One match for each application without any guard; for the project as a whole its name is empty."""
    found: dict[str, list[Open]] = {}
    for handler in opened:
        app = handler.routes[0].app
        if "" in apps or app in apps:
            found.setdefault("" if "" in apps else app, []).append(handler)
    for app, handlers in found.items():
        yield _nothing_guarded(project, handlers, routes, app, changes)


def _nothing_guarded(project: Project, opened: list[Open], routes: list[Route], app: str, changes: Changes) -> Match:
    """The one match for a project, or an application in it, that asks nobody who they are."""
    conventions = Conventions(project)
    meant = all(conventions.covers(route) for handler in opened for route in handler.routes)
    # What one application of several is for, its neighbours do not tell; and a project whose code says "not allowed"
    # somewhere may say it on a way that could not be followed.
    is_doubtful = meant or bool(app) or _is_decided(project) or _knows_guards(project) or Rejections(project).known()
    # What only reads, as a whole, is most likely for everybody.
    is_doubtful = is_doubtful or not any(handler.changing(changes) for handler in opened)
    total = sum(1 for route in routes if not app or route.app == app)
    doubt = Precision.LOW if is_doubtful else None
    return _summary(project, opened, {"total": total, "app": app}, "application" if app else "summary", doubt)


def _is_decided(project: Project) -> bool:
    """Whether a program in which hardly anything is guarded asks elsewhere, or is for whoever sits in front of it."""
    return is_for_own_machine(project) or bool(middleware_aside(project))


def _summary(
    project: Project, opened: list[Open], values: dict[str, object], template: str, precision: Precision | None
) -> Match:
    ordered = sorted(opened, key=lambda handler: (handler.span.file, handler.span.start))
    return Match(
        span=ordered[0].span,
        values=values,
        related=tuple(Step(handler.span, f"'{label(handler.routes[0])}'") for handler in ordered[:50]),
        precision=precision,
        template=template,
        about=tuple(dict.fromkeys(span for handler in ordered for span in handler.handlers)),
        weight=NO_GUARD,
    )


def _knows_guards(project: Project) -> bool:
    """Whether some file imports what guards are made of: then there may be routes that could not be seen."""
    guards = project.knowledge.sections.get("guards", {})
    modules = {name.rpartition(".")[0] for name, entry in guards.items() if entry.get("effect") == "required"}
    return any(
        imported in modules and ("." in imported or "_" in imported)
        for module in project.index.modules.values()
        if not module.is_test
        for imported in module.facts.imports
    )


def _proof(route: Route) -> tuple[Step, ...]:
    """Where the route is registered, and what stands before it without turning anybody away."""
    judged = (*route.guards, *route.considered)
    return (
        Step(route.registered, f"'{label(route)}' is registered here"),
        *(Step(guard.span, f"'{guard.name}' ({guard.kind}) turns nobody away") for guard in judged),
        Step(route.span, f"'{name_of(route.handler)}' runs for everybody"),
    )


__all__ = ["route_without_auth"]
