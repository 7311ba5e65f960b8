"""What a run of a function notes: calls, and attributes and items that are assigned."""

from __future__ import annotations

from collections.abc import Sequence

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Function
from apilint.startup.values import Condition, Unknown, Value


class Call:
    """One call: what is called, with which values, where, by which function, and under which tests.

    `node` is the call as written, `function` the one whose body holds it (not always the one under trace),
    `depth` how many project calls lie between the two. `splats` are the values behind double stars.
    """

    __slots__ = ("args", "callee", "conditions", "depth", "function", "kwargs", "node", "result", "span", "splats")

    def __init__(
        self,
        callee: Value,
        args: list[Value],
        kwargs: dict[str, Value],
        span: Span,
        conditions: tuple[Condition, ...],
        function: Function | None,
        node: f.Call,
        depth: int,
    ) -> None:
        self.callee = callee
        self.args = args
        self.kwargs = kwargs
        self.span = span
        self.conditions = conditions
        self.function = function
        self.node = node
        self.depth = depth
        self.splats: Sequence[Value] = ()
        self.result: Value = Unknown("the result of a call", span)

    def argument(self, position: int, *names: str) -> Value | None:
        """An argument by keyword or position."""
        for name in names:
            if name in self.kwargs:
                return self.kwargs[name]
        return self.args[position] if 0 <= position < len(self.args) else None

    def __repr__(self) -> str:
        return f"Call({self.callee!r}, {self.args!r}, {self.kwargs!r})"


class Assigned:
    """`base.name = value` or `base[name] = value` in the body of `function`; `target` is what is assigned to, `span`
    the whole statement's."""

    __slots__ = ("base", "conditions", "depth", "function", "is_item", "name", "span", "target", "value")

    def __init__(
        self,
        base: Value,
        name: str,
        target: f.Attribute | f.Subscript,
        value: Value,
        span: Span,
        conditions: tuple[Condition, ...],
        function: Function | None,
        depth: int,
    ) -> None:
        self.base = base
        self.name = name
        self.target = target
        self.value = value
        self.span = span
        self.conditions = conditions
        self.function = function
        self.depth = depth
        self.is_item = isinstance(target, f.Subscript)
