"""Comments that speak to apilint -> directives."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from apilint.facts import Directive
from apilint.scan.grammar import ERROR, named, token

_SIGN = re.compile(rb"#[#\s]*apilint\s*:")
_WISH = re.compile(
    r"\s*(?:(?P<public>public)|ignore(?:\s*\[(?P<codes>[^\]]*)\])?)\s*(?:(?:-+|[\u2013\u2014:])\s*(?P<reason>.*))?$"
)
_COMMENT = named("comment")
_BLOCK = named("block")
_DECORATED = named("decorated_definition")
_COLON = token(":")
_COMPOUND = frozenset(
    map(named, ("if_statement", "for_statement", "while_statement", "try_statement", "with_statement"))
) | set(map(named, ("match_statement", "function_definition", "class_definition")))
_CLAUSES = frozenset(map(named, ("elif_clause", "else_clause", "except_clause", "finally_clause", "case_clause")))


class _Head(NamedTuple):
    """The lines of a simple statement, or of the head of a compound one or of a clause, and where it starts."""

    first: int
    last: int
    start: int


def directives(root: Node, text: bytes, lines: array[int]) -> tuple[Directive, ...]:
    """The directives of a file, in source order."""
    found = list(_signs(root, text))
    if not found:
        return ()
    heads = list(_heads(root, lines))
    return tuple(_directive(start, opens, end, text, lines, heads) for start, opens, end in found)


def _signs(root: Node, text: bytes) -> Iterator[tuple[int, int, int]]:
    """Start, end of the sign and end of each comment that addresses apilint."""
    for match in _SIGN.finditer(text):
        comment = root.descendant_for_byte_range(match.start(), match.end())
        if comment is not None and comment.kind_id == _COMMENT:
            yield match.start(), match.end(), comment.end_byte


def _directive(start: int, opens: int, end: int, text: bytes, lines: array[int], heads: list[_Head]) -> Directive:
    line = bisect_right(lines, start)
    alone = not text[lines[line - 1] : start].strip()
    first, last = _statement(line, alone, heads)
    kind, codes, reason = _wish(text[opens:end].decode("utf-8", "replace"))
    return Directive(kind, codes, reason, start, end, line, first, last)


def _wish(said: str) -> tuple[str, tuple[str, ...], str]:
    """Kind, codes and reason."""
    match = _WISH.match(said.rstrip())
    if match is None:
        return "unknown", (), said.strip()
    reason = (match["reason"] or "").strip()
    if match["public"]:
        return "public", (), reason
    if match["codes"] is None:
        return "ignore", (), reason
    codes = tuple(match["codes"].replace(",", " ").split())
    # Empty brackets must not ignore everything.
    return ("ignore", codes, reason) if codes else ("unknown", (), said.strip())


def _statement(line: int, alone: bool, heads: list[_Head]) -> tuple[int, int]:
    """The lines of the innermost statement on that line, or of the next one below a comment that stands alone."""
    around = [head for head in heads if head.first <= line <= head.last]
    if around:
        found = max(around, key=lambda head: head.start)
    elif alone and any(head.first > line for head in heads):
        found = min((head for head in heads if head.first > line), key=lambda head: head.start)
    else:
        return line, line
    return found.first, found.last


def _heads(root: Node, lines: array[int]) -> Iterator[_Head]:
    """All statements and clauses of a file."""
    stack = [(child, child.start_byte) for child in root.children]
    while stack:
        node, start = stack.pop()
        kind = node.kind_id
        if kind == _COMMENT or (not node.is_named and kind != ERROR):
            continue
        if kind == _DECORATED:
            stack.extend((child, start) for child in node.children if child.kind_id in _COMPOUND)
        elif kind in (_BLOCK, ERROR):
            stack.extend((child, child.start_byte) for child in node.children)
        elif kind in _COMPOUND or kind in _CLAUSES:
            stack.extend(
                (child, child.start_byte)
                for child in node.children
                if child.kind_id in _CLAUSES or child.kind_id == _BLOCK
            )
            yield _head(start, _head_end(node), lines)
        else:
            yield _head(start, node.end_byte, lines)


def _head_end(node: Node) -> int:
    """The end of the colon before the block."""
    colon: Node | None = None
    for child in node.children:
        if child.kind_id == _COLON:
            colon = child
        elif child.kind_id == _BLOCK:
            break
    return colon.end_byte if colon is not None else node.end_byte


def _head(start: int, end: int, lines: array[int]) -> _Head:
    return _Head(bisect_right(lines, start), bisect_right(lines, max(start, end - 1)), start)
