"""What is registered, who answers it and what stands before -> a route with its verdict."""

from __future__ import annotations

import msgspec

from apilint.facts import Span
from apilint.frameworks.program import Handler, Program, only_if, with_verdict
from apilint.guards.caller import Caller
from apilint.guards.judge import NOT_A_GUARD, Judgement
from apilint.model import Guard, Route
from apilint.startup.values import Condition, FunctionValue, Instance, Unknown, Value, unwrap


class Attached(msgspec.Struct, frozen=True):
    """What runs before handlers (a middleware, a hook, a plugin), and where it is attached; `via` says to what."""

    value: Value
    span: Span
    conditions: tuple[Condition, ...]
    via: str = ""


class Registered(msgspec.Struct, frozen=True):
    """Methods (none for all) on a path, registered at `span`; `router` and `app` are where these are made."""

    framework: str
    methods: tuple[str, ...]
    path: str
    span: Span
    conditions: tuple[Condition, ...]
    router: str
    app: str
    prefix: str = ""
    kind: str = "http"


def answered(at: Registered, handler: Handler, guards: list[Guard], function: FunctionValue | None = None) -> Route:
    """The route that a handler answers behind its guards; `function` where it is another than the handler's own."""
    route = Route(
        framework=at.framework,
        methods=at.methods,
        path=at.path,
        handler=handler.id,
        span=handler.span,
        registered=at.span,
        auth="",
        router=at.router,
        prefix=at.prefix,
        kind=at.kind,
        function=function or handler.function,
        only_if=only_if(at.conditions),
        app=at.app,
    )
    return with_verdict(route, guards)


def before(
    program: Program, value: Value, mode: str, caller: Caller, first: list[Value] | None = None
) -> tuple[str, Judgement]:
    """What runs before handlers, by its name and judged (`mode` as in `Judge.function`). One that knows who is there
    and lets everybody through does not count."""
    target = unwrap(value)
    if isinstance(target, (FunctionValue, Instance)):
        judged = program.judge.function(value, mode, caller=caller, first=first, memo=(None,))
    else:
        judged = of_library(program, target, caller)
    if judged.effect == "optional":
        judged = msgspec.structs.replace(judged, effect="none")
    name = target.function.name if isinstance(target, FunctionValue) else program.short_name(target)
    return name, judged


def of_library(program: Program, target: Value, caller: Caller) -> Judgement:
    """What the library models say of something whose code is not at hand."""
    known = program.judge.library(target, caller.http_method)
    if known is not None:
        return known
    return Judgement("unknown", reason=target.reason) if isinstance(target, Unknown) else NOT_A_GUARD


__all__ = ["Attached", "Registered", "answered", "before", "of_library"]
