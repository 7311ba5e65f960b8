"""Sanic's registration: applications with their blueprints -> what is registered, below which middleware."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from apilint.facts import Span
from apilint.frameworks.answering import Attached
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.startup.values import Condition, FunctionValue, Known, Result, Seq, Value, constant, text_of, unwrap

BLUEPRINTS = ("sanic.Blueprint", "sanic.blueprints.Blueprint")
GROUPS = (
    "sanic.Blueprint.group",
    "sanic.blueprints.Blueprint.group",
    "sanic.blueprints.BlueprintGroup",
    "sanic.blueprint_group.BlueprintGroup",
)
VERBS = ("get", "head", "post", "put", "patch", "delete", "options")
_UNTYPED = re.compile(r"<(\w+)>")
_MAX_DEPTH = 20

Conditions = tuple[Condition, ...]


class Entry(msgspec.Struct, frozen=True):
    """One handler for methods on a path. Without methods it is a class, which says itself what it answers."""

    methods: tuple[str, ...]
    path: str
    handler: Value
    span: Span
    conditions: Conditions
    middleware: tuple[Attached, ...]
    noted: Mapping[str, Value]
    router: str
    prefix: str


class Scope(msgspec.Struct, frozen=True):
    """What a registration says of the routes of a blueprint; None where it leaves that to the blueprint."""

    prefix: str | None = None
    version: Value | None = None
    version_prefix: str | None = None
    middleware: tuple[Attached, ...] = ()
    conditions: Conditions = ()


class Tables:
    """Everything that is registered on one application."""

    def __init__(self, program: Program, app: Object) -> None:
        self.program = program
        self.app = app

    def entries(self) -> Iterator[Entry]:
        """What is registered on the application and on the blueprints that it has taken."""
        own = tuple(self._middleware(self.app, "the application"))
        yield from self._on(self.app, Scope(middleware=own), None)
        for name, event in self.program.events(self.app):
            given = argument(event, 0, "blueprint") if name in ("blueprint", "register_blueprint") else None
            if given is not None:
                scope = msgspec.structs.replace(self._said(event.kwargs), middleware=own, conditions=event.conditions)
                yield from self._taken(given, scope, 0)

    def _taken(self, value: Value, scope: Scope, depth: int) -> Iterator[Entry]:
        """The routes of a blueprint, of each in a list, or of those in a group."""
        value = unwrap(value)
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, Seq):
            for item in value.items:
                yield from self._taken(item, scope, depth + 1)
            return
        if self._is_group(value) and isinstance(value, Result):
            yield from self._grouped(value, scope, depth)
            return
        found = self.program.object_of(value)
        if found is not None and self.program.is_a(found, BLUEPRINTS):
            own = tuple(self._middleware(found, "the blueprint"))
            below = msgspec.structs.replace(scope, middleware=(*scope.middleware, *own))
            yield from self._on(found, below, self.program.made_with(found)[1])

    def _is_group(self, value: Value) -> bool:
        return isinstance(value, Result) and self.program.describe(value).replace(":", ".") in GROUPS

    def _grouped(self, group: Result, scope: Scope, depth: int) -> Iterator[Entry]:
        """The members of a group: its prefix stands before theirs, its version counts where they have none."""
        said = self._said(group.kwargs)
        own = tuple(self._middleware(group, "the group"))
        members = [each for value in group.args for each in self.program.items(value)]
        members += [event.args[-1] for name, event in self.program.events(group) if name in ("append", "insert")]
        for member in members:
            made = self.program.object_of(member)
            kwargs = {} if made is None or self._is_group(unwrap(member)) else self.program.made_with(made)[1]
            parts = [scope.prefix or "", said.prefix or "", path_part(kwargs.get("url_prefix"))]
            prefix = "/".join(each.strip("/") for each in parts if each).rstrip("/")
            yield from self._taken(
                member,
                Scope(
                    prefix=f"/{prefix}",
                    version=kwargs.get("version") or said.version or scope.version,
                    version_prefix=said.version_prefix or scope.version_prefix,
                    middleware=(*scope.middleware, *own),
                    conditions=scope.conditions,
                ),
                depth + 1,
            )

    @staticmethod
    def _said(kwargs: Mapping[str, Value]) -> Scope:
        """Prefix and version, as the arguments of a call give them."""
        prefix, before = kwargs.get("url_prefix"), kwargs.get("version_prefix")
        return Scope(
            prefix=path_part(prefix) if prefix is not None else None,
            version=kwargs.get("version"),
            version_prefix=path_part(before) if before is not None else None,
        )

    def _middleware(self, made: Object, owner: str) -> Iterator[Attached]:
        """What runs before requests, in order. `@app.middleware` without an argument stands before them too."""
        via = f"middleware of {owner}"
        for name, event in self.program.events(made):
            first = argument(event, 0, "middleware_or_request") or argument(event, 0, "middleware")
            kind = text_of(argument(event, 1, "attach_to") or Known("request"))
            if name == "register_middleware" or (first is not None and isinstance(unwrap(first), FunctionValue)):
                is_added = name in ("middleware", "register_middleware") and kind == "request"
                if first is not None and (is_added or name == "on_request"):
                    yield Attached(first, event.span, event.conditions, via)
            elif name == "on_request" or (name == "middleware" and text_of(first or Known(kind)) == "request"):
                for value in self.program.decorated(event):
                    yield Attached(value, event.span, event.conditions, via)

    # ------------------------------------------------------------------- entries

    def _on(self, made: Object, scope: Scope, kwargs: Mapping[str, Value] | None) -> Iterator[Entry]:
        """What is registered on an application, or on a blueprint that was made with these arguments."""
        own = self._said(kwargs or {})
        prefix = scope.prefix if scope.prefix is not None else own.prefix or ""
        for name, event in list(self.program.events(made)):
            for methods, uri, handler in self._calls(name, event):
                version = event.kwargs.get("version") or scope.version or own.version
                said = self._said(event.kwargs).version_prefix, scope.version_prefix, own.version_prefix
                before = next((each for each in said if each and each != "/v"), "/v")
                path = _versioned(_joined(uri, prefix, is_app=kwargs is None), version, before)
                is_strict = constant(event.kwargs.get("strict_slashes") or Known(False)) is True
                yield Entry(
                    methods=methods,
                    path=_canonical(path if is_strict else path.rstrip("/")),
                    handler=handler,
                    span=event.span,
                    conditions=(*scope.conditions, *event.conditions),
                    middleware=scope.middleware,
                    noted={
                        each.removeprefix("ctx_"): value
                        for each, value in event.kwargs.items()
                        if each.startswith("ctx_")
                    },
                    router=self.program.place(made),
                    prefix=prefix,
                )

    def _calls(self, name: str, event: Result) -> Iterator[tuple[tuple[str, ...], str, Value]]:
        """`(methods, path, handler)` of what one call registers."""
        if name in ("add_route", "add_websocket_route"):
            handler, uri = argument(event, 0, "handler"), argument(event, 1, "uri")
            methods = ("WEBSOCKET",) if "websocket" in name else self._methods(argument(event, 2, "methods"))
            if handler is not None:
                yield methods, path_part(uri), handler
            return
        if name not in (*VERBS, "route", "websocket"):
            return
        if name == "websocket" or constant(event.kwargs.get("websocket") or Known(False)):
            methods = ("WEBSOCKET",)
        else:
            methods = (name.upper(),) if name in VERBS else self._methods(argument(event, 1, "methods"))
        for handler in self.program.decorated(event):
            yield methods, path_part(argument(event, 0, "uri")), handler

    def _methods(self, given: Value | None) -> tuple[str, ...]:
        return tuple((text_of(each) or "?").upper() for each in self.program.items(given)) or ("GET",)


def _joined(uri: str, prefix: str, *, is_app: bool) -> str:
    """A path below a prefix, as Sanic puts them together."""
    uri = uri if uri.startswith("/") or (not uri and not is_app) else f"/{uri}"
    path = prefix[:-1] + uri if prefix.endswith("/") and uri.startswith("/") else prefix + uri
    return path[1:] if path.startswith("//") else path


def _canonical(path: str) -> str:
    """A path as Sanic calls it: a parameter without a type is a text."""
    return _UNTYPED.sub(r"<\1:str>", path) or "/"


def _versioned(path: str, version: Value | None, before: str) -> str:
    number = constant(version) if version is not None else None
    if number is None:
        return path
    return f"{before}{str(number).strip('/').removeprefix('v')}/{path.lstrip('/')}"


__all__ = ["VERBS", "Entry", "Tables"]
