"""Syntax errors: they are reported with their place, and what stands beside them is still read."""

from __future__ import annotations

import pytest

from apilint.facts import decode_head
from apilint.scan import scan
from tests.scan.reading import read

ROUTES = '@app.get("/a")\ndef a():\n    return 1\n\n\n{}\n\n\n@app.get("/b")\ndef b():\n    return 2\n'


@pytest.mark.parametrize(
    "broken",
    [
        "x = = 1",
        "x = (1,",
        'x = {"a": 1',
        "def f(:\n    pass",
        "def f(a, b\n    return 1",
        "if x\n    y = 1",
        "class A:\n    def f(self:\n        return (\n",
        'x = "abc',
        "x = [1, 2",
        "@app.get(\ndef f(): pass",
        "return return",
        "for x in : pass",
        "f(a b)",
        "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> branch",
        "{% if x %}\ny = 1\n{% endif %}",
    ],
)
def test_routes_beside_an_error_survive(broken: str) -> None:
    facts = read(ROUTES.replace("{}", broken))
    found = {f.name: len(decode_head(f.head).decorators) for f in facts.functions}
    assert (found.get("a"), found.get("b")) == (1, 1)
    assert 1 <= len(facts.errors) <= 3
    assert all(6 <= error.line <= 15 for error in facts.errors)
    assert all("syntax error" in error.message for error in facts.errors)


def test_methods_beside_an_error_survive() -> None:
    source = "class A:\n    def f(self):\n        return 1\n    x = = 2\n    def g(self):\n        return 2\n"
    facts = read(source)
    assert [f.qualname for f in facts.functions] == ["A.f", "A.g"]
    assert facts.errors[0].line == 4


def test_lines_and_columns_count_from_one() -> None:
    (error, *_) = scan("é = 1\nüü = = 2\n".encode()).errors
    assert error.line == 2
    assert error.column == 6


@pytest.mark.parametrize(
    "source",
    [
        "x: A[b] | B | None = None",
        "with (a as b,): pass",
        "print(*a, file=b)",
        "match = case = type = 1\nmatch.case(type)",
        "x = yield_ if await_ else exec",
        "lambda *a, **k: (a, k)",
        "async def f():\n  return [x async for x in y if await z]",
        "a[b:=1]\n",
        "@(yield_ := a)\ndef f(): pass",
    ],
)
def test_valid_sources_have_no_errors(source: str) -> None:
    assert read(source).errors == ()
