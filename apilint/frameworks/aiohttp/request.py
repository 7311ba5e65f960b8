"""The request of an anonymous caller as aiohttp's middlewares and handlers see it."""

from __future__ import annotations

from apilint.facts import Span
from apilint.guards.caller import CREDENTIAL_WORD, NOTHING, Caller, Gate
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import NONE, Attr, Known, Special, Unknown, Value, text_of

_NOWHERE = Span("", 0, 0)


class Request(Caller):
    """An anonymous caller's request to one route. It is a mapping too, in which middlewares leave what they know."""

    __slots__ = ("machine", "name", "view")

    def __init__(
        self, machine: Core, method: str = "", path: str = "", view: Value | None = None, name: str = ""
    ) -> None:
        super().__init__(method, path)
        self.machine = machine
        self.view = view
        self.name = name

    def attribute(self, name: str) -> Value:
        """Where the URL led to, besides what every request has."""
        if name == "match_info":
            return Match(self)
        if name == "rel_url":
            return self
        return super().attribute(name)

    def item(self, key: Value) -> Value:
        """What a middleware left: a credential is not there, the rest is not known."""
        label = text_of(key)
        if label is None or CREDENTIAL_WORD.search(label):
            return NOTHING
        return Unknown(f"request[{label}]", None, f"request[{label}]")

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`request.get("user")`."""
        if name == "get" and args:
            return self.item(args[0])
        return super().method(name, args, kwargs)

    def compared(self, op: str, other: Value, *, is_left: bool) -> Value | None:
        """`"user" in request`."""
        if op in ("in", "not in") and not is_left and self.item(other) is NOTHING:
            return NOTHING if op == "in" else None
        return None

    def of_view(self, name: str) -> Value:
        """An attribute of the handler."""
        self.used = True
        if self.view is None:
            return Unknown(f"{name} of the handler")
        return attributes.get(self.machine, self.view, name, _NOWHERE)

    def view_has(self, name: str) -> bool | None:
        """Whether the handler has an attribute; None where it is not known which handler it is."""
        self.used = True
        if self.view is None:
            return None
        found = attributes.get(self.machine, self.view, name, _NOWHERE)
        return not isinstance(found, (Attr, Unknown))


class Match(Special):
    """`request.match_info`: the parameters of the path, and the route that answers."""

    __slots__ = ("request",)

    truth = True

    def __init__(self, request: Request) -> None:
        self.request = request

    def attribute(self, name: str) -> Value:
        """The handler, its route, the route's resource."""
        if name == "handler":
            return Handler(self.request)
        if name in ("route", "resource", "_route"):
            return self
        self.request.used = True
        if name == "name":
            return Known(self.request.name) if self.request.name else NONE
        if name in ("canonical", "path") and self.request.path:
            return Known(self.request.path)
        return Unknown(f"match_info.{name}", None, f"match_info.{name}")

    def item(self, key: Value) -> Value:
        """A parameter of the path."""
        return Unknown(f"match_info[{text_of(key) or '?'}]")

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`match_info.get("id")`."""
        return self.item(args[0]) if name == "get" and args else None

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """It is not called."""
        return Unknown("match_info()")


class Handler(Gate):
    """The handler as a middleware is given it: to be called, or asked for what was noted on it."""

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request = request

    def attribute(self, name: str) -> Value:
        """What was set on the handler."""
        return self.request.of_view(name)

    def has(self, name: str) -> bool | None:
        """Whether something was set on the handler."""
        return self.request.view_has(name)
