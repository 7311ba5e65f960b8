"""Lists put together one after another: `functools.reduce(operator.add, groups)`."""

from __future__ import annotations

from collections.abc import Callable

from apilint.facts import Span
from apilint.startup.core import MAX_LENGTH, Core
from apilint.startup.values import Seq, Value

Args = list[Value]
Kwargs = dict[str, Value]


def _add(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    left, right = args if len(args) == 2 else (None, None)
    if not isinstance(left, Seq) or not isinstance(right, Seq):
        return None
    items = [*left.items, *right.items]
    return Seq(left.kind, items[:MAX_LENGTH], is_open=left.open or right.open or len(items) > MAX_LENGTH)


def _reduce(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    if len(args) < 2 or not isinstance(args[1], Seq) or not args[1].items:
        return None
    parts = [*args[2:3], *args[1].items]
    folded = parts[0]
    for part in parts[1:]:
        folded = machine.call(args[0], [folded, part], {}, span)
    if args[1].open:
        return Seq(folded.kind, folded.items, is_open=True, span=folded.span) if isinstance(folded, Seq) else None
    return folded


FUNCTIONS: dict[str, Callable[[Core, Args, Kwargs, Span], Value | None]] = {
    "functools.reduce": _reduce,
    "builtins.reduce": _reduce,
    "operator.add": _add,
    "operator.concat": _add,
    "operator.iadd": _add,
    "operator.iconcat": _add,
}

__all__ = ["FUNCTIONS"]
