"""Compound statements: parser nodes -> packed facts."""

from __future__ import annotations

import re

from tree_sitter import Node

from apilint.scan import literals
from apilint.scan.blocks import Scope, block, suite
from apilint.scan.grammar import named
from apilint.scan.operands import LOWER, mark, only, opaque
from apilint.scan.packed import FOR, IF, MATCH, MAX_DEPTH, NAME, OPAQUE, SEQUENCE, TRY, WHILE, WITH, Packed
from apilint.scan.patterns import pattern

_ELIF = named("elif_clause")
_ELSE = named("else_clause")
_BLOCK = named("block")
_WITH_CLAUSE = named("with_clause")
_WITH_ITEM = named("with_item")
_AS_PATTERN = named("as_pattern")
_PARENTHESIZED = named("parenthesized_expression")
_OPEN_TO_THE_RIGHT = frozenset(
    {_WITH_ITEM, _PARENTHESIZED, named("await"), named("lambda"), named("named_expression")}
    | {named(f"{kind}_operator") for kind in ("boolean", "binary", "comparison", "not", "unary")}
    | {named("conditional_expression")}
)
_AS_TARGET = named("as_pattern_target")
_EXCEPT = named("except_clause")
_FINALLY = named("finally_clause")
_CASE = named("case_clause")
_IF_CLAUSE = named("if_clause")
_CASE_PATTERN = named("case_pattern")

_COMMENT_LINE = re.compile(r"^[^\"'#\n]*#[ \t]*(.*)$", re.MULTILINE)

MAX_ELIFS = 40
"""Longer `elif` chains go on as a row of `if`s: nesting them would be too deep to encode."""


def if_(node: Node, scope: Scope, depth: int) -> Packed:
    head = _branch(node, scope, depth)
    branches = []
    orelse: tuple[Packed, ...] = ()
    for child in node.children:
        kind = child.kind_id
        if kind == _ELIF:
            branches.append(_branch(child, scope, depth))
        elif kind == _ELSE:
            orelse = suite(child, scope, depth)
    end = node.end_byte
    tail: tuple[Packed, ...] = tuple((IF, *branch, ()) for branch in branches[MAX_ELIFS:]) + orelse
    for start, _, test, body in reversed(branches[:MAX_ELIFS]):
        tail = ((IF, start, end, test, body, tail),)
    return (IF, head[0], end, *head[2:], tail)


def _branch(node: Node, scope: Scope, depth: int) -> tuple[int, int, Packed, tuple[Packed, ...]]:
    test: Packed | None = None
    body: tuple[Packed, ...] = ()
    for child in node.children:
        kind = child.kind_id
        if kind == _BLOCK:
            body = block(child, scope, depth)
            break
        if test is None and LOWER[kind] is not mark:
            test = LOWER[kind](child, scope.src, depth)
    start = node.start_byte
    end = node.end_byte
    return start, end, test or (OPAQUE, start, end), body


def while_(node: Node, scope: Scope, depth: int) -> Packed:
    start, end, test, body = _branch(node, scope, depth)
    return (WHILE, start, end, test, body, _else(node, scope, depth))


def _else(node: Node, scope: Scope, depth: int) -> tuple[Packed, ...]:
    for child in node.children:
        if child.kind_id == _ELSE:
            return suite(child, scope, depth)
    return ()


