"""Simple statements: parser nodes -> packed facts."""

from __future__ import annotations

from tree_sitter import Node

from apilint.scan.blocks import Lower, Scope, other
from apilint.scan.grammar import named, token
from apilint.scan.operands import LOWER, first, mark, operands, text
from apilint.scan.packed import (
    ANN_ASSIGN,
    ASSERT,
    ASSIGN,
    ATTRIBUTE,
    AUG_ASSIGN,
    BYTES,
    CALL,
    CONSTANT,
    DELETE,
    EXPR_STMT,
    GLOBAL,
    JUMP,
    MAX_DEPTH,
    NAME,
    OPAQUE,
    RAISE,
    RETURN,
    SEQUENCE,
    SUBSCRIPT,
    Packed,
)

_STRINGS = (named("string"), named("concatenated_string"))
_EQUALS = token("=")
_ASSIGNMENT = named("assignment")
_COLON = token(":")
_PARENTHESIZED = named("parenthesized_expression")
_ATTRIBUTE = named("attribute")
_FROM = token("from")
_IDENTIFIER = named("identifier")

MAX_DOCSTRING = 1000


def expression_statement(node: Node, scope: Scope, depth: int) -> Packed:
    children = node.children
    child = children[0]
    kind = child.kind_id
    simple = _ASSIGNMENTS.get(kind)
    if simple is not None:
        return simple(child, scope, depth)
    start = node.start_byte
    end = node.end_byte
    if kind in _STRINGS and len(children) == 1:
        return (EXPR_STMT, start, end, _docstring(child, scope.src, depth))
    if len(children) == 1:
        return (EXPR_STMT, start, end, LOWER[kind](child, scope.src, depth))
    value = _several(node, scope.src, depth)
    return (EXPR_STMT, start, end, value or (OPAQUE, start, end))


def _several(node: Node, src: str, depth: int) -> Packed | None:
    """Expressions separated by commas; a comma after a single one makes a tuple too."""
    found = operands(node.children, src, depth)
    if not found:
        return None
    if len(found) == 1 and src[found[0][2] : node.end_byte].strip()[:1] != ",":
        return found[0]
    return (SEQUENCE, found[0][1], found[-1][2], "tuple", tuple(found))


def _docstring(node: Node, src: str, depth: int) -> Packed:
    lowered = LOWER[node.kind_id](node, src, depth)
    if lowered[2] - lowered[1] > MAX_DOCSTRING and lowered[0] in (CONSTANT, BYTES):
        return (*lowered[:3], lowered[3][:MAX_DOCSTRING])
    return lowered


def assignment(node: Node, scope: Scope, depth: int) -> Packed:
    src = scope.src
    start = node.start_byte
    end = node.end_byte
    targets: list[Packed] = []
    while True:
        children = node.children
        left = children[0]
        if len(children) != 3 or children[1].kind_id != _EQUALS:
            return _annotated(node, targets, scope, depth)
        targets.append(LOWER[left.kind_id](left, src, depth))
        right = children[2]
        kind = right.kind_id
        if kind != _ASSIGNMENT:
            return (ASSIGN, start, end, tuple(targets), LOWER[kind](right, src, depth))
        node = right


def _annotated(node: Node, targets: list[Packed], scope: Scope, depth: int) -> Packed:
    """`x: T`, `x: T = value`, and assignments with comments or errors inside."""
    start = targets[0][1] if targets else node.start_byte
    end = node.end_byte
    marks = {child.kind_id for child in node.children}
    found: list[Packed] = []
    for child in node.children:
        if child.kind_id == _ASSIGNMENT:
            inner = assignment(child, scope, depth)
            if inner[0] == ASSIGN:
                return (ASSIGN, start, end, (*targets, *found, *inner[3]), inner[4])
        elif LOWER[child.kind_id] is not mark:
            found.append(LOWER[child.kind_id](child, scope.src, depth))
    if not found:
        return (EXPR_STMT, start, end, (OPAQUE, start, end))
    target, *rest = found
    if _COLON in marks and rest and not targets:
        if target[0] == NAME:
            scope.annotated(target[3])
        return (ANN_ASSIGN, start, end, target, rest[0], rest[1] if len(rest) > 1 else None)
    value = rest[-1] if rest else (OPAQUE, start, end)
    return (ASSIGN, start, end, (*targets, target), value)


