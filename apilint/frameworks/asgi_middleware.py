"""Middleware of ASGI applications as guards."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.program import Object, Program, under
from apilint.guards.caller import GATE, GATE_ARGUMENT, Caller, Left
from apilint.guards.judge import Judgement
from apilint.guards.left import by_answers
from apilint.model import Guard
from apilint.startup import attributes
from apilint.startup.values import (
    NONE,
    ClassValue,
    Condition,
    External,
    FunctionValue,
    Instance,
    Result,
    Value,
    text_of,
    unwrap,
)

HTTP_ONLY = "http only"
# What is too long to judge for any route may not be so for this one: most end where the path is looked at.
MOST_UNCLEAR = 50
BASE_HTTP = "starlette.middleware.base.BaseHTTPMiddleware"


class Layer:
    """One middleware of one application."""

    def __init__(
        self,
        value: Value,
        kwargs: dict[str, Value],
        span: Span,
        conditions: tuple[Condition, ...],
        *,
        is_function: bool,
    ) -> None:
        self.value = value
        self.kwargs = kwargs
        self.span = span
        self.conditions = conditions
        self.is_function = is_function
        self._made: Value | None = None
        self._everywhere: dict[str, Judgement] = {}
        self._unclear = 0
        self._left: tuple[Left, ...] | None = None

    def guards(self, program: Program, caller: Caller, *, is_socket: bool) -> list[Guard]:
        """What this layer does to a caller of one route. HTTP middleware does not run for websockets."""
        target = unwrap(self.value)
        is_http = self.is_function or (
            isinstance(target, ClassValue) and BASE_HTTP in attributes.external_bases(program.machine, target)
        )
        if is_socket and is_http:
            return list(self._passed_by(program, target))
        judged = self._judge(program, target, caller, is_http=is_http)
        caller.take(judged.left)
        # Middleware that reads credentials and goes on without them (to log, to set a user) is no guard.
        if judged.effect in ("none", "optional"):
            if not isinstance(target, (FunctionValue, ClassValue)):
                return []
            judged = msgspec.structs.replace(judged, effect="none")
        if judged.effect == "unknown" and not judged.reason:
            return []
        guard = program.guard(program.short_name(target), "middleware", "middleware", self.span, judged, target)
        return [under(guard, self.conditions)]

    def _passed_by(self, program: Program, target: Value) -> Iterator[Guard]:
        """HTTP middleware before a websocket: it is shown, and counts for nothing."""
        if isinstance(target, (FunctionValue, ClassValue)):
            name = program.short_name(target)
            yield program.guard(name, HTTP_ONLY, "middleware", self.span, Judgement("none"), target)

    def _judge(self, program: Program, target: Value, caller: Caller, *, is_http: bool) -> Judgement:
        if not isinstance(target, (FunctionValue, ClassValue)):
            known = program.judge.library(self.value, caller.http_method)
            if known is not None and self._leaves(program):
                return msgspec.structs.replace(known, left=self._leaves(program))
            return known or Judgement("none", qualname=target.name if isinstance(target, External) else "")
        method = self._method(program, target, is_http=is_http)
        if method is None:
            return Judgement("none")
        # What turns nobody away from a route that could be any turns nobody away from this one.
        socket = "WEBSOCKET" if caller.http_method == "WEBSOCKET" else ""
        everywhere = self._everywhere.get(socket)
        if everywhere is None:
            everywhere = self._everywhere[socket] = self._run(program, method, Caller(socket), is_http=is_http)
        is_harmless = everywhere.effect in ("none", "optional") and not everywhere.refuses
        is_unclear = everywhere.effect == "unknown" and self._unclear < MOST_UNCLEAR
        if is_harmless or not (everywhere.particular or is_unclear):
            return everywhere
        judged = self._run(program, method, caller, is_http=is_http)
        self._unclear += judged.effect == "unknown"
        return judged

    def _leaves(self, program: Program) -> tuple[Left, ...]:
        """What a library's middleware puts on the request by asking an object of the project's."""
        if self._left is None:
            self._left = tuple(self._answers(program))
        return self._left

    def _answers(self, program: Program) -> Iterator[Left]:
        found = program.knowledge.guard(program.machine, self.value)
        says = found[1].get("leaves") if found is not None else None
        given = unwrap(self.kwargs.get(says["argument"], NONE)) if says else NONE
        if says and isinstance(given, Instance):
            method = unwrap(attributes.get(program.machine, given, says["method"], self.span))
            caller = Caller()
            yield from by_answers(program.judge.ends(method, caller=caller, first=[caller]), says["names"])

    def _method(self, program: Program, target: Value, *, is_http: bool) -> FunctionValue | None:
        """The function that a request goes through."""
        if isinstance(target, FunctionValue):
            return target
        if self._made is None:
            self._made = program.machine.call(target, [GATE], dict(self.kwargs), self.span)
        if not isinstance(self._made, Instance):
            return None
        method = unwrap(attributes.get(program.machine, self._made, "dispatch" if is_http else "__call__", self.span))
        return method if isinstance(method, FunctionValue) else None

    def _run(self, program: Program, method: FunctionValue, caller: Caller, *, is_http: bool) -> Judgement:
        passing: list[Value] = [GATE] if is_http else [GATE_ARGUMENT, GATE_ARGUMENT]
        return program.judge.function(method, "call", caller=caller, first=[caller, *passing], memo=(None,))


def listed(program: Program, value: Value | None) -> Iterator[Layer]:
    """A list of `Middleware(cls, **kwargs)`."""
    for item in program.items(value):
        if isinstance(item, Result) and item.args:
            yield Layer(item.args[0], item.kwargs, item.span, item.conditions, is_function=False)


def layers(program: Program, app: Object, kwargs: dict[str, Value]) -> Iterator[Layer]:
    """The middleware of an application: constructor argument, `add_middleware`, `@app.middleware("http")`."""
    yield from listed(program, kwargs.get("middleware"))
    for name, event in program.events(app):
        if name == "add_middleware" and event.args:
            dispatch = event.kwargs.get("dispatch")
            value = dispatch if dispatch is not None else event.args[0]
            yield Layer(value, event.kwargs, event.span, event.conditions, is_function=dispatch is not None)
        elif name == "middleware" and event.args and text_of(event.args[0]) == "http":
            for function in program.decorated(event):
                yield Layer(function, {}, event.span, event.conditions, is_function=True)
