"""Routes -> the handlers that anyone may call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from apilint.checks.handlers import answers_nothing, reads_post
from apilint.facts import Span
from apilint.model import Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project

# What stands before every route of an application says nothing about one of them.
APPLICATION_WIDE = ("middleware", "before_request", "setting")
_WORD = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
# A search is posted where its terms are too long for an address.
_ASKING = frozenset({"GET", "POST", "HEAD", "OPTIONS"})
SILENT_METHODS = frozenset({"OPTIONS", "HEAD", "TRACE"})
# Which rule speaks of an open handler where several could: the one that knows best why it is open.
NO_GUARD, BY_DEFAULT, UNLIKE_SIBLINGS, NOT_INHERITED, HOLLOW, ON_PURPOSE, UNREAD, MISPLACED = range(1, 9)


class Open(msgspec.Struct, frozen=True):
    """A handler, or a view class of which no method is guarded, with its routes that nobody guards. `span` is where it
    is defined; where it stands behind a guard elsewhere (a method that several classes inherit), where it is
    registered without one."""

    span: Span
    routes: tuple[Route, ...]

    def changing(self, changes: Changes) -> bool:
        """Whether one of the routes changes something; it comes first then."""
        return changes.cover(self.routes[0])

    @property
    def handlers(self) -> tuple[Span, ...]:
        """Where its handlers are defined and registered."""
        return tuple(dict.fromkeys(span for route in self.routes for span in (self.span, route.span)))


def open_handlers(project: Project, changes: Changes, *, kind: str = "http") -> list[Open]:
    """The handlers with routes that nobody guards, that answer something, and that nobody calls public."""
    found: dict[object, list[Route]] = {}
    guarded = {span for route in project.routes if is_guarded(route) for span in (route.span, _view(route))}
    for route in project.routes:
        if route.kind == kind and is_open(route) and not SILENT_METHODS.issuperset(route.methods):
            view = _view(route)
            found.setdefault(view if view is not None and view not in guarded else route.span, []).append(route)
    opened = []
    for routes in found.values():
        routes = [route for route in routes if not answers_nothing(project, route)]
        if not routes or any(project.is_public(each) is not None or _is_script(project, each) for each in routes):
            continue
        first = next((route for route in routes if changes.cover(route)), routes[0])
        span = first.registered if first.span in guarded else first.span
        if not project.is_test(span.file):
            opened.append(Open(span, (first, *(route for route in routes if route is not first))))
    return opened


def _view(route: Route) -> Span | None:
    """What the routes of a view class have in common: where the class is registered."""
    is_class = route.function is None or route.function.function.owner is not None
    return route.registered if is_class else None


def _is_script(project: Project, route: Route) -> bool:
    """Whether a route is registered only where its file is run as a script."""
    at = route.registered
    return any(
        module.file == at.file and statement.start <= at.start < statement.end
        for module, statement in project.program.machine.mains
    )


def is_declared_public(project: Project, span: Span) -> bool:
    """Whether a comment beside a statement calls public what it is about."""
    module = project.module(span.file)
    line = module.line(span.start)
    return any(each.kind == "public" and each.first <= line <= each.last for each in module.facts.directives)


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


class Changes:
    """Which routes change something: by their methods; where one takes all methods, because its name says so or its
    handler reads what was posted."""

    def __init__(self, project: Project, unsafe_methods: Collection[str]) -> None:
        changing = project.knowledge.sections.get("names", {}).get("changing", {})
        self.methods = frozenset(unsafe_methods)
        self.words = frozenset(changing.get("words", ()))
        self.reading = frozenset(changing.get("reading", ()))

    def cover(self, route: Route) -> bool:
        """Whether a route changes something."""
        if not self.methods.isdisjoint(route.methods):
            last = words_of(route.path.rstrip("/$").rpartition("/")[2])
            return not (last in self.reading and _ASKING.issuperset(route.methods))
        if "ANY" not in route.methods or route.function is None:
            return False
        name = words_of(route.function.function.name)
        return not self.words.isdisjoint(name.split("_")) or reads_post(route.function.function, self.methods)


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


def words_of(name: str) -> str:
    """A name in lower case, its words joined by underscores: `resetPassword` is `reset_password`."""
    return "_".join(word.lower() for word in _WORD.findall(name))


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
