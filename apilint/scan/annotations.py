"""Types as the grammar knows them: parser nodes -> packed expressions."""

from __future__ import annotations

from tree_sitter import Node

from apilint.scan.grammar import named
from apilint.scan.operands import LOWER, has_comma, infix, mark, opaque, operands
from apilint.scan.packed import BIN_OP, MAX_DEPTH, SEQUENCE, SUBSCRIPT, Packed

_TYPE_PARAMETER = named("type_parameter")


def generic_type(node: Node, src: str, depth: int) -> Packed:
    """`list[int]` in an annotation."""
    if depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    value: Packed | None = None
    items: list[Packed] = []
    several = False
    for child in node.children:
        kind = child.kind_id
        if kind == _TYPE_PARAMETER:
            items = operands(child.children, src, depth + 1)
            several = len(items) > 1 or has_comma(child)
        elif LOWER[kind] is not mark:
            value = LOWER[kind](child, src, depth + 1)
    if value is None or not items:
        return opaque(node, src, depth)
    index = (SEQUENCE, items[0][1], items[-1][2], "tuple", tuple(items)) if several else items[0]
    return (SUBSCRIPT, node.start_byte, node.end_byte, value, index)


def union(node: Node, src: str, depth: int) -> Packed:
    """`list[int] | B | None`. The grammar groups the operands in its own way, Python from the left."""
    lowered = infix(BIN_OP, node, src, depth)
    return _graft(lowered[3], lowered[5], node.start_byte) if lowered[0] == BIN_OP else lowered


def _graft(left: Packed, right: Packed, start: int) -> Packed:
    if right[0] == BIN_OP and right[4] == "|":
        return (BIN_OP, start, right[2], _graft(left, right[3], start), "|", right[5])
    return (BIN_OP, start, right[2], left, "|", right)