def augmented(node: Node, scope: Scope, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    found = operands(node.children, scope.src, depth)
    operators = [child for child in node.children if not child.is_named]
    if len(found) != 2 or not operators:
        return (EXPR_STMT, start, end, (OPAQUE, start, end))
    operator = scope.src[operators[0].start_byte : operators[0].end_byte]
    return (AUG_ASSIGN, start, end, found[0], operator[:-1], found[1])


def type_alias(node: Node, scope: Scope, depth: int) -> Packed:
    found = operands(node.children, scope.src, depth)
    if len(found) != 2:
        return other(node, scope, depth)
    target, value = found
    if target[0] == SUBSCRIPT:
        target = target[3]
    if target[0] != NAME:
        # `type(x).y = z`, which the grammar takes for an alias of `(x).y`.
        target = _type_call(node.children[1].children[0], scope.src, node.start_byte, depth)
    return (ASSIGN, node.start_byte, node.end_byte, (target,), value)


def _type_call(node: Node, src: str, start: int, depth: int) -> Packed:
    """A target that starts with a call of `type`, whose arguments and what follows them are the node."""
    end = node.end_byte
    if node.kind_id == _PARENTHESIZED:
        arguments = tuple(operands(node.children, src, depth))
        return (CALL, start, end, (NAME, start, start + 4, "type"), arguments, ())
    if node.kind_id == _ATTRIBUTE and depth < MAX_DEPTH:
        value, *_, name = node.children
        return (ATTRIBUTE, start, end, _type_call(value, src, start, depth + 1), text(name, src))
    return (OPAQUE, start, end)


def return_(node: Node, scope: Scope, depth: int) -> Packed:
    children = node.children
    value: Packed | None = None
    if len(children) == 2:
        child = children[1]
        if LOWER[child.kind_id] is not mark:
            value = LOWER[child.kind_id](child, scope.src, depth)
    elif len(children) > 2:
        value = first(children, scope.src, depth)
    return (RETURN, node.start_byte, node.end_byte, value)


def raise_(node: Node, scope: Scope, depth: int) -> Packed:
    exception: Packed | None = None
    cause: Packed | None = None
    after_from = False
    for child in node.children:
        kind = child.kind_id
        if kind == _FROM:
            after_from = True
        elif LOWER[kind] is not mark:
            lowered = LOWER[kind](child, scope.src, depth)
            if after_from:
                cause = lowered
            else:
                exception = lowered
    return (RAISE, node.start_byte, node.end_byte, exception, cause)


def assert_(node: Node, scope: Scope, depth: int) -> Packed:
    found = operands(node.children, scope.src, depth)
    if not found:
        return other(node, scope, depth)
    return (ASSERT, node.start_byte, node.end_byte, found[0], found[1] if len(found) > 1 else None)


def delete(node: Node, scope: Scope, depth: int) -> Packed:
    found = operands(node.children, scope.src, depth)
    if len(found) == 1 and found[0][0] == SEQUENCE:
        found = list(found[0][4])
    return (DELETE, node.start_byte, node.end_byte, tuple(found))


def global_(node: Node, scope: Scope, depth: int) -> Packed:
    names = tuple(text(child, scope.src) for child in node.children if child.kind_id == _IDENTIFIER)
    return (GLOBAL, node.start_byte, node.end_byte, names)


def jump(node: Node, scope: Scope, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    return (JUMP, start, end, scope.src[start:end])


_ASSIGNMENTS: dict[int, Lower] = {_ASSIGNMENT: assignment, named("augmented_assignment"): augmented}
