"""Routes that anyone may call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from apilint.check import Match, check
from apilint.checks.conventions import Capabilities, Conventions, Privacy
from apilint.checks.effects import Effects
from apilint.checks.exposed import (
    NO_GUARD,
    Changes,
    Exemptions,
    Open,
    further,
    is_guarded,
    is_open,
    is_own,
    label,
    name_of,
    open_handlers,
    tolerates,
)
from apilint.checks.handlers import answers_constant
from apilint.checks.rejections import Rejections, class_of
from apilint.checks.writing import Writing
from apilint.finding import Precision
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes


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
    conventions, private = Conventions(project), Privacy(project, private_sections)
    doubts = _Doubts(project, routes, page_views, debug_conditions)
    habits = Habits(routes, conventions, changes)
    doubtful = {handler.routes[0] for handler in opened if doubts.cover(handler.routes[0])}
    exposed = [
        handler
        for handler in opened
        if handler.changing(changes) and handler.routes[0] not in doubtful and not conventions.covers(handler.routes[0])
    ]
    is_rare = bool(guarded and few) and habits.changing < rare and len(exposed) >= many
    if is_rare:
        yield _summary(project, exposed, {"guarded": guarded, "total": len(routes)}, "few", None)
    writing = project.once(Writing, lambda: Writing(project))
    for handler in opened:
        first = handler.routes[0]
        changing = handler.changing(changes) and not writing.only_reads(first)
        is_private = first.framework not in page_frameworks and private.covers(first)
        if conventions.covers(first):
            precision: Precision | None = Precision(public_precision)
        elif first in doubtful:
            precision = Precision(doubtful_precision)
        elif changing:
            precision = Precision.LOW if is_rare else None if habits.changing >= 0.5 else Precision.MEDIUM
        elif (
            is_rare
            or not (habits.reading >= (min(habit, 0.5) if is_private else habit))
            or _is_page(project, first, pages)
        ):
            precision = Precision.LOW
        else:
            precision = Precision(safe_precision)
        yield Match(
            span=handler.span,
            values={"route": label(first), "handler": name_of(first.handler), "guarded": guarded, "total": len(routes)},
            trace=_proof(first),
            related=further(handler.routes),
            precision=precision,
            route=label(first),
            about=handler.handlers,
            weight=NO_GUARD,
        )


class _Doubts:
    """What makes it likely that an open route was decided on, or asks in a way that was not followed."""

    def __init__(self, project: Project, routes: list[Route], page_views: tuple[str, ...], debugging: str) -> None:
        self._project = project
        self._page_views = page_views
        self._debugging = regex(debugging or r"(?!)")
        self._exemptions, self._capabilities = Exemptions(routes), Capabilities(project)
        self._rejections, self._effects = Rejections(project), Effects(project)

    def cover(self, route: Route) -> bool:
        """Whether there is such a doubt about a route."""
        return (
            tolerates(route)
            or self._exemptions.cover(route)
            or self._capabilities.cover(route)
            or not is_own(self._project, route)
            or _is_page_view(self._project, route, self._page_views)
            or bool(self._debugging.search(route.only_if))
            or self._rejections.may_reject(route)
            or self._effects.only_computes(route)
        )


class Habits:
    """How many of a project's routes are guarded, of those that change something and of those that only read; routes
    that are open by nature aside."""

    def __init__(self, routes: Iterable[Route], conventions: Conventions, changes: Changes) -> None:
        counted: dict[bool, list[bool]] = {True: [], False: []}
        for route in routes:
            if route.kind == "http" and not conventions.covers(route):
                counted[changes.cover(route)].append(is_guarded(route))
        self.changing = _share(counted[True])
        self.reading = _share(counted[False])


def _share(guarded: list[bool]) -> float:
    return sum(guarded) / len(guarded) if guarded else 0.0


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
    is_doubtful = meant or bool(app) or _knows_guards(project) or Rejections(project).known()
    # What only reads, as a whole, is most likely for everybody.
    is_doubtful = is_doubtful or not any(handler.changing(changes) for handler in opened)
    total = sum(1 for route in routes if not app or route.app == app)
    doubt = Precision.LOW if is_doubtful else None
    return _summary(project, opened, {"total": total, "app": app}, "application" if app else "summary", doubt)


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


def _is_page(project: Project, route: Route, pages: Collection[str]) -> bool:
    return route.function is not None and answers_constant(project, route.function.function, pages)


def _is_page_view(project: Project, route: Route, views: Collection[str]) -> bool:
    """Whether a view class leaves the answer to a library's that shows a page or redirects, whatever the method."""
    cls = class_of(project, route.handler) if route.function is None else None
    machine = project.program.machine
    made = machine.class_value(cls) if cls is not None else None
    return made is not None and not frozenset(views).isdisjoint(attributes.external_bases(machine, made))


def _proof(route: Route) -> tuple[Step, ...]:
    """Where the route is registered, and what stands before it without turning anybody away."""
    judged = (*route.guards, *route.considered)
    return (
        Step(route.registered, f"'{label(route)}' is registered here"),
        *(Step(guard.span, f"'{guard.name}' ({guard.kind}) turns nobody away") for guard in judged),
        Step(route.span, f"'{name_of(route.handler)}' runs for everybody"),
    )


__all__ = ["route_without_auth"]
