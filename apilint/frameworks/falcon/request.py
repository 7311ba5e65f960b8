"""The request of an anonymous caller as Falcon's hooks, middleware and responders see it."""

from __future__ import annotations

from apilint.guards.caller import Body, Caller, Container
from apilint.startup.values import Known, Unknown, Value


class Request(Caller):
    """An anonymous caller's request to one route."""

    def attribute(self, name: str) -> Value:
        """What middleware left in the context is not there for a stranger."""
        if name == "context":
            return Container("state")
        if name == "uri_template":
            return super().attribute("path")
        if name in ("params", "media"):
            return Body(name)
        return super().attribute(name)

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`req.get_header("X-Key")`, `req.get_param("token")`, `req.get_cookie_values("session")`."""
        key = args[0] if args else kwargs.get("name") or Known("")
        if name == "get_header":
            default = {} if kwargs.get("default") is None else {"default": kwargs["default"]}
            return Container("headers").method("get", [key], default)
        if name == "get_cookie_values":
            return Container("cookies").item(key)
        if name.startswith("get_param"):
            return Body("params").item(key)
        if name in ("get_media", "get_media_or_none"):
            return Body("media")
        return super().method(name, args, kwargs)


def parameters() -> Value:
    """The parameters of the URI template, as hooks are given them."""
    return Unknown("the parameters of the path")
