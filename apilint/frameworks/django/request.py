"""The request of an anonymous caller as Django's code sees it."""

from __future__ import annotations

from apilint.guards.caller import Caller
from apilint.startup.values import NONE, TRUE, Known, Mapping, Seq, Special, Unknown, Value


class Match(Special):
    """`request.resolver_match`: which view the URL led to, and what it is called."""

    truth = True

    def __init__(self, request: Request) -> None:
        self.request = request

    def attribute(self, name: str) -> Value:
        """Names and namespaces of the route at hand."""
        request = self.request
        if not request.path:
            request.used = True
            return Unknown(f"request.resolver_match.{name}", None, f"request.resolver_match.{name}")
        if name == "url_name":
            return request.seen("name", Known(request.name) if request.name else NONE)
        if name == "view_name":
            return request.seen("name", Known(":".join([*request.namespaces, request.name or request.lookup])))
        if name in ("namespace", "app_name"):
            return request.seen("namespaces", Known(":".join(request.namespaces)))
        if name in ("namespaces", "app_names"):
            return request.seen("namespaces", Seq("list", [Known(label) for label in request.namespaces]))
        if name == "route":
            return request.seen("path", Known(request.path.lstrip("/")))
        if name == "func":
            return request.seen("view", request.view)
        if name in ("kwargs", "captured_kwargs"):
            return Mapping({}, is_open=True)
        if name == "args":
            return Seq("tuple", [], is_open=True)
        return Unknown(f"request.resolver_match.{name}", None, f"request.resolver_match.{name}")

    def item(self, key: Value) -> Value:
        """`match[0]` is the view in old code."""
        return self.attribute("func")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """It is not called."""
        return Unknown("request.resolver_match()")


class Request(Caller):
    """An anonymous caller's request to one route. `looked` notes what was asked of the route, so that a judgement
    can be kept for all routes that are alike in it."""

    __slots__ = ("lookup", "looked", "name", "namespaces", "view")

    def __init__(
        self,
        method: str = "",
        path: str = "",
        name: str = "",
        namespaces: tuple[str, ...] = (),
        view: Value | None = None,
        lookup: str = "",
    ) -> None:
        super().__init__(method, path, name)
        self.name = name
        self.namespaces = namespaces
        self.view = view if view is not None else Unknown("the view")
        self.lookup = lookup
        self.looked: set[str] = set()

    def seen(self, what: str, value: Value) -> Value:
        """Note that the route was looked at."""
        self.used = True
        self.looked.add(what)
        return value

    def trait(self, what: str) -> object:
        """The route's part that a judgement depends on."""
        if what == "view":
            return id(self.view)
        return {"path": self.path, "method": self.http_method, "name": self.name, "namespaces": self.namespaces}[what]

    def attribute(self, name: str) -> Value:
        """What Django adds to any request."""
        if name == "resolver_match":
            return Match(self)
        if name == "method":
            self.looked.add("method")
        elif name in ("path", "path_info", "full_path", "endpoint", "rule"):
            self.looked.add("path")
        elif name in ("is_ajax", "scheme", "encoding", "content_type"):
            return Unknown(f"request.{name}", None, f"request.{name}")
        return super().attribute(name)

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`request.get_full_path()` and its like."""
        if name == "get_full_path":
            self.looked.add("path")
        if name in ("is_secure", "get_host", "get_port", "build_absolute_uri", "is_ajax", "accepts"):
            return Unknown(f"request.{name}()", None, f"request.{name}()")
        return super().method(name, args, kwargs)


__all__ = ["TRUE", "Match", "Request"]
