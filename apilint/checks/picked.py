"""Handler -> the body that it reads by hand and picks fields from, with no schema between."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apilint import facts as f
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.walk import walk

# Calls that a body is given to and that look at nothing in it.
_INDIFFERENT = frozenset({"len", "bool", "print", "isinstance", "debug", "info", "warning", "error", "get", "dumps"})


def picked(function: Function, names: Collection[str]) -> Iterator[f.Expr]:
    """The bodies in a function of which single fields are read, unless the whole is given to something as well."""
    subscripts, calls = function.nodes(f.Subscript), function.nodes(f.Call)
    if any(_is_body(_without_await(arg), names) for call in calls if _looks(call) for arg in call.args):
        return
    owners = [node.value for node in subscripts]
    owners += [node.func.value for node in calls if isinstance(node.func, f.Attribute) and node.func.attr == "get"]
    yield from (inner for inner in map(_without_await, owners) if _is_body(inner, names))
    for assign in function.nodes(f.Assign):
        body, target = _without_await(assign.value), assign.targets[0]
        if not isinstance(target, f.Name) or not _is_body(body, names) or _is_handed_on(calls, target.id):
            continue
        if any(isinstance(owner, f.Name) and owner.id == target.id for owner in owners):
            yield body


def _without_await(expr: f.Expr) -> f.Expr:
    """`await request.json()`, `request.get_json() or {}`."""
    while isinstance(expr, (f.Await, f.BoolOp)):
        expr = expr.value if isinstance(expr, f.Await) else expr.left
    return expr


def _is_body(expr: f.Expr, names: Collection[str]) -> bool:
    """`request.json` as an attribute, `request.get_json()` and `request.json()` as calls."""
    if isinstance(expr, f.Call):
        return isinstance(expr.func, f.Attribute) and f"{expr.func.attr}()" in names and _is_request(expr.func.value)
    return isinstance(expr, f.Attribute) and expr.attr in names and _is_request(expr.value)


def _is_request(expr: f.Expr) -> bool:
    return last_name(expr).endswith("request") or last_name(expr) == "req"


def _is_handed_on(calls: Collection[f.Call], name: str) -> bool:
    """Whether something is given the whole: a schema, a validator, a function that may be one."""
    for call in calls:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if _looks(call) and any(_is_whole(each, name) for each in given):
            return True
    return False


def _looks(call: f.Call) -> bool:
    return last_name(call.func) not in _INDIFFERENT


def _is_whole(expr: f.Expr, name: str) -> bool:
    return any(isinstance(node, f.Name) and node.id == name for node in walk([expr])) and isinstance(
        expr, (f.Name, f.Starred)
    )


__all__ = ["picked"]
