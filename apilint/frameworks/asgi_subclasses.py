"""What the project's subclasses of FastAPI's routers inherit: decorators that go through a method of theirs."""

from __future__ import annotations

from collections.abc import Callable

from apilint.facts import Span
from apilint.frameworks.asgi_objects import METHODS, ROUTERS
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import Instance, Known, Partial, Seq, Value

Method = Callable[[Core, Value, list[Value], dict[str, Value], Span], Value | None]


def prepare(machine: Core, options: dict[str, str]) -> None:
    """Tell the start-up whom these methods call."""
    methods = machine.extensions.methods
    for router in ROUTERS:
        for verb in METHODS:
            methods[f"{router}.{verb}"] = _verb(verb.upper())
        methods[f"{router}.api_route"] = _adding("add_api_route")
        methods[f"{router}.websocket"] = _adding("add_api_websocket_route")
    machine.extensions.seal()


def _verb(method: str) -> Method:
    """`router.get(path)` is `router.api_route(path, methods=["GET"])`."""

    def called(machine: Core, base: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
        own = _own(machine, base, "api_route", span)
        given = {**_with_path(args, kwargs), "methods": Seq("list", [Known(method)])}
        if own is not None:
            return machine.call(own, [], given, span)
        return _adding("add_api_route")(machine, base, [], given, span)

    return called


def _adding(name: str) -> Method:
    """`router.api_route(path)` is a decorator that calls `router.add_api_route(path, function)`."""

    def called(machine: Core, base: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
        own = _own(machine, base, name, span)
        given = _with_path(args, kwargs)
        path = given.pop("path", None)
        return None if own is None or path is None else Partial(own, [path], given)

    return called


def _with_path(args: list[Value], kwargs: dict[str, Value]) -> dict[str, Value]:
    return {"path": args[0], **kwargs} if args else dict(kwargs)


def _own(machine: Core, base: Value, name: str, span: Span) -> Value | None:
    """The method of the project that stands in the place of the library's."""
    if not isinstance(base, Instance):
        return None
    is_own = attributes.own(machine, base.cls, name) is not None
    return attributes.get(machine, base, name, span) if is_own else None
