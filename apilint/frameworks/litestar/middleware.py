"""Litestar's middleware as guards: of an application, a router, a controller or a handler, with what it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.litestar.connection import Connection
from apilint.frameworks.litestar.layers import Handler, Layer
from apilint.frameworks.program import Program, under
from apilint.guards.caller import GATE, GATE_ARGUMENT, NOTHING
from apilint.guards.judge import NOT_A_GUARD, Judgement
from apilint.model import Guard
from apilint.startup import attributes
from apilint.startup.expressions import truth
from apilint.startup.values import (
    Attr,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Result,
    Seq,
    Unknown,
    Value,
    text_of,
    unwrap,
)

_DEFINE = ("litestar.middleware.DefineMiddleware", "litestar.middleware.base.DefineMiddleware")
_AUTHENTICATION = (
    "litestar.middleware.AbstractAuthenticationMiddleware",
    "litestar.middleware.authentication.AbstractAuthenticationMiddleware",
)
_HANDLING = ("litestar.middleware.ASGIMiddleware", "litestar.middleware.base.ASGIMiddleware")
_SKIPPING = ("exclude", "exclude_path_pattern")
_BY_OPTION = ("exclude_opt_key", "exclude_from_auth_key")
_PARAMETER = re.compile(r"\{\w+:(\w+)\}")
_PLAUSIBLE = {"path": "a/b", "uuid": "6f1c2a52-5d0c-4e0b-9f57-0d9a6e3f7a11"}
_CONFIGURED_METHODS = ("HEAD", "OPTIONS")
"""The methods that security configurations leave out unless they say otherwise."""


class Middleware(msgspec.Struct, frozen=True):
    """One middleware: what it is, with which arguments, and where it was attached."""

    value: Value
    kwargs: dict[str, Value]
    via: str
    span: Span
    is_configured: bool = False


class MiddlewareGuards:
    """Judges the middleware of handlers."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.machine = program.machine
        self._made: dict[int, tuple[Value, Value]] = {}

    def guards(self, handler: Handler, caller: Connection) -> list[Guard]:
        """What stands around one handler, outermost first; the caller gets the user that authentication gives."""
        found = []
        for layer in handler.layers:
            for value, conditions in self.program.items_under(layer.options.get("middleware")):
                found += [under(guard, conditions) for guard in self._guard(_middleware(value, layer), handler, caller)]
            if layer is handler.layers[0]:
                for each in self._initialising(layer):
                    found += self._guard(each, handler, caller)
        return found

    def _initialising(self, layer: Layer) -> Iterator[Middleware]:
        """The middleware that a security configuration brings: `on_app_init=[auth.on_app_init]`."""
        for hook in self.program.items(layer.options.get("on_app_init")):
            if isinstance(hook, Attr) and hook.name == "on_app_init" and isinstance(hook.base, (Result, Instance)):
                _, kwargs = self.program.made_with(hook.base)
                yield Middleware(hook.base, kwargs, f"on_app_init of {layer.label}", hook.base.span, True)

    def _guard(self, middleware: Middleware, handler: Handler, caller: Connection) -> list[Guard]:
        judged = self._judge(middleware, caller)
        if judged.effect in ("none", "optional"):
            self._authenticated(judged, caller)
            judged = msgspec.structs.replace(judged, effect="none")
        else:
            left_out = self._is_left_out(middleware, handler, caller)
            if left_out is None:
                judged = Judgement("unknown", qualname=judged.qualname, reason="which paths it leaves out is not known")
            elif left_out:
                judged = Judgement("none", qualname=judged.qualname, reason="it leaves this route out")
        target = unwrap(middleware.value)
        name = self.program.short_name(target)
        return [self.program.guard(name, "middleware", middleware.via, middleware.span, judged, target)]

    def _authenticated(self, judged: Judgement, caller: Connection) -> None:
        """The user that an anonymous caller gets from middleware that lets them through."""
        given = judged.gives
        if isinstance(given, Result) and self.program.knowledge.name_of(given.callee).endswith("AuthenticationResult"):
            user = given.kwargs.get("user") or (given.args[0] if given.args else NOTHING)
            caller.user = NOTHING if isinstance(user, Known) and user.value is None else user

    def _judge(self, middleware: Middleware, caller: Connection) -> Judgement:
        target = unwrap(middleware.value)
        known = self.program.judge.library(middleware.value, caller.http_method)
        if known is not None and not isinstance(target, ClassValue):
            return known
        if isinstance(target, Unknown):
            return Judgement("unknown", reason=target.reason)
        if middleware.is_configured:
            return Judgement("unknown", reason="the library models do not say what its middleware does")
        if self.program.is_subclass(target, _AUTHENTICATION):
            method = self._method(middleware, "authenticate_request")
            return NOT_A_GUARD if method is None else self._run(method, "dependency", [caller], caller)
        if self.program.is_a(target, _HANDLING):
            method = self._method(middleware, "handle")
            return NOT_A_GUARD if method is None else self._run(method, "call", [caller, *_WAY, GATE], caller)
        method = self._method(middleware, "__call__")
        return NOT_A_GUARD if method is None else self._run(method, "call", [caller, *_WAY], caller)

    def _run(self, method: FunctionValue, mode: str, first: list[Value], caller: Connection) -> Judgement:
        return self.program.judge.function(method, mode, caller=caller, first=first, memo=(None,))

    def _method(self, middleware: Middleware, name: str) -> FunctionValue | None:
        """The function that a connection goes through."""
        made = self._instance(middleware)
        if isinstance(made, Instance):
            made = unwrap(attributes.get(self.machine, made, name, middleware.span))
        return made if isinstance(made, FunctionValue) else None

    def _instance(self, middleware: Middleware) -> Value:
        """The middleware with the next application at hand: an object, or the function that a factory gives."""
        target = unwrap(middleware.value)
        if not isinstance(target, (ClassValue, FunctionValue)):
            return target
        kept = self._made.get(id(target))
        if kept is None or kept[0] is not target:
            kwargs = dict(middleware.kwargs)
            if isinstance(target, ClassValue):
                made = self.machine.call(target, [], {**kwargs, "app": GATE}, middleware.span)
            else:
                made = unwrap(self.machine.call(target, [GATE], kwargs, middleware.span))
            kept = self._made[id(target)] = (target, made)
        return kept[1]

    # ------------------------------------------------------------- what is left out

    def _is_left_out(self, middleware: Middleware, handler: Handler, caller: Connection) -> bool | None:
        """Whether the middleware says of itself that it does not run for this route; None where a pattern is not
        known."""
        stated = self._stated(middleware)
        kinds = [_word(item) for item in self.program.items(stated.get("scopes"))]
        kind = "WEBSOCKET" if handler.is_socket else "HTTP" if handler.methods else "ASGI"
        if any(kinds) and kind not in kinds:
            return True
        option = next((text_of(stated[key]) for key in _BY_OPTION if key in stated), None)
        by_default = middleware.is_configured or self.program.is_subclass(middleware.value, _AUTHENTICATION)
        chosen = handler.opt().get(option or ("exclude_from_auth" if by_default else ""))
        if chosen is not None and truth(chosen):
            return True
        methods = [_word(item) for item in self.program.items(stated.get("exclude_http_methods"))]
        if "exclude_http_methods" not in stated and middleware.is_configured:
            methods = list(_CONFIGURED_METHODS)
        if caller.http_method in methods:
            return True
        patterns = [text_of(item) for key in _SKIPPING for item in self._patterns(stated.get(key))]
        if any(pattern and _matches(pattern, caller.path) for pattern in patterns):
            return True
        return None if None in patterns else False

    def _patterns(self, value: Value | None) -> list[Value]:
        """The patterns that are stated; one that is not known for a list that is not."""
        is_open = isinstance(value, Seq) and value.open
        return [*self.program.items(value), *([Unknown("more patterns")] if is_open else [])]

    def _stated(self, middleware: Middleware) -> dict[str, Value]:
        """Arguments and class attributes that say what is left out, the arguments first."""
        target = unwrap(middleware.value)
        cls = target.cls if isinstance(target, Instance) else target
        stated: dict[str, Value] = {}
        if isinstance(cls, ClassValue):
            for name in (*_SKIPPING, *_BY_OPTION, "scopes", "exclude_http_methods"):
                found = attributes.own(self.machine, cls, name)
                if found is not None:
                    stated[name] = found
        made = self._instance(middleware) if isinstance(target, ClassValue) else target
        given = self.program.made_with(made)[1] if isinstance(made, (Instance, Result)) else {}
        return {**stated, **middleware.kwargs, **given}


_WAY: list[Value] = [GATE_ARGUMENT, GATE_ARGUMENT]


def _middleware(value: Value, layer: Layer) -> Middleware:
    """`DefineMiddleware(cls, **kwargs)`, `config.middleware`, or the middleware itself."""
    via = f"middleware of {layer.label}"
    if isinstance(value, Result) and isinstance(value.callee, External) and value.callee.name in _DEFINE and value.args:
        return Middleware(value.args[0], value.kwargs, via, value.span)
    if isinstance(value, Attr) and value.name == "middleware" and isinstance(value.base, (Result, Instance)):
        return Middleware(value.base, value.base.kwargs, via, value.base.span, True)
    span = value.span if isinstance(value, (Result, Instance)) else layer.span
    return Middleware(value, {}, via, span)


def _word(value: Value) -> str:
    name = value.name if isinstance(value, (External, Attr)) else text_of(value) or ""
    return name.rpartition(".")[2].upper()


def _matches(pattern: str, path: str) -> bool:
    """Whether a pattern is found in a plausible path of the route."""
    plausible = _PARAMETER.sub(lambda found: _PLAUSIBLE.get(found[1], "1"), path)
    try:
        return re.search(pattern, plausible) is not None
    except re.error:
        return False
