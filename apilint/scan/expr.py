"""Expressions: parser nodes -> packed facts.

*Packed* facts are plain tuples in the layout of the structs of `apilint.facts` (tag, start, end, fields): they
encode to the same bytes, and a tuple is built three times as fast as a struct. This is the hot loop: functions
read the children of a node once, in order, and take text only where a fact needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tree_sitter import Node

from apilint import facts
from apilint.scan import literals
from apilint.scan.grammar import by_kind, named, token, tokens

Packed = tuple[Any, ...]
Lower = Callable[[Node, str, int], Packed]

MAX_DEPTH = 100
"""No person nests like this. What lies deeper is opaque: neither lowering nor encoding may overflow the stack."""


def _tag(struct: type) -> int:
    tag: int = struct.__struct_config__.tag  # type: ignore[attr-defined]
    return tag


NAME, ATTRIBUTE, CONSTANT, BYTES = map(_tag, (facts.Name, facts.Attribute, facts.Constant, facts.Bytes))
TEMPLATE, CALL, BIN_OP, COMPARE = map(_tag, (facts.Template, facts.Call, facts.BinOp, facts.Compare))
BOOL_OP, UNARY_OP, IF_EXP = map(_tag, (facts.BoolOp, facts.UnaryOp, facts.IfExp))
SUBSCRIPT, SLICE, SEQUENCE, DICT = map(_tag, (facts.Subscript, facts.Slice, facts.Sequence, facts.Dict))
STARRED, LAMBDA, COMPREHENSION = map(_tag, (facts.Starred, facts.Lambda, facts.Comprehension))
AWAIT, YIELD, NAMED_EXPR, OPAQUE = map(_tag, (facts.Await, facts.Yield, facts.NamedExpr, facts.Opaque))

_SPREADABLE = (ATTRIBUTE, CALL, SUBSCRIPT)
_TOKENS = tokens()
_DICT_SPLAT = named("dictionary_splat")
_KEYWORDS = frozenset(map(named, ("keyword_argument", "dictionary_splat")))
_LIST_SPLAT_PATTERN = named("list_splat_pattern")
_SPLATS = frozenset(map(named, ("list_splat_pattern", "dictionary_splat_pattern")))
_ARGUMENTS = named("argument_list")
_PARENTHESIZED = named("parenthesized_expression")
_PAIR = named("pair")
_FOR_CLAUSE = named("for_in_clause")
_IF_CLAUSE = named("if_clause")
_IDENTIFIER = named("identifier")
_STRING = named("string")
_STRING_CONTENT = named("string_content")
_FORMAT_SPECIFIER = named("format_specifier")
_INTERPOLATIONS = frozenset(map(named, ("interpolation", "format_expression")))
_PARAMETERS = frozenset(map(named, ("default_parameter", "typed_parameter", "typed_default_parameter")))
_TYPE = named("type")
_POSITIONAL_SEPARATOR = named("positional_separator")
_KEYWORD_SEPARATOR = named("keyword_separator")
_TYPE_PARAMETER = named("type_parameter")
_LAMBDA_PARAMETERS = named("lambda_parameters")
_COLON = token(":")
_EQUALS = token("=")
_COMMA = token(",")


# ------------------------------------------------------------------------------------------- anything


def opaque(node: Node, src: str, depth: int) -> Packed:
    """What the facts do not model."""
    return (OPAQUE, node.start_byte, node.end_byte)


def mark(node: Node, src: str, depth: int) -> Packed:
    """A token, a comment or an error: no operand."""
    return (OPAQUE, node.start_byte, node.end_byte)


def expression(node: Node, src: str, depth: int) -> Packed:
    """Lower any expression."""
    return LOWER[node.kind_id](node, src, depth)


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


def _plain(node: Node) -> list[Node]:
    """The children without comments and errors."""
    return [child for child in node.children if not child.is_extra and not child.is_error]


def text(node: Node, src: str) -> str:
    """The text of an identifier."""
    found = src[node.start_byte : node.end_byte]
    return found if found.isascii() else literals.identifier(found)


# ----------------------------------------------------------------------------------- names and literals


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
    for child in node.children:
        kind = child.kind_id
        if kind == _FORMAT_SPECIFIER:
            for inner in child.children:
                if inner.kind_id in _INTERPOLATIONS:
                    parts.extend(_interpolation(inner, src, depth + 1))
        elif kind == _EQUALS:
            # `{x=}` shows the expression's text too.
            start = node.start_byte + 1
            end = child.end_byte
            while src[end : end + 1].isspace():
                end += 1
            parts.insert(0, (CONSTANT, start, end, literals.content(src[start:end], True)))
        else:
            lower = LOWER[kind]
            if lower is not mark:
                parts.append(lower(child, src, depth + 1))
    return parts


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


# ------------------------------------------------------------------------------------------- operators


def attribute(node: Node, src: str, depth: int) -> Packed:
    children = node.children
    if len(children) != 3:
        children = _plain(node)
    if len(children) != 3 or depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    value, _, attr = children
    return (
        ATTRIBUTE,
        node.start_byte,
        node.end_byte,
        LOWER[value.kind_id](value, src, depth + 1),
        text(attr, src),
    )


def call(node: Node, src: str, depth: int) -> Packed:
    children = node.children
    if len(children) != 2:
        children = _plain(node)
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
    return _infix(BIN_OP, node, src, depth)


def boolean(node: Node, src: str, depth: int) -> Packed:
    return _infix(BOOL_OP, node, src, depth)


def _infix(tag: int, node: Node, src: str, depth: int) -> Packed:
    children = node.children
    if len(children) != 3:
        children = _plain(node)
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


def parenthesized(node: Node, src: str, depth: int) -> Packed:
    """Parentheses vanish, however many."""
    while node.kind_id == _PARENTHESIZED:
        inner = [child for child in node.children if LOWER[child.kind_id] is not mark]
        if len(inner) != 1:
            return one_or_tuple(inner, src, depth + 1) or opaque(node, src, depth)
        node = inner[0]
    return LOWER[node.kind_id](node, src, depth)


# ------------------------------------------------------------------------------- subscripts and displays


def subscript(node: Node, src: str, depth: int) -> Packed:
    found = operands(node.children, src, depth + 1) if depth < MAX_DEPTH else []
    if len(found) < 2:
        return opaque(node, src, depth)
    start = node.start_byte
    end = node.end_byte
    if len(found) == 2 and found[1][0] != STARRED and not _has_comma(node):
        return (SUBSCRIPT, start, end, found[0], found[1])
    items = found[1:]
    return (SUBSCRIPT, start, end, found[0], (SEQUENCE, items[0][1], items[-1][2], "tuple", tuple(items)))


def _has_comma(node: Node) -> bool:
    return any(child.kind_id == _COMMA for child in node.children)


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
    if lowered[0] == SEQUENCE and len(lowered[4]) == 1 and not _has_comma(node):
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


# ----------------------------------------------------------------------------------- functions and types


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


def union(node: Node, src: str, depth: int) -> Packed:
    """`list[int] | B | None`. The grammar groups the operands in its own way, Python from the left."""
    lowered = binary(node, src, depth)
    return _graft(lowered[3], lowered[5], node.start_byte) if lowered[0] == BIN_OP else lowered


def _graft(left: Packed, right: Packed, start: int) -> Packed:
    if right[0] == BIN_OP and right[4] == "|":
        return (BIN_OP, start, right[2], _graft(left, right[3], start), "|", right[5])
    return (BIN_OP, start, right[2], left, "|", right)


def generic_type(node: Node, src: str, depth: int) -> Packed:
    """`list[int]` in an annotation."""
    if depth >= MAX_DEPTH:
        return opaque(node, src, depth)
    value: Packed | None = None
    items: list[Packed] = []
    several = False
    for child in node.children:
        kind = child.kind_id
        if kind == _TYPE_PARAMETER:
            items = operands(child.children, src, depth + 1)
            several = len(items) > 1 or _has_comma(child)
        elif LOWER[kind] is not mark:
            value = LOWER[kind](child, src, depth + 1)
    if value is None or not items:
        return opaque(node, src, depth)
    index = (SEQUENCE, items[0][1], items[-1][2], "tuple", tuple(items)) if several else items[0]
    return (SUBSCRIPT, node.start_byte, node.end_byte, value, index)


def dotted_name(node: Node, src: str, depth: int) -> Packed:
    found: Packed | None = None
    start = node.start_byte
    for child in node.children[: MAX_DEPTH * 2]:
        if child.kind_id == _IDENTIFIER:
            end = child.end_byte
            id_ = text(child, src)
            found = (NAME, start, end, id_) if found is None else (ATTRIBUTE, start, end, found, id_)
    return found or opaque(node, src, depth)


LOWER: dict[int, Lower] = by_kind(
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
