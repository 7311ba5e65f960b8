"""Offsets as lines and columns."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from apilint.facts import Span
from apilint.finding import Place
from apilint.source import Sources


def place(folder: Path, source: bytes, start: int, end: int) -> Place:
    (folder / "x.py").write_bytes(source)
    return Sources(folder).place(Span("x.py", start, end), "here")


def test_columns_count_code_points(tmp_path: Path) -> None:
    source = "a = 1\nname = 'é'; b = 2\n".encode()
    start = source.index(b"b =")
    assert place(tmp_path, source, start, start + 5) == Place("x.py", 2, 13, 2, 18, "here", "name = 'é'; b = 2")


def test_a_span_over_several_lines(tmp_path: Path) -> None:
    assert place(tmp_path, b"f(\n  1,\n)\nx", 0, 9) == Place("x.py", 1, 1, 3, 2, "here", "f(")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_breaks(tmp_path: Path, end: bytes) -> None:
    source = b"a" + end + b"b = 1" + end + b"c"
    start = source.index(b"b")
    assert place(tmp_path, source, start, start + 5) == Place("x.py", 2, 1, 2, 6, "here", "b = 1")


@pytest.mark.parametrize(
    ("source", "line", "column"), [(b"abc", 1, 4), (b"abc\n", 2, 1), (b"", 1, 1), (b"a\nbc", 2, 3)]
)
def test_the_end_of_a_file(tmp_path: Path, source: bytes, line: int, column: int) -> None:
    found = place(tmp_path, source, len(source), len(source))
    assert (found.line, found.column) == (line, column)


def test_positions_are_those_of_the_decoded_text(tmp_path: Path) -> None:
    source = "# coding: latin-1\nx = 'é'; y = 1\n".encode("latin-1")
    decoded = source.decode("latin-1").encode()
    start = decoded.index(b"y =")
    assert place(tmp_path, source, start, start + 1).column == 10


def test_a_byte_order_mark_takes_no_column(tmp_path: Path) -> None:
    assert place(tmp_path, b"\xef\xbb\xbfab", 1, 2).column == 2


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert place(tmp_path, b"x = 1\n\xff = 2\n", 6, 7).line == 2


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    assert Sources(tmp_path).place(Span("gone.py", 10, 20), "here") == Place("gone.py", 1, 1, 1, 1, "here")
    with pytest.raises(FileNotFoundError):
        Sources(tmp_path).text("gone.py")


def test_a_file_that_has_shrunk(tmp_path: Path) -> None:
    assert place(tmp_path, b"ab\ncd\n", 10, 20) == Place("x.py", 1, 1, 1, 1, "here", "ab")


def test_memory_is_bounded_and_texts_are_kept(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(name.encode() * 10)
    sources = Sources(tmp_path, keep=20)
    first = sources.text("a")
    assert sources.text("a") is first
    sources.text("b")
    sources.text("a")
    sources.text("c")  # pushes out b, used longest ago
    (tmp_path / "a").unlink()
    (tmp_path / "b").unlink()
    assert sources.text("a") is first
    with pytest.raises(FileNotFoundError):
        sources.text("b")


def test_plain_text_needs_no_parser(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("x = 1\n")
    code = (
        "import sys; from pathlib import Path; from apilint.facts import Span; from apilint.source import Sources; "
        f"Sources(Path({str(tmp_path)!r})).place(Span('x.py', 0, 1)); sys.exit('tree_sitter' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])
