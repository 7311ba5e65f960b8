"""Litestar's handlers -> routes: what answers, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apilint.frameworks.litestar.connection import Connection
from apilint.frameworks.litestar.guards import HandlerGuards
from apilint.frameworks.litestar.layers import Handler, Registration, joined
from apilint.frameworks.litestar.middleware import MiddlewareGuards
from apilint.frameworks.program import Object, Program, only_if, path_part, with_verdict
from apilint.model import Guard, Route
from apilint.startup.values import FunctionValue


def routes(program: Program, apps: Iterable[Object]) -> Iterator[Route]:
    """All routes of these applications; routers that no application registers are left out."""
    for app in apps:
        views = Views(program, program.place(app))
        for handler in Registration(program, app).handlers():
            yield from views.routes(handler)


class Views:
    """Judges the handlers of one application."""

    def __init__(self, program: Program, app: str) -> None:
        self.program = program
        self.app = app
        self.middleware = MiddlewareGuards(program)
        self.before = HandlerGuards(program)

    def routes(self, handler: Handler) -> Iterator[Route]:
        """One route for each path; methods of one handler are guarded alike unless something asks for the method."""
        for path in handler.paths:
            for methods in _alike(handler):
                caller = Connection(methods[0] if methods else "", path, handler.opt())
                yield self._route(handler, path, methods, caller)

    def _route(self, handler: Handler, path: str, methods: tuple[str, ...], caller: Connection) -> Route:
        found = self.program.handler(handler.value, handler.span)
        guards = self.middleware.guards(handler, caller)
        guards += self.before.guards(handler, caller)
        if not handler.is_socket and methods:
            guards += self.before.before_request(handler, caller)
        guards += self.program.decorator_guards(handler.value, caller)
        function = _bound(found.function, handler)
        if function is not None:
            guards += self._of_function(handler, function, caller, guards)
        route = Route(
            framework="litestar",
            methods=methods,
            path=path,
            handler=found.id,
            span=found.span,
            registered=handler.span,
            auth="",
            router=handler.router,
            prefix=joined([path_part(layer.options.get("path")) for layer in handler.layers[:-1]]),
            kind="websocket" if handler.is_socket else "http",
            function=found.function,
            only_if=only_if(handler.conditions),
            app=self.app,
        )
        return with_verdict(route, guards)

    def _of_function(
        self, handler: Handler, function: FunctionValue, caller: Connection, above: list[Guard]
    ) -> list[Guard]:
        found, bindings = self.before.dependencies(handler, function, caller)
        return [*found, *self.program.in_handler(function, caller, bindings, above=(*above, *found))]


def _alike(handler: Handler) -> Iterator[tuple[str, ...]]:
    """The methods of a handler, each by itself where there are several: middleware may leave one of them out."""
    if not handler.methods:
        yield ()
    for method in handler.methods:
        yield (method,)


def _bound(function: FunctionValue | None, handler: Handler) -> FunctionValue | None:
    """A controller's handler as it is called on the controller."""
    if function is None or handler.self_value is None:
        return function
    return FunctionValue(function.function, function.env, handler.self_value)
