"""Regular expressions applied to strings that are known at start-up: `re.match("/public", path)`."""

from __future__ import annotations

import re
from collections.abc import Callable

from apilint.facts import Span
from apilint.startup.core import Core
from apilint.startup.values import NONE, External, Known, Result, Value, constant

Modelled = Callable[[Core, list[Value], dict[str, Value], Span], "Value | None"]
METHODS = frozenset({"match", "search", "fullmatch"})
_MAX_PATTERN = 200
_MAX_TEXT = 300
# What depends on the characters after those that match.
_LOOKS_ON = re.compile(r"\$|\\[bBZ]|\(\?")
_HOLE = re.compile(r"[<{]")
_SPECIAL = frozenset("\\.^$*+?{}[]()|")
_ESCAPED = frozenset("/-.^$*+?{}[]()|_ ")
# A repeated group, or many repetitions in a row, may take for ever on a string that almost fits.
_COSTLY = re.compile(r"\)[*+{?]|([*+}].*){4}|\\[1-9]|\(\?P=")


def matched(pattern: Value, text: Value, how: str) -> Value | None:
    """What a match gives: something true, or `None`; None when it is not known."""
    source, subject = constant(pattern), constant(text)
    if not isinstance(source, str) or not isinstance(subject, str):
        return None
    if len(source) > _MAX_PATTERN or len(subject) > _MAX_TEXT or _COSTLY.search(source):
        return None
    hole = _HOLE.search(subject)
    if hole is not None:  # the path of a route with parameters, whose values are not known
        return _by_start(source, subject[: hole.start()], how)
    found = _matches(source, subject, how)
    return None if found is None else Known(True) if found else NONE


def _matches(source: str, subject: str, how: str) -> bool | None:
    try:
        return getattr(re.compile(source), how)(subject) is not None
    except (re.error, OverflowError, RecursionError):
        return None


def _by_start(source: str, start: str, how: str) -> Value | None:
    """What a match gives for all strings that begin like that."""
    if how != "search" and _differs(source, start):
        return NONE
    if how == "match" and not _LOOKS_ON.search(source):
        return Known(True) if _matches(source, start, how) else None
    return None


def _differs(source: str, start: str) -> bool:
    """Whether no string that begins like that matches: each alternative says other characters by then."""
    alternatives = _alternatives(source)
    return bool(alternatives) and all(not start.startswith(text[: len(start)]) for text in map(_literal, alternatives))


def _alternatives(source: str) -> list[str]:
    """The parts of a pattern between its outermost bars; none where it cannot be read that simply."""
    if ("[" in source and "|" in source) or "(?" in source[:2]:
        return []
    found, depth, at = [""], 0, 0
    while at < len(source):
        taken = source[at : at + 2] if source[at] == "\\" else source[at]
        depth += {"(": 1, ")": -1}.get(taken, 0)
        if taken == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += taken
        at += len(taken)
    return found


def _literal(source: str) -> str:
    """The characters that whatever matches begins with."""
    source = source.removeprefix("^").removeprefix("\\A")
    text = ""
    while source:
        is_escaped = source[0] == "\\" and source[1:2] in _ESCAPED
        if not is_escaped and source[0] in _SPECIAL:
            return text[:-1] if source[0] in "*?{" else text
        text += source[1] if is_escaped else source[0]
        source = source[2 if is_escaped else 1 :]
    return text


def method(base: Result, name: str, args: list[Value]) -> Value | None:
    """A method of a compiled pattern; None for anything else."""
    if not isinstance(base.callee, External) or base.callee.name != "re.compile":
        return None
    given = [*base.args, *base.kwargs.values()]
    is_plain = len(given) == len(args) == 1 and base.kwargs.keys() <= {"pattern"}
    return matched(given[0], args[0], name) if is_plain else None


def _function(how: str) -> Modelled:
    def call(machine: Core, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
        return matched(args[0], args[1], how) if len(args) == 2 and not kwargs else None

    return call


FUNCTIONS = {f"re.{name}": _function(name) for name in METHODS}
