"""String literals: parser nodes -> packed constants, bytes and templates."""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node

from apilint.scan import literals
from apilint.scan.grammar import named, token
from apilint.scan.operands import LOWER, mark, opaque
from apilint.scan.packed import BYTES, CALL, CONSTANT, MAX_DEPTH, NAME, OPAQUE, TEMPLATE, Packed

_STRING_CONTENT = named("string_content")
_INTERPOLATIONS = frozenset(map(named, ("interpolation", "format_expression")))
_FORMAT_SPECIFIER = named("format_specifier")
_EQUALS = token("=")
_CONVERSION = named("type_conversion")
_STRING = named("string")


def string(node: Node, src: str, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    found = src[start:end]
    quote = found[:1]
    if quote != '"' and quote != "'":
        return _prefixed(node, src, depth)
    found = found[3:-3] if found[1:3] == quote * 2 and end - start >= 6 else found[1:-1]
    if "\\" in found or not found.isascii() or end - start > literals.MAX_TEXT or "\r" in found:
        found = literals.content(found, False)
    return (CONSTANT, start, end, found)


def _prefixed(node: Node, src: str, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    found = src[start:end]
    prefix = found[: len(found) - len(found.lstrip("rRbBuUfFtT"))].lower()
    raw = "r" in prefix
    if "f" in prefix or "t" in prefix:
        if depth >= MAX_DEPTH:
            return (OPAQUE, start, end)
        return (TEMPLATE, start, end, tuple(_template_parts(node.children, src, depth + 1, raw)))
    body = literals.quoted(found[len(prefix) :])
    if "b" in prefix:
        return (BYTES, start, end, literals.bytes_content(body, raw))
    return (CONSTANT, start, end, literals.content(body, raw))


def _template_parts(nodes: Iterable[Node], src: str, depth: int, raw: bool) -> list[Packed]:
    parts = []
    for node in nodes:
        kind = node.kind_id
        if kind == _STRING_CONTENT:
            start = node.start_byte
            end = node.end_byte
            body = src[start:end].replace("{{", "{").replace("}}", "}")
            parts.append((CONSTANT, start, end, literals.content(body, raw)))
        elif kind in _INTERPOLATIONS:
            parts.extend(_interpolation(node, src, depth))
    return parts


def _interpolation(node: Node, src: str, depth: int) -> list[Packed]:
    """The expression in the braces, and those in its format specification."""
    if depth >= MAX_DEPTH:
        return [opaque(node, src, depth)]
    parts = []
    shown, is_equation = "", False
    for child in node.children:
        kind = child.kind_id
        if kind == _FORMAT_SPECIFIER:
            shown = shown or "s"
            for inner in child.children:
                if inner.kind_id in _INTERPOLATIONS:
                    parts.extend(_interpolation(inner, src, depth + 1))
        elif kind == _EQUALS:
            # `{x=}` shows the expression's text too.
            is_equation = True
            start = node.start_byte + 1
            end = child.end_byte
            while src[end : end + 1].isspace():
                end += 1
            parts.insert(0, (CONSTANT, start, end, literals.content(src[start:end], True)))
        elif kind == _CONVERSION:
            shown = src[child.start_byte + 1 : child.end_byte]
        else:
            lower = LOWER[kind]
            if lower is not mark:
                parts.append(lower(child, src, depth + 1))
    if shown in ("r", "a") or (is_equation and not shown):
        _show(parts, 1 if is_equation else 0)
    return parts


def _show(parts: list[Packed], number: int) -> None:
    """`{x!r}` is `{repr(x)}`, which shows a line break and makes none; so is `{x=}`."""
    if number < len(parts):
        _, start, end, *_ = parts[number]
        parts[number] = (CALL, start, end, (NAME, end, end, "repr"), (parts[number],), ())


def concatenated(node: Node, src: str, depth: int) -> Packed:
    """Adjacent literals."""
    start = node.start_byte
    end = node.end_byte
    parts = [string(child, src, depth) for child in node.children if child.kind_id == _STRING]
    tags = {part[0] for part in parts}
    if tags == {CONSTANT}:
        return (CONSTANT, start, end, "".join(part[3] for part in parts)[: literals.MAX_TEXT])
    if tags == {BYTES}:
        return (BYTES, start, end, b"".join(part[3] for part in parts)[: literals.MAX_TEXT])
    if not tags or BYTES in tags or OPAQUE in tags:
        return (OPAQUE, start, end)
    pieces: list[Packed] = []
    for part in parts:
        pieces.extend(part[3] if part[0] == TEMPLATE else (part,))
    return (TEMPLATE, start, end, tuple(pieces))
