"""Clauses that catch an exception -> the statement that sends its text to the caller."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from apilint import facts as f
from apilint.checks.assigned import last_name
from apilint.checks.credentials import assigned
from apilint.patterns import regex
from apilint.unparse import unparse
from apilint.walk import walk

_TEXT = frozenset({"str", "repr", "format", "join", "strip"})
_WRITTEN = frozenset({*_TEXT, "dumps"})
_TRACES = regex(r"(^|\.)(format_exc|format_exception|format_tb)$")


class Telling:
    """How a program tells callers something: `raising` are the exceptions that are answers, `builders` what makes an
    answer of values, `printing` what makes text of whatever it is given. An exception that anything else is given
    becomes `{}`, or another exception. `prints` says so of a call whose name does not."""

    def __init__(
        self,
        raising: Collection[str],
        builders: Collection[str],
        printing: Collection[str],
        prints: Callable[[f.Call], bool],
    ) -> None:
        self._raising = frozenset(raising)
        self._builders = frozenset((*builders, *printing))
        self._printing = frozenset(printing)
        self._prints = prints

    def leak(self, name: str | None, body: Collection[f.Stmt], *, answers: bool) -> f.Stmt | None:
        """The first of these statements that sends the text of the exception of that name; what is returned is an
        answer if it `answers`."""
        shown = _Shown(self, name)
        nodes = list(walk(body))
        for node in nodes:
            shown.texts |= {given for given, value in assigned(node) if shown.holds(value)}
        for node in nodes:
            answer = self._answer(node, answers=answers)
            if answer is not None and shown.holds(answer, self._builders | self._raising):
                return node  # type: ignore[no-any-return]
        return None

    def _answer(self, node: Any, *, answers: bool) -> f.Expr | None:
        """What a statement sends to the caller."""
        if isinstance(node, f.Raise) and isinstance(node.exception, f.Call):
            return node.exception if last_name(node.exception.func) in self._raising else None
        return node.value if isinstance(node, f.Return) and answers else None

    def prints(self, call: f.Call) -> bool:
        """Whether a call makes text of what it is given."""
        name = last_name(call.func)
        return name in _TEXT or name in self._printing or (name in self._raising and self._prints(call))


class _Shown:
    """The exception `name`, and the names that hold a text of it."""

    def __init__(self, telling: Telling, name: str | None) -> None:
        self._telling, self._name = telling, name
        self.texts: set[str] = set()

    def holds(self, expr: f.Expr | None, builders: frozenset[str] = frozenset(), *, is_printed: bool = False) -> bool:
        """Whether a text, or what is built of it, holds the exception's own words."""
        if isinstance(expr, f.Name):
            return expr.id in self.texts or (is_printed and expr.id == self._name)
        if isinstance(expr, f.Call):
            return self._in_call(expr, builders)
        if isinstance(expr, f.Attribute):
            return expr.attr == "args" and self.holds(expr.value, builders, is_printed=True)
        if isinstance(expr, f.IfExp):
            # `f"… {error}" if settings.debug else "…"`: whoever tells the cases apart has decided.
            return all(self.holds(each, builders, is_printed=is_printed) for each in (expr.body, expr.orelse))
        if isinstance(expr, (f.Dict, f.Sequence)) and not is_printed:
            return any(self.holds(each, builders) for each in _parts(expr))
        is_printed = is_printed or isinstance(expr, (f.Template, f.BinOp))
        return any(self.holds(each, builders, is_printed=is_printed) for each in _parts(expr))

    def _in_call(self, call: f.Call, builders: frozenset[str]) -> bool:
        name = last_name(call.func)
        if _TRACES.search(unparse(call.func)):
            return True
        # `Response(status=400, exception=error)` only says that there was one.
        given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.name != "exception")]
        if name in _WRITTEN and isinstance(call.func, f.Attribute):
            given.append(call.func.value)
        if name not in _WRITTEN and name not in builders:
            return False
        is_printed = self._telling.prints(call)
        return any(self.holds(each, builders, is_printed=is_printed) for each in given)


def _parts(expr: f.Expr | None) -> list[f.Expr]:
    if isinstance(expr, f.Template):
        return list(expr.parts)
    if isinstance(expr, (f.BinOp, f.BoolOp)):
        return [expr.left, expr.right]
    if isinstance(expr, f.Dict):
        return [value for _, value in expr.items]
    if isinstance(expr, f.Sequence):
        return list(expr.items)
    return [expr.value] if isinstance(expr, (f.Await, f.Starred, f.Subscript)) else []


__all__ = ["Telling"]
