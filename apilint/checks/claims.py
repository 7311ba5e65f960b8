"""A call that gives claims -> which of them its function reads."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.checks.credentials import assigned
from apilint.checks.library_calls import Used
from apilint.index import Function

EVERY = "*"
Place = tuple[int, int]
_READERS = frozenset({"get", "pop"})


def read_of(used: Used) -> frozenset[str]:
    """The keys that a function reads from what a call gives; `EVERY` among them where the whole goes elsewhere."""
    function = used.function
    if function is None:
        return frozenset({EVERY})
    names = claims_of(used)
    reads = list(_reads(function))
    found = {key for place, key in reads if place == (used.node.start, used.node.end)}
    if not names:
        return frozenset(found or {EVERY})
    places = _places(function, names)
    found |= {key for place, key in reads if place in places}
    accounted = {place for place, _ in reads} | set(_tested(function))
    return frozenset(found if places <= accounted else found | {EVERY})


def claims_of(used: Used) -> set[str]:
    """The names by which a function keeps what a call gives."""
    nodes = _assignments(used.function) if used.function is not None else ()
    return {name for node in nodes for name, value in assigned(node) if _is(value, used)}


def _place(node: f.Expr) -> Place:
    return node.start, node.end


def _assignments(function: Function) -> Iterator[object]:
    yield from function.nodes(f.Assign)
    yield from function.nodes(f.AnnAssign)
    yield from function.nodes(f.NamedExpr)


def _is(value: f.Expr, used: Used) -> bool:
    inner = value.value if isinstance(value, f.Await) else value
    return isinstance(inner, f.Call) and _place(inner) == _place(used.node)


def _places(function: Function, names: set[str]) -> set[Place]:
    """Where the names are read."""
    targets = {
        target.start for node in function.nodes(f.Assign) for target in node.targets if isinstance(target, f.Name)
    }
    targets |= {node.target.start for node in function.nodes(f.AnnAssign)}
    return {_place(node) for node in function.nodes(f.Name) if node.id in names and node.start not in targets}


def _reads(function: Function) -> Iterator[tuple[Place, str]]:
    """`(where the mapping stands, key)` for `x["key"]`, `x.get("key")` and `"key" in x`."""
    for item in function.nodes(f.Subscript):
        if isinstance(item.index, f.Constant):
            yield _place(item.value), str(item.index.value)
    for call in function.nodes(f.Call):
        if isinstance(call.func, f.Attribute) and call.func.attr in _READERS and call.args:
            key = call.args[0]
            if isinstance(key, f.Constant):
                yield _place(call.func.value), str(key.value)
    for compare in function.nodes(f.Compare):
        if compare.ops[0] in ("in", "not in") and isinstance(compare.left, f.Constant):
            yield _place(compare.rights[0]), str(compare.left.value)


def _tested(function: Function) -> Iterator[Place]:
    """Where a mapping is only asked whether it holds anything."""
    for test in function.nodes(f.If):
        operand = test.test.operand if isinstance(test.test, f.UnaryOp) else test.test
        yield _place(operand)


__all__ = ["EVERY", "claims_of", "read_of"]
