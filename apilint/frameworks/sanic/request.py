"""The request of an anonymous caller as Sanic's middleware and handlers see it."""

from __future__ import annotations

from collections.abc import Mapping

from apilint.guards.caller import NOTHING, Body, Caller, Container
from apilint.startup.values import Special, Unknown, Value

_NOTHING = ("token", "credentials")


class Request(Caller):
    """An anonymous caller's request to one route, with what was noted on the route (`ctx_public=True`)."""

    __slots__ = ("noted",)

    def __init__(self, method: str = "", path: str = "", noted: Mapping[str, Value] | None = None) -> None:
        super().__init__(method, path)
        self.noted = noted

    def attribute(self, name: str) -> Value:
        """What middleware left in the context is not there for a stranger."""
        if name in _NOTHING:
            return NOTHING
        if name == "ctx":
            return Container("state")
        if name == "route":
            return Matched(self)
        if name == "files":
            return Body(name)
        return super().attribute(name)


class Matched(Special):
    """`request.route`, and its `ctx`."""

    __slots__ = ("request",)

    truth = True

    def __init__(self, request: Request) -> None:
        self.request = request

    def attribute(self, name: str) -> Value:
        """What was noted where the route was registered."""
        if name == "ctx":
            return self
        self.request.used = True
        found = (self.request.noted or {}).get(name)
        return found if found is not None else Unknown(f"request.route.{name}", None, f"request.route.{name}")

    def has(self, name: str) -> bool | None:
        """Whether something was noted; None where it is not known which route it is."""
        self.request.used = True
        return None if self.request.noted is None else name in self.request.noted

    def item(self, key: Value) -> Value:
        """A route has no items."""
        return Unknown("an item of the route")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A route is not called."""
        return Unknown("request.route()")
