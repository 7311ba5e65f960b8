"""Nesting and chains of any depth are read without overflowing a stack, here or in the encoding."""

from __future__ import annotations

import pytest

from apilint import facts
from apilint.facts import decode_body, decode_class, decode_head
from apilint.scan import lower_body, scan
from tests.scan.reading import read, statement

CASES = {
    "parentheses": "x = " + "(" * 10_000 + "1" + ")" * 10_000,
    "unclosed": "x = " + "(" * 10_000,
    "lists": "[" * 5000 + "]" * 5000,
    "dicts": "{1: " * 3000 + "1" + "}" * 3000,
    "sum": "x = " + " + ".join(["a"] * 5000),
    "texts": "x = " + " + ".join(["'a'"] * 5000),
    "and": "x = " + " and ".join(["a"] * 5000),
    "comparison": "x = " + " < ".join(["a"] * 5000),
    "elif": "if a: f()\n" + "elif b:\n  def g(): pass\n" * 3000 + "else: h()",
    "calls": "x = a" + ".b()" * 2000,
    "attributes": "x = a" + ".b" * 5000,
    "subscripts": "x = a" + "[0]" * 5000,
    "not": "x = " + "not " * 5000 + "a",
    "lambdas": "x = " + "lambda: " * 2000 + "a",
    "conditions": "x = " + "a if b else " * 2000 + "c",
    "assignments": "a = " * 5000 + "1",
    "types": "x: " + "A[" * 2000 + "b" + "]" * 2000,
    "unions": "x: " + "A[b] | " * 2000 + "C",
    "patterns": "match a:\n  case " + "[" * 2000 + "a" + "]" * 2000 + ": pass",
    "ifs": "".join(" " * i + "if a:\n" for i in range(600)) + " " * 600 + "pass",
    "functions": "".join(" " * i + "def f():\n" for i in range(300)) + " " * 300 + "pass",
    "classes": "".join(" " * i + "class A:\n" for i in range(300)) + " " * 300 + "pass",
    "decorators": "@a\n" * 3000 + "def f(): pass",
    "literals": "x = " + "'a' " * 5000,
    "broken functions": "def f(\n" * 2000,
}


@pytest.mark.parametrize("source", CASES.values(), ids=CASES)
def test_depth_is_no_obstacle(source: str) -> None:
    found = read(source)
    decode_body(found.body)
    for function in found.functions[:50]:
        decode_head(function.head)
        decode_body(lower_body(source.encode(), function, found.functions, found.classes))
    for class_ in found.classes:
        decode_class(class_.code)
    scan(source.encode())


def test_what_lies_too_deep_is_opaque() -> None:
    node = statement(CASES["sum"]).value
    depth = 0
    while isinstance(node, facts.BinOp):
        node = node.left
        depth += 1
    assert isinstance(node, facts.Opaque)
    assert depth > 50


def test_no_branch_of_a_long_elif_chain_is_lost() -> None:
    assert len(read(CASES["elif"]).functions) == 3000
    node = statement(CASES["elif"])
    branches = 0
    while isinstance(node, facts.If) and len(node.orelse) == 1:
        node = node.orelse[0]
        branches += 1
    assert branches + len(node.orelse) - 1 == 3000
