"""Litestar's registration: applications with their routers and controllers -> handlers, each below its layers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.program import Object, Program, path_part
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    Condition,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Result,
    Seq,
    Value,
    Wrapped,
    text_of,
    unwrap,
    wrappers,
)

ROUTERS = ("litestar.Router", "litestar.router.Router")
CONTROLLERS = ("litestar.Controller", "litestar.controller.Controller")
LISTENERS = (
    "litestar.handlers.WebsocketListener",
    "litestar.handlers.websocket_handlers.WebsocketListener",
    "litestar.handlers.websocket_handlers.listener.WebsocketListener",
)
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head"})
_ANY_VERB = frozenset({"route", "HTTPRouteHandler"})
_SOCKETS = frozenset({"websocket", "WebsocketRouteHandler", "websocket_stream"})
_LISTENING = frozenset({"websocket_listener", "WebsocketListenerRouteHandler"})
_ASGI = frozenset({"asgi", "ASGIRouteHandler"})
_DECORATORS = _VERBS | _ANY_VERB | _SOCKETS | _LISTENING | _ASGI
_MAX_DEPTH = 20

Conditions = tuple[Condition, ...]


class Layer(msgspec.Struct, frozen=True):
    """One layer that a handler stands in: the application, a router, a controller, or the handler's own decorator."""

    label: str
    options: dict[str, Value]
    span: Span

    def opt(self) -> dict[object, Value]:
        """What the layer says in `opt`; a handler's decorator takes unknown keywords as well."""
        stated = self.options.get("opt")
        return dict(stated.items) if isinstance(stated, Mapping) else {}


class Handler(msgspec.Struct, frozen=True):
    """One handler with everything that it stands in, the application first and its own decorator last."""

    value: Value
    span: Span
    layers: tuple[Layer, ...]
    methods: tuple[str, ...]
    paths: tuple[str, ...]
    conditions: Conditions
    router: str
    self_value: Instance | None = None
    is_socket: bool = False

    def opt(self) -> dict[object, Value]:
        """The options as the framework merges them: those of the nearest layer count."""
        merged: dict[object, Value] = {}
        for layer in self.layers:
            merged.update(layer.opt())
        merged.update(self.layers[-1].options)
        return merged