def for_(node: Node, scope: Scope, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    found = []
    body: tuple[Packed, ...] = ()
    orelse: tuple[Packed, ...] = ()
    for child in node.children:
        kind = child.kind_id
        if kind == _BLOCK:
            body = block(child, scope, depth)
        elif kind == _ELSE:
            orelse = suite(child, scope, depth)
        elif LOWER[kind] is not mark:
            found.append(LOWER[kind](child, scope.src, depth))
    hole = (OPAQUE, start, end)
    target, iterable, *_ = (*found, hole, hole)
    return (FOR, start, end, target, iterable, body, orelse)


def with_(node: Node, scope: Scope, depth: int) -> Packed:
    items: tuple[tuple[Packed, Packed | None], ...] = ()
    body: tuple[Packed, ...] = ()
    for child in node.children:
        kind = child.kind_id
        if kind == _WITH_CLAUSE:
            items = tuple(_with_item(item, scope.src, depth) for item in child.children if item.kind_id == _WITH_ITEM)
        elif kind == _BLOCK:
            body = block(child, scope, depth)
    return (WITH, node.start_byte, node.end_byte, items, body)


def _with_item(node: Node, src: str, depth: int) -> tuple[Packed, Packed | None]:
    value = only(node, src, depth)
    child = node
    while child.kind_id != _AS_PATTERN:
        operands = [inner for inner in child.children if LOWER[inner.kind_id] is not mark]
        if not operands or child.kind_id not in _OPEN_TO_THE_RIGHT:
            return value, None
        child = operands[-1]
    inner, target = as_pattern(child, src, depth)
    if inner[1] == value[1]:
        return inner, target
    # `with a if b else c as d`: the grammar takes `c as d` for an operand.
    return (value[0], value[1], inner[2], *value[3:]), target


def as_pattern(node: Node, src: str, depth: int) -> tuple[Packed, Packed | None]:
    """`value as target`."""
    value: Packed | None = None
    target: Packed | None = None
    for child in node.children:
        if child.kind_id == _AS_TARGET:
            target = only(child, src, depth)
        elif value is None and LOWER[child.kind_id] is not mark:
            value = LOWER[child.kind_id](child, src, depth)
    return value or opaque(node, src, depth), target


def try_(node: Node, scope: Scope, depth: int) -> Packed:
    body: tuple[Packed, ...] = ()
    handlers = []
    orelse: tuple[Packed, ...] = ()
    final: tuple[Packed, ...] = ()
    for child in node.children:
        kind = child.kind_id
        if kind == _BLOCK:
            body = block(child, scope, depth)
        elif kind == _EXCEPT:
            handlers.append(_handler(child, scope, depth))
        elif kind == _ELSE:
            orelse = suite(child, scope, depth)
        elif kind == _FINALLY:
            final = suite(child, scope, depth)
    return (TRY, node.start_byte, node.end_byte, body, tuple(handlers), orelse, final)


def _handler(node: Node, scope: Scope, depth: int) -> Packed:
    types: list[Packed] = []
    name: str | None = None
    body: tuple[Packed, ...] = ()
    for child in node.children:
        kind = child.kind_id
        if kind == _BLOCK:
            body = block(child, scope, depth)
        elif kind == _AS_PATTERN:
            type_, target = as_pattern(child, scope.src, depth)
            types.append(type_)
            name = target[3] if target is not None and target[0] == NAME else None
        elif LOWER[kind] is not mark:
            types.append(LOWER[kind](child, scope.src, depth))
    type_or_none: Packed | None = types[0] if types else None
    if len(types) > 1:
        type_or_none = (SEQUENCE, types[0][1], types[-1][2], "tuple", tuple(types))
    above, inside = _comment_above(scope.src, node.start_byte), _comments_inside(scope.src, node)
    return (node.start_byte, node.end_byte, type_or_none, name, body, above, inside)


def _comments_inside(src: str, node: Node) -> str:
    """The comments of a clause, one a line: lines of their own, and what stands behind a statement without a text."""
    end = src.find("\n", node.end_byte)
    text = src[node.start_byte : end if end >= 0 else len(src)]
    if "#" not in text:
        return ""
    return literals.utf8("\n".join(found[1].strip() for found in _COMMENT_LINE.finditer(text)))


def _comment_above(src: str, start: int) -> str:
    """The lines of comment that end where the line at an offset begins."""
    lines: list[str] = []
    end = src.rfind("\n", 0, start)
    while end > 0:
        begin = src.rfind("\n", 0, end)
        line = src[begin + 1 : end].strip()
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
        end = begin
    return literals.utf8(" ".join(reversed(lines)))


def match_(node: Node, scope: Scope, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    subjects = []
    cases: tuple[Packed, ...] = ()
    for child in node.children:
        kind = child.kind_id
        if kind == _BLOCK:
            if depth < MAX_DEPTH:
                cases = tuple(_case(case, scope, depth + 1) for case in child.children if case.kind_id == _CASE)
        elif LOWER[kind] is not mark:
            subjects.append(LOWER[kind](child, scope.src, depth))
    subject: Packed = subjects[0] if subjects else (OPAQUE, start, end)
    if len(subjects) > 1:
        subject = (SEQUENCE, subjects[0][1], subjects[-1][2], "tuple", tuple(subjects))
    return (MATCH, start, end, subject, cases)


def _case(node: Node, scope: Scope, depth: int) -> Packed:
    values: list[Packed] = []
    binds: list[str] = []
    guard: Packed | None = None
    body: tuple[Packed, ...] = ()
    for child in node.children:
        kind = child.kind_id
        if kind == _BLOCK:
            body = block(child, scope, depth)
        elif kind == _IF_CLAUSE:
            guard = only(child, scope.src, depth)
        elif kind == _CASE_PATTERN:
            found = pattern(child, scope.src)
            values.extend(found[0])
            binds.extend(found[1])
    return (node.start_byte, node.end_byte, tuple(values), tuple(binds), guard, body)
