"""Handler -> what the caller puts into its parameters: free text, an object of fields, a number, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from apilint import facts as f
from apilint.frameworks import fields
from apilint.frameworks.dependencies import Dependencies, depends_on
from apilint.frameworks.kinds import FIXED, OBJECT, REQUEST, SERVER, TEXT, is_plain, kind_of
from apilint.frameworks.program import Program
from apilint.index import Class, Function
from apilint.model import Endpoint, Route
from apilint.placeholders import placeholders
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import (
    ClassValue,
    Env,
    External,
    FunctionValue,
    Instance,
    Partial,
    Result,
    Value,
    unwrap,
)
from apilint.unparse import dotted

_MARKERS = frozenset({"Depends", "Security", "Header", "Query", "Path", "Body", "Form", "Cookie", "File"})
_FRAMEWORKS = frozenset({"fastapi", "fastapi_users", "ninja", "ninja_extra", "litestar", "starlette"})
_TEXT_CONVERTERS = frozenset({"", "str", "string", "path", "default", "any"})
_LITESTAR_NAMES = {"request": REQUEST, "socket": REQUEST, "headers": TEXT, "cookies": TEXT, "query": TEXT, "body": TEXT}


def segments(route: Endpoint) -> set[str]:
    """The parameters in a route's path that hold no slash: they are one of its segments."""
    found = {name for name, converter in placeholders(route.path) if converter != "path" and not _spans(converter)}
    return found - set(re.findall(r"\{(\w+):path\}", route.path))


def _spans(converter: str) -> bool:
    return converter.startswith("re:") and (re.search(r"(?<!\\)\.|/|\[\^(?!/)|\\S|\\D|\\W", converter[3:]) is not None)


def handed_in(program: Program, route: Route) -> Mapping[str, str]:
    """The parameters of a route's handler, with what the caller puts into each (`TEXT`, `OBJECT`, …)."""
    return handed_in_at(program, route, lambda: route)


def handed_in_at(program: Program, route: Endpoint, judged: Callable[[], Route]) -> Mapping[str, str]:
    """The same for a route whose guards are looked at (`judged`) only where they say what is not the caller's."""
    function = route.function
    if function is None:
        return {}
    if route.framework == "starlette":
        return {param.name: REQUEST for param in function.function.head.params if param.name != "self"}
    if route.framework == "fastapi":
        return dict(_by_signature(program, function))
    if route.framework == "litestar":
        return {**dict(_by_name(program.machine, function)), **dict.fromkeys(_provided(judged()), SERVER)}
    return dict(_by_path(program, function, route))


def of_views(routes: Iterable[Endpoint]) -> Mapping[Class, Mapping[str, str]]:
    """What a view class finds in `self.kwargs`: the variables of the paths of its routes, the freest first."""
    found: dict[Class, dict[str, str]] = {}
    for route in routes:
        owner = route.function.function.owner if route.function is not None else None
        if owner is not None and route.framework in ("django", "drf"):
            kinds = found.setdefault(owner, {})
            for name, converter in placeholders(route.path):
                if kinds.get(name) != TEXT:
                    kinds[name] = TEXT if _is_free(converter) else FIXED
    return found


def provider(program: Program, function: FunctionValue, name: str) -> Function | None:
    """The function whose result a framework hands in for a parameter."""
    dependencies = program.once(Dependencies, lambda: Dependencies(program))
    for param, depends, _ in dependencies.parameters(function):
        if param.name == name and depends is not None:
            target = depends_on(depends)
            target = unwrap(target) if target is not None else None
            return target.function if isinstance(target, FunctionValue) else None
    return None


def providers(program: Program, routes: Iterable[Endpoint]) -> frozenset[Function]:
    """The functions that handlers depend on, which a framework calls as it does a handler."""
    dependencies = program.once(Dependencies, lambda: Dependencies(program))
    pending = [route.function for route in routes if route.framework == "fastapi" and route.function is not None]
    found: set[Function] = set()
    while pending:
        for _, depends, _ in dependencies.parameters(pending.pop()):
            target = depends_on(depends) if depends is not None else None
            target = unwrap(target) if target is not None else None
            if isinstance(target, FunctionValue) and target.function not in found:
                found.add(target.function)
                pending.append(target)
    return frozenset(found)


def handed_to_provider(program: Program, function: FunctionValue) -> Mapping[str, str]:
    """The parameters of a function that a handler depends on, with what the caller puts into each."""
    return dict(_by_signature(program, function))


