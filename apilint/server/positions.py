"""Lines and columns as apilint counts them (from 1, in code points) <-> positions as an editor counts them.

An editor counts from 0, and in the code units that it has negotiated: UTF-16 unless it says otherwise.
"""

from __future__ import annotations

import re

from lsprotocol import types

from apilint.finding import Place

# What the protocol calls an end of line; `str.splitlines` breaks at more than that.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends; the last one has none."""
    lines = _LINE.findall(text)[:-1]  # the pattern matches once more at the end
    return [*lines, ""] if not lines or lines[-1].endswith(("\r", "\n")) else lines


class Ruler:
    """The positions in one text."""

    def __init__(self, text: bytes, encoding: str) -> None:
        self.lines = lines_of(text.decode("utf-8", "replace"))
        self._encoding = encoding

    def position(self, line: int, column: int) -> types.Position:
        """The position of a line and a column, both from 1; of the end for what lies beyond it."""
        if line > len(self.lines):
            return self.end()
        text = self._bare(line)
        return types.Position(line - 1, self._units(text[: max(column - 1, 0)]))

    def end(self) -> types.Position:
        """The position after the last character."""
        return types.Position(len(self.lines) - 1, self._units(self.lines[-1]))

    def column(self, position: types.Position) -> tuple[int, int]:
        """The line and the column of a position, both from 1."""
        if position.line >= len(self.lines):
            return len(self.lines), len(self.lines[-1]) + 1
        units = 0
        text = self._bare(position.line + 1)
        for index, char in enumerate(text):
            if units >= position.character:
                return position.line + 1, index + 1
            units += self._units(char)
        return position.line + 1, len(text) + 1

    def range(self, place: Place) -> types.Range:
        """What a place covers."""
        start = self.position(place.line, place.column)
        end = self.position(place.end_line, place.end_column)
        return types.Range(start, max(start, end, key=lambda at: (at.line, at.character)))

    def _bare(self, line: int) -> str:
        return self.lines[line - 1].rstrip("\r\n")

    def _units(self, text: str) -> int:
        if self._encoding == types.PositionEncodingKind.Utf32 or text.isascii():
            return len(text)
        if self._encoding == types.PositionEncodingKind.Utf8:
            return len(text.encode("utf-8", "replace"))
        return len(text.encode("utf-16-le", "replace")) // 2


__all__ = ["Ruler", "lines_of"]
