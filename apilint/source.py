"""The files of a project as text: read when somebody asks, and offsets turned into lines and columns."""

from __future__ import annotations

import codecs
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from apilint.finding import Place

if TYPE_CHECKING:
    from apilint.facts import Span

KEEP_BYTES = 128 * 1024 * 1024
"""The source of more than two million lines: what looks for names goes through all of it again and again."""


class Text:
    """A file's text in UTF-8."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def lines(self) -> array[int]:
        """The offsets at which its lines start."""
        return array("I", accumulate(map(len, self.data.splitlines(keepends=True)), initial=0))


class Sources:
    """The texts of the files below a root. The ones used last are kept, up to `keep` bytes."""

    def __init__(
        self,
        root: Path,
        keep: int = KEEP_BYTES,
        instead: Mapping[str, bytes] | None = None,
        elsewhere: Mapping[str, Path] | None = None,
    ) -> None:
        """`instead` has the UTF-8 texts of files that are taken for other than they are on the disk, `elsewhere` says
        where files are that are not below the root."""
        self._root = root
        self._instead = instead or {}
        self._elsewhere: Mapping[str, Path] = {} if elsewhere is None else elsewhere
        self._keep_bytes = keep
        self._texts: OrderedDict[str, Text] = OrderedDict()
        self._held = 0

    def text(self, file: str) -> bytes:
        """The UTF-8 text that the facts' offsets refer to. Raises OSError where the file cannot be read."""
        return self._read(file).data

    def place(self, span: Span, message: str = "") -> Place:
        """Where a span is. A file that has gone or shrunk since it was scanned gives its first line."""
        try:
            text = self._read(span.file)
        except OSError:
            return Place(span.file, 1, 1, 1, 1, message)
        if span.end > len(text.data):
            return Place(span.file, 1, 1, 1, 1, message, _line(text, 1))
        line, column = _position(text, span.start)
        end_line, end_column = _position(text, span.end)
        return Place(span.file, line, column, end_line, end_column, message, _line(text, line))

    def _path(self, file: str) -> Path:
        return self._elsewhere.get(file) or self._root / file

    def _read(self, file: str) -> Text:
        known = self._texts.get(file)
        if known is not None:
            self._texts.move_to_end(file)
            return known
        data = self._instead[file] if file in self._instead else decoded(self._path(file).read_bytes())
        text = Text(data)
        self._texts[file] = text
        self._held += len(data)
        while self._held > self._keep_bytes and len(self._texts) > 1:
            self._held -= len(self._texts.popitem(last=False)[1].data)
        return text


def decoded(source: bytes) -> bytes:
    """The text as the scanner saw it; plain ASCII does not need the scanner, whose import costs 20 ms."""
    if source.isascii() and b"coding" not in source[:1000]:
        return source
    from apilint.scan.tree import to_utf8

    try:
        return to_utf8(source)
    except (UnicodeError, LookupError, SyntaxError):  # the scanner's facts of such a file refer to its bytes
        return source


def encoded(original: bytes, text: bytes) -> bytes:
    """A new UTF-8 text in the encoding of a file's bytes, its byte order mark kept. Raises UnicodeError."""
    if original.startswith(codecs.BOM_UTF8):
        return codecs.BOM_UTF8 + text
    if decoded(original) == original:
        return text
    import tokenize
    from io import BytesIO

    name, _ = tokenize.detect_encoding(BytesIO(original).readline)
    return text.decode().encode(name)


def _position(text: Text, offset: int) -> tuple[int, int]:
    """Line and column of a byte offset, both from 1; the column counts code points."""
    line = max(1, bisect_right(text.lines, offset))
    if line == len(text.lines) > 1 and not text.data.endswith((b"\n", b"\r")):
        line -= 1  # the end of a last line without a line break
    start = text.lines[line - 1]
    return line, len(text.data[start:offset].decode("utf-8", "replace")) + 1


def _line(text: Text, line: int) -> str:
    """A line without its line break."""
    end = text.lines[line] if line < len(text.lines) else len(text.data)
    return text.data[text.lines[line - 1] : end].decode("utf-8", "replace").rstrip("\r\n")


def raw_text(root: Path) -> Callable[[str], str | None]:
    """Reads files as they are on disk (byte order mark and line endings kept), for hashes that others compute too."""

    def read(file: str) -> str | None:
        try:
            return (root / file).read_bytes().decode("utf-8", "replace")
        except OSError:
            return None

    return read
