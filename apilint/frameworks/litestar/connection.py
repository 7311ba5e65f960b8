"""The connection of an anonymous caller as Litestar's guards, middleware and handlers see it."""

from __future__ import annotations

from apilint.facts import Span
from apilint.guards.caller import NOTHING, Caller
from apilint.startup.values import External, Mapping, Result, Value, text_of

_NOWHERE = Span("", 0, 0)


class Connection(Caller):
    """An anonymous caller's connection to one handler. `user` is what the middleware around the handler gave, `opt`
    the handler's options, which guards and middleware may ask for."""

    __slots__ = ("opt", "user")

    def __init__(self, method: str = "", path: str = "", opt: dict[object, Value] | None = None) -> None:
        super().__init__(method, path)
        self.opt: dict[object, Value] = opt or {}
        self.user: Value = NOTHING

    def attribute(self, name: str) -> Value:
        """The user is the middleware's, the handler is at hand."""
        if name == "user":
            return self.user
        if name == "route_handler":
            return self.handler()
        return super().attribute(name)

    def item(self, key: Value) -> Value:
        """An ASGI scope."""
        return self.handler() if text_of(key) == "route_handler" else super().item(key)

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`scope.get("user")`."""
        return self.item(args[0]) if name == "get" and args else super().method(name, args, kwargs)

    def handler(self) -> Value:
        """The route handler, as far as guards ask for it: what is found there holds for this route only."""
        self.used = True
        made = Result(External("litestar.handlers.BaseRouteHandler"), [], {}, _NOWHERE, 0, ())
        made.attrs["opt"] = Mapping(dict(self.opt))
        return made
