"""Facts -> every node below: the one tree walk that checks share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from apilint import facts as f

_LEAVES = (f.Name, f.Constant, f.Bytes, f.Opaque, f.Import, f.ImportFrom, f.FunctionDef, f.ClassDef, f.Global, f.Jump)


def walk(nodes: Iterable[Any]) -> Iterator[Any]:
    """All nodes in `nodes` and below, in source order; nested functions and classes are not entered."""
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _LEAVES):
            stack.extend(reversed(list(_children(node))))


def _children(node: Any) -> Iterator[Any]:
    for name in node.__struct_fields__:
        yield from _nodes(getattr(node, name))


def _nodes(value: Any) -> Iterator[Any]:
    if isinstance(value, msgspec.Struct):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)
