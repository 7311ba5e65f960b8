"""Calls that were followed once for an anonymous caller, and are not followed again with the same arguments."""

from __future__ import annotations

from apilint.guards.caller import Anonymous, Body, Container, Nothing, Sure
from apilint.guards.exits import Exit
from apilint.startup.values import (
    Attr,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    LambdaValue,
    ModuleValue,
    Partial,
    Result,
    Setting,
    Unknown,
    Value,
    Wrapped,
)

CallKey = tuple[object, ...]
_BY_IDENTITY = (ClassValue, Instance, LambdaValue, ModuleValue, Partial, Result, Wrapped)
_STATELESS = (Anonymous, Nothing, Sure, Container, Body)


class Followed:
    """How a call ended, its conditions counted from its beginning. `kept` are the callee and its arguments: while they
    live, no other object takes over the identities that the key is made of."""

    __slots__ = ("exits", "kept", "missing_used", "tolerated")

    def __init__(self, exits: list[Exit], missing_used: int, tolerated: int, kept: object) -> None:
        self.exits = exits
        self.missing_used = missing_used
        self.tolerated = tolerated
        self.kept = kept


Remembered = dict[CallKey, Followed]


def call_key(callee: FunctionValue, args: list[Value], kwargs: dict[str, Value]) -> CallKey | None:
    """What a call's outcome depends on; None when an argument may be changed by the call or is the request."""
    key: list[object] = [callee.function, id(callee.env)]
    for arg in args:
        part = _key(arg)
        if part is None:
            return None
        key.append(part)
    for name, arg in kwargs.items():
        part = _key(arg)
        if part is None:
            return None
        key += (name, part)
    return tuple(key)


def _key(value: Value) -> object:
    if isinstance(value, Known):
        return (type(value.value), value.value)
    if isinstance(value, Unknown):
        return ("?", value.text)
    if isinstance(value, External):
        return value.name
    if isinstance(value, FunctionValue):
        return (value.function, id(value.env), id(value.self_value))
    if isinstance(value, Attr):
        base = _key(value.base)
        return None if base is None else (base, value.name)
    if isinstance(value, Setting):
        default = _key(value.default)
        return None if default is None else (value.name, default)
    if isinstance(value, _STATELESS):
        return repr(value)
    return id(value) if isinstance(value, _BY_IDENTITY) else None
