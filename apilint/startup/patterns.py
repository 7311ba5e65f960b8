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
# A repeated group, or many repetitions in a row, may take for ever on a string that almost fits.
_COSTLY = re.compile(r"\)[*+{?]|([*+}].*){4}|\\[1-9]|\(\?P=")


def matched(pattern: Value, text: Value, how: str) -> Value | None:
    """What a match gives: something true, or `None`; None when it is not known."""
    source, subject = constant(pattern), constant(text)
    if not isinstance(source, str) or not isinstance(subject, str) or not isinstance(pattern, Known):
        return None
    if len(source) > _MAX_PATTERN or len(subject) > _MAX_TEXT or _COSTLY.search(source):
        return None
    if "<" in subject or "{" in subject:
        return None  # the path of a route with parameters, whose values are not known
    try:
        found = getattr(re.compile(source), how)(subject)
    except (re.error, OverflowError, RecursionError):
        return None
    return NONE if found is None else Known(True)


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
