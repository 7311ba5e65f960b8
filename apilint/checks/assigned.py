"""Inside one function: what its names were assigned, and what happened to them afterwards."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator

from apilint import facts as f
from apilint.index import Function
from apilint.walk import walk

# Methods that take something out of an object, or put something in its place.
_CHANGING = frozenset({"pop", "popitem", "clear", "update", "remove"})


class Assignments:
    """The assignments of one function, by name."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.params = {param.name: param for param in function.head.params}
        self._assigned: dict[str, list[tuple[int, f.Expr]]] = {}
        self._loops: set[str] = set()
        self._changed: set[str] = set()
        self._read = False

    def _ready(self) -> None:
        """Read the body, when something of it is first asked for."""
        if not self._read:
            self._read = True
            self._assignments()
            self._bindings()
            self._changes()

    @property
    def changed(self) -> set[str]:
        """The names of which something was taken out, or into which something was put."""
        self._ready()
        return self._changed

    def _assignments(self) -> None:
        nodes = self.function.nodes
        for each in nodes(f.Assign):
            for target in each.targets:
                self._target(target, each.value)
        for declared in nodes(f.AnnAssign):
            if declared.value is not None:
                self._target(declared.target, declared.value)
        for changed in nodes(f.AugAssign):
            self._target(changed.target, changed.value)
        for named in nodes(f.NamedExpr):
            self._give(named.target, named.start, named.value)

    def _bindings(self) -> None:
        for loop in self.function.nodes(f.For):
            self._bound(loop.target)
        for block in self.function.nodes(f.With):
            for context, bound in block.items:
                if isinstance(bound, f.Name):
                    self._give(bound.id, block.start, context)

    def _changes(self) -> None:
        for deletion in self.function.nodes(f.Delete):
            for target in deletion.targets:
                if isinstance(target, f.Subscript) and isinstance(target.value, f.Name):
                    self._changed.add(target.value.id)
        for call in self.function.nodes(f.Call):
            func = call.func
            if isinstance(func, f.Attribute) and func.attr in _CHANGING and isinstance(func.value, f.Name):
                self._changed.add(func.value.id)

    def _give(self, name: str, at: int, value: f.Expr) -> None:
        insort(self._assigned.setdefault(name, []), (at, value), key=_place)

    def _target(self, target: f.Expr, value: f.Expr) -> None:
        if isinstance(target, f.Name):
            self._give(target.id, target.start, value)
        elif isinstance(target, f.Subscript) and isinstance(target.value, f.Name):
            self._changed.add(target.value.id)
        else:
            self._bound(target)

    def _bound(self, target: f.Expr) -> None:
        self._loops |= {node.id for node in walk([target]) if isinstance(node, f.Name)}

    def of(self, name: f.Name) -> list[f.Expr]:
        """What a name may stand for at its place: the last assignments before it."""
        self._ready()
        found = self._assigned.get(name.id, [])
        before = [value for at, value in found if at < name.start and not value.start <= name.start < value.end]
        return before[-2:]

    def is_bound(self, name: str) -> bool:
        """Whether a name is bound by a loop or by unpacking, so that nobody can say what it holds."""
        self._ready()
        return name in self._loops


def _place(assigned: tuple[int, f.Expr]) -> int:
    return assigned[0]


def keeping(function: Function, expr: f.Expr) -> set[str]:
    """The names that hold what an expression is a part of: `body` for `read()` in `body = parse(read())`."""
    return {
        target.id
        for node in function.nodes(f.Assign)
        if node.value.start <= expr.start and expr.end <= node.value.end
        for target in node.targets
        if isinstance(target, f.Name)
    }


def last_name(expr: f.Expr) -> str:
    """`c` of `a.b.c`, of `c`, and of `a["c"]`."""
    if isinstance(expr, f.Attribute):
        return expr.attr
    if isinstance(expr, f.Name):
        return expr.id
    if isinstance(expr, f.Subscript) and isinstance(expr.index, f.Constant) and isinstance(expr.index.value, str):
        return expr.index.value
    return ""


def pieces(expr: f.Expr) -> Iterator[f.Expr]:
    """The expressions whose values a text is put together from."""
    if isinstance(expr, f.Template):
        for part in expr.parts:
            if not isinstance(part, f.Constant):
                yield from pieces(part)
    elif isinstance(expr, f.BinOp) and expr.op in ("+", "%"):
        yield from pieces(expr.left)
        yield from pieces(expr.right)
    elif isinstance(expr, f.Sequence):
        for item in expr.items:
            yield from pieces(item)
    elif isinstance(expr, f.IfExp):
        yield from pieces(expr.body)
        yield from pieces(expr.orelse)
    elif isinstance(expr, f.BoolOp):
        yield from pieces(expr.right)
        if expr.op == "or":
            yield from pieces(expr.left)
    elif isinstance(expr, (f.Await, f.Starred)):
        yield from pieces(expr.value)
    else:
        yield expr


__all__ = ["Assignments", "keeping", "last_name", "pieces"]
