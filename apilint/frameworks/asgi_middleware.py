"""Middleware of ASGI applications as guards."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.program import Object, Program, under
from apilint.guards.caller import GATE, GATE_ARGUMENT, Caller
from apilint.guards.judge import Judgement
from apilint.model import Guard
from apilint.startup import attributes
from apilint.startup.values import (
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

    def guards(self, program: Program, caller: Caller, *, is_socket: bool) -> list[Guard]:
        """What this layer does to a caller of one route. HTTP middleware does not run for websockets."""
        target = unwrap(self.value)
        is_http = self.is_function or (
            isinstance(target, ClassValue) and BASE_HTTP in attributes.external_bases(program.machine, target)
        )
        if is_socket and is_http:
            return []
        judged = self._judge(program, target, caller, is_http=is_http)
        # Middleware that reads credentials and goes on without them (to log, to set a user) is no guard.
        if judged.effect in ("none", "optional"):
            if not isinstance(target, (FunctionValue, ClassValue)):
                return []
            judged = msgspec.structs.replace(judged, effect="none")
        if judged.effect == "unknown" and not judged.reason:
            return []
        guard = program.guard(program.short_name(target), "middleware", "middleware", self.span, judged, target)
        return [under(guard, self.conditions)]

    def _judge(self, program: Program, target: Value, caller: Caller, *, is_http: bool) -> Judgement:
        if isinstance(target, FunctionValue):
            return program.judge.function(target, "call", caller=caller, first=[caller, GATE], memo=(None,))
        if isinstance(target, ClassValue):
            made = program.machine.call(target, [GATE], dict(self.kwargs), self.span)
            if isinstance(made, Instance):
                name = "dispatch" if is_http else "__call__"
                method = unwrap(attributes.get(program.machine, made, name, self.span))
                if isinstance(method, FunctionValue):
                    first: list[Value] = [caller, GATE] if is_http else [caller, GATE_ARGUMENT, GATE_ARGUMENT]
                    return program.judge.function(method, "call", caller=caller, first=first, memo=(None,))
            return Judgement("none")
        known = program.judge.library(self.value, caller.http_method)
        if known is not None:
            return known
        return Judgement("none", qualname=target.name if isinstance(target, External) else "")


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
