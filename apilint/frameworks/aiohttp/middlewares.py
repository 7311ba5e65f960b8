"""aiohttp's middlewares as guards of one route."""

from __future__ import annotations

import msgspec

from apilint.frameworks.aiohttp.request import Handler, Request
from apilint.frameworks.answering import Attached
from apilint.frameworks.program import Program, under
from apilint.guards.judge import NOT_A_GUARD, Judgement
from apilint.model import Guard
from apilint.startup.values import External, FunctionValue, Instance, Result, Unknown, Value, unwrap, wrappers

_MARKS = ("aiohttp.web.middleware", "aiohttp.web_middlewares.middleware")


class Middlewares:
    """Judges middlewares; one that does not look at the route is judged once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._general: dict[int, tuple[Value, Judgement]] = {}

    def guards(self, middlewares: tuple[Attached, ...], caller: Request) -> list[Guard]:
        """What stands around a handler, outermost first."""
        return [under(self._guard(each, caller), each.conditions) for each in middlewares]

    def _guard(self, middleware: Attached, caller: Request) -> Guard:
        judged = self._judge(middleware, caller)
        if judged.effect == "optional":  # it knows who is there, and lets everybody through
            judged = msgspec.structs.replace(judged, effect="none")
        target = unwrap(middleware.value)
        name = self.program.short_name(target)
        if isinstance(target, FunctionValue):
            parent = target.function.parent
            name = parent.name if parent is not None else target.function.name
        return self.program.guard(name, "middleware", middleware.via, middleware.span, judged, target)

    def _judge(self, middleware: Attached, caller: Request) -> Judgement:
        value = middleware.value
        target = unwrap(value)
        if not isinstance(target, (FunctionValue, Instance)):
            return self._of_library(target, caller)
        kept = self._general.get(id(value))
        if kept is None or kept[0] is not value:
            judged = self._run(middleware, Request(self.program.machine))
            kept = self._general[id(value)] = (value, judged)
        if kept[1].effect == "none" or not kept[1].particular:
            return kept[1]
        return self._run(middleware, caller)

    def _of_library(self, target: Value, caller: Request) -> Judgement:
        known = self.program.judge.library(target, caller.http_method)
        if known is not None:
            return known
        if isinstance(target, (External, Result)):
            return NOT_A_GUARD
        reason = target.reason if isinstance(target, Unknown) else "its code is not at hand"
        return Judgement("unknown", reason=reason)

    def _run(self, middleware: Attached, caller: Request) -> Judgement:
        value = middleware.value
        first: list[Value] = [caller, Handler(caller)]
        if self._is_factory(value):
            value = self.program.machine.call(value, [Unknown("the application"), Handler(caller)], {}, middleware.span)
            first = [caller]
        return self.program.judge.function(value, "call", caller=caller, first=first, memo=(None,))

    def _is_factory(self, value: Value) -> bool:
        """Whether a function is a middleware of the old style: it is given application and handler, and gives a
        handler."""
        marks = [layer.decorator.name for layer in wrappers(value) if isinstance(layer.decorator, External)]
        return isinstance(unwrap(value), FunctionValue) and not any(mark in _MARKS for mark in marks)
