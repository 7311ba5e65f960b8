"""A comment that speaks to apilint, put above a line."""

from __future__ import annotations

import re

from apilint.fix.edits import Declined

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")


def ignoring(name: str, reason: str) -> str:
    """The comment that ignores a rule."""
    return f"# apilint: ignore[{name}]{_because(reason)}"


def public(reason: str) -> str:
    """The comment that calls a route public."""
    return f"# apilint: public{_because(reason)}"


def above(text: bytes, line: int, comment: str) -> bytes:
    """A UTF-8 text with a comment on a line of its own above a line (from 1), indented as that is."""
    start = 0
    for _ in range(line - 1):
        found = _LINE.match(text, start)
        if found is None or found.end() == start:
            raise Declined("the file has become shorter")
        start = found.end()
    before = text[:start].rstrip(b"\r\n")
    if before.endswith(b"\\"):
        raise Declined("the line above goes on")
    found = _LINE.match(text, start)
    own = found.group() if found is not None else b""
    indent = own[: len(own) - len(own.lstrip(b" \t"))]
    newline = next((each for each in (b"\r\n", b"\r", b"\n") if own.endswith(each)), b"\n")
    return text[:start] + indent + comment.encode() + newline + text[start:]


def _because(reason: str) -> str:
    said = " ".join(reason.split())
    return f" -- {said}" if said else ""


__all__ = ["above", "ignoring", "public"]
