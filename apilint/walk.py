"""Facts -> every node below: the one tree walk that checks share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from apilint import facts as f

# Fields of these types hold no nodes. Looking only at the others makes a walk three times as fast.
_PLAIN = frozenset({"int", "str", "str | None", "bytes", "str | int | float | bool | None", "tuple[str, ...]"})
_NO_NODES = (f.FunctionFacts, f.ClassFacts, f.FileFacts, f.Directive, f.ScanError, f.Span)
_NOT_ENTERED = (f.FunctionDef, f.ClassDef, f.Import, f.ImportFrom)


def _holding(cls: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a node that may hold nodes, last first."""
    known = f._Node.__annotations__ | cls.__annotations__
    return tuple(name for name in reversed(cls.__struct_fields__) if known[name] not in _PLAIN)


_FIELDS: dict[type, tuple[str, ...]] = {
    cls: () if cls in _NOT_ENTERED else _holding(cls)
    for cls in vars(f).values()
    if isinstance(cls, type) and issubclass(cls, msgspec.Struct) and cls not in _NO_NODES
}


def walk(nodes: Iterable[Any]) -> Iterator[Any]:
    """All nodes in `nodes` and below, in source order; nested functions and classes are not entered."""
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        yield node
        for name in _FIELDS[type(node)]:
            value = getattr(node, name)
            if type(value) is tuple:
                if value:
                    _push(value, stack)
            elif value is not None:
                stack.append(value)


def by_kind(nodes: Iterable[Any]) -> dict[type, list[Any]]:
    """The nodes of a walk, by their type; those of one type in source order."""
    found: dict[type, list[Any]] = {}
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind in found:
            found[kind].append(node)
        else:
            found[kind] = [node]
        for name in _FIELDS[kind]:
            value = getattr(node, name)
            if type(value) is tuple:
                if value:
                    _push(value, stack)
            elif value is not None:
                stack.append(value)
    return found


def _push(values: tuple[Any, ...], stack: list[Any]) -> None:
    """The nodes of a tuple, which may hold pairs, so that the first comes off the stack first."""
    for value in reversed(values):
        if type(value) is tuple:
            _push(value, stack)
        elif value is not None:
            stack.append(value)
