"""Rows of statements: parser nodes -> packed facts, by the table that `lower` fills."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from tree_sitter import Node

from apilint.scan.grammar import ERROR, named
from apilint.scan.packed import EXPR_STMT, MAX_DEPTH, OPAQUE, Packed

_BLOCK = named("block")
_ELIF = named("elif_clause")
_ELSE = named("else_clause")
_EXCEPT = named("except_clause")
_FINALLY = named("finally_clause")
_CASE = named("case_clause")
_NESTING = frozenset(
    {_BLOCK, _ELIF, _ELSE, _EXCEPT, _FINALLY, _CASE, ERROR}
    | set(map(named, ("if_statement", "for_statement", "while_statement", "try_statement")))
    | set(map(named, ("with_statement", "match_statement")))
)
_FUNCTION = named("function_definition")
_CLASS = named("class_definition")
_DECORATED = named("decorated_definition")
_IMPORTS = tuple(map(named, ("import_statement", "import_from_statement", "future_import_statement")))
_DEFINED = frozenset({_FUNCTION, _CLASS, _DECORATED, *_IMPORTS})


class Scope(Protocol):
    """What lowering needs to know of its surroundings."""

    src: str

    def function(self, node: Node, decorators: tuple[Packed, ...], depth: int) -> Packed:
        """Make something of a `def`."""

    def class_(self, node: Node, decorators: tuple[Packed, ...], depth: int) -> Packed:
        """Make something of a `class`."""

    def imported(self, module: str) -> None:
        """Take note of an imported module."""

    def annotated(self, name: str) -> None:
        """Take note of an annotated variable."""


Lower = Callable[[Node, Scope, int], Packed]

STATEMENT: dict[int, Lower] = {}
"""How to lower each kind of statement. `lower` fills it when it is imported: blocks nest, their modules must not."""


def statements(nodes: Iterable[Node], scope: Scope, depth: int) -> tuple[Packed, ...]:
    """Lower a row of statements; what parsed well inside an error is kept."""
    found = []
    for node in nodes:
        kind = node.kind_id
        lower = STATEMENT[kind]
        if lower is not no_statement:
            found.append(lower(node, scope, depth))
        elif kind == ERROR and depth < MAX_DEPTH:
            found.extend(statements(node.children, scope, depth + 1))
    return tuple(found)


def block(node: Node, scope: Scope, depth: int) -> tuple[Packed, ...]:
    """Lower an indented block."""
    if depth >= MAX_DEPTH:
        return ((EXPR_STMT, node.start_byte, node.end_byte, (OPAQUE, node.start_byte, node.end_byte)),)
    return statements(node.children, scope, depth + 1)


def suite(node: Node, scope: Scope, depth: int) -> tuple[Packed, ...]:
    """The block of a clause."""
    for child in node.children:
        if child.kind_id == _BLOCK:
            return block(child, scope, depth)
    return ()


def skim(nodes: Iterable[Node], scope: Scope, depth: int) -> None:
    """Find definitions and imports in a body that is not lowered."""
    for node in nodes:
        kind = node.kind_id
        if kind in _NESTING:
            if depth < MAX_DEPTH:
                skim(node.children, scope, depth if kind == _BLOCK else depth + 1)
        elif kind in _DEFINED:
            STATEMENT[kind](node, scope, depth)


def no_statement(node: Node, scope: Scope, depth: int) -> Packed:
    """A token, a comment, an error."""
    return other(node, scope, depth)


def other(node: Node, scope: Scope, depth: int) -> Packed:
    """What has no meaning of its own to us: Python 2's `print` and `exec`, and what is nested too deep."""
    start = node.start_byte
    end = node.end_byte
    return (EXPR_STMT, start, end, (OPAQUE, start, end))
