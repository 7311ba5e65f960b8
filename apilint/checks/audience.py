"""Functions -> whom they work for: the routes that they answer, and whether these ask for more than a user."""

from __future__ import annotations

from collections.abc import Sequence

from apilint.checks.exposed import label
from apilint.checks.origins import Origin
from apilint.checks.rejections import class_of
from apilint.index import Class, Function
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project

FOR_FEW = regex(r"(?i)admin|superuser|staff|owner|root")


def runs_for_few(project: Project, function: Function) -> bool:
    """Whether a function answers a route that is for administrators."""
    return any(map(asks_for_more, routes_behind(project, function)))


def routes_behind(project: Project, function: Function) -> Sequence[Route]:
    """The routes that a function answers, or that the view does that it is a method of."""

    def find() -> dict[Class, list[Route]]:
        found: dict[Class, list[Route]] = {}
        for route in project.routes:
            view = class_of(project, route.handler) if route.function is None else route.function.function.owner
            if view is not None:
                found.setdefault(view, []).append(route)
        return found

    own = project.routes_of(function)
    if own or function.owner is None:
        return own
    return project.once("routes by view", find).get(function.owner, ())


def route_named(project: Project, name: str) -> Route | None:
    """The route of that label."""
    named = project.once("routes by name", lambda: {label(route): route for route in project.routes})
    return named.get(name)


def is_known(project: Project, origin: Origin, function: Function) -> bool:
    """Whether those who choose what arrives in a function are known to the program, or may be: what they are meant to
    do is for it to say. Where it is not known which route it is, most of the program's speak for it."""
    route = route_named(project, origin.route)
    routes = [route] if route is not None else _routes_of(project, origin, function) or project.routes
    return sum(each.auth != "none" for each in routes) * 2 > len(routes)


def _routes_of(project: Project, origin: Origin, function: Function) -> Sequence[Route]:
    """The routes of the function that reads it, or else of the one that it arrives in."""
    read = next((step.span for step in origin.steps), None)
    around = project.module(read.file).around(read.start) if read is not None and read.file else []
    found = [routes_behind(project, each) for each in (*reversed(around), function)]
    return next((routes for routes in found if routes), ())


def asks_for_more(route: Route) -> bool:
    """Whether a route asks for more than a user; what a guard is told to ask for counts, though how is not known."""
    return any(
        guard.demands or FOR_FEW.search(guard.name)
        for guard in route.guards
        if guard.effect in ("required", "conditional")
    ) or any(guard.demands for guard in route.considered if guard.effect == "unknown")


__all__ = ["FOR_FEW", "asks_for_more", "is_known", "route_named", "routes_behind", "runs_for_few"]
