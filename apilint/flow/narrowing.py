"""A test -> the names that it vouches for: `x in ALLOWED`, `re.fullmatch(p, x)`, `x.isdigit()`, `int(x)`.

What passed such a test can hold no surprise; the flow remembers it for the code that runs only then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.unparse import unparse

# Methods of a string that allow no quotes, blanks or semicolons.
_PLAIN_TEXT = frozenset({"isidentifier", "isalnum", "isalpha", "isdigit", "isdecimal", "isnumeric"})
_MATCHES = frozenset({"match", "fullmatch"})
_CASTS = frozenset({"int", "float", "UUID", "Decimal"})
_SAYS_IT_CHECKS = re.compile(
    r"(?i)^(?!.*(perm|access|auth|login|user|csrf|token|password)).*"
    r"(valid|allow|permit|safe|saniti[sz]e|whitelist|identifier|supported|known|legal)"
)
_SAYS_IT_RAISES = re.compile(
    r"(?i)^(?!.*(perm|access|auth|login|user|csrf|token|password))_*"
    r"(validate|check|ensure|assert|verify|sanitize|require)_?\w*"
    r"(name|ident|table|column|field|sort|order|key|sql|schema|input|value|id|type|param|arg)"
)


def vouched(test: f.Expr, holds: bool) -> Iterator[f.Expr]:
    """The names, attributes and items that are known to be harmless where `test` holds (or does not)."""
    if isinstance(test, f.UnaryOp) and test.op == "not":
        yield from vouched(test.operand, not holds)
    elif isinstance(test, f.BoolOp):
        if holds == (test.op == "and"):
            yield from vouched(test.left, holds)
            yield from vouched(test.right, holds)
    elif isinstance(test, f.Compare):
        if len(test.ops) == 1:
            yield from _compared(test, holds)
    elif isinstance(test, f.Call) and holds:
        yield from _called(test)
    elif isinstance(test, f.NamedExpr):
        yield from vouched(test.value, holds)


def _compared(test: f.Compare, holds: bool) -> Iterator[f.Expr]:
    op, right = test.ops[0], test.rights[0]
    if op == ("in" if holds else "not in") and not isinstance(right, (f.Constant, f.Template)):
        yield from _trackable(test.left)
        if isinstance(test.left, f.Call) and isinstance(test.left.func, f.Attribute) and not test.left.args:
            yield from _trackable(test.left.func.value)  # x.lower() in ALLOWED
    elif op == ("==" if holds else "!=") and isinstance(right, f.Constant) and right.value is not None:
        yield from _trackable(test.left)
    elif op == ("is not" if holds else "is") and isinstance(right, f.Constant) and right.value is None:
        yield from vouched(test.left, True) if isinstance(test.left, f.Call) else ()
    elif op in ("<=", "issubset") and holds and isinstance(test.left, f.Call):
        yield from (item for arg in test.left.args for item in _trackable(arg))  # set(xs) <= ALLOWED


def _called(test: f.Call) -> Iterator[f.Expr]:
    name = last_name(test.func)
    if name in _PLAIN_TEXT and isinstance(test.func, f.Attribute):
        yield from _trackable(test.func.value)
    elif name in _MATCHES and test.args:
        yield from _trackable(test.args[-1] if len(test.args) < 3 else test.args[1])
    elif name == "all" and test.args and isinstance(test.args[0], f.Comprehension):
        yield from _all(test.args[0])
    elif name in ("isinstance", "hasattr") and len(test.args) == 2:
        if name == "hasattr":
            yield from _trackable(test.args[1])
        elif {last_name(part) for part in _alternatives(test.args[1])} <= {"int", "float", "bool", "UUID", "Decimal"}:
            yield from _trackable(test.args[0])
    elif _SAYS_IT_CHECKS.search(name):
        for arg in test.args:
            yield from _trackable(arg)


def _all(generator: f.Comprehension) -> Iterator[f.Expr]:
    """`all(x in ALLOWED for x in xs)` vouches for `xs`."""
    target, iterable, _ = generator.clauses[0]
    if isinstance(target, f.Name):
        good = {unparse(item) for item in vouched(generator.element, True)}
        if target.id in good:
            yield from _trackable(iterable)


def _alternatives(expr: f.Expr) -> Iterator[f.Expr]:
    if isinstance(expr, f.Sequence):
        yield from expr.items
    elif isinstance(expr, f.BinOp):
        yield from _alternatives(expr.left)
        yield from _alternatives(expr.right)
    else:
        yield expr


def vouched_by_call(call: f.Expr) -> Iterator[f.Expr]:
    """What a statement that is only a call vouches for by not raising: `int(x)`, `validate_column(x)`."""
    if isinstance(call, f.Await):
        call = call.value
    if not isinstance(call, f.Call):
        return
    name = last_name(call.func)
    if (name in _CASTS and len(call.args) == 1) or _SAYS_IT_RAISES.search(name):
        for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield from _trackable(arg)


def exists(test: f.Expr, holds: bool) -> Iterator[str]:
    """The names that are known to hold something where `test` holds (or does not): `if not row: raise`."""
    if isinstance(test, f.UnaryOp) and test.op == "not":
        yield from exists(test.operand, not holds)
    elif isinstance(test, f.BoolOp) and holds == (test.op == "and"):
        yield from exists(test.left, holds)
        yield from exists(test.right, holds)
    elif isinstance(test, f.Compare) and len(test.ops) == 1 and isinstance(test.left, f.Name):
        right = test.rights[0]
        if isinstance(right, f.Constant) and right.value is None and test.ops[0] == ("is not" if holds else "is"):
            yield test.left.id
    elif isinstance(test, f.Name) and holds:
        yield test.id


def _trackable(expr: f.Expr) -> Iterator[f.Expr]:
    if isinstance(expr, f.NamedExpr):
        yield f.Name(expr.start, expr.end, expr.target)
    elif isinstance(expr, (f.Name, f.Attribute, f.Subscript)):
        yield expr


def last_name(expr: f.Expr) -> str:
    """`c` of `a.b.c` and of `c`; the empty string for anything else."""
    if isinstance(expr, f.Call):
        return last_name(expr.func)
    return expr.attr if isinstance(expr, f.Attribute) else expr.id if isinstance(expr, f.Name) else ""


def leaves(statements: tuple[f.Stmt, ...]) -> bool:
    """Whether a block always ends in `return`, `raise`, `continue` or `break` (an `abort(…)` counts)."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, (f.Return, f.Raise)):
        return True
    if isinstance(last, f.Jump):
        return last.kind != "pass"
    if isinstance(last, f.If):
        return bool(last.orelse) and leaves(last.body) and leaves(last.orelse)
    if isinstance(last, f.ExprStmt) and isinstance(last.value, (f.Call, f.Await)):
        call = last.value.value if isinstance(last.value, f.Await) else last.value
        return isinstance(call, f.Call) and last_name(call.func) in ("abort", "exit", "fail", "raise_error")
    return False
