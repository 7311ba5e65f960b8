"""`bottle.request` of an anonymous caller."""

from __future__ import annotations

from apilint.guards.caller import NOTHING, Body, Caller, Container
from apilint.startup.values import Known, Value

_BODIES = ("forms", "query", "params", "json", "files", "POST", "GET", "body")


class Request(Caller):
    """An anonymous caller's request to one route."""

    def attribute(self, name: str) -> Value:
        """What else Bottle calls the parts of a request."""
        if name in _BODIES:
            return Body(name)
        if name in ("environ", "headers", "cookies"):
            return Container(name)
        if name in ("fullpath", "script_name"):
            return super().attribute("path")
        return super().attribute(name)

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`request.get_header("X-Key")`, `request.get_cookie("session", secret=...)`."""
        if name == "get_header":
            key = args[0] if args else kwargs.get("name") or Known("")
            return Container("headers").method("get", [key, *args[1:2]], {})
        if name == "get_cookie":
            return args[1] if len(args) > 1 else kwargs.get("default") or NOTHING
        return super().method(name, args, kwargs)
