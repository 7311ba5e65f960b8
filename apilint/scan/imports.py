"""Imports: parser nodes -> packed facts."""

from __future__ import annotations

from tree_sitter import Node

from apilint.scan.blocks import Scope
from apilint.scan.grammar import named
from apilint.scan.operands import text
from apilint.scan.packed import IMPORT, IMPORT_FROM, Packed

_DOTTED_NAME = named("dotted_name")
_ALIASED_IMPORT = named("aliased_import")
_IMPORTED = frozenset({_DOTTED_NAME, _ALIASED_IMPORT})
_RELATIVE_IMPORT = named("relative_import")
_WILDCARD = named("wildcard_import")
_IMPORT_PREFIX = named("import_prefix")
_IDENTIFIER = named("identifier")


def import_(node: Node, scope: Scope, depth: int) -> Packed:
    names = tuple(_imported(child, scope.src) for child in node.children if child.kind_id in _IMPORTED)
    for module, _ in names:
        scope.imported(module)
    return (IMPORT, node.start_byte, node.end_byte, names)


def import_from(node: Node, scope: Scope, depth: int) -> Packed:
    level = 0
    module: str | None = None
    names: list[tuple[str, str | None]] = []
    for child in node.children:
        kind = child.kind_id
        if kind == _DOTTED_NAME and module is None:
            module = _dotted(child, scope.src)
        elif kind == _RELATIVE_IMPORT:
            level, module = _relative(child, scope.src)
        elif kind in _IMPORTED:
            names.append(_imported(child, scope.src))
        elif kind == _WILDCARD:
            names.append(("*", None))
    scope.imported("." * level + (module or ""))
    return (IMPORT_FROM, node.start_byte, node.end_byte, level, module or "", tuple(names))


def future_import(node: Node, scope: Scope, depth: int) -> Packed:
    scope.imported("__future__")
    names = tuple(_imported(child, scope.src) for child in node.children if child.kind_id in _IMPORTED)
    return (IMPORT_FROM, node.start_byte, node.end_byte, 0, "__future__", names)


def _relative(node: Node, src: str) -> tuple[int, str]:
    level = 0
    module = ""
    for child in node.children:
        if child.kind_id == _IMPORT_PREFIX:
            level = src[child.start_byte : child.end_byte].count(".")
        elif child.kind_id == _DOTTED_NAME:
            module = _dotted(child, src)
    return level, module


def _imported(node: Node, src: str) -> tuple[str, str | None]:
    if node.kind_id == _DOTTED_NAME:
        return _dotted(node, src), None
    names = [child for child in node.children if child.kind_id in (_DOTTED_NAME, _IDENTIFIER)]
    return _dotted(names[0], src), text(names[-1], src) if len(names) > 1 else None


def _dotted(node: Node, src: str) -> str:
    found = src[node.start_byte : node.end_byte]
    if found.isidentifier() and found.isascii():
        return found
    return ".".join(text(child, src) for child in node.children if child.kind_id == _IDENTIFIER)
