"""Calls that were followed once for an anonymous caller, and are not followed again with the same arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from apilint.guards.caller import Anonymous, Body, Caller, Container, Nothing, Sure
from apilint.guards.exits import Exit
from apilint.index import Function
from apilint.patterns import regex
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    LambdaValue,
    Mapping,
    ModuleValue,
    Operation,
    Partial,
    Record,
    Result,
    Seq,
    Setting,
    Subscripted,
    Text,
    Unknown,
    Value,
    Wrapped,
)

CallKey = tuple[object, ...]
_BY_IDENTITY = frozenset({ClassValue, Instance, LambdaValue, ModuleValue, Partial, Wrapped})
_STATELESS = (Anonymous, Nothing, Sure, Container, Body)


class Followed:
    """How a call ended, its conditions counted from its beginning. `kept` are the callee and its arguments: while they
    live, no other object takes over the identities that the key is made of. `after` is what containers among the
    arguments held when it ended; `doubts` name what may have turned the caller away, `unresolved` the functions that
    nobody could find."""

    __slots__ = ("after", "doubts", "exits", "kept", "missing_used", "tolerated", "unresolved")

    def __init__(
        self,
        exits: list[Exit],
        missing_used: int,
        tolerated: int,
        kept: list[Value],
        doubts: list[str],
        unresolved: list[str],
    ) -> None:
        self.exits = exits
        self.missing_used = missing_used
        self.tolerated = tolerated
        self.kept = kept
        self.doubts = doubts
        self.unresolved = unresolved
        self.after = [_contents(value) for value in kept]

    def repeat(self, args: list[Value]) -> None:
        """Change the containers among the arguments of another such call as this one did."""
        for value, after in zip(args, self.after, strict=False):
            if isinstance(value, Mapping) and isinstance(after, dict):
                value.items.clear()
                value.items.update(after)
            elif isinstance(value, Seq) and isinstance(after, list):
                value.items[:] = after


def _contents(value: Value) -> dict[object, Value] | list[Value] | None:
    if isinstance(value, Mapping):
        return dict(value.items)
    return list(value.items) if isinstance(value, Seq) else None


class Remembered:
    """What is known of calls: how they ended by key, and which functions are not worth following.

    A long function is *dull* when nothing that it ran (by its words, and those of the functions that it names) can
    turn anybody away, and it gave nothing that could decide a test: validation, serialisation, queries. It is
    followed once, and then taken for its value, which is not known. So is one of which several calls, whatever they
    were given, neither asked for the caller nor raised anything: accounting, metrics.
    """

    __slots__ = ("_may", "_named", "_quiet", "calls", "dull", "implementers", "kept")

    def __init__(self, other: Remembered | None = None) -> None:
        """Start anew; with what `other` knows of the texts of functions, which holds for every caller."""
        self.calls: dict[CallKey, Followed] = {}
        self.dull: set[Function] = set()
        self._quiet: Counter[Function] = Counter()
        self.implementers: dict[object, tuple[Instance, ...]] = {} if other is None else other.implementers
        self.kept: dict[str, Value | None] = {} if other is None else other.kept
        self._named: list[frozenset[str]] = [] if other is None else other._named
        self._may: dict[Function, bool] = {} if other is None else other._may

    def may_turn_away(self, function: Function) -> bool:
        """Whether a function's own text, or a function of a name that it mentions, can turn somebody away."""
        if not self._named:
            functions = (fn for module in function.module.index.modules.values() for fn in module.functions)
            self._named.append(
                frozenset(fn.name for fn in functions if _TURNS_AWAY.search(fn.facts.words.lower())) - _CONTAINERS
            )
        known = self._may.get(function)
        if known is None:
            words = function.facts.words
            known = bool(_TURNS_AWAY.search(words.lower())) or not self._named[0].isdisjoint(words.split(" "))
            self._may[function] = known
        return known

    def has_been_quiet(self, function: Function) -> bool:
        """Whether a call of a function that came to nothing is one of many."""
        self._quiet[function] += 1
        return self._quiet[function] >= QUIET


