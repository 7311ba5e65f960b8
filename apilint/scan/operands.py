"""Expressions among parser nodes -> packed facts, by the table that `expr` fills."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tree_sitter import Node

from apilint.scan import literals
from apilint.scan.grammar import token, tokens
from apilint.scan.packed import MAX_DEPTH, OPAQUE, SEQUENCE, Packed

_COMMA = token(",")
_TOKENS = tokens()

Lower = Callable[[Node, str, int], Packed]

LOWER: dict[int, Lower] = {}
"""How to lower each kind of node. `expr` fills it when it is imported: expressions nest, their modules must not."""


def mark(node: Node, src: str, depth: int) -> Packed:
    """A token, a comment or an error: no operand."""
    return (OPAQUE, node.start_byte, node.end_byte)


def opaque(node: Node, src: str, depth: int) -> Packed:
    """What the facts do not model."""
    return (OPAQUE, node.start_byte, node.end_byte)


def operands(nodes: Iterable[Node], src: str, depth: int) -> list[Packed]:
    """Lower the expressions among the nodes."""
    found = []
    for node in nodes:
        lower = LOWER[node.kind_id]
        if lower is not mark:
            found.append(lower(node, src, depth))
    return found


def only(node: Node, src: str, depth: int) -> Packed:
    """The first operand of a wrapper: a type, parentheses, an `as` pattern."""
    if depth < MAX_DEPTH:
        for child in node.children:
            lower = LOWER[child.kind_id]
            if lower is not mark:
                return lower(child, src, depth + 1)
    return opaque(node, src, depth)


def first(nodes: Iterable[Node], src: str, depth: int) -> Packed | None:
    """Lower the first expression among the nodes."""
    for node in nodes:
        lower = LOWER[node.kind_id]
        if lower is not mark:
            return lower(node, src, depth)
    return None


def one_or_tuple(nodes: Iterable[Node], src: str, depth: int) -> Packed | None:
    """A single expression, or a tuple without parentheses."""
    found = operands(nodes, src, depth)
    if len(found) < 2:
        return found[0] if found else None
    return (SEQUENCE, found[0][1], found[-1][2], "tuple", tuple(found))


def plain(node: Node) -> list[Node]:
    """The children without comments and errors."""
    return [child for child in node.children if not child.is_extra and not child.is_error]


def has_comma(node: Node) -> bool:
    """Whether operands are followed by a comma: a tuple even if there is one only."""
    return any(child.kind_id == _COMMA for child in node.children)


def text(node: Node, src: str) -> str:
    """The text of an identifier."""
    found = src[node.start_byte : node.end_byte]
    return found if found.isascii() else literals.identifier(found)


def infix(tag: int, node: Node, src: str, depth: int) -> Packed:
    """Lower `left operator right`."""
    children = node.children
    if len(children) != 3:
        children = plain(node)
    if len(children) != 3 or depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    left, operator, right = children
    return (
        tag,
        node.start_byte,
        node.end_byte,
        LOWER[left.kind_id](left, src, depth + 1),
        _TOKENS.get(operator.kind_id, "?"),
        LOWER[right.kind_id](right, src, depth + 1),
    )
