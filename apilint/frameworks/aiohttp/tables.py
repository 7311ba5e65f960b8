"""aiohttp's registration: applications with those inside of them -> what is registered, below which middlewares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.answering import Attached
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.startup.values import Choice, Condition, External, Known, Result, Value, text_of

TABLES = ("aiohttp.web.RouteTableDef", "aiohttp.web_routedef.RouteTableDef")
VERBS = ("get", "head", "post", "put", "patch", "delete", "options")
_PARTS = re.compile(r"(\{[_a-zA-Z][^{}]*(?:\{[^{}]*\}[^{}]*)*\})")
_MAX_DEPTH = 20

Conditions = tuple[Condition, ...]


class Entry(msgspec.Struct, frozen=True):
    """One thing that is registered: a handler for a method (`*` for all) on a path."""

    method: str
    path: str
    handler: Value
    span: Span
    conditions: Conditions
    middlewares: tuple[Attached, ...]
    router: str
    prefix: str
    name: str


class Scope(msgspec.Struct, frozen=True):
    """What an application's routes inherit from those that it stands in."""

    prefix: str = ""
    middlewares: tuple[Attached, ...] = ()
    conditions: Conditions = ()
    router: str = ""
    depth: int = 0


class Tables:
    """Everything that is registered on applications."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def outermost(self, apps: Iterable[Object]) -> list[Object]:
        """The applications that stand in no other one."""
        inside = {id(child) for app in apps for _, _, child in self._inside(app)}
        return [app for app in apps if id(app) not in inside]

    def entries(self, app: Object, scope: Scope | None = None) -> Iterator[Entry]:
        """What is registered on an application and on those inside of it."""
        scope = scope or Scope()
        if scope.depth > _MAX_DEPTH:
            return
        scope = msgspec.structs.replace(
            scope, middlewares=(*scope.middlewares, *self._middlewares(app)), router=self.program.place(app)
        )
        for name, event in list(self.program.events(app)):
            yield from self._event(name.removeprefix("router."), event, scope)
        for prefix, event, child in self._inside(app):
            below = msgspec.structs.replace(
                scope,
                prefix=scope.prefix + prefix,
                conditions=(*scope.conditions, *event.conditions),
                depth=scope.depth + 1,
            )
            yield from self.entries(child, below)

    def _inside(self, app: Object) -> Iterator[tuple[str, Result, Object]]:
        """`(prefix, registration, application)` for the applications inside of one."""
        for name, event in self.program.events(app):
            if name in ("add_subapp", "add_domain"):
                child = self.program.object_of(argument(event, 1, "subapp") or Known(None))
                if child is not None:
                    prefix = path_part(argument(event, 0, "prefix")).rstrip("/") if name == "add_subapp" else ""
                    yield prefix, event, child

    def _middlewares(self, app: Object) -> Iterator[Attached]:
        """The middlewares of an application, outermost first."""
        _, kwargs = self.program.made_with(app)
        label = "middlewares of the application"
        for value, conditions in self.program.items_under(kwargs.get("middlewares")):
            yield Attached(value, _span(value, app.span), conditions, label)
        for name, event in self.program.events(app):
            if name in ("middlewares.append", "middlewares.insert", "middlewares.extend") and event.args:
                for value in self.program.items(event.args[-1]):
                    yield Attached(value, event.span, event.conditions, label)

    # ------------------------------------------------------------------- entries

    def _event(self, name: str, event: Result, scope: Scope) -> Iterator[Entry]:
        """What one call on an application or its router registers."""
        if name == "add_routes" and event.args:
            for item in self._listed(event.args[0]):
                yield from self._defined(item, event, scope)
        elif name == "add_resource":
            path = argument(event, 0, "path")
            for called, below in self.program.events(event):
                if called == "add_route":
                    method, handler = argument(below, 0, "method"), argument(below, 1, "handler")
                    yield from self._entry(method, path, handler, below, scope, event.kwargs.get("name"))
        elif name == "add_route":
            path, handler = argument(event, 1, "path"), argument(event, 2, "handler")
            yield from self._entry(argument(event, 0, "method"), path, handler, event, scope)
        elif name.startswith("add_"):
            yield from self._short(name.removeprefix("add_"), event, scope)

    def _listed(self, value: Value) -> list[Value]:
        """The definitions in a list, or a table of them."""
        return [value] if self.program.is_a(value, TABLES) else self.program.items(value)

    def _defined(self, item: Value, event: Result, scope: Scope) -> Iterator[Entry]:
        """A table, or one definition: `web.get("/", handler)`."""
        if isinstance(item, Choice):
            for option in item.options:
                yield from self._defined(option, event, scope)
            return
        if not isinstance(item, Result):
            return
        below = msgspec.structs.replace(scope, conditions=(*scope.conditions, *event.conditions))
        if self.program.is_a(item, TABLES):
            for name, definition in self.program.events(item):
                for view in self.program.decorated(definition):
                    yield from self._decorated(name, definition, view, below)
            return
        name = item.callee.name if isinstance(item.callee, External) else ""
        if name.startswith("aiohttp.web"):
            last = name.rpartition(".")[2]
            if last == "route":
                path, handler = argument(item, 1, "path"), argument(item, 2, "handler")
                yield from self._entry(argument(item, 0, "method"), path, handler, item, below)
            else:
                yield from self._short(last, item, below)

    def _decorated(self, name: str, definition: Result, handler: Value, scope: Scope) -> Iterator[Entry]:
        """`@table.get("/")` and `@table.route("GET", "/")`."""
        if name == "route":
            method, path = argument(definition, 0, "method"), argument(definition, 1, "path")
            yield from self._entry(method, path, handler, definition, scope)
        elif name in VERBS or name == "view":
            path, verb = argument(definition, 0, "path"), Known("*" if name == "view" else name)
            yield from self._entry(verb, path, handler, definition, scope)

    def _short(self, name: str, event: Result, scope: Scope) -> Iterator[Entry]:
        """`get(path, handler)` and the like."""
        if name in VERBS or name == "view":
            path, handler = argument(event, 0, "path"), argument(event, 1, "handler")
            yield from self._entry(Known("*" if name == "view" else name), path, handler, event, scope)

    def _entry(
        self,
        method: Value | None,
        path: Value | None,
        handler: Value | None,
        event: Result,
        scope: Scope,
        name: Value | None = None,
    ) -> Iterator[Entry]:
        if handler is None:
            return
        named = name or event.kwargs.get("name")
        yield Entry(
            method=_method(method),
            path=scope.prefix + canonical(path_part(path)),
            handler=handler,
            span=event.span,
            conditions=(*scope.conditions, *event.conditions),
            middlewares=scope.middlewares,
            router=scope.router,
            prefix=scope.prefix,
            name=(text_of(named) if named is not None else None) or "",
        )


def _method(value: Value | None) -> str:
    """`GET` for `"get"` and for `hdrs.METH_GET`."""
    if isinstance(value, External):
        name = value.name.rpartition("METH_")[2].upper()
        return "*" if name == "ANY" else name
    return (text_of(value) or "*").upper() if value is not None else "*"


def canonical(path: str) -> str:
    """A path as aiohttp calls it: without the patterns of its parameters."""
    return _PARTS.sub(lambda part: "{" + part[1][1:-1].partition(":")[0] + "}", path)


def _span(value: Value, otherwise: Span) -> Span:
    return value.span if isinstance(value, Result) else otherwise
