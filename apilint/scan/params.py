"""Parameters of functions and lambdas: parser nodes -> packed facts."""

from __future__ import annotations

from tree_sitter import Node

from apilint.scan.grammar import named
from apilint.scan.operands import LOWER, mark, only, opaque, text
from apilint.scan.packed import LAMBDA, MAX_DEPTH, Packed

_POSITIONAL_SEPARATOR = named("positional_separator")
_KEYWORD_SEPARATOR = named("keyword_separator")
_IDENTIFIER = named("identifier")
_SPLATS = frozenset(map(named, ("list_splat_pattern", "dictionary_splat_pattern")))
_PARAMETERS = frozenset(map(named, ("default_parameter", "typed_parameter", "typed_default_parameter")))
_TYPE = named("type")
_LIST_SPLAT_PATTERN = named("list_splat_pattern")
_LAMBDA_PARAMETERS = named("lambda_parameters")


def parameters(node: Node, src: str, depth: int) -> tuple[Packed, ...]:
    """The parameters of a function or a lambda."""
    found: list[Packed] = []
    kind = "plain"
    for child in node.children:
        child_kind = child.kind_id
        if child_kind == _POSITIONAL_SEPARATOR:
            found = [(*param[:3], "positional", *param[4:]) for param in found]
        elif child_kind == _KEYWORD_SEPARATOR:
            kind = "keyword"
        else:
            param = _parameter(child, child_kind, src, depth, kind)
            if param is not None:
                found.append(param)
                if param[3] == "args":
                    kind = "keyword"
    return tuple(found)


def _parameter(node: Node, node_kind: int, src: str, depth: int, kind: str) -> Packed | None:
    start = node.start_byte
    end = node.end_byte
    if node_kind == _IDENTIFIER:
        return (start, end, text(node, src), kind, None, None)
    if node_kind in _SPLATS:
        return (start, end, *_splat(node, node_kind, src), None, None)
    if node_kind not in _PARAMETERS:
        return None
    id_ = ""
    annotation: Packed | None = None
    default: Packed | None = None
    for child in node.children:
        child_kind = child.kind_id
        if child_kind == _TYPE:
            annotation = only(child, src, depth)
        elif not id_ and child_kind == _IDENTIFIER:
            id_ = text(child, src)
        elif not id_ and child_kind in _SPLATS:
            id_, kind = _splat(child, child_kind, src)
        elif LOWER[child_kind] is not mark:
            default = LOWER[child_kind](child, src, depth)
    return (start, end, id_, kind, annotation, default)


def _splat(node: Node, node_kind: int, src: str) -> tuple[str, str]:
    return text(node.children[-1], src), "args" if node_kind == _LIST_SPLAT_PATTERN else "kwargs"


def lambda_(node: Node, src: str, depth: int) -> Packed:
    if depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    params: tuple[Packed, ...] = ()
    body: Packed | None = None
    for child in node.children:
        kind = child.kind_id
        if kind == _LAMBDA_PARAMETERS:
            params = parameters(child, src, depth + 1)
        else:
            lower = LOWER[kind]
            if lower is not mark:
                body = lower(child, src, depth + 1)
    return (LAMBDA, node.start_byte, node.end_byte, params, body or opaque(node, src, depth))
