"""Expressions: parser nodes -> packed facts.

This is the hot loop: functions read the children of a node once, in order, and take text only where a fact needs it.
"""

from __future__ import annotations

from tree_sitter import Node

from apilint.scan import literals
from apilint.scan.annotations import generic_type, union
from apilint.scan.displays import (
    dict_comprehension,
    dictionary,
    generator,
    list_,
    list_comprehension,
    set_,
    set_comprehension,
    slice_,
    subscript,
    tuple_,
    tuple_pattern,
)
from apilint.scan.grammar import by_kind, named, tokens
from apilint.scan.operands import LOWER, infix, mark, one_or_tuple, only, opaque, operands, plain, text
from apilint.scan.packed import (
    ATTRIBUTE,
    AWAIT,
    BIN_OP,
    BOOL_OP,
    CALL,
    COMPARE,
    CONSTANT,
    IF_EXP,
    MAX_DEPTH,
    NAME,
    NAMED_EXPR,
    OPAQUE,
    STARRED,
    UNARY_OP,
    YIELD,
    Packed,
)
from apilint.scan.params import lambda_
from apilint.scan.strings import concatenated, string

_IDENTIFIER = named("identifier")
_PARENTHESIZED = named("parenthesized_expression")
_ARGUMENTS = named("argument_list")
_KEYWORDS = frozenset(map(named, ("keyword_argument", "dictionary_splat")))
_DICT_SPLAT = named("dictionary_splat")
_TOKENS = tokens()


