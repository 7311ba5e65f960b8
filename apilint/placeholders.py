"""The variable parts of a route's path, in the template syntax of any framework."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CONVERTED = re.compile(r"<(?:([^<>:]+?)(?:\([^)]*\))?:)?(\w+)>")
_BRACED = re.compile(r"(?<!\$)\{(?:\w+:)?(\w+)\}")
_GROUP = re.compile(r"\(\?P<(\w+)>((?:[^()\\]|\\.|\([^)]*\))*)\)")


def placeholders(path: str) -> Iterator[tuple[str, str]]:
    """`(name, converter or regular expression)` of each variable part; an expression is told by `re:` before it."""
    for converter, name in _CONVERTED.findall(path):
        yield name, converter
    for name in _BRACED.findall(path):
        yield name, ""
    for name, pattern in _GROUP.findall(path):
        yield name, f"re:{pattern}"
