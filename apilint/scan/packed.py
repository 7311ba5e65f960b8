"""Packed facts: plain tuples in the layout of the structs of `apilint.facts` (tag, start, end, fields).

They encode to the same bytes as the structs, and a tuple is built three times as fast.
"""

from __future__ import annotations

from typing import Any

from apilint import facts

Packed = tuple[Any, ...]

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

ASSIGN, ANN_ASSIGN, AUG_ASSIGN = map(_tag, (facts.Assign, facts.AnnAssign, facts.AugAssign))
EXPR_STMT, RETURN, RAISE, ASSERT = map(_tag, (facts.ExprStmt, facts.Return, facts.Raise, facts.Assert))
DELETE, IF, WHILE, FOR, WITH = map(_tag, (facts.Delete, facts.If, facts.While, facts.For, facts.With))
TRY, MATCH, IMPORT, IMPORT_FROM = map(_tag, (facts.Try, facts.Match, facts.Import, facts.ImportFrom))
FUNCTION_DEF, CLASS_DEF, GLOBAL, JUMP = map(_tag, (facts.FunctionDef, facts.ClassDef, facts.Global, facts.Jump))
