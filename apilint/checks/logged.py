"""Expressions that are logged -> what they hold: an answer, a row, stars, nothing at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.checks.assigned import last_name
from apilint.index import Function
from apilint.patterns import regex
from apilint.unparse import unparse
from apilint.walk import walk

# What people choose can be guessed.
GUESSABLE = regex(r"passw|pwd|passphrase|passcode|pin(_|$)|otp|ssn|card|security_answer")
_FINDS = regex(r"(find|get|first|one|fetch)(_|$)")
_LISTS = regex(r"_*(search|list|query|filter|find_all|get_all)(_|$)")
# What stands in the place of a secret.
_COVER = regex(r"(?i)[*\u2022x.]{3,}$|[<\[(]?\W*(redacted|masked|hidden|removed|omitted|filtered)\W*[>\])]?$")
_NO_SUCH = regex(r"(?i)\b(does not|doesn't) exist|\bno such\b|\bnot found\b")
_ASKS = frozenset({"get", "post", "put", "patch", "delete", "head", "urlopen", "retry"})


def is_answer(expr: f.Expr) -> bool:
    """`session.get(url)`: what another server answers."""
    return isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute) and expr.func.attr in _ASKS


def is_answered(expr: f.Expr) -> bool:
    """`response.request`, `error.request`: the request that the program sent itself."""
    return isinstance(expr, f.Attribute) and last_name(expr.value) not in ("self", "cls", "info", "context", "ctx")


def is_masked(value: f.Expr) -> bool:
    """`key[:4] + "*" * 8`: the beginning, and stars."""
    if isinstance(value, f.IfExp):
        return is_masked(value.body) or is_masked(value.orelse)
    return isinstance(value, (f.BinOp, f.Template)) and any(
        isinstance(node, f.Subscript) and isinstance(node.index, f.Slice) for node in walk((value,))
    )


def is_row(value: f.Call) -> bool:
    """`ApiToken.find(db, given)`: the row of a class, which is shown as its class likes."""
    owner = last_name(value.func.value) if isinstance(value.func, f.Attribute) else ""
    if _LISTS.match(last_name(value.func)):
        return True
    is_class = owner[:1].isupper() and not owner.isupper()
    return bool(_FINDS.match(last_name(value.func))) and (is_class or owner == "objects")


def is_redacted(display: f.Dict) -> bool:
    """`{**body, "environment": {**body["environment"], "TOKEN": "***"}}`: a copy in which something is covered."""
    return any(isinstance(node, f.Constant) and _COVER.match(str(node.value)) for node in walk((display,)))


def last_name_of_key(key: f.Expr | None) -> str:
    """The text of a dict's key."""
    return key.value if isinstance(key, f.Constant) and isinstance(key.value, str) else ""


def is_missing(function: Function, call: f.Call, node: f.Expr) -> bool:
    """Whether a test around the call says that there is no such thing, or what it is instead: `if token is None or
    isinstance(token, Error)`."""
    text = re.escape(unparse(node))
    absent = regex(rf"(not {text}|{text} is None|isinstance\({text}, .+\))$")
    return any(
        all(absent.match(unparse(leaf)) for leaf in _alternatives(each.test))
        for each in function.nodes(f.If)
        if each.body and each.body[0].start <= call.start < each.body[-1].end
    )


def _alternatives(test: f.Expr) -> Iterator[f.Expr]:
    if isinstance(test, f.BoolOp) and test.op == "or":
        yield from _alternatives(test.left)
        yield from _alternatives(test.right)
    else:
        yield test


def opens_nothing(call: f.Call, node: f.Expr) -> bool:
    """Whether the line says that there is no such key; a password that is wrong is mostly nearly right."""
    said = " ".join(str(each.value) for each in walk(call.args) if isinstance(each, f.Constant))
    return bool(_NO_SUCH.search(said)) and not GUESSABLE.search(last_name(node).lower())
