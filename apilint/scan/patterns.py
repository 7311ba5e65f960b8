"""Patterns of `case`: parser nodes -> the names they bind and the values they compare with."""

from __future__ import annotations

from tree_sitter import Node

from apilint.scan.grammar import named, token
from apilint.scan.operands import LOWER, text
from apilint.scan.packed import MAX_DEPTH, NAME, UNARY_OP, Packed

_DOTTED_NAME = named("dotted_name")
_IDENTIFIER = named("identifier")
_CLASS_PATTERN = named("class_pattern")
_KEYWORD_PATTERN = named("keyword_pattern")
_AS_PATTERN = named("as_pattern")
_SPLAT_PATTERN = named("splat_pattern")
_MINUS = token("-")
_LITERALS = frozenset(
    map(named, ("string", "concatenated_string", "integer", "float", "true", "false", "none", "complex_pattern"))
)


def pattern(node: Node, src: str) -> tuple[list[Packed], list[str]]:
    """The values and the names of a pattern, in source order."""
    values: list[Packed] = []
    binds: list[str] = []
    _collect(node, src, values, binds, 0)
    return values, binds


def _collect(node: Node, src: str, values: list[Packed], binds: list[str], depth: int) -> None:
    kind = node.kind_id
    if kind in _LITERALS:
        values.append(LOWER[kind](node, src, depth))
    elif kind == _DOTTED_NAME:
        lowered = LOWER[kind](node, src, depth)
        if lowered[0] != NAME:
            values.append(lowered)
        elif lowered[3] != "_":
            binds.append(lowered[3])
    elif depth < MAX_DEPTH:
        _descend(node, src, values, binds, depth + 1)


def _descend(node: Node, src: str, values: list[Packed], binds: list[str], depth: int) -> None:
    children = node.children
    if node.kind_id in (_CLASS_PATTERN, _KEYWORD_PATTERN):
        # The first child names the class or the attribute.
        children = children[1:]
    minus: int | None = None
    for child in children:
        kind = child.kind_id
        if kind == _IDENTIFIER:
            if node.kind_id in (_AS_PATTERN, _SPLAT_PATTERN) and text(child, src) != "_":
                binds.append(text(child, src))
        elif kind == _MINUS:
            minus = child.start_byte
        elif minus is not None:
            number = LOWER[kind](child, src, depth)
            values.append((UNARY_OP, minus, number[2], "-", number))
            minus = None
        else:
            _collect(child, src, values, binds, depth)
