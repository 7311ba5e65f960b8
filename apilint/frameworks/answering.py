"""What is registered, and who answers it -> a route with its verdict."""

from __future__ import annotations

import msgspec

from apilint.facts import Span
from apilint.frameworks.program import Handler, only_if, with_verdict
from apilint.model import Guard, Route
from apilint.startup.values import Condition, FunctionValue


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


__all__ = ["Registered", "answered"]
