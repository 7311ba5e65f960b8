"""Comments that speak to apilint: what they say, and the lines of the statement they belong to."""

from __future__ import annotations

import pytest

from tests.scan.reading import read


def lines_of(source: str) -> list[tuple[int, int, int]]:
    return [(d.line, d.first, d.last) for d in read(source).directives]


@pytest.mark.parametrize(
    ("comment", "kind", "codes", "reason"),
    [
        ("# apilint: ignore", "ignore", (), ""),
        ("# apilint: ignore -- behind the gateway", "ignore", (), "behind the gateway"),
        ("# apilint: ignore[APL101]", "ignore", ("APL101",), ""),
        ("# apilint: ignore[APL101, route-without-auth] -- why", "ignore", ("APL101", "route-without-auth"), "why"),
        ("#apilint:ignore[APL101]--why", "ignore", ("APL101",), "why"),
        ("#  apilint :  ignore [ APL101 ]  --  why - and how  ", "ignore", ("APL101",), "why - and how"),
        ("# apilint: ignore: why", "ignore", (), "why"),
        ("# noqa: E501  # apilint: ignore[APL101] -- why", "ignore", ("APL101",), "why"),
        ("# apilint: public -- webhook, signed", "public", (), "webhook, signed"),
        ("# apilint: public", "public", (), ""),
        ("# apilint: ignore[]", "unknown", (), "ignore[]"),
        ("# apilint: ignore APL101", "unknown", (), "ignore APL101"),
        ("# apilint: pubic", "unknown", (), "pubic"),
        ("# apilint: publicly", "unknown", (), "publicly"),
        ("# apilint:", "unknown", (), ""),
    ],
)
def test_what_a_comment_says(comment: str, kind: str, codes: tuple[str, ...], reason: str) -> None:
    (found,) = read(f"x = 1  {comment}\n").directives
    assert (found.kind, found.codes, found.reason) == (kind, codes, reason)


@pytest.mark.parametrize(
    "source",
    [
        "x = '# apilint: ignore'",
        '"""\n# apilint: ignore\n"""',
        "# see apilint: ignore",
        "# apilint ignore",
        "apilint = 1",
    ],
)
def test_what_is_no_directive(source: str) -> None:
    assert read(source).directives == ()


def test_a_comment_after_a_string_with_a_sign_in_it_counts() -> None:
    assert lines_of('x = "#"  # apilint: ignore\n') == [(1, 1, 1)]


def test_the_span_is_that_of_the_directive() -> None:
    source = "x = 1  # noqa  # apilint: ignore -- why\n"
    (found,) = read(source).directives
    assert source[found.start : found.end] == "# apilint: ignore -- why"


STATEMENTS = {
    "same line": ("x = 1  # apilint: ignore\ny = 2\n", (1, 1, 1)),
    "first line": ("f(  # apilint: ignore\n  a,\n)\n", (1, 1, 3)),
    "inner line": ("f(\n  a,  # apilint: ignore\n)\n", (2, 1, 3)),
    "last line": ("f(\n  a,\n)  # apilint: ignore\n", (3, 1, 3)),
    "after a long string": ('f("""\na\n""")  # apilint: ignore\n', (3, 1, 3)),
    "own line inside": ("f(\n  # apilint: ignore\n  a,\n)\n", (2, 1, 4)),
    "above": ("# apilint: ignore\nf(\n  a,\n)\n", (1, 2, 4)),
    "above with a gap": ("x = 1\n\n# apilint: ignore\n# more\n\ny = 2\n", (3, 6, 6)),
    "above in a block": ("if a:\n    # apilint: ignore\n    b\n", (2, 3, 3)),
    "head of a function": ("@a(\n  1)\ndef f(\n  x,\n):  # apilint: ignore\n  return 1\n", (5, 1, 5)),
    "decorator": ("@a  # apilint: ignore\n@b\ndef f(): return 1\n", (1, 1, 3)),
    "between decorators": ("@a\n# apilint: ignore\n@b\ndef f():\n  return 1\n", (2, 1, 4)),
    "above decorators": ("# apilint: ignore\n@a\n@b\ndef f():\n  return 1\n", (1, 2, 4)),
    "body of a function": ("@a\ndef f():\n  return 1  # apilint: ignore\n", (3, 3, 3)),
    "head of a class": ("class A(\n  B,\n):  # apilint: ignore\n  x = 1\n", (3, 1, 3)),
    "method": ("class A:\n  def f(self):  # apilint: ignore\n    x = 1\n", (2, 2, 2)),
    "if": ("if (\n  a\n):  # apilint: ignore\n  b\nelse:\n  c\n", (3, 1, 3)),
    "else": ("if a:\n  b\nelse:  # apilint: ignore\n  c\n", (3, 3, 3)),
    "except": ("try:\n  a\nexcept B:  # apilint: ignore\n  pass\n", (3, 3, 3)),
    "with": ("with a:\n  with b:  # apilint: ignore\n    c\n", (2, 2, 2)),
    "case": ("match a:\n  case 1:  # apilint: ignore\n    b\n", (2, 2, 2)),
    "one line": ("if a: b  # apilint: ignore\n", (1, 1, 1)),
    "end of file": ("x = 1\n# apilint: ignore\n", (2, 2, 2)),
    "windows": ("x = 1\r\ny = 2  # apilint: ignore\r\n", (2, 2, 2)),
    "element of a list": ("urls = [\n  a,\n  b,  # apilint: ignore\n]\n", (3, 1, 4)),
}


@pytest.mark.parametrize(("source", "lines"), STATEMENTS.values(), ids=STATEMENTS)
def test_the_statement_it_belongs_to(source: str, lines: tuple[int, int, int]) -> None:
    assert lines_of(source) == [lines]
