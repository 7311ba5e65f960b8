"""Statements: parser nodes -> packed facts. What a `def` or a `class` becomes is up to the `Scope`."""

from __future__ import annotations

from tree_sitter import Node

from apilint.scan.blocks import STATEMENT, Scope, no_statement, other, skim, statements
from apilint.scan.compound import for_, if_, match_, try_, while_, with_
from apilint.scan.grammar import by_kind, named
from apilint.scan.imports import future_import, import_, import_from
from apilint.scan.operands import only
from apilint.scan.packed import MAX_DEPTH, Packed
from apilint.scan.simple import assert_, delete, expression_statement, global_, jump, raise_, return_, type_alias

__all__ = ["STATEMENT", "Scope", "skim", "statements"]

_DECORATOR = named("decorator")
_FUNCTION = named("function_definition")
_CLASS = named("class_definition")


def function(node: Node, scope: Scope, depth: int) -> Packed:
    return scope.function(node, (), depth) if depth < MAX_DEPTH else other(node, scope, depth)


def class_(node: Node, scope: Scope, depth: int) -> Packed:
    return scope.class_(node, (), depth) if depth < MAX_DEPTH else other(node, scope, depth)


def decorated(node: Node, scope: Scope, depth: int) -> Packed:
    if depth >= MAX_DEPTH:
        return other(node, scope, depth)
    decorators = []
    for child in node.children:
        kind = child.kind_id
        if kind == _DECORATOR:
            decorators.append(only(child, scope.src, depth))
        elif kind == _FUNCTION:
            return scope.function(child, tuple(decorators), depth)
        elif kind == _CLASS:
            return scope.class_(child, tuple(decorators), depth)
    return other(node, scope, depth)


STATEMENT.update(
    by_kind(
        {
            "expression_statement": expression_statement,
            "type_alias_statement": type_alias,
            "return_statement": return_,
            "raise_statement": raise_,
            "assert_statement": assert_,
            "delete_statement": delete,
            "global_statement": global_,
            "nonlocal_statement": global_,
            "pass_statement": jump,
            "break_statement": jump,
            "continue_statement": jump,
            "import_statement": import_,
            "import_from_statement": import_from,
            "future_import_statement": future_import,
            "print_statement": other,
            "exec_statement": other,
            "if_statement": if_,
            "while_statement": while_,
            "for_statement": for_,
            "with_statement": with_,
            "try_statement": try_,
            "match_statement": match_,
            "function_definition": function,
            "class_definition": class_,
            "decorated_definition": decorated,
        },
        other=no_statement,
        mark=no_statement,
    )
)
