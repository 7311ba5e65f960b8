"""aiohttp's registered handlers -> routes: what answers each method, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apilint.frameworks.aiohttp.middlewares import Middlewares
from apilint.frameworks.aiohttp.request import Request
from apilint.frameworks.aiohttp.tables import VERBS, Entry, Tables
from apilint.frameworks.answering import Registered, answered
from apilint.frameworks.flask.views import developed
from apilint.frameworks.program import Handler, Object, Program
from apilint.model import Guard, Route
from apilint.startup import attributes
from apilint.startup.values import Attr, ClassValue, FunctionValue, Instance, Value, unwrap

_VIEWS = ("aiohttp.web.View", "aiohttp.web_urldispatcher.View", "aiohttp.abc.AbstractView")


def routes(program: Program, apps: Iterable[Object]) -> Iterator[Route]:
    """All routes of these applications, those inside of others where they stand."""
    tables = Tables(program)
    for app in tables.outermost(list(apps)):
        views = Views(program, program.place(app))
        for entry in tables.entries(app):
            yield from views.routes(entry)


class Views:
    """Judges what is registered on one application."""

    def __init__(self, program: Program, app: str) -> None:
        self.program = program
        self.app = app
        self.middlewares = Middlewares(program)

    def routes(self, entry: Entry) -> Iterator[Route]:
        """The routes of one registered handler: a view class has one for each of its methods."""
        handler = developed(self.program, self.program.as_decorated(entry.handler), entry.span)
        if self.program.is_subclass(handler, _VIEWS):
            yield from self._of_class(entry, handler)
            return
        methods = () if entry.method == "*" else (entry.method,)
        caller = Request(self.program.machine, "".join(methods), entry.path, handler, entry.name)
        guards = self.middlewares.guards(entry.middlewares, caller)
        guards += self.program.decorator_guards(handler, caller)
        found = self.program.handler(handler, entry.span)
        yield self._made(entry, methods, found, guards, found.function, caller)

    def _of_class(self, entry: Entry, handler: Value) -> Iterator[Route]:
        cls = unwrap(handler)
        if not isinstance(cls, ClassValue):
            return
        instance = Instance(cls, [], {}, cls.cls.span, 0)
        for verb in VERBS:
            found = attributes.own(self.program.machine, cls, verb)
            if found is None or entry.method not in ("*", verb.upper()):
                continue
            caller = Request(self.program.machine, verb.upper(), entry.path, handler, entry.name)
            method = developed(self.program, found, entry.span)
            guards = self.middlewares.guards(entry.middlewares, caller)
            guards += self.program.decorator_guards(handler, caller)
            guards += self._dispatching(cls, instance, caller)
            guards += self.program.decorator_guards(method, caller)
            answering = self.program.handler(method, entry.span)
            function = answering.function
            if function is not None:
                function = FunctionValue(function.function, function.env, instance)
            yield self._made(entry, (verb.upper(),), answering, guards, function, caller)

    def _dispatching(self, cls: ClassValue, instance: Instance, caller: Request) -> list[Guard]:
        """A `_iter` of the project's own that turns callers away before it hands on."""
        found = attributes.in_class(self.program.machine, cls, "_iter")
        target = unwrap(found[0]) if found is not None else None
        if not isinstance(target, FunctionValue):
            return []
        bound = FunctionValue(target.function, target.env, instance)
        judged = self.program.judge.function(bound, "call", caller=caller, passes=_hands_on, memo=(None,))
        span = target.function.span
        return [self.program.guard("_iter", "mixin", "the class's _iter", span, judged, bound)]

    def _made(
        self,
        entry: Entry,
        methods: tuple[str, ...],
        handler: Handler,
        guards: list[Guard],
        function: FunctionValue | None,
        caller: Request,
    ) -> Route:
        if function is not None:
            guards = [*guards, *self.program.in_handler(function, caller, above=guards)]
        at = Registered(
            "aiohttp", methods, entry.path, entry.span, entry.conditions, entry.router, self.app, entry.prefix
        )
        return answered(at, handler, guards, function)


def _hands_on(value: Value) -> bool:
    return isinstance(value, Attr) and value.name == "super._iter"
