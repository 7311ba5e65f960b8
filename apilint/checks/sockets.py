"""Websockets that anyone may open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.conventions import Capabilities
from apilint.checks.exposed import NOT_INHERITED, UNLIKE_SIBLINGS, is_guarded, is_open, label, name_of, turns_away
from apilint.checks.rejections import Rejections
from apilint.facts import Span
from apilint.finding import Precision
from apilint.model import Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

HTTP_ONLY = "http only"
MIDDLEWARE = "middleware"
RARE = 4
"""One route in so many has to ask who is calling, for an open websocket to be remarkable."""
# Signs that the handler itself, or what it calls, asks the peer who they are.
_ASKS = regex(
    r"(?i)auth|token|origin|session|cookie|user|login|ticket|signature|credential|api_?key|secret|permission|allowed|jwt"
)


class Socket:
    """Reads what the handlers of websockets do about their peers."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.rejections = Rejections(project)
        self.capabilities = Capabilities(project)
        self._asks: dict[Span, bool] = {}

    def is_doubtful(self, route: Route) -> bool:
        """Whether the handler may turn away the peer in a way that no run shows."""
        if route.span not in self._asks:
            self._asks[route.span] = (
                self.rejections.may_reject(route)
                or self.capabilities.cover(route)
                or _takes_a_key(route)
                or _asks_itself(route)
            )
        return self._asks[route.span]


def _takes_a_key(route: Route) -> bool:
    """Whether the path names one thing of many: who knows its name may have been told."""
    return "{" in route.path or "<" in route.path


def _asks_itself(route: Route) -> bool:
    function = route.function.function if route.function is not None else None
    if function is None:
        return True  # its code is not at hand
    for node in walk(function.body):
        if isinstance(node, f.Call) and _ASKS.search(unparse(node.func)):
            return True
        if isinstance(node, (f.If, f.IfExp)) and _ASKS.search(unparse(node.test)):
            return True
    return False


@check
def middleware_skips_websocket(project: Project, *, passes: str) -> Iterator[Match]:
    """Websockets below middleware that turns away requests without credentials, and not them."""
    guarding = _guarding(project)
    if not guarding:
        return
    socket = Socket(project)
    for route in _open_sockets(project):
        guard = next((each for each in route.considered if _is_middleware(each) and each.span in guarding), None)
        if guard is None:
            continue
        example, strict = guarding[guard.span]
        yield Match(
            span=route.span,
            values={"guard": guard.name, "route": label(route), "example": label(example)},
            trace=(
                Step(guard.span, f"'{guard.name}' is attached here"),
                *strict.chain[1:],
                Step(route.registered, f"'{label(route)}' is registered here, and '{guard.name}' does not stop it"),
                Step(route.span, f"'{name_of(route.handler)}' runs for everybody"),
            ),
            precision=Precision.LOW if socket.is_doubtful(route) else None,
            template="" if guard.kind == HTTP_ONLY else "passes",
            route=label(route),
            about=(route.span,),
            weight=NOT_INHERITED,
        )


@check
def websocket_without_auth(project: Project) -> Iterator[Match]:
    """Websockets without any guard, in a program whose other routes have some. Of low precision in an application that
    hardly ever asks anybody: that is said once."""
    routes = [route for route in project.routes if not project.is_test(route.span.file)]
    guarded = sum(map(is_guarded, routes))
    if not guarded:
        return
    socket = Socket(project)
    total, asking = Counter(route.app for route in routes), Counter(route.app for route in routes if is_guarded(route))
    for route in _open_sockets(project):
        is_usual = asking[route.app] * RARE < total[route.app]
        yield Match(
            span=route.span,
            values={
                "route": label(route),
                "handler": name_of(route.handler),
                "guarded": guarded,
                "total": len(routes),
            },
            trace=(
                Step(route.registered, f"'{label(route)}' is registered here"),
                *(Step(guard.span, f"'{guard.name}' ({guard.kind}) turns nobody away") for guard in route.considered),
                Step(route.span, f"'{name_of(route.handler)}' accepts every peer"),
            ),
            precision=Precision.LOW if is_usual or socket.is_doubtful(route) else None,
            route=label(route),
            about=(route.span,),
            weight=UNLIKE_SIBLINGS,
        )


def _open_sockets(project: Project) -> Iterator[Route]:
    for route in project.routes:
        if route.kind == "websocket" and is_open(route) and not project.is_test(route.span.file):
            if project.is_public(route) is None:
                yield route


def _guarding(project: Project) -> dict[Span, tuple[Route, Guard]]:
    """The middleware that turns away callers, by where it is attached, with a route that shows it."""
    found: dict[Span, tuple[Route, Guard]] = {}
    for route in project.routes:
        for guard in route.guards:
            if guard.kind == MIDDLEWARE and turns_away(guard) and route.kind == "http":
                found.setdefault(guard.span, (route, guard))
    return found


def _is_middleware(guard: Guard) -> bool:
    return guard.kind in (HTTP_ONLY, MIDDLEWARE) and not turns_away(guard)


__all__ = ["middleware_skips_websocket", "websocket_without_auth"]
