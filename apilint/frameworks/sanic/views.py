"""Sanic's registered handlers -> routes: what answers each method, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apilint.frameworks.answering import Attached, Registered, answered, before
from apilint.frameworks.flask.views import developed
from apilint.frameworks.program import Object, Program, under
from apilint.frameworks.sanic.request import Request
from apilint.frameworks.sanic.tables import VERBS, Entry, Tables
from apilint.model import Guard, Route
from apilint.startup import attributes, calls
from apilint.startup.values import (
    Attr,
    ClassValue,
    FunctionValue,
    Instance,
    Result,
    Value,
    Wrapped,
    unwrap,
)

_VIEWS = ("sanic.views.HTTPMethodView",)


def routes(program: Program, apps: Iterable[Object]) -> Iterator[Route]:
    """All routes of these applications."""
    for app in apps:
        views = Views(program, program.place(app))
        for entry in Tables(program, app).entries():
            yield from views.routes(entry)


class Views:
    """Judges what is registered on one application."""

    def __init__(self, program: Program, app: str) -> None:
        self.program = program
        self.app = app

    def routes(self, entry: Entry) -> Iterator[Route]:
        """The routes of one registered handler: a view class has one for each of its methods."""
        cls = self._view_class(entry.handler)
        if cls is not None:
            for verb in VERBS:
                found = attributes.own(self.program.machine, cls, verb)
                if found is not None:
                    yield self._of_class(entry, cls, verb.upper(), found)
            return
        for method in entry.methods:
            caller = Request(method, entry.path, entry.noted)
            handler = developed(self.program, self.program.as_decorated(entry.handler), entry.span)
            guards = self._before(entry, caller)
            yield self._answered(entry, method, handler, guards, caller, None)

    def _view_class(self, value: Value) -> ClassValue | None:
        """The class of `View.as_view()`."""
        if isinstance(value, Result) and isinstance(value.callee, Attr) and value.callee.name == "as_view":
            value = value.callee.base
        cls = unwrap(value)
        return cls if isinstance(cls, ClassValue) and self.program.is_subclass(cls, _VIEWS) else None

    def _of_class(self, entry: Entry, cls: ClassValue, method: str, value: Value) -> Route:
        caller = Request(method, entry.path, entry.noted)
        instance = Instance(cls, [], {}, cls.cls.span, 0)
        handler = developed(self.program, value, entry.span)
        guards = [*self._before(entry, caller), *self._of_decorators(cls, handler, caller)]
        return self._answered(entry, method, handler, guards, caller, instance)

    def _of_decorators(self, cls: ClassValue, handler: Value, caller: Request) -> Iterator[Guard]:
        """`decorators` of a view class: the last one stands outermost."""
        machine = self.program.machine
        found = attributes.in_class(machine, cls, "decorators")
        for decorator in reversed(self.program.items(found[0] if found is not None else None)):
            applied = calls.apply(machine, decorator, handler, cls.cls.span)
            if isinstance(applied, Wrapped):
                yield self.program.decorator_guard(applied, caller)

    def _answered(
        self, entry: Entry, method: str, value: Value, guards: list[Guard], caller: Request, owner: Instance | None
    ) -> Route:
        guards = [*guards, *self.program.decorator_guards(value, caller)]
        handler = self.program.handler(value, entry.span)
        function = handler.function
        if function is not None and owner is not None:
            function = FunctionValue(function.function, function.env, owner)
        if function is not None:
            guards += self.program.in_handler(function, caller, above=guards)
        kind = "websocket" if method == "WEBSOCKET" else "http"
        at = Registered(
            "sanic", (method,), entry.path, entry.span, entry.conditions, entry.router, self.app, entry.prefix, kind
        )
        return answered(at, handler, guards, function)

    def _before(self, entry: Entry, caller: Request) -> list[Guard]:
        return [self._guard(each, caller) for each in entry.middleware]

    def _guard(self, middleware: Attached, caller: Request) -> Guard:
        """What runs before the handler: it turns a caller away by raising, or by answering itself."""
        name, judged = before(self.program, middleware.value, "hook", caller, [caller])
        target = unwrap(middleware.value)
        guard = self.program.guard(name, "middleware", middleware.via, middleware.span, judged, target)
        return under(guard, middleware.conditions)
