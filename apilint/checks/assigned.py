"""Inside one function: what its names were assigned, and what happened to them afterwards."""

from __future__ import annotations

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
            for node in walk(self.function.body):
                self._note(node)

    @property
    def changed(self) -> set[str]:
        """The names of which something was taken out, or into which something was put."""
        self._ready()
        return self._changed

    def _note(self, node: object) -> None:
        if isinstance(node, f.Assign):
            for target in node.targets:
                self._target(target, node.value)
        elif isinstance(node, (f.AnnAssign, f.AugAssign)):
            if node.value is not None:
                self._target(node.target, node.value)
        elif isinstance(node, f.NamedExpr):
            self._assigned.setdefault(node.target, []).append((node.start, node.value))
        elif isinstance(node, f.For):
            self._bound(node.target)
        elif isinstance(node, f.With):
            for context, bound in node.items:
                if isinstance(bound, f.Name):
                    self._assigned.setdefault(bound.id, []).append((node.start, context))
        elif isinstance(node, f.Delete):
            for target in node.targets:
                if isinstance(target, f.Subscript) and isinstance(target.value, f.Name):
                    self._changed.add(target.value.id)
        elif isinstance(node, f.Call):
            func = node.func
            if isinstance(func, f.Attribute) and func.attr in _CHANGING and isinstance(func.value, f.Name):
                self._changed.add(func.value.id)

    def _target(self, target: f.Expr, value: f.Expr) -> None:
        if isinstance(target, f.Name):
            self._assigned.setdefault(target.id, []).append((target.start, value))
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


__all__ = ["Assignments", "last_name", "pieces"]
