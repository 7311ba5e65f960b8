"""Bytes to text: encodings, byte order marks, line ends, and what cannot be read."""

from __future__ import annotations

from array import array

import pytest

from apilint.facts import ScanError
from apilint.scan import scan
from apilint.scan.tree import to_utf8
from tests.scan.reading import read, statement, statements

TEXT = "x = 'é'\n"


@pytest.mark.parametrize(
    "source",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        b"# -*- coding: latin-1 -*-\n" + TEXT.encode("latin-1"),
        b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n" + TEXT.encode("cp1252"),
        b"# coding: utf-8-unix\n" + TEXT.encode(),
        b"# coding=UTF_8\n" + TEXT.encode(),
        b"\xef\xbb\xbf# coding: utf-8\n" + TEXT.encode(),
        b"x = 'a'\n# coding: nonsense in the second line counts only below a comment\n" + TEXT.encode(),
    ],
)
def test_text_is_decoded_as_python_decodes_it(source: bytes) -> None:
    text = to_utf8(source)
    assert text.decode().endswith(TEXT)
    facts = read(source)
    assert facts.errors == ()
    assert facts.size == len(text)


def test_positions_refer_to_the_utf8_text() -> None:
    source = b"# coding: latin-1\n'\xe9'; x"
    text = to_utf8(source)
    first, second = (each.value for each in statements(source))
    assert text[first.start : first.end] == "'é'".encode()
    assert text[second.start : second.end] == b"x"
    assert first.value == "é"


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        (b"x = 1\ny = '\xe9'\n", 2, 6, "not utf-8 text"),
        (b"\xef\xbb\xbfx\r\n\xff", 2, 1, "not utf-8 text"),
        (b"# coding: ascii\n'\xe9'", 2, 2, "not ascii text"),
        (b"# coding: nonsense\nx", 1, 1, "unknown encoding: nonsense"),
        (b"# coding: rot13\nx", 1, 1, "not a text encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\nx", 1, 1, "byte order mark"),
        (b"x\n y\0z", 2, 3, "NUL"),
        (b"\xff\xfe\x00", 1, 1, "not utf-8 text"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(source: bytes, line: int, column: int, message: str) -> None:
    (error,) = scan(source).errors
    assert (error.line, error.column) == (line, column)
    assert message in error.message


def test_unreadable_files_have_no_statements() -> None:
    facts = read(b"def f(): pass\n\xff")
    assert facts.functions == ()
    assert isinstance(facts.errors[0], ScanError)


@pytest.mark.parametrize(
    ("source", "starts"),
    [
        (b"", [0]),
        (b"a", [0]),
        (b"a\n", [0, 2]),
        (b"a\nb", [0, 2]),
        (b"a\r\nb\rc\n\nd", [0, 3, 5, 7, 8]),
        (b"a\x0cb\x0bc\x1cd\n", [0, 8]),
        ("é\u2028\nb".encode(), [0, 6]),
    ],
)
def test_line_starts(source: bytes, starts: list[int]) -> None:
    lines = array("I")
    lines.frombytes(scan(source).lines)
    assert lines.tolist() == starts


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_do_not_matter(end: str) -> None:
    source = "if a:\n    b = 1\n    @c\n    def d():\n        return 1\ne\n"
    facts = read(source.replace("\n", end))
    assert facts.errors == ()
    assert [function.qualname for function in facts.functions] == ["d"]
    assert len(read(source).body) == len(facts.body)


def test_identifiers_are_normalised() -> None:
    assert statement("ﬁ = 1").targets[0].id == "fi"