_TURNS_AWAY = regex(
    # In lower case. What stands around these does not matter: looking for it, or for both cases, costs ten times
    # as much.
    r"(auth|permission|forbid|denied|credential|log_?in|logged|token|session|current_user|identity|access|"
    r"abort|redirect|require|privilege|protect|httpexception|status_code|jwt|csrf|\b40[13]\b)"
)
# Methods of containers, strings and query builders: a project's function of such a name is hardly what is meant.
_CONTAINERS = frozenset(
    "get set add update pop items keys values append extend insert remove clear copy join split strip format replace "
    "filter all first one count order_by delete save create read write close open run execute query init __init__ "
    "__call__ __enter__ __exit__ main load dump loads dumps to_dict from_dict parse validate process name".split()
)
LONG, QUIET = 25, 6
MAX_CONTENTS = 24


def call_key(callee: FunctionValue, args: list[Value], kwargs: dict[str, Value]) -> CallKey | None:
    """What a call's outcome depends on; None when an argument holds too much. A request is as good as another one,
    unless somebody looks at its route."""
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


def holds_request(value: Value, depth: int = 3) -> bool:
    """Whether a value is a request, or keeps one: it speaks of one route, and of no other."""
    if isinstance(value, Caller):
        return True
    within = _WITHIN.get(type(value)) if depth else None
    if within is not None:
        for part in within(value):
            if holds_request(part, depth - 1):
                return True
    return False


_WITHIN: dict[type, Callable[[Any], Iterable[Value]]] = {
    Seq: lambda value: value.items,
    Record: lambda value: value.items,
    Mapping: lambda value: value.items.values(),
    Instance: lambda value: (*value.args, *value.kwargs.values(), *value.attrs.values()),
    Result: lambda value: (*value.args, *value.kwargs.values(), *value.attrs.values()),
    Choice: lambda value: value.options,
    FunctionValue: lambda value: () if value.self_value is None else (value.self_value,),
    Partial: lambda value: (value.func, *value.args),
    Attr: lambda value: (value.base,),
}
"""What a value of each kind is made of, or brings along when it is called."""


def decides(value: Value) -> bool:
    """Whether a value can decide a test, or be called."""
    if isinstance(value, Choice):
        return any(decides(option) for option in value.options)
    if isinstance(value, Known):
        return value.value is not None
    return isinstance(value, (*_STATELESS, Instance, ClassValue, FunctionValue, LambdaValue, Partial, Wrapped, Setting))


def _key(value: Value, depth: int = 3) -> object:
    if type(value) in _BY_IDENTITY:
        return id(value)
    if isinstance(value, (Mapping, Seq)):
        return _content_key(value, depth) if depth else None
    if isinstance(value, Known):
        return (type(value.value), value.value)
    if isinstance(value, Unknown):
        return ("?", value.text if _TURNS_AWAY.search(value.text.lower()) else "")
    if isinstance(value, Result) and value.order < 0:  # made for a caller, on the way: the same call makes the same
        return ("call", _key(value.callee, depth), value.span, *(_key(arg, depth - 1) for arg in value.args if depth))
    if isinstance(value, External):
        return value.name
    if isinstance(value, FunctionValue):
        return (value.function, id(value.env), id(value.self_value))
    if isinstance(value, Attr):
        base = _key(value.base, depth)
        return None if base is None else (base, value.name)
    if isinstance(value, Setting):
        default = _key(value.default, depth)
        return None if default is None else (value.name, default)
    if isinstance(value, _STATELESS):
        return repr(value)
    if isinstance(value, Caller):
        return ("a request", repr(value.left)) if value.left else "a request"
    if isinstance(value, (Choice, Text)) and depth:
        parts = [_key(item, depth - 1) for item in (value.options if isinstance(value, Choice) else value.parts)]
        return None if None in parts else tuple(parts)
    return id(value) if isinstance(value, (Operation, Subscripted, Result)) else None


def _content_key(value: Mapping | Seq, depth: int) -> object:
    if len(value.items) > MAX_CONTENTS:
        return None
    if isinstance(value, Mapping):
        pairs = [(repr(name), _key(item, depth - 1)) for name, item in value.items.items()]
        return None if any(part is None for _, part in pairs) else ("dict", value.open, frozenset(pairs))
    parts = [_key(item, depth - 1) for item in value.items]
    return None if None in parts else (value.kind, value.open, *parts)
