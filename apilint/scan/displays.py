"""Displays, comprehensions and subscripts: parser nodes -> packed facts."""

from __future__ import annotations

from tree_sitter import Node

from apilint.scan.grammar import named, token
from apilint.scan.operands import LOWER, has_comma, mark, only, opaque, operands
from apilint.scan.packed import (
    ATTRIBUTE,
    CALL,
    COMPREHENSION,
    DICT,
    MAX_DEPTH,
    SEQUENCE,
    SLICE,
    STARRED,
    SUBSCRIPT,
    Packed,
)

_SPREADABLE = (ATTRIBUTE, CALL, SUBSCRIPT)
_PAIR = named("pair")
_DICT_SPLAT = named("dictionary_splat")
_FOR_CLAUSE = named("for_in_clause")
_IF_CLAUSE = named("if_clause")
_COLON = token(":")


def tuple_(node: Node, src: str, depth: int) -> Packed:
    return _display("tuple", node, src, depth)


def list_(node: Node, src: str, depth: int) -> Packed:
    return _display("list", node, src, depth)


def set_(node: Node, src: str, depth: int) -> Packed:
    return _display("set", node, src, depth)


def _display(kind: str, node: Node, src: str, depth: int) -> Packed:
    if depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    items = operands(node.children, src, depth + 1)
    for position, item in enumerate(items):
        if item[0] in _SPREADABLE and src[item[1]] == "*":
            items[position] = _spread(item)
    return (SEQUENCE, node.start_byte, node.end_byte, kind, tuple(items))


def _spread(item: Packed) -> Packed:
    """`[*a.b(c)]`, which the grammar takes for `[(*a).b(c)]`."""
    return (STARRED, item[1], item[2], _without_star(item))


def _without_star(item: Packed) -> Packed:
    if item[0] == STARRED:
        return item[3]  # type: ignore[no-any-return]
    if item[0] not in _SPREADABLE:
        return item
    tag, start, end, value, *rest = item
    return (tag, start + 1, end, _without_star(value), *rest)


def tuple_pattern(node: Node, src: str, depth: int) -> Packed:
    """A target in parentheses: a tuple if there is a comma."""
    lowered = _display("tuple", node, src, depth)
    if lowered[0] == SEQUENCE and len(lowered[4]) == 1 and not has_comma(node):
        return lowered[4][0]  # type: ignore[no-any-return]
    return lowered


def dictionary(node: Node, src: str, depth: int) -> Packed:
    if depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    items: list[tuple[Packed | None, Packed]] = []
    for child in node.children:
        kind = child.kind_id
        if kind == _PAIR:
            items.append(_pair(child, src, depth + 1))
        elif kind == _DICT_SPLAT:
            items.append((None, only(child, src, depth + 1)))
    return (DICT, node.start_byte, node.end_byte, tuple(items))


def _pair(node: Node, src: str, depth: int) -> tuple[Packed, Packed]:
    found = operands(node.children, src, depth)
    if len(found) != 2:
        return opaque(node, src, depth), opaque(node, src, depth)
    return found[0], found[1]


def list_comprehension(node: Node, src: str, depth: int) -> Packed:
    return _comprehension("list", node, src, depth)


def set_comprehension(node: Node, src: str, depth: int) -> Packed:
    return _comprehension("set", node, src, depth)


def dict_comprehension(node: Node, src: str, depth: int) -> Packed:
    return _comprehension("dict", node, src, depth)


def generator(node: Node, src: str, depth: int) -> Packed:
    return _comprehension("generator", node, src, depth)


def _comprehension(kind: str, node: Node, src: str, depth: int) -> Packed:
    if depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    element: Packed | None = None
    value: Packed | None = None
    clauses: list[tuple[Packed, Packed, list[Packed]]] = []
    for child in node.children:
        child_kind = child.kind_id
        if child_kind == _FOR_CLAUSE:
            found = operands(child.children, src, depth + 1)
            if len(found) >= 2:
                clauses.append((found[0], found[1], []))
        elif child_kind == _IF_CLAUSE:
            if clauses:
                clauses[-1][2].append(only(child, src, depth + 1))
        elif child_kind == _PAIR:
            element, value = _pair(child, src, depth + 1)
        else:
            lower = LOWER[child_kind]
            if lower is not mark:
                element = lower(child, src, depth + 1)
    if element is None:
        return opaque(node, src, depth)
    return (COMPREHENSION, node.start_byte, node.end_byte, kind, element, value, tuple(clauses))


def subscript(node: Node, src: str, depth: int) -> Packed:
    found = operands(node.children, src, depth + 1) if depth < MAX_DEPTH else []
    if len(found) < 2:
        return opaque(node, src, depth)
    start = node.start_byte
    end = node.end_byte
    if len(found) == 2 and found[1][0] != STARRED and not has_comma(node):
        return (SUBSCRIPT, start, end, found[0], found[1])
    items = found[1:]
    return (SUBSCRIPT, start, end, found[0], (SEQUENCE, items[0][1], items[-1][2], "tuple", tuple(items)))


def slice_(node: Node, src: str, depth: int) -> Packed:
    if depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    bounds: list[Packed | None] = [None, None, None]
    position = 0
    for child in node.children:
        kind = child.kind_id
        lower = LOWER[kind]
        if lower is not mark:
            bounds[position] = lower(child, src, depth + 1)
        elif kind == _COLON and position < 2:
            position += 1
    return (SLICE, node.start_byte, node.end_byte, *bounds)
