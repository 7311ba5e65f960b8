"""The request of an anonymous caller as Django's code sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

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

    __slots__ = ("looked", "lookup", "name", "namespaces", "view")

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

    def _route(self, value: str, text: str) -> Value:
        self.looked.add("method" if text == "request.method" else "path")
        return super()._route(_addressed(value) if value is self.path else value, text)

    def attribute(self, name: str) -> Value:
        """What Django adds to any request."""
        if name == "resolver_match":
            return Match(self)
        if name in ("is_ajax", "scheme", "encoding", "content_type"):
            return Unknown(f"request.{name}", None, f"request.{name}")
        return super().attribute(name)

    def has(self, name: str) -> bool | None:
        """`hasattr(request, "user")`, which asks whether the library's own middleware is there."""
        return True if name in _ATTRIBUTES else super().has(name)

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`request.get_full_path()` and its like."""
        if name in ("is_secure", "get_host", "get_port", "build_absolute_uri", "is_ajax", "accepts"):
            return Unknown(f"request.{name}()", None, f"request.{name}()")
        return super().method(name, args, kwargs)


_ATTRIBUTES = frozenset("user session path path_info method GET POST META COOKIES FILES body resolver_match".split())
_GROUP = re.compile(
    r"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)[*+?]?"  # a group, with at most one level inside
    r"|\[(?:[^]\\]|\\.)*\][*+?]?|\\[dDwWsS][*+?]?|\.[*+]"
)


def _addressed(path: str) -> str:
    """The address that a route's pattern stands for, with `<>` for the parts that a regular expression leaves open."""
    if not path.endswith(("$", "\\Z")) and "(?P<" not in path:
        return path
    plain = _GROUP.sub("<>", path.removesuffix("$").removesuffix("\\Z"))
    return plain.replace("/?", "/").replace("\\", "")


Judged = TypeVar("Judged")


class ByTraits(Generic[Judged]):
    """What was judged for one route holds for all that are alike in what the judged code looked at."""

    def __init__(self) -> None:
        self._known: dict[object, Judged] = {}
        self._traits: dict[Hashable, list[tuple[str, ...]]] = {}

    def get(self, subject: Hashable, request: Request, judge: Callable[[], Judged]) -> Judged:
        """The judgement of `subject` for a request."""
        lists = self._traits.setdefault(subject, [])
        for traits in lists:
            key = self._key(subject, request, traits)
            if key in self._known:
                request.looked.update(traits)
                return self._known[key]
        outer, request.looked = request.looked, set()
        judged = judge()
        traits = tuple(sorted(request.looked))
        request.looked |= outer
        if traits not in lists:
            lists.append(traits)
        self._known[self._key(subject, request, traits)] = judged
        return judged

    def _key(self, subject: Hashable, request: Request, traits: tuple[str, ...]) -> object:
        return (subject, traits, *[request.trait(trait) for trait in traits])


__all__ = ["TRUE", "ByTraits", "Match", "Request"]