class Registration:
    """Everything that one application serves."""

    def __init__(self, program: Program, app: Object) -> None:
        self.program = program
        self.machine = program.machine
        self.app = app

    def handlers(self) -> Iterator[Handler]:
        """All handlers, in the order of their registration."""
        args, kwargs = self.program.made_with(self.app)
        options = self._initialised({**({"route_handlers": args[0]} if args else {}), **kwargs})
        yield from self._below(self.app, options, (), "the application", ())

    def _initialised(self, options: dict[str, Value]) -> dict[str, Value]:
        """The application's options after the functions in `on_app_init` and the plug-ins have changed them."""
        hooks = self.program.items(options.get("on_app_init"))
        hooks += [
            attributes.get(self.machine, plugin, "on_app_init", self.app.span)
            for plugin in self.program.items(options.get("plugins"))
            if isinstance(plugin, Instance)
        ]
        own = [hook for hook in hooks if isinstance(unwrap(hook), FunctionValue)]
        if not own:
            return options
        for name in ("route_handlers", "guards", "middleware"):
            options[name] = Seq("list", self.program.items(options.get(name)))
        for name in ("dependencies", "opt"):
            options.setdefault(name, Mapping({}))
        config = Result(External("litestar.config.app.AppConfig"), [], {}, self.app.span, self.app.order, ())
        config.attrs = options
        for hook in own:
            self.machine.call_within(hook, [config], self.app.span)
        return options

    # -------------------------------------------------------------------- layers

    def _below(
        self, made: Object, options: dict[str, Value], layers: tuple[Layer, ...], label: str, conditions: Conditions
    ) -> Iterator[Handler]:
        """The handlers of an application or router."""
        if len(layers) > _MAX_DEPTH:
            return
        layers = (*layers, Layer(label, options, made.span))
        for value, under in self.program.items_under(options.get("route_handlers")):
            yield from self._registered(value, layers, (*conditions, *under), made)
        for name, event in list(self.program.events(made)):
            if name == "register" and event.args:
                yield from self._registered(event.args[0], layers, (*conditions, *event.conditions), made)

    def _registered(
        self, value: Value, layers: tuple[Layer, ...], conditions: Conditions, on: Object
    ) -> Iterator[Handler]:
        """What one entry of `route_handlers` brings: a handler, a controller, or a router."""
        if isinstance(value, Choice):
            for option in value.options:
                yield from self._registered(option, layers, conditions, on)
        elif self.program.is_subclass(value, CONTROLLERS):
            yield from self._controller(unwrap(value), layers, conditions, on)
        elif self.program.is_subclass(value, LISTENERS):
            yield from self._listener(unwrap(value), layers, conditions, on)
        elif self.program.is_a(value, ROUTERS):
            router = self.program.object_of(value)
            if router is not None:
                args, kwargs = self.program.made_with(router)
                options = {**({"path": args[0]} if args else {}), **kwargs}
                label = f"router '{joined([_path(options)])}'"
                yield from self._below(router, options, layers, label, (*conditions, *router.conditions))
        else:
            yield from self._handler(value, layers, conditions, on)

    def _controller(
        self, cls: Value, layers: tuple[Layer, ...], conditions: Conditions, on: Object
    ) -> Iterator[Handler]:
        """The handlers of a controller, those that it inherits included."""
        if not isinstance(cls, ClassValue):
            return
        options, members = self._members(cls)
        layer = Layer(f"controller '{cls.cls.name}'", options, cls.cls.span)
        instance = Instance(cls, [], {}, cls.cls.span, 0)
        for value in members:
            for handler in self._handler(value, (*layers, layer), conditions, on):
                yield msgspec.structs.replace(handler, self_value=instance)

    def _members(self, cls: ClassValue) -> tuple[dict[str, Value], list[Value]]:
        """The attributes of a class by name, and its handlers: of several of one name the class's own counts."""
        found: dict[str, Value] = {}
        for base in attributes.mro(self.machine, cls):
            if isinstance(base, ClassValue):
                for name, value in {**attributes.namespace(self.machine, base).vars, **base.overrides}.items():
                    found.setdefault(name, value)
        members = [value for value in found.values() if self._made(value) is not None]
        return {name: self.machine.force(value) for name, value in found.items()}, members

    def _listener(self, cls: Value, layers: tuple[Layer, ...], conditions: Conditions, on: Object) -> Iterator[Handler]:
        """A class whose `on_receive` answers each message on a websocket."""
        if not isinstance(cls, ClassValue):
            return
        found = attributes.own(self.machine, cls, "on_receive")
        if found is None:
            return
        options, _ = self._members(cls)
        made = Result(External("litestar.websocket_listener"), [], options, cls.cls.span, 0, ())
        handler = Wrapped(found, made, cls.cls.span, None)
        instance = Instance(cls, [], {}, cls.cls.span, 0)
        for each in self._handler(handler, layers, conditions, on):
            yield msgspec.structs.replace(each, self_value=instance)

    # ------------------------------------------------------------------ handlers

    def _made(self, value: Value) -> tuple[Value, Object, str] | None:
        """`(what is below it, the decorator that makes a handler of it, the decorator's name)`."""
        for wrapped in wrappers(self.program.as_decorated(value)):
            made = wrapped.decorator
            if isinstance(made, (Result, Instance)):
                names = attributes.library_names(self.machine, made)
                name = next((last for each in names if (last := _decorator(each))), "")
                if name:
                    return wrapped.inner, made, name
        return None

    def _handler(
        self, value: Value, layers: tuple[Layer, ...], conditions: Conditions, on: Object
    ) -> Iterator[Handler]:
        found = self._made(value)
        if found is None:
            return
        inner, made, name = found
        args, kwargs = self.program.made_with(made)
        options = {**({"path": args[0]} if args else {}), **kwargs}
        prefixes = [_path(layer.options) for layer in layers]
        stated = options.get("path")
        parts = stated.items if isinstance(stated, Seq) else [stated]
        yield Handler(
            value=inner,
            span=made.span,
            layers=(*layers, Layer("the route", options, made.span)),
            methods=self._methods(name, options),
            paths=tuple(dict.fromkeys(joined([*prefixes, path_part(part)]) for part in parts)),
            conditions=conditions,
            router=self.program.place(on),
            is_socket=name in _SOCKETS or name in _LISTENING,
        )

    def _methods(self, name: str, options: dict[str, Value]) -> tuple[str, ...]:
        if name in _VERBS:
            return (name.upper(),)
        if name in _ASGI:
            return ()
        if name not in _ANY_VERB:
            return ("WEBSOCKET",)
        methods = {_verb(item) for item in self.program.items(options.get("http_method"))}
        return tuple(sorted(method for method in methods if method))


def _decorator(name: str) -> str:
    """`get` for `litestar.handlers.get`; empty for what makes no handler."""
    last = name.rpartition(".")[2]
    return last if name.startswith("litestar.") and last in _DECORATORS else ""


def _verb(value: Value) -> str:
    """`GET` for `"GET"` and for `HttpMethod.GET`."""
    name = value.name if isinstance(value, (External, Attr)) else text_of(value) or ""
    return name.rpartition(".")[2].upper()


def _path(options: dict[str, Value]) -> str:
    return path_part(options.get("path"))


def joined(parts: list[str]) -> str:
    """Fragments of a path as Litestar joins them."""
    return "/" + re.sub("//+", "/", "/".join(parts)).strip("/")
