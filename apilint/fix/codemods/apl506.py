"""What callers send, written into a line of the log as it is -> shown by its `repr`, in which a line break is `\\n`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting, replacing

if TYPE_CHECKING:
    import libcst

# Who reads the lines by a pattern finds quotes in them.
SAFE = False
_CONVERSION = re.compile(r"%%|%(?:\(\w+\))?[-#0 +]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?P<kind>s)")
_FIELD = re.compile(r"\{\{|\}\}|\{\w*(?P<end>\})")


def fix(site: Site) -> Iterator[TextEdit]:
    """`%r` for `%s`, `{name!r}` for `{name}`, in the message of the call."""
    call = site.part.at(cst.Call, site.start, site.end)
    message = next((found for found in map(_message, call.args) if found is not None), None)
    if message is None:
        raise Declined("the message of the call is not written out in it")
    text, pattern = message
    edits = list(_in_literal(site, text, pattern))
    if not edits:
        raise Declined("the value does not stand in the message by itself")
    yield from edits


def _message(argument: libcst.Arg) -> tuple[libcst.BaseExpression, re.Pattern[str]] | None:
    """The text that a call logs, and how values stand in it."""
    value = argument.value
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Modulo):
        value = value.left
    elif isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute) and value.func.attr.value == "format":
        text = value.func.value
        return (text, _FIELD) if isinstance(text, (cst.SimpleString, cst.ConcatenatedString)) else None
    is_text = isinstance(value, (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString))
    return (value, _CONVERSION) if is_text and argument.keyword is None else None


def _in_literal(site: Site, text: libcst.BaseExpression, pattern: re.Pattern[str]) -> Iterator[TextEdit]:
    if isinstance(text, cst.ConcatenatedString):
        yield from _in_literal(site, text.left, pattern)
        yield from _in_literal(site, text.right, pattern)
    elif isinstance(text, cst.FormattedString):
        for piece in text.parts:
            is_bare = isinstance(piece, cst.FormattedStringExpression) and not (piece.conversion or piece.format_spec)
            if is_bare and not getattr(piece, "equal", None):
                yield inserting(site.part.span(piece)[1] - 1, "!r")
    elif isinstance(text, cst.SimpleString):
        start, _ = site.part.span(text)
        for match in pattern.finditer(text.value):
            if match.lastgroup == "kind":
                at = start + len(text.value[: match.start("kind")].encode())
                yield replacing(at, at + 1, "r")
            elif match.lastgroup == "end":
                yield inserting(start + len(text.value[: match.start("end")].encode()), "!r")


__all__ = ["SAFE", "fix"]
