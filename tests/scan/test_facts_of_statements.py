"""What the facts look like, said by hand for a few constructs and for syntax that the interpreter may not know."""

from __future__ import annotations

from typing import Any

import pytest

from apilint import facts
from apilint.facts import decode_body, decode_class, decode_head
from tests.scan.reading import expression, plain, read, statement, statements


def name(id_: str) -> list[Any]:
    return ["Name", None, id_]


def test_a_call_has_arguments_and_keywords() -> None:
    assert expression("f(a, *b, c=1, **d)") == facts.Call(
        0,
        18,
        facts.Name(0, 1, "f"),
        (facts.Name(2, 3, "a"), facts.Starred(5, 7, facts.Name(6, 7, "b"))),
        (facts.Keyword(9, 12, "c", facts.Constant(11, 12, 1)), facts.Keyword(14, 17, None, facts.Name(16, 17, "d"))),
    )


def test_a_chained_assignment_has_a_target_for_each_equals_sign() -> None:
    assert statement("a = b = 1") == facts.Assign(
        0, 9, (facts.Name(0, 1, "a"), facts.Name(4, 5, "b")), facts.Constant(8, 9, 1)
    )


def test_elif_is_an_if_alone_in_orelse() -> None:
    found = statement("if a: b\nelif c: d\nelse: e")
    assert isinstance(found, facts.If)
    (inner,) = found.orelse
    assert isinstance(inner, facts.If)
    assert (inner.start, inner.end) == (8, 25)
    assert plain(inner.orelse) == [["ExprStmt", None, name("e")]]


def test_parentheses_vanish() -> None:
    assert expression("((a))") == facts.Name(2, 3, "a")


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ('f"a{b}c"', ["a", "b", "c"]),
        ('"a" f"{b}" "c"', ["a", "b", "c"]),
        ("f'{a!r:>{width}}'", ["repr(a)", "width"]),
        ("f'{a!s}{b!a}'", ["a", "repr(b)"]),
        ('f"{{}}{a}\\n"', ["{}", "a", "\n"]),
        ('f"{x["y"]}"', ["x"]),
        ('t"a{b}"', ["a", "b"]),
    ],
)
def test_templates_hold_text_and_expressions(source: str, parts: list[str]) -> None:
    found = expression(source)
    assert isinstance(found, facts.Template)
    assert [_word(part) for part in found.parts] == parts


def _word(part: facts.Expr) -> object:
    if isinstance(part, facts.Subscript):
        return _word(part.value)
    if isinstance(part, facts.Call):
        return f"{_word(part.func)}({_word(part.args[0])})"
    return part.id if isinstance(part, facts.Name) else part.value if isinstance(part, facts.Constant) else part


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("1j", facts.Opaque),
        ("0777", facts.Opaque),
        ("10L", facts.Opaque),
        ("b'a' 'b'", facts.Opaque),
        ("b'a'", facts.Bytes),
    ],
)
def test_exotic_literals(source: str, kind: type) -> None:
    assert type(expression(source)) is kind


def test_an_integer_beyond_64_bits_is_a_float() -> None:
    assert plain(expression(str(2**64))) == ["Constant", None, float(2**64)]
    assert plain(expression(str(2**64 - 1))) == ["Constant", None, 2**64 - 1]
    assert type(expression("9" * 5000)) is facts.Opaque


def test_long_docstrings_are_cut_and_other_strings_are_not() -> None:
    assert len(expression('"' + "a" * 5000 + '"').value) == 1000
    assert len(statement('x = "' + "a" * 5000 + '"').value.value) == 5000
    assert len(statement('x = "' + "a" * 100_000 + '"').value.value) == 65536


def test_line_breaks_in_strings_are_line_feeds() -> None:
    assert plain(statements(b'"""a\r\nb\rc"""')) == [["ExprStmt", None, ["Constant", None, "a\nb\nc"]]]


def test_positions_are_bytes_of_the_utf8_text() -> None:
    found = statement("é = 'ü' + ñ")
    assert (found.targets[0].start, found.targets[0].end) == (0, 2)
    assert found.targets[0].id == "é"
    assert (found.value.start, found.value.end) == (5, 14)


def test_except_without_parentheses_names_several_types() -> None:
    found = statement("try:\n  a\nexcept A, B:\n  b\n")
    assert plain(found.handlers[0].type) == ["Sequence", None, "tuple", [name("A"), name("B")]]


def test_clauses_keep_the_comment_right_above_them() -> None:
    found = statement(
        "try:\n  a\n  # not this\n\n# whose fault\n# it is: theirs\nexcept A:\n  b\n# é\nexcept B:  # no\n  c\n"
    )
    assert [each.comment for each in found.handlers] == ["whose fault it is: theirs", "é"]
    assert [each.comment for each in statement("try:\n  a\nexcept A:\n  b\n").handlers] == [""]


def test_type_aliases_are_assignments() -> None:
    assert plain(statements("type A[T] = list[T]")) == [
        ["Assign", None, [name("A")], ["Subscript", None, name("list"), name("T")]]
    ]


def test_type_parameters_do_not_hide_the_parameters() -> None:
    found = read("def f[T: int, *Ts](a: T) -> T: ...\nclass C[T](Base, k=v): ...")
    head = decode_head(found.functions[0].head)
    assert [(p.name, plain(p.annotation)) for p in head.params] == [("a", name("T"))]
    assert plain(decode_class(found.classes[0].code).bases) == [name("Base")]


@pytest.mark.parametrize("source", ['print "a", b', "print >>f, a", 'exec "a" in b', "print"])
def test_python_2_statements_are_expressions(source: str) -> None:
    assert isinstance(statement(source), facts.ExprStmt)


def test_case_tells_what_it_compares_with_and_binds() -> None:
    found = statement("match a:\n  case {'k': 1, **r} | K(x=C.y) | -2 as z if g: pass\n  case _: pass")
    case, default = found.cases
    assert [plain(value) for value in case.values] == [
        ["Constant", None, "k"],
        ["Constant", None, 1],
        ["Attribute", None, name("C"), "y"],
        ["UnaryOp", None, "-", ["Constant", None, 2]],
    ]
    assert case.binds == ("r", "z")
    assert plain(case.guard) == name("g")
    assert (default.values, default.binds) == ((), ())


def test_parameters_have_kinds() -> None:
    found = read("def f(a, b=1, /, c=2, *d, e, **g): pass\ndef h(*, i: int = 3): pass")
    kinds = [[(p.name, p.kind) for p in decode_head(f.head).params] for f in found.functions]
    assert kinds == [
        [("a", "positional"), ("b", "positional"), ("c", "plain"), ("d", "args"), ("e", "keyword"), ("g", "kwargs")],
        [("i", "keyword")],
    ]


def test_imports_at_any_depth_are_listed_as_written() -> None:
    source = "import a.b, c as d\nfrom ..e import f\nclass K:\n  import l\n"
    source += "def g():\n  if h:\n    from . import i\n  import j\n"
    for eager in (True, False):
        assert read(source, eager=eager).imports == (".", "..e", "a.b", "c", "j", "l")


def test_an_empty_file_says_nothing() -> None:
    found = read("")
    assert (found.size, decode_body(found.body), found.errors) == (0, (), ())
