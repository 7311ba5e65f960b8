"""Statements: parser nodes -> packed facts. What a `def` or a `class` becomes is up to the `Scope`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from tree_sitter import Node

from apilint import facts
from apilint.scan import expr
from apilint.scan.expr import LOWER, MAX_DEPTH, NAME, OPAQUE, SEQUENCE, Packed, mark
from apilint.scan.grammar import ERROR, by_kind, named, token
from apilint.scan.patterns import pattern

MAX_DOCSTRING = 1000
MAX_ELIFS = 40
"""Longer `elif` chains go on as a row of `if`s: nesting them would be too deep to encode."""


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

_tag = expr._tag
ASSIGN, ANN_ASSIGN, AUG_ASSIGN = map(_tag, (facts.Assign, facts.AnnAssign, facts.AugAssign))
EXPR_STMT, RETURN, RAISE, ASSERT = map(_tag, (facts.ExprStmt, facts.Return, facts.Raise, facts.Assert))
DELETE, IF, WHILE, FOR, WITH = map(_tag, (facts.Delete, facts.If, facts.While, facts.For, facts.With))
TRY, MATCH, IMPORT, IMPORT_FROM = map(_tag, (facts.Try, facts.Match, facts.Import, facts.ImportFrom))
FUNCTION_DEF, CLASS_DEF, GLOBAL, JUMP = map(_tag, (facts.FunctionDef, facts.ClassDef, facts.Global, facts.Jump))

_STRINGS = (named("string"), named("concatenated_string"))
_ASSIGNMENT = named("assignment")
_BLOCK = named("block")
_ELIF = named("elif_clause")
_ELSE = named("else_clause")
_EXCEPT = named("except_clause")
_FINALLY = named("finally_clause")
_CASE = named("case_clause")
_CASE_PATTERN = named("case_pattern")
_IF_CLAUSE = named("if_clause")
_WITH_CLAUSE = named("with_clause")
_WITH_ITEM = named("with_item")
_AS_PATTERN = named("as_pattern")
_AS_TARGET = named("as_pattern_target")
_IDENTIFIER = named("identifier")
_DOTTED_NAME = named("dotted_name")
_ALIASED_IMPORT = named("aliased_import")
_RELATIVE_IMPORT = named("relative_import")
_IMPORT_PREFIX = named("import_prefix")
_WILDCARD = named("wildcard_import")
_PARENTHESIZED = named("parenthesized_expression")
_ATTRIBUTE = named("attribute")
_DECORATOR = named("decorator")
_FUNCTION = named("function_definition")
_CLASS = named("class_definition")
_DECORATED = named("decorated_definition")
_IMPORTS = tuple(map(named, ("import_statement", "import_from_statement", "future_import_statement")))
_NESTING = frozenset(
    {_BLOCK, _ELIF, _ELSE, _EXCEPT, _FINALLY, _CASE, ERROR}
    | set(map(named, ("if_statement", "for_statement", "while_statement", "try_statement")))
    | set(map(named, ("with_statement", "match_statement")))
)
_DEFINED = frozenset({_FUNCTION, _CLASS, _DECORATED, *_IMPORTS})
_IMPORTED = frozenset({_DOTTED_NAME, _ALIASED_IMPORT})
_OPEN_TO_THE_RIGHT = frozenset(
    {_WITH_ITEM, _PARENTHESIZED, named("await"), named("lambda"), named("named_expression")}
    | {named(f"{kind}_operator") for kind in ("boolean", "binary", "comparison", "not", "unary")}
    | {named("conditional_expression")}
)
_EQUALS = token("=")
_COLON = token(":")
_FROM = token("from")


# ----------------------------------------------------------------------------------------------- blocks


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


# --------------------------------------------------------------------------------------- simple statements


def expression_statement(node: Node, scope: Scope, depth: int) -> Packed:
    children = node.children
    child = children[0]
    kind = child.kind_id
    simple = SIMPLE.get(kind)
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
    found = expr.operands(node.children, src, depth)
    if not found:
        return None
    if len(found) == 1 and src[found[0][2] : node.end_byte].strip()[:1] != ",":
        return found[0]
    return (SEQUENCE, found[0][1], found[-1][2], "tuple", tuple(found))


def _docstring(node: Node, src: str, depth: int) -> Packed:
    lowered = LOWER[node.kind_id](node, src, depth)
    if lowered[2] - lowered[1] > MAX_DOCSTRING and lowered[0] in (expr.CONSTANT, expr.BYTES):
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
    found = expr.operands(node.children, scope.src, depth)
    operators = [child for child in node.children if not child.is_named]
    if len(found) != 2 or not operators:
        return (EXPR_STMT, start, end, (OPAQUE, start, end))
    operator = scope.src[operators[0].start_byte : operators[0].end_byte]
    return (AUG_ASSIGN, start, end, found[0], operator[:-1], found[1])


def type_alias(node: Node, scope: Scope, depth: int) -> Packed:
    found = expr.operands(node.children, scope.src, depth)
    if len(found) != 2:
        return other(node, scope, depth)
    target, value = found
    if target[0] == expr.SUBSCRIPT:
        target = target[3]
    if target[0] != NAME:
        # `type(x).y = z`, which the grammar takes for an alias of `(x).y`.
        target = _type_call(node.children[1].children[0], scope.src, node.start_byte, depth)
    return (ASSIGN, node.start_byte, node.end_byte, (target,), value)


def _type_call(node: Node, src: str, start: int, depth: int) -> Packed:
    """A target that starts with a call of `type`, whose arguments and what follows them are the node."""
    end = node.end_byte
    if node.kind_id == _PARENTHESIZED:
        arguments = tuple(expr.operands(node.children, src, depth))
        return (expr.CALL, start, end, (NAME, start, start + 4, "type"), arguments, ())
    if node.kind_id == _ATTRIBUTE and depth < MAX_DEPTH:
        value, *_, name = node.children
        return (expr.ATTRIBUTE, start, end, _type_call(value, src, start, depth + 1), expr.text(name, src))
    return (OPAQUE, start, end)


def return_(node: Node, scope: Scope, depth: int) -> Packed:
    children = node.children
    value: Packed | None = None
    if len(children) == 2:
        child = children[1]
        if LOWER[child.kind_id] is not mark:
            value = LOWER[child.kind_id](child, scope.src, depth)
    elif len(children) > 2:
        value = expr.first(children, scope.src, depth)
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
    found = expr.operands(node.children, scope.src, depth)
    if not found:
        return other(node, scope, depth)
    return (ASSERT, node.start_byte, node.end_byte, found[0], found[1] if len(found) > 1 else None)


def delete(node: Node, scope: Scope, depth: int) -> Packed:
    found = expr.operands(node.children, scope.src, depth)
    if len(found) == 1 and found[0][0] == SEQUENCE:
        found = list(found[0][4])
    return (DELETE, node.start_byte, node.end_byte, tuple(found))


def global_(node: Node, scope: Scope, depth: int) -> Packed:
    names = tuple(expr.text(child, scope.src) for child in node.children if child.kind_id == _IDENTIFIER)
    return (GLOBAL, node.start_byte, node.end_byte, names)


def jump(node: Node, scope: Scope, depth: int) -> Packed:
    start = node.start_byte
    end = node.end_byte
    return (JUMP, start, end, scope.src[start:end])


# ---------------------------------------------------------------------------------------------- imports


def _dotted(node: Node, src: str) -> str:
    found = src[node.start_byte : node.end_byte]
    if found.isidentifier() and found.isascii():
        return found
    return ".".join(expr.text(child, src) for child in node.children if child.kind_id == _IDENTIFIER)


def _imported(node: Node, src: str) -> tuple[str, str | None]:
    if node.kind_id == _DOTTED_NAME:
        return _dotted(node, src), None
    names = [child for child in node.children if child.kind_id in (_DOTTED_NAME, _IDENTIFIER)]
    return _dotted(names[0], src), expr.text(names[-1], src) if len(names) > 1 else None


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


def _relative(node: Node, src: str) -> tuple[int, str]:
    level = 0
    module = ""
    for child in node.children:
        if child.kind_id == _IMPORT_PREFIX:
            level = src[child.start_byte : child.end_byte].count(".")
        elif child.kind_id == _DOTTED_NAME:
            module = _dotted(child, src)
    return level, module


def future_import(node: Node, scope: Scope, depth: int) -> Packed:
    scope.imported("__future__")
    names = tuple(_imported(child, scope.src) for child in node.children if child.kind_id in _IMPORTED)
    return (IMPORT_FROM, node.start_byte, node.end_byte, 0, "__future__", names)


# ------------------------------------------------------------------------------------- compound statements


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
    value = expr.only(node, src, depth)
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
            target = expr.only(child, src, depth)
        elif value is None and LOWER[child.kind_id] is not mark:
            value = LOWER[child.kind_id](child, src, depth)
    return value or expr.opaque(node, src, depth), target


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
    return (node.start_byte, node.end_byte, type_or_none, name, body)


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
            guard = expr.only(child, scope.src, depth)
        elif kind == _CASE_PATTERN:
            found = pattern(child, scope.src)
            values.extend(found[0])
            binds.extend(found[1])
    return (node.start_byte, node.end_byte, tuple(values), tuple(binds), guard, body)


# ------------------------------------------------------------------------------------------- definitions


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
            decorators.append(expr.only(child, scope.src, depth))
        elif kind == _FUNCTION:
            return scope.function(child, tuple(decorators), depth)
        elif kind == _CLASS:
            return scope.class_(child, tuple(decorators), depth)
    return other(node, scope, depth)


SIMPLE: dict[int, Lower] = {
    _ASSIGNMENT: assignment,
    named("augmented_assignment"): augmented,
}

STATEMENT: dict[int, Lower] = by_kind(
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