def injected(program: Program, function: FunctionValue) -> Mapping[str, str]:
    """The same for a function that a framework calls before a handler, filling in what its parameters declare; empty
    for any other function."""
    for param in function.function.head.params:
        for expr in (param.default, param.annotation):
            marker = expr.index if isinstance(expr, f.Subscript) else expr
            for item in marker.items if isinstance(marker, f.Sequence) else (marker,):
                if isinstance(item, f.Call) and _is_marker(program, item, function.env):
                    return dict(_by_signature(program, function))
    return {}


def _is_marker(program: Program, call: f.Call, env: Env) -> bool:
    """Whether a call says where a framework takes a parameter from; a command line's options may be called alike."""
    if dotted(call.func).rpartition(".")[2] not in _MARKERS:
        return False
    value = unwrap(program.machine.evaluate(call.func, env))
    return not isinstance(value, External) or value.name.partition(".")[0] in _FRAMEWORKS


def _by_signature(program: Program, function: FunctionValue) -> Iterator[tuple[str, str]]:
    dependencies = program.once(Dependencies, lambda: Dependencies(program))
    for param, depends, env in dependencies.parameters(function):
        if depends is not None:
            yield param.name, _of_dependency(program, depends_on(depends))
        else:
            is_plain = fields.has_plain_pattern(param.default, param.annotation)
            yield param.name, FIXED if is_plain else _of_parameter(program.machine, param, env)


def _provided(route: Route) -> Iterator[str]:
    """The parameters that an application's own functions fill in, by how they stand among what runs before."""
    for each in (*route.guards, *route.considered):
        found = re.match(r"parameter '(\w+)'", each.via)
        if found is not None:
            yield found[1]


def _by_name(machine: Core, function: FunctionValue) -> Iterator[tuple[str, str]]:
    """Litestar's: `data` is the body, some names stand for parts of the request, and others are parameters as far as
    their types can be sent; the rest is provided."""
    for param in function.function.head.params:
        kind = _LITESTAR_NAMES.get(param.name)
        if kind is None and param.annotation is not None and param.name != "self":
            kind = kind_of(machine, machine.evaluate(param.annotation, function.env))
            kind = kind if kind in (TEXT, FIXED) or param.name == "data" else SERVER
        yield param.name, kind or SERVER


def _of_dependency(program: Program, target: Value | None) -> str:
    """A security scheme hands on what the caller sent; a class is filled in; a function decides itself."""
    inner = unwrap(target) if target is not None else None
    if isinstance(inner, Result) and isinstance(inner.callee, External):
        return TEXT if inner.callee.name.startswith("fastapi.security.") else SERVER
    if isinstance(inner, Instance):
        bases = attributes.external_bases(program.machine, inner.cls)
        return TEXT if any(base.startswith("fastapi.security.") for base in bases) else SERVER
    if isinstance(inner, ClassValue):
        return OBJECT if not isinstance(target, Partial) else SERVER
    return SERVER


def _of_parameter(machine: Core, param: f.Param, env: Env) -> str:
    if param.kind in ("args", "kwargs"):
        return SERVER
    if param.annotation is None:
        return TEXT
    annotation = machine.evaluate(param.annotation, env)
    kind = kind_of(machine, annotation)
    if kind:
        return kind
    if isinstance(unwrap(annotation), ClassValue):
        return OBJECT
    return SERVER if isinstance(unwrap(annotation), External) else TEXT


def _by_path(program: Program, function: FunctionValue, route: Endpoint) -> Iterator[tuple[str, str]]:
    """Parameters named in the path are the caller's; the first one that is not holds the request, if any does."""
    parts = dict(placeholders(route.path))
    params = [param for param in function.function.head.params if param.name not in ("self", "cls")]
    for number, param in enumerate(params):
        converter = parts.get(param.name)
        if converter is not None:
            annotated = program.machine.evaluate(param.annotation, function.env) if param.annotation else None
            is_fixed = kind_of(program.machine, annotated) == FIXED and route.framework == "ninja"
            yield param.name, FIXED if is_fixed or not _is_free(converter) else TEXT
        elif number == 0 and route.framework in ("django", "drf", "ninja"):
            yield param.name, REQUEST
        elif param.kind == "kwargs":
            yield param.name, TEXT if any(map(_is_free, parts.values())) else FIXED
        elif route.framework == "ninja":
            yield param.name, _of_parameter(program.machine, param, function.env)


def _is_free(converter: str) -> bool:
    """Whether a converter lets quotes and blanks through."""
    if converter.startswith("re:"):
        return not is_plain(converter[3:])
    return converter in _TEXT_CONVERTERS


__all__ = [
    "FIXED",
    "OBJECT",
    "REQUEST",
    "SERVER",
    "TEXT",
    "handed_in",
    "handed_in_at",
    "handed_to_provider",
    "injected",
    "kind_of",
    "of_views",
    "provider",
    "providers",
    "segments",
]
