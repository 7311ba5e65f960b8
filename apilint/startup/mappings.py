"""Dicts at start-up: their items and methods, what `defaultdict` makes, and classes of the project that are dicts."""

from __future__ import annotations

from apilint.facts import Span
from apilint.startup.core import Core
from apilint.startup.values import (
    NONE,
    Known,
    Mapping,
    Seq,
    Special,
    Text,
    Unknown,
    Value,
    constant,
    join,
    text_of,
)

Args = list[Value]
Kwargs = dict[str, Value]

NO_KEY = "a key that is not in the dict"
CLASSES = frozenset(
    {"builtins.dict", "collections.OrderedDict", "collections.UserDict", "collections.defaultdict", "typing.Dict"}
)
"""A class of the project that inherits from one of these is a dict."""
METHODS = frozenset(
    "get pop setdefault update items keys values copy clear popitem __init__ __getitem__ __setitem__".split()
)


def item(machine: Core, base: Mapping, key: Value, span: Span) -> Value:
    """What stands under a key."""
    name = text_of(key)
    known: object = name if name is not None else constant(key)
    if known is not None and known in base.items:
        return base.items[known]
    if known is None and base.latest[0] is key:
        return base.latest[1]
    if key in base.by_class:
        return base.by_class[key]
    if known is None and base.items:
        return join(list(base.items.values())[:8])
    if known is not None and base.factory is not None and machine.may_change(base):
        base.items[known] = machine.call(base.factory, [], {}, span)
        return base.items[known]
    is_missing = known is not None and not base.open and base.factory is None
    return Unknown(NO_KEY if is_missing else "a key that may be missing", span, str(known))


def put(base: Mapping, key: Value, value: Value, span: Span) -> None:
    """Set what stands under a key."""
    name = text_of(key)
    known: object = name if name is not None else constant(key)
    if known is None:
        base.put(key, value)
        return
    base.items[known] = value
    base.spans[known] = span
    if isinstance(key, Text):
        base.unnamed.append((key, Known(None)))


def method(machine: Core, base: Mapping, name: str, args: Args, kwargs: Kwargs, span: Span) -> Value:
    """A method call on a dict."""
    if name in ("update", "setdefault", "__init__", "__setitem__") and not machine.may_change(base):
        base = Mapping(dict(base.items), is_open=base.open, span=base.span)
    if name == "__getitem__" and args:
        return item(machine, base, args[0], span)
    if name == "__setitem__" and len(args) == 2:
        put(base, args[0], args[1], span)
        return NONE
    if name in ("get", "pop", "setdefault"):
        if args and isinstance(args[0], Special):
            return args[0]
        label = text_of(args[0]) if args else None
        key: object = label if label is not None else constant(args[0]) if args else None
        found = base.items.get(key)
        if found is not None:
            return found
        default = args[1] if len(args) > 1 else NONE
        by_class = base.under(args[0], default) if args else None
        if by_class is not None:
            return by_class
        if name == "setdefault" and key is not None:
            base.items[key] = default
        if key is None and base.items:
            return join([*list(base.items.values())[:7], default])
        return join([default, Unknown("a key that may be missing", span)]) if base.open else default
    if name in ("update", "__init__"):
        for arg in args:
            if isinstance(arg, Mapping):
                base.items.update(arg.items)
                base.spans.update(arg.spans)
                base.unnamed += arg.unnamed
                base.by_class.update(arg.by_class)
                base.is_vague = base.is_vague or arg.is_vague
                base.open = base.open or arg.open
            else:
                base.put(None, arg)
        base.items.update(kwargs)
        return NONE
    if name == "items":
        pairs: list[Value] = [Seq("tuple", [Known(key), value]) for key, value in base.items.items()]
        return Seq("list", pairs, is_open=base.open)
    if name == "keys":
        return Seq("list", [Known(key) for key in base.items], is_open=base.open)
    if name == "values":
        return Seq("list", base.values(), is_open=base.open)
    if name == "copy":
        copied = Mapping(dict(base.items), is_open=base.open, span=base.span)
        copied.spans = dict(base.spans)
        copied.unnamed = list(base.unnamed)
        copied.by_class = dict(base.by_class)
        copied.is_vague = base.is_vague
        return copied
    return Unknown(f"dict.{name}()", span)


def made(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Mapping:
    """`dict(other, key=value)`."""
    result = Mapping(dict(kwargs.items()), span=span)
    for arg in args:
        if isinstance(arg, Mapping):
            result.items = {**arg.items, **result.items}
            result.unnamed += arg.unnamed
            result.open = result.open or arg.open
        else:
            result.put(None, arg)
    return result


def with_factory(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """`defaultdict(list)`."""
    if not args:
        return None
    result = made(machine, args[1:], kwargs, span)
    result.factory = args[0]
    return result


__all__ = ["CLASSES", "METHODS", "NO_KEY", "item", "made", "method", "put", "with_factory"]
