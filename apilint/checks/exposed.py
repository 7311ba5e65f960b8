"""Routes -> the handlers that anyone may call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from apilint.checks.handlers import answers_nothing, reads_post
from apilint.facts import Span
from apilint.model import Guard, Route, Step
from apilint.project import Project

# What stands before every route of an application says nothing about one of them.
APPLICATION_WIDE = ("middleware", "before_request", "setting")
SILENT_METHODS = frozenset({"OPTIONS", "HEAD", "TRACE"})
# Which rule speaks of an open handler where several could: the one that knows best why it is open.
NO_GUARD, UNLIKE_SIBLINGS, NOT_INHERITED, HOLLOW, ON_PURPOSE, MISPLACED = 1, 2, 3, 4, 5, 6


class Open(msgspec.Struct, frozen=True):
    """A handler with those of its routes that nobody guards, in the order of the project's routes. `span` is where it
    is defined; where it stands behind a guard elsewhere (a method that several classes inherit), where it is
    registered without one."""

    span: Span
    routes: tuple[Route, ...]

    def changing(self, unsafe_methods: Collection[str]) -> list[Route]:
        """The routes that change something."""
        return [route for route in self.routes if is_changing(route, unsafe_methods)]


def open_handlers(project: Project, *, kind: str = "http") -> list[Open]:
    """The handlers with routes that nobody guards, that answer something, and that nobody calls public."""
    found: dict[Span, list[Route]] = {}
    guarded = {route.span for route in project.routes if is_guarded(route)}
    for route in project.routes:
        if route.kind == kind and is_open(route) and not SILENT_METHODS.issuperset(route.methods):
            found.setdefault(route.registered if route.span in guarded else route.span, []).append(route)
    return [
        Open(span, tuple(routes))
        for span, routes in found.items()
        if not project.is_test(span.file)
        and not any(project.is_public(route) is not None or _is_script(project, route) for route in routes)
        and not answers_nothing(project, routes[0])
    ]


def _is_script(project: Project, route: Route) -> bool:
    """Whether a route is registered only where its file is run as a script."""
    at = route.registered
    return any(
        module.file == at.file and statement.start <= at.start < statement.end
        for module, statement in project.program.machine.mains
    )


def is_open(route: Route) -> bool:
    """Whether nothing turns away a caller without credentials."""
    return route.auth in ("none", "optional")


def is_guarded(route: Route) -> bool:
    """Whether something turns away a caller without credentials, be it under a setting only."""
    return route.auth in ("required", "conditional")


def is_own(project: Project, route: Route) -> bool:
    """Whether the code of the handler is the project's: what a library's handler asks of its callers is not at hand."""
    return (
        route.function is not None or project.index.module(route.handler.partition(":")[0], route.span.file) is not None
    )


def is_changing(route: Route, unsafe_methods: Collection[str]) -> bool:
    """Whether a route changes something: by its methods, or, where it takes all, because its handler reads what was
    posted."""
    if not set(unsafe_methods).isdisjoint(route.methods):
        return True
    return "ANY" in route.methods and route.function is not None and reads_post(route.function.function, unsafe_methods)


def tolerates(route: Route) -> bool:
    """Whether the route itself reads credentials and is content without them."""
    return any(guard.effect == "optional" and guard.kind not in APPLICATION_WIDE for guard in route.guards)


# ------------------------------------------------------------------------------------------------- words


def label(route: Route) -> str:
    """`DELETE /items/{id}`: the method that changes something, where one does."""
    methods = sorted(route.methods, key=_by_harm)
    return f"{','.join(methods[:1]) or 'ANY'} {route.path}"


def _by_harm(method: str) -> tuple[int, str]:
    order = ("DELETE", "POST", "PUT", "PATCH", "WEBSOCKET", "GET")
    return (order.index(method) if method in order else len(order), method)


def name_of(handler: str) -> str:
    """`Orders.delete` of `shop.views:Orders.delete`."""
    return handler.rpartition(":")[2].replace("<locals>.", "")


# ----------------------------------------------------------------------------------------------- guards


class Exemptions:
    """The guards of whole applications: where one turns nobody away, the route stands in its list of exemptions."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._guards = {_key(guard) for route in routes for guard in route.guards if turns_away(guard)}

    def cover(self, route: Route) -> bool:
        """Whether a guard lets callers of this route pass that turns away those of others."""
        passed = (guard for guard in (*route.considered, *route.guards) if not turns_away(guard))
        return any(guard.kind in APPLICATION_WIDE and _key(guard) in self._guards for guard in passed)


def turns_away(guard: Guard) -> bool:
    """Whether a guard rejects callers, be it under a setting only."""
    return guard.effect in ("required", "conditional")


def _key(guard: Guard) -> tuple[str, str]:
    return guard.kind, guard.qualname


def further(routes: Sequence[Route], limit: int = 20) -> tuple[Step, ...]:
    """The other routes of a handler, as places."""
    return tuple(Step(route.registered, f"also '{label(route)}'") for route in routes[1 : limit + 1])
