"""TYPES: the values that only a flow has: a function's arguments, and what is computed of unknown values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Function
from apilint.startup.values import (
    Attr,
    Choice,
    Instance,
    Mapping,
    Operation,
    Partial,
    Result,
    Seq,
    Setting,
    Subscripted,
    Text,
    Unknown,
    Value,
    Wrapped,
)

MAX_PARTS_DEPTH = 12


class Input(Unknown):
    """An argument of the function under trace (of its constructor, or of a function around it); `param` says which,
    `function` whose."""

    __slots__ = ("annotation", "function", "param")

    def __init__(self, param: f.Param, span: Span, annotation: Value | None, function: Function | None = None) -> None:
        super().__init__(f"the argument '{param.name}'", span, param.name)
        self.param = param
        self.annotation = annotation
        self.function = function

    def __repr__(self) -> str:
        return f"Input({self.param.name})"


class Derived(Unknown):
    """Something unknown that was computed by `expr` of `sources`: the values of the expressions that it is made of
    (for a call the receiver, then the arguments; for an element of something iterated, that)."""

    __slots__ = ("expr", "sources")

    def __init__(
        self,
        reason: str,
        span: Span | None,
        text: str | f.Expr | tuple[Unknown, str],
        expr: f.Expr,
        sources: Sequence[Value],
    ) -> None:
        super().__init__(reason, span, text)
        self.expr = expr
        self.sources = tuple(sources)

    def __repr__(self) -> str:
        return f"Derived({self.text or self.reason}, {self.sources!r})"


class Element(Derived):
    """What a loop takes out of something unknown. `role` is `element`, or `key` and `value` for a dict's items."""

    __slots__ = ("role",)

    def __init__(self, source: Value, span: Span | None, text: f.Expr, expr: f.Expr, role: str = "element") -> None:
        super().__init__("an element of something unknown", span, text, expr, [source])
        self.role = role


class Checked(Derived):
    """A value that passed the test `expr`: it is one of a set (`against`, where that is a local name), matches a
    pattern, is a number."""

    __slots__ = ("against",)

    def __init__(self, value: Value, span: Span | None, test: f.Expr, against: Value | None = None) -> None:
        text = (value, "") if isinstance(value, Unknown) else ""
        super().__init__("checked before", span, text, test, [value])
        self.against = against


class Number(Derived):
    """A number, whatever it was made of."""

    __slots__ = ()


class Returned(Derived):
    """What a function of the project returned, where it was not followed."""

    __slots__ = ("function",)

    def __init__(self, function: Function, span: Span, expr: f.Expr, sources: Sequence[Value]) -> None:
        reason = f"the result of '{function.name}()'"
        super().__init__(reason, span, f"{function.name}()", expr, sources)
        self.function = function


def parts(value: Value, depth: int = MAX_PARTS_DEPTH) -> Iterator[Value]:
    """A value and all that it is made of, each once: pieces of text, elements, operands, arguments of calls."""
    seen: set[int] = set()
    pending = [(value, depth)]
    while pending:
        part, left = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if left:
            pending.extend((inner, left - 1) for inner in reversed(inside(part)))


def inside(value: Value) -> Sequence[Value]:
    """What a value is directly made of."""
    if isinstance(value, Derived):
        return value.sources
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, Seq):
        return value.items
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, Choice):
        return value.options
    if isinstance(value, Operation):
        return [value.left, value.right] if value.right is not None else [value.left]
    if isinstance(value, Result):
        return [value.callee, *value.args, *value.kwargs.values()]
    if isinstance(value, Subscripted):
        return [value.base, *value.index]
    if isinstance(value, Attr):
        return [value.base]
    if isinstance(value, Setting):
        return [value.default]
    if isinstance(value, Wrapped):
        return [value.inner]
    if isinstance(value, Partial):
        return [value.func, *value.args, *value.kwargs.values()]
    return ()


def inputs(value: Value) -> list[Input]:
    """The function's arguments that a value derives from."""
    return [part for part in parts(value) if isinstance(part, Input)]


__all__ = ["Checked", "Derived", "Element", "Input", "Instance", "Number", "Returned", "inputs", "inside", "parts"]
