"""Function -> whether it may return an object of a class that matters, by its text: most do not, and need no trace."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apilint import facts as f
from apilint.checks.assigned import Assignments
from apilint.checks.logs import Logs
from apilint.checks.rows import FETCHING, VALIDATING
from apilint.frameworks.responses import classes_in
from apilint.frameworks.schemas import Schemas
from apilint.index import Function
from apilint.project import Project
from apilint.startup.values import ClassValue, FunctionValue, Value, unwrap
from apilint.walk import walk

# What gives the same objects again.
_COPIES = frozenset({"list", "tuple", "set", "sorted", "reversed", "jsonable_encoder"})
MAX_DEPTH = 4


class Fetching:
    """Looks at what functions return; remembers what it found."""

    def __init__(self, project: Project, schemas: Schemas, names: re.Pattern[str]) -> None:
        """`names` matches the classes that matter besides database models."""
        self.names = names
        self.schemas = schemas
        self.machine = project.program.machine
        self.logs = Logs(project)
        self._known: dict[Function, bool] = {}

    def may_return_row(self, function: Function, depth: int = MAX_DEPTH) -> bool:
        """Whether one of the returned expressions may be such an object."""
        if function not in self._known:
            self._known[function] = False
            assigned = Assignments(function)
            self._known[function] = any(
                node.value is not None and self._may_be(node.value, assigned, depth)
                for node in function.nodes(f.Return)
            )
        return self._known[function]

    def _may_be(self, expr: f.Expr, assigned: Assignments, depth: int) -> bool:
        """`depth` is how many names and calls may still be looked behind."""
        if isinstance(expr, (f.Constant, f.Template, f.Attribute, f.Compare, f.BinOp, f.UnaryOp, f.Lambda)):
            return False
        if isinstance(expr, f.Name):
            return depth == 0 or self._may_name(expr, assigned, depth - 1)
        if isinstance(expr, f.Call):
            return depth == 0 or self._may_call(expr, assigned, depth - 1)
        inside = _inside(expr)
        return inside is None or any(self._may_be(each, assigned, depth) for each in inside)

    def _may_name(self, expr: f.Name, assigned: Assignments, depth: int) -> bool:
        given = assigned.of(expr)
        if given:
            return any(self._may_be(value, assigned, depth) for value in given)
        param = assigned.params.get(expr.id)
        if param is None:
            return assigned.is_bound(expr.id)
        if param.annotation is None:
            return False
        return self._matters(self.machine.evaluate(param.annotation, self.logs.env(assigned.function)))

    def _may_call(self, call: f.Call, assigned: Assignments, depth: int) -> bool:
        function = assigned.function
        value = self.logs.value_of(call.func, function, self.logs.env(function))
        target = unwrap(value) if value is not None else None
        if isinstance(target, ClassValue):
            return self._matters(target)
        if not isinstance(target, FunctionValue):
            return self._may_fetch(call, assigned, depth)
        returns = target.function.head.returns
        if returns is not None:
            return self._matters(self.machine.evaluate(returns, target.env))
        return self.may_return_row(target.function, depth)

    def _may_fetch(self, call: f.Call, assigned: Assignments, depth: int) -> bool:
        """Whether a call of a library may give rows: a method that does, on or with a class, or a copy of some."""
        func = call.func
        if isinstance(func, f.Name):
            return func.id in _COPIES and any(self._may_be(arg, assigned, depth) for arg in call.args)
        if not isinstance(func, f.Attribute):
            return False
        if func.attr in VALIDATING and isinstance(func.value, f.Name):
            value = self.machine.lookup(func.value.id, self.logs.env(assigned.function))
            return self._matters(value)
        if func.attr in ("get", "get_one"):
            return any(isinstance(node, f.Name) and node.id[:1].isupper() for node in walk([call]))
        return func.attr in FETCHING

    def _matters(self, value: Value) -> bool:
        """Whether an annotation names a class that matters."""
        found = [schema for schema in map(self.schemas.of, classes_in(value)) if schema is not None]
        return any(schema.stored or self.names.search(schema.name) for schema in found)


def _inside(expr: f.Expr) -> Sequence[f.Expr] | None:
    """The expressions of which one is what `expr` stands for, or is part of it; None where nobody can say."""
    if isinstance(expr, (f.Await, f.Starred, f.NamedExpr, f.Subscript)):
        return (expr.value,)
    if isinstance(expr, f.Dict):
        return [value for _, value in expr.items]
    if isinstance(expr, f.Sequence):
        return expr.items
    if isinstance(expr, f.IfExp):
        return (expr.body, expr.orelse)
    if isinstance(expr, f.BoolOp):
        return (expr.left, expr.right)
    if isinstance(expr, f.Comprehension):
        element, (target, iterable, _) = expr.value or expr.element, expr.clauses[0]
        is_same = isinstance(element, f.Name) and isinstance(target, f.Name) and element.id == target.id
        return (iterable if is_same else element,)
    return None


__all__ = ["Fetching"]
