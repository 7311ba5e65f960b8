"""What the interpreter's own parser makes of a source, in the shape of the facts: the judge of the scanner.

Each statement and expression becomes a nested list: the facts' class name, its position (None where the two
parsers differ by design) and its fields.
"""

from __future__ import annotations

import ast
from itertools import accumulate
from typing import Any

import msgspec

from apilint import facts
from apilint.scan.literals import MAX_TEXT
from apilint.scan.simple import MAX_DOCSTRING

OPERATORS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "MatMult": "@",
    "LShift": "<<", "RShift": ">>", "BitOr": "|", "BitAnd": "&", "BitXor": "^", "And": "and", "Or": "or",
    "Not": "not", "USub": "-", "UAdd": "+", "Invert": "~", "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=",
    "Gt": ">", "GtE": ">=", "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in",
}  # fmt: skip


COMPOUND = ("If", "While", "For", "With", "Try", "Match", "FunctionDef", "ClassDef")
"""These end where their last comment does; no promise."""


class Judge:
    """Converts one module's syntax tree."""

    def __init__(self, source: bytes) -> None:
        lines = source.splitlines(keepends=True)
        self.starts = list(accumulate(map(len, lines), initial=0))
        self.functions = 0
        self.classes = 0
        self.bodies: list[list[Any]] = []
        self.heads: list[Any] = []
        self.class_codes: list[Any] = []

    def span(self, node: Any) -> tuple[int, int]:
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def body(self, nodes: list[Any]) -> list[Any]:
        return [self.statement(node) for node in nodes]

    def statement(self, node: Any) -> Any:
        kind = type(node).__name__
        name = _STATEMENT_NAMES.get(kind, kind)
        span = self.span(node)
        return [name, span[0] if name in COMPOUND else span, *getattr(self, "s_" + kind)(node)]

    def expression(self, node: Any) -> Any:
        if node is None:
            return None
        kind = type(node).__name__
        name, span, *fields = getattr(self, "e_" + kind)(node)
        return [name, span, *fields]

    def all(self, nodes: list[Any]) -> list[Any]:
        return [self.expression(node) for node in nodes]

    # ------------------------------------------------------------------------------- statements

    def s_Assign(self, node: ast.Assign) -> Any:
        return self.all(node.targets), self.expression(node.value)

    def s_TypeAlias(self, node: Any) -> Any:
        return [self.expression(node.name)], self.expression(node.value)

    def s_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return self.expression(node.target), self.expression(node.annotation), self.expression(node.value)

    def s_AugAssign(self, node: ast.AugAssign) -> Any:
        return self.expression(node.target), OPERATORS[type(node.op).__name__], self.expression(node.value)

    def s_Expr(self, node: ast.Expr) -> Any:
        value = self.expression(node.value)
        if value[0] in ("Constant", "Bytes") and isinstance(value[2], (str, bytes)):
            start, end = value[1]
            if end - start > MAX_DOCSTRING:
                value[2] = value[2][:MAX_DOCSTRING]
        return (value,)

    def s_Return(self, node: ast.Return) -> Any:
        return (self.expression(node.value),)

    def s_Raise(self, node: ast.Raise) -> Any:
        return self.expression(node.exc), self.expression(node.cause)

    def s_Assert(self, node: ast.Assert) -> Any:
        return self.expression(node.test), self.expression(node.msg)

    def s_Delete(self, node: ast.Delete) -> Any:
        targets = node.targets
        if len(targets) == 1 and isinstance(targets[0], (ast.Tuple, ast.List)):
            targets = targets[0].elts
        return (self.all(targets),)

    def s_If(self, node: ast.If) -> Any:
        return self.expression(node.test), self.body(node.body), self.body(node.orelse)

    def s_While(self, node: ast.While) -> Any:
        return self.expression(node.test), self.body(node.body), self.body(node.orelse)

    def s_For(self, node: ast.For | ast.AsyncFor) -> Any:
        return self.expression(node.target), self.expression(node.iter), self.body(node.body), self.body(node.orelse)

    s_AsyncFor = s_For

    def s_With(self, node: ast.With | ast.AsyncWith) -> Any:
        items = [[self.expression(item.context_expr), self.expression(item.optional_vars)] for item in node.items]
        return items, self.body(node.body)

    s_AsyncWith = s_With

    def s_Try(self, node: Any) -> Any:
        body = self.body(node.body)
        handlers = [
            [self.span(handler)[0], self.expression(handler.type), handler.name, self.body(handler.body)]
            for handler in node.handlers
        ]
        return body, handlers, self.body(node.orelse), self.body(node.finalbody)

    s_TryStar = s_Try

    def s_Match(self, node: ast.Match) -> Any:
        subject = self.expression(node.subject)
        cases = []
        for case in node.cases:
            values: list[Any] = []
            binds: list[str] = []
            self.pattern(case.pattern, values, binds)
            cases.append([sorted(map(str, values)), sorted(binds), self.expression(case.guard), self.body(case.body)])
        return subject, cases

    def pattern(self, node: Any, values: list[Any], binds: list[str]) -> None:
        if isinstance(node, ast.MatchValue):
            values.append(self.expression(node.value))
        elif isinstance(node, ast.MatchSingleton):
            values.append(["Constant", self.span(node), node.value])
        elif isinstance(node, ast.MatchMapping):
            values.extend(self.all(node.keys))
        name = getattr(node, "rest", None) or getattr(node, "name", None)
        if name:
            binds.append(name)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.pattern):
                self.pattern(child, values, binds)

    def s_Import(self, node: ast.Import) -> Any:
        return ([[alias.name, alias.asname] for alias in node.names],)

    def s_ImportFrom(self, node: ast.ImportFrom) -> Any:
        return node.level, node.module or "", [[alias.name, alias.asname] for alias in node.names]

    def s_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Any:
        index = self.functions
        self.functions += 1
        self.bodies.append([])
        self.heads.append([self.all(node.decorator_list), self.params(node.args), self.expression(node.returns)])
        self.bodies[index] = self.body(node.body)
        return node.name, index

    s_AsyncFunctionDef = s_FunctionDef

    def s_ClassDef(self, node: ast.ClassDef) -> Any:
        index = self.classes
        self.classes += 1
        self.class_codes.append([])
        self.class_codes[index] = [
            self.all(node.decorator_list),
            self.all(node.bases),
            [self.keyword(keyword) for keyword in node.keywords],
            self.body(node.body),
        ]
        return node.name, index

    def s_Global(self, node: ast.Global | ast.Nonlocal) -> Any:
        return (node.names,)

    s_Nonlocal = s_Global

    def s_Pass(self, node: ast.Pass) -> Any:
        return ("pass",)

    def s_Break(self, node: ast.Break) -> Any:
        return ("break",)

    def s_Continue(self, node: ast.Continue) -> Any:
        return ("continue",)

    # ------------------------------------------------------------------------------ expressions

    def e_Name(self, node: ast.Name) -> Any:
        return "Name", self.span(node), node.id

    def e_Attribute(self, node: ast.Attribute) -> Any:
        return "Attribute", self.span(node), self.expression(node.value), node.attr

    def e_Constant(self, node: ast.Constant) -> Any:
        value = node.value
        span = self.span(node)
        if value is Ellipsis:
            return "Name", span, "Ellipsis"
        if isinstance(value, complex):
            return "Opaque", span
        if isinstance(value, bytes):
            return "Bytes", span, value
        if isinstance(value, int) and not isinstance(value, bool) and value >= 2**64:
            try:
                value = float(value)
            except OverflowError:
                return "Opaque", span
        if isinstance(value, str):
            value = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in value)[:MAX_TEXT]
        return "Constant", span, value

    def e_JoinedStr(self, node: ast.JoinedStr) -> Any:
        return "Template", self.span(node), self.template(node)

    def template(self, node: ast.JoinedStr) -> list[Any]:
        parts: list[Any] = []
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                shown = without_spans(self.expression(value.value))
                if value.conversion in (ord("r"), ord("a")):
                    shown = ["Call", None, ["Name", None, "repr"], [shown], []]
                parts.append(shown)
                if isinstance(value.format_spec, ast.JoinedStr):
                    parts.extend(part for part in self.template(value.format_spec) if part[0] != "Constant")
            elif isinstance(value, ast.Constant):
                parts.append(["Constant", None, value.value])
        return parts

    def e_Call(self, node: ast.Call) -> Any:
        return (
            "Call",
            self.span(node),
            self.expression(node.func),
            self.all(node.args),
            [self.keyword(keyword) for keyword in node.keywords],
        )

    def keyword(self, node: ast.keyword) -> Any:
        return [self.span(node), node.arg, self.expression(node.value)]

    def e_BinOp(self, node: ast.BinOp) -> Any:
        operator = OPERATORS[type(node.op).__name__]
        return "BinOp", self.span(node), self.expression(node.left), operator, self.expression(node.right)

    def e_BoolOp(self, node: ast.BoolOp) -> Any:
        operator = OPERATORS[type(node.op).__name__]
        left = self.expression(node.values[0])
        for value in node.values[1:]:
            left = ["BoolOp", None, left, operator, self.expression(value)]
        return left

    def e_Compare(self, node: ast.Compare) -> Any:
        operators = [OPERATORS[type(op).__name__] for op in node.ops]
        return "Compare", self.span(node), self.expression(node.left), operators, self.all(node.comparators)

    def e_UnaryOp(self, node: ast.UnaryOp) -> Any:
        return "UnaryOp", self.span(node), OPERATORS[type(node.op).__name__], self.expression(node.operand)

    def e_IfExp(self, node: ast.IfExp) -> Any:
        return (
            "IfExp",
            self.span(node),
            self.expression(node.test),
            self.expression(node.body),
            self.expression(node.orelse),
        )

    def e_Subscript(self, node: ast.Subscript) -> Any:
        return "Subscript", self.span(node), self.expression(node.value), self.expression(node.slice)

    def e_Slice(self, node: ast.Slice) -> Any:
        return (
            "Slice",
            self.span(node),
            self.expression(node.lower),
            self.expression(node.upper),
            self.expression(node.step),
        )

    def e_List(self, node: ast.List) -> Any:
        return "Sequence", self.span(node), "list", self.all(node.elts)

    def e_Tuple(self, node: ast.Tuple) -> Any:
        # A tuple without parentheses ends where its last comma does, or before: no promise.
        return "Sequence", None, "tuple", self.all(node.elts)

    def e_Set(self, node: ast.Set) -> Any:
        return "Sequence", self.span(node), "set", self.all(node.elts)

    def e_Dict(self, node: ast.Dict) -> Any:
        items = [[self.expression(k), self.expression(v)] for k, v in zip(node.keys, node.values, strict=True)]
        return "Dict", self.span(node), items

    def e_Starred(self, node: ast.Starred) -> Any:
        return "Starred", self.span(node), self.expression(node.value)

    def e_Lambda(self, node: ast.Lambda) -> Any:
        return "Lambda", self.span(node), self.params(node.args), self.expression(node.body)

    def params(self, args: ast.arguments) -> list[Any]:
        positional = [*args.posonlyargs, *args.args]
        defaults: list[Any] = [None] * (len(positional) - len(args.defaults)) + args.defaults
        found = [
            self.param(arg, "positional" if i < len(args.posonlyargs) else "plain", default)
            for i, (arg, default) in enumerate(zip(positional, defaults, strict=True))
        ]
        if args.vararg:
            found.append(self.param(args.vararg, "args", None))
        found += [self.param(arg, "keyword", d) for arg, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
        if args.kwarg:
            found.append(self.param(args.kwarg, "kwargs", None))
        return found

    def param(self, arg: ast.arg, kind: str, default: Any) -> Any:
        return [arg.arg, kind, self.expression(arg.annotation), self.expression(default)]

    def comprehension(self, kind: str, node: Any, element: Any, value: Any = None) -> Any:
        clauses = [[self.expression(c.target), self.expression(c.iter), self.all(c.ifs)] for c in node.generators]
        # The parentheses of a call may be a generator's only ones.
        span = None if kind == "generator" else self.span(node)
        return "Comprehension", span, kind, self.expression(element), self.expression(value), clauses

    def e_ListComp(self, node: ast.ListComp) -> Any:
        return self.comprehension("list", node, node.elt)

    def e_SetComp(self, node: ast.SetComp) -> Any:
        return self.comprehension("set", node, node.elt)

    def e_DictComp(self, node: ast.DictComp) -> Any:
        return self.comprehension("dict", node, node.key, node.value)

    def e_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return self.comprehension("generator", node, node.elt)

    def e_Await(self, node: ast.Await) -> Any:
        return "Await", self.span(node), self.expression(node.value)

    def e_Yield(self, node: ast.Yield | ast.YieldFrom) -> Any:
        return "Yield", self.span(node), self.expression(node.value)

    e_YieldFrom = e_Yield

    def e_NamedExpr(self, node: ast.NamedExpr) -> Any:
        assert isinstance(node.target, ast.Name)
        return "NamedExpr", self.span(node), node.target.id, self.expression(node.value)


_STATEMENT_NAMES = {
    "Expr": "ExprStmt",
    "AsyncFor": "For",
    "AsyncWith": "With",
    "TryStar": "Try",
    "AsyncFunctionDef": "FunctionDef",
    "Nonlocal": "Global",
    "Pass": "Jump",
    "Break": "Jump",
    "Continue": "Jump",
    "TypeAlias": "Assign",
}


def without_spans(value: Any) -> Any:
    """The same, saying nothing of positions."""
    if isinstance(value, list):
        return [without_spans(item) for item in value]
    return None if isinstance(value, tuple) else value


def shape(value: Any) -> Any:
    """Decoded facts in the judge's shape."""
    if isinstance(value, facts.Sequence):
        return ["Sequence", None if value.kind == "tuple" else _span(value), value.kind, shape(value.items)]
    if isinstance(value, facts.BoolOp):
        return ["BoolOp", None, shape(value.left), value.op, shape(value.right)]
    if isinstance(value, facts.Template):
        return ["Template", _span(value), [_part(part) for part in value.parts]]
    if isinstance(value, facts.Comprehension) and value.kind == "generator":
        return ["Comprehension", None, *map(shape, _fields(value)[2:])]
    if isinstance(value, facts.Param):
        return [value.name, value.kind, shape(value.annotation), shape(value.default)]
    if isinstance(value, facts.Case):
        values = sorted(str(shape(v)) for v in value.values)
        return [values, sorted(value.binds), shape(value.guard), shape(value.body)]
    if isinstance(value, facts.Handler):  # the interpreter's own reading knows no comments
        return [value.start, shape(value.type), value.name, shape(value.body)]
    if type(value).__name__ in COMPOUND:
        return [type(value).__name__, value.start, *map(shape, _fields(value)[2:])]
    if isinstance(value, facts.Keyword):
        return [_span(value), *map(shape, _fields(value)[2:])]
    if isinstance(value, (facts.FunctionHead, facts.ClassCode)):
        return [shape(field) for field in _fields(value)]
    if isinstance(value, msgspec.Struct):
        return [type(value).__name__, _span(value), *map(shape, _fields(value)[2:])]
    if isinstance(value, (tuple, list)):
        return [shape(item) for item in value]
    return value


def _part(part: Any) -> Any:
    if isinstance(part, facts.Constant) and isinstance(part.value, str):
        return ["Constant", None, part.value]
    return without_spans(shape(part))


def _span(value: Any) -> tuple[int, int]:
    return value.start, value.end


def _fields(value: Any) -> tuple[Any, ...]:
    return msgspec.structs.astuple(value)


def merged(value: Any) -> Any:
    """Adjacent text in templates as one."""
    if not isinstance(value, list):
        return value
    if value[:1] == ["Template"] and len(value) == 3:
        parts: list[Any] = []
        for part in value[2]:
            if part[0] == "Constant" and part[1] is None and isinstance(part[2], str):
                if parts and parts[-1][:2] == ["Constant", None] and isinstance(parts[-1][2], str):
                    parts[-1] = ["Constant", None, parts[-1][2] + part[2]]
                elif part[2]:
                    parts.append(part)
            else:
                parts.append(merged(part))
        return ["Template", None, parts]
    return [merged(item) for item in value]