def name(node: Node, src: str, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    found = src[start:end]
    return (NAME, start, end, found if found.isascii() else literals.identifier(found))


def ellipsis(node: Node, src: str, depth: int) -> Packed:
    return (NAME, node.start_byte, node.end_byte, "Ellipsis")


def true(node: Node, src: str, depth: int) -> Packed:
    return (CONSTANT, node.start_byte, node.end_byte, True)


def false(node: Node, src: str, depth: int) -> Packed:
    return (CONSTANT, node.start_byte, node.end_byte, False)


def none(node: Node, src: str, depth: int) -> Packed:
    return (CONSTANT, node.start_byte, node.end_byte, None)


def number(node: Node, src: str, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    value = literals.number(src[start:end])
    return (OPAQUE, start, end) if value is None else (CONSTANT, start, end, value)


def dotted_name(node: Node, src: str, depth: int) -> Packed:
    found: Packed | None = None
    start = node.start_byte
    for child in node.children[: MAX_DEPTH * 2]:
        if child.kind_id == _IDENTIFIER:
            end = child.end_byte
            id_ = text(child, src)
            found = (NAME, start, end, id_) if found is None else (ATTRIBUTE, start, end, found, id_)
    return found or opaque(node, src, depth)


def parenthesized(node: Node, src: str, depth: int) -> Packed:
    """Parentheses vanish, however many."""
    while node.kind_id == _PARENTHESIZED:
        inner = [child for child in node.children if LOWER[child.kind_id] is not mark]
        if len(inner) != 1:
            return one_or_tuple(inner, src, depth + 1) or opaque(node, src, depth)
        node = inner[0]
    return LOWER[node.kind_id](node, src, depth)


def attribute(node: Node, src: str, depth: int) -> Packed:
    children = node.children
    if len(children) != 3:
        children = plain(node)
    if len(children) != 3 or depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    value, _, attr = children
    return (ATTRIBUTE, node.start_byte, node.end_byte, LOWER[value.kind_id](value, src, depth + 1), text(attr, src))


def call(node: Node, src: str, depth: int) -> Packed:
    children = node.children
    if len(children) != 2:
        children = plain(node)
    if len(children) != 2 or depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    func, arguments = children
    if arguments.kind_id != _ARGUMENTS:
        args: tuple[Packed, ...] = (LOWER[arguments.kind_id](arguments, src, depth + 1),)
        keywords: tuple[Packed, ...] = ()
    else:
        args, keywords = call_arguments(arguments, src, depth + 1)
    return (CALL, node.start_byte, node.end_byte, LOWER[func.kind_id](func, src, depth + 1), args, keywords)


def call_arguments(node: Node, src: str, depth: int) -> tuple[tuple[Packed, ...], tuple[Packed, ...]]:
    """Positional arguments and keywords."""
    args = []
    keywords = []
    for child in node.children:
        kind = child.kind_id
        if kind in _KEYWORDS:
            keywords.append(_keyword(child, src, depth))
        else:
            lower = LOWER[kind]
            if lower is not mark:
                args.append(lower(child, src, depth))
    return tuple(args), tuple(keywords)


def _keyword(node: Node, src: str, depth: int) -> Packed:
    children = node.children
    start = node.start_byte
    end = node.end_byte
    value = children[-1]
    if len(children) == 3:
        return (start, end, text(children[0], src), LOWER[value.kind_id](value, src, depth))
    if len(children) == 2:
        return (start, end, None, LOWER[value.kind_id](value, src, depth))
    found = operands(children, src, depth)
    if node.kind_id == _DICT_SPLAT or len(found) < 2:
        return (start, end, None, found[0] if found else (OPAQUE, start, end))
    return (start, end, text(children[0], src), found[1])


def binary(node: Node, src: str, depth: int) -> Packed:
    return infix(BIN_OP, node, src, depth)


def boolean(node: Node, src: str, depth: int) -> Packed:
    return infix(BOOL_OP, node, src, depth)


def compare(node: Node, src: str, depth: int) -> Packed:
    if depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    values = []
    operators = []
    for child in node.children:
        kind = child.kind_id
        lower = LOWER[kind]
        if lower is not mark:
            values.append(lower(child, src, depth + 1))
        elif kind in _TOKENS:
            operators.append(_TOKENS[kind])
    if len(values) != len(operators) + 1:
        return opaque(node, src, depth)
    return (COMPARE, node.start_byte, node.end_byte, values[0], tuple(operators), tuple(values[1:]))


def unary(node: Node, src: str, depth: int) -> Packed:
    found = operands(node.children, src, depth + 1) if depth < MAX_DEPTH else []
    if len(found) != 1:
        return opaque(node, src, depth)
    operator = _TOKENS.get(node.children[0].kind_id, "?")
    return (UNARY_OP, node.start_byte, node.end_byte, operator, found[0])


def conditional(node: Node, src: str, depth: int) -> Packed:
    found = operands(node.children, src, depth + 1) if depth < MAX_DEPTH else []
    if len(found) != 3:
        return opaque(node, src, depth)
    body, test, orelse = found
    return (IF_EXP, node.start_byte, node.end_byte, test, body, orelse)


def walrus(node: Node, src: str, depth: int) -> Packed:
    found = operands(node.children, src, depth + 1) if depth < MAX_DEPTH else []
    if len(found) != 2 or found[0][0] != NAME:
        return opaque(node, src, depth)
    return (NAMED_EXPR, node.start_byte, node.end_byte, found[0][3], found[1])


def awaited(node: Node, src: str, depth: int) -> Packed:
    return (AWAIT, node.start_byte, node.end_byte, only(node, src, depth))


def yielded(node: Node, src: str, depth: int) -> Packed:
    value = one_or_tuple(node.children, src, depth + 1) if depth < MAX_DEPTH else None
    return (YIELD, node.start_byte, node.end_byte, value)


def starred(node: Node, src: str, depth: int) -> Packed:
    return (STARRED, node.start_byte, node.end_byte, only(node, src, depth))


LOWER.update(
    by_kind(
        {
            "comment": mark,
            "line_continuation": mark,
            "type_conversion": mark,
            "identifier": name,
            "ellipsis": ellipsis,
            "true": true,
            "false": false,
            "none": none,
            "integer": number,
            "float": number,
            "string": string,
            "concatenated_string": concatenated,
            "attribute": attribute,
            "call": call,
            "binary_operator": binary,
            "boolean_operator": boolean,
            "comparison_operator": compare,
            "unary_operator": unary,
            "not_operator": unary,
            "conditional_expression": conditional,
            "named_expression": walrus,
            "await": awaited,
            "yield": yielded,
            "list_splat": starred,
            "list_splat_pattern": starred,
            "parenthesized_list_splat": only,
            "splat_type": starred,
            "parenthesized_expression": parenthesized,
            "subscript": subscript,
            "slice": slice_,
            "tuple": tuple_,
            "tuple_pattern": tuple_pattern,
            "expression_list": tuple_,
            "pattern_list": tuple_,
            "list": list_,
            "list_pattern": list_,
            "set": set_,
            "dictionary": dictionary,
            "list_comprehension": list_comprehension,
            "set_comprehension": set_comprehension,
            "dictionary_comprehension": dict_comprehension,
            "generator_expression": generator,
            "lambda": lambda_,
            "type": only,
            "constrained_type": only,
            "as_pattern": only,
            "as_pattern_target": only,
            "generic_type": generic_type,
            "union_type": union,
            "member_type": attribute,
            "dotted_name": dotted_name,
        },
        other=opaque,
        mark=mark,
    )
)
