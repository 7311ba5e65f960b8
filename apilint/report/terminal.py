"""What a terminal needs: display width, harmless characters, colour."""

from __future__ import annotations

import re
import unicodedata

TAB = 4
_ELLIPSIS = "..."

# Source is shown, never obeyed: no escape sequences, no line breaks, no reordering of what is read.
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_ASCII = re.compile(r"[\x20-\x7e]*\Z")

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "good": "32",
    "bad": "31",
    "doubt": "33",
    "strong": "1",
    "faint": "2",
    "gutter": "34",
}


def paint(text: str, style: str, *, color: bool) -> str:
    """`text` in the colour of `style`, if there is to be colour."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else text


def one_line(text: str) -> str:
    """`text` as one harmless line: runs of white space become one space, control characters a replacement."""
    if "\n" in text or "\r" in text or "\t" in text:
        text = " ".join(text.split())
    return _HARMFUL.sub("\ufffd", text)


def printable(source: str) -> str:
    """A source line with tabs expanded and control characters replaced."""
    return _HARMFUL.sub("\ufffd", source.expandtabs(TAB)) if not _ASCII.match(source) else source


def width(text: str) -> int:
    """The columns that `text`, already printable, takes on a terminal."""
    return len(text) if _ASCII.match(text) else sum(map(_cells, text))


def pad(text: str, columns: int) -> str:
    """`text` filled with spaces to `columns`."""
    return text + " " * (columns - width(text))


def clip(text: str, columns: int) -> str:
    """`text` cut to `columns` (0: uncut), with an ellipsis where something is missing."""
    if not columns or width(text) <= columns:
        return text
    return _take(text, columns - len(_ELLIPSIS)) + _ELLIPSIS


def _take(text: str, columns: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += _cells(char)
        if used > columns:
            return text[:index]
    return text


def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
