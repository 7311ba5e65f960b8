"""Django Channels: routers of websocket consumers, with what stands around them -> routes with their guards."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.django.patterns import Pattern
from apilint.frameworks.program import Object, Program, argument, only_if, path_part, with_verdict
from apilint.guards.caller import GATE, GATE_ARGUMENT, Caller
from apilint.guards.visit import Visit
from apilint.model import Guard, Route
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    ClassValue,
    Condition,
    FunctionValue,
    Instance,
    Mapping,
    Result,
    Value,
    unwrap,
)

_PROTOCOLS = ("channels.routing.ProtocolTypeRouter",)
_ROUTERS = ("channels.routing.URLRouter",)
_OPENING = ("connect", "websocket_connect")
_ACCEPTING = frozenset({"accept", "super.accept", "super.connect", "super.websocket_connect"})
_MAX_DEPTH = 20


class Connection(Caller):
    """An anonymous caller's connection, as the scope that middleware and consumers look things up in."""

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`scope.get("token")`."""
        return self.item(args[0]) if name == "get" and args else super().method(name, args, kwargs)


class Scope(msgspec.Struct, frozen=True):
    """What a consumer stands below: the path so far, and the project's own middleware around it."""

    path: str = "/"
    middleware: tuple[Instance, ...] = ()
    conditions: tuple[Condition, ...] = ()
    app: str = ""
    router: str = ""
    depth: int = 0


def routes(program: Program) -> Iterator[Route]:
    """The websocket routes of all routers by protocol."""
    for protocols in program.objects(_PROTOCOLS):
        program.knowledge.instance_attributes.setdefault("scope", "request")
        given = argument(protocols, 0, "application_mapping") if isinstance(protocols, Result) else None
        served = given.items.get("websocket") if isinstance(given, Mapping) else None
        if served is not None:
            yield from Sockets(program).below(served, Scope(app=program.place(protocols)))


class Sockets:
    """Walks from the application for websockets down to the consumers."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.machine = program.machine

    def below(self, value: Value, scope: Scope, span: Span | None = None) -> Iterator[Route]:
        """The routes of a router, of what stands around one, or of a consumer."""
        if scope.depth > _MAX_DEPTH:
            return
        scope = msgspec.structs.replace(scope, depth=scope.depth + 1)
        consumer = self._consumer(value)
        made = unwrap(value)
        if consumer is not None:
            yield self._route(consumer, scope, span or consumer.cls.span)
        elif self.program.is_a(made, _ROUTERS) and isinstance(made, (Result, Instance)):
            yield from self._router(made, scope)
        elif isinstance(made, Instance):
            inner = msgspec.structs.replace(scope, middleware=(*scope.middleware, made))
            for within in self._within([*made.args, *made.kwargs.values()]):
                yield from self.below(within, inner, span)
        elif isinstance(made, Result):  # a library's middleware: it tells who is there, or looks at the origin
            for within in self._within([*made.args, *made.kwargs.values()]):
                yield from self.below(within, scope, span)

    def _within(self, values: list[Value]) -> Iterator[Value]:
        """The applications among the arguments of a middleware."""
        for value in values:
            if isinstance(unwrap(value), (Result, Instance)) or self._consumer(value) is not None:
                yield value

    def _router(self, router: Object, scope: Scope) -> Iterator[Route]:
        args, kwargs = self.program.made_with(router)
        scope = msgspec.structs.replace(scope, router=self.program.place(router))
        for item, conditions in self.program.items_under(kwargs.get("routes") or (args[0] if args else None)):
            if not isinstance(item, Pattern):
                continue
            route = path_part(item.route)
            inner = msgspec.structs.replace(
                scope,
                path=scope.path + (route.removeprefix("^") if item.kind == "regex" else route),
                conditions=(*scope.conditions, *item.conditions, *conditions),
            )
            yield from self.below(item.view, inner, item.span)

    def _consumer(self, value: Value) -> ClassValue | None:
        """The project's consumer behind `Consumer.as_asgi()`, or behind the class itself."""
        made = unwrap(value)
        if isinstance(made, Result) and isinstance(made.callee, Attr) and made.callee.name == "as_asgi":
            made = unwrap(attributes.root_of(made.callee))
        return made if isinstance(made, ClassValue) else None

    # ------------------------------------------------------------------ one route

    def _route(self, cls: ClassValue, scope: Scope, registered: Span) -> Route:
        caller = Connection("WEBSOCKET", scope.path)
        guards = [guard for each in scope.middleware for guard in self._around(each, caller)]
        opening = self._opening(cls)
        if opening is not None:
            guards += self._at_opening(opening, caller)
        target = unwrap(opening) if opening is not None else None
        function = target if isinstance(target, FunctionValue) else None
        route = Route(
            framework="channels",
            methods=("WEBSOCKET",),
            path=scope.path,
            handler=function.function.id if function is not None else cls.cls.id,
            span=function.function.span if function is not None else cls.cls.span,
            registered=registered,
            auth="",
            router=scope.router,
            kind="websocket",
            function=function,
            only_if=only_if(scope.conditions),
            app=scope.app,
        )
        return with_verdict(route, guards)

    def _opening(self, cls: ClassValue) -> Value | None:
        """The project's method that decides whether a connection is accepted, on an object of the class."""
        for name in _OPENING:
            found = attributes.own(self.machine, cls, name)
            if found is not None:
                return attributes.get(self.machine, Instance(cls, [], {}, cls.cls.span, 0), name, cls.cls.span)
        return None

    def _at_opening(self, opening: Value, caller: Caller) -> list[Guard]:
        """What a consumer does before it accepts: its decorators, and its own questions."""
        guards = self.program.decorator_guards(opening, caller)
        target = unwrap(opening)
        if isinstance(target, FunctionValue):
            judged = self.program.judge.function(
                target, "call", caller=caller, passes=_accepts, answers=_closes, memo=(None,)
            )
            span = judged.chain[-1].span if judged.chain else target.function.span
            name = "in the handler"
            guards.append(self.program.guard(name, name, "the consumer's opening", span, judged, target))
        return guards

    def _around(self, middleware: Instance, caller: Caller) -> list[Guard]:
        """The project's own middleware around a router: one that lets everybody through is no guard."""
        again = self.machine.call(
            middleware.cls, [GATE, *middleware.args[1:]], dict(middleware.kwargs), middleware.span
        )
        if isinstance(again, Instance):
            again.attrs.setdefault("inner", GATE)  # the library's base class keeps it under this name
        method = unwrap(attributes.get(self.machine, again, "__call__", middleware.span))
        if not isinstance(method, FunctionValue):
            return []
        first: list[Value] = [caller, GATE_ARGUMENT, GATE_ARGUMENT]
        judged = self.program.judge.function(method, "call", caller=caller, first=first, passes=_hands_on, memo=(None,))
        if judged.effect == "optional":
            judged = msgspec.structs.replace(judged, effect="none")
        name = middleware.cls.cls.name
        return [self.program.guard(name, "middleware", "middleware", middleware.span, judged, middleware)]


def _accepts(value: Value) -> bool:
    return isinstance(value, Attr) and value.name in _ACCEPTING and isinstance(value.base, Instance)


def _closes(visit: Visit, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    """A connection that is closed before it was accepted is refused, whatever code is given."""
    if isinstance(callee, Attr) and callee.name in ("close", "super.close") and isinstance(callee.base, Instance):
        visit.reject(span, 403, "close")
    return None


def _hands_on(value: Value) -> bool:
    return isinstance(value, Attr) and value.name == "super.__call__"
