"""Tornado's patterns -> routes: which method of which handler answers, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.answering import Registered, answered
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.frameworks.tornado.handling import answers, as_stranger, is_somebody
from apilint.guards.caller import Caller
from apilint.guards.judge import Judgement
from apilint.model import Guard, Route
from apilint.startup import attributes
from apilint.startup.values import (
    ClassValue,
    Condition,
    External,
    FunctionValue,
    Instance,
    Result,
    Seq,
    Value,
    unwrap,
    wrappers,
)

_SPECS = ("tornado.web.url", "tornado.web.URLSpec", "tornado.routing.URLSpec")
_SOCKETS = ("tornado.websocket.WebSocketHandler",)
_AUTHENTICATED = "tornado.web.authenticated"
_VERBS = ("get", "head", "post", "delete", "patch", "put", "options")

Conditions = tuple[Condition, ...]


class Entry(msgspec.Struct, frozen=True):
    """One pattern with its handler."""

    path: str
    handler: Value
    span: Span
    conditions: Conditions


def routes(program: Program, apps: Iterable[Object]) -> Iterator[Route]:
    """All routes of these applications."""
    for app in apps:
        views = Views(program, app)
        for entry in views.entries():
            yield from views.routes(entry)


class Views:
    """The routes of one application."""

    def __init__(self, program: Program, app: Object) -> None:
        self.program = program
        self.machine = program.machine
        self.app = app

    def entries(self) -> Iterator[Entry]:
        """The patterns of the constructor, and those that are added later."""
        args, kwargs = self.program.made_with(self.app)
        yield from self._listed(kwargs.get("handlers") or (args[0] if args else None), self.app.span, ())
        for name, event in self.program.events(self.app):
            if name == "add_handlers":
                yield from self._listed(argument(event, 1, "host_handlers"), event.span, event.conditions)

    def _listed(self, value: Value | None, span: Span, conditions: Conditions) -> Iterator[Entry]:
        for item, under in self.program.items_under(value):
            parts = item.items if isinstance(item, Seq) else self._of_spec(item)
            if len(parts) >= 2:
                at = item.span if isinstance(item, (Seq, Result)) and item.span is not None else span
                yield Entry(path_part(parts[0]).removesuffix("$"), parts[1], at, (*conditions, *under))

    def _of_spec(self, item: Value) -> list[Value]:
        """`url(pattern, handler, kwargs, name)`."""
        if not self.program.is_a(item, _SPECS) or not isinstance(item, Result):
            return []
        pattern, handler = argument(item, 0, "pattern"), argument(item, 1, "handler")
        return [pattern, handler] if pattern is not None and handler is not None else []

    def routes(self, entry: Entry) -> Iterator[Route]:
        """One route for each method of the handler that the project writes."""
        cls = unwrap(entry.handler)
        if not isinstance(cls, ClassValue):
            return
        if self.program.is_subclass(cls, _SOCKETS):
            yield self._route(entry, cls, "WEBSOCKET", "open")
            return
        for verb in _VERBS:
            if self._own(cls, verb) is not None:
                yield self._route(entry, cls, verb.upper(), verb)

    def _own(self, cls: ClassValue, name: str) -> Value | None:
        """A method that the project writes, by the order of inheritance."""
        return attributes.own(self.machine, cls, name)

    def _route(self, entry: Entry, cls: ClassValue, method: str, name: str) -> Route:
        caller = Caller(method, entry.path)
        handler = as_stranger(self.program, cls, caller)
        guards = list(self._prepared(cls, handler, caller))
        if method == "WEBSOCKET":
            guards += self._shaking_hands(cls, handler, caller)
        value = self._own(cls, name)
        for layer in wrappers(value) if value is not None else ():
            guard = self.program.decorator_guard(layer, caller)
            decorator = layer.decorator
            if isinstance(decorator, External) and decorator.name == _AUTHENTICATED and is_somebody(handler):
                reason = "'get_current_user' gives a user to everybody"
                guard = msgspec.structs.replace(guard, effect="hollow", reason=reason)
            guards.append(guard)
        found = self.program.handler(value if value is not None else cls, entry.span)
        function = found.function
        if function is not None and not any(guard.effect == "required" for guard in guards):
            guards += self._judged(function, handler, caller, "in the handler", "the handler's body")
        place, kind = self.program.place(self.app), "websocket" if method == "WEBSOCKET" else "http"
        at = Registered("tornado", (method,), entry.path, entry.span, entry.conditions, place, place, kind=kind)
        return answered(at, found, guards)

    def _shaking_hands(self, cls: ClassValue, handler: Instance, caller: Caller) -> Iterator[Guard]:
        """The project's own `get` of a socket, which runs before it is open."""
        value = self._own(cls, "get")
        target = unwrap(value) if value is not None else None
        if value is not None and isinstance(target, FunctionValue):
            yield from self.program.decorator_guards(value, caller)
            yield from self._judged(target, handler, caller, "get", "the handshake")

    def _prepared(self, cls: ClassValue, handler: Instance, caller: Caller) -> Iterator[Guard]:
        """`prepare`, which runs before every method."""
        value = self._own(cls, "prepare")
        target = unwrap(value) if value is not None else None
        if isinstance(target, FunctionValue):
            yield from self._judged(target, handler, caller, "prepare", "prepare of the handler")

    def _judged(
        self, function: FunctionValue, handler: Instance, caller: Caller, name: str, via: str
    ) -> Iterator[Guard]:
        bound = FunctionValue(function.function, function.env, handler)
        judged: Judgement = self.program.judge.function(bound, "handler", caller=caller, answers=answers, memo=(None,))
        if judged.effect in ("required", "conditional", "optional") and (judged.chain or judged.branches):
            span = judged.chain[-1].span if judged.chain else function.function.span
            yield self.program.guard(name, name, via, span, judged, function)
