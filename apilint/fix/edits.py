"""Edits of one file's UTF-8 text: which of them go together, the text they make, and where everything else went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple


class Declined(Exception):
    """A codemod does not mend this one; the message says why, in words that follow 'not mended: '."""


class TextEdit(NamedTuple):
    """What stands between two byte offsets gives way to a text."""

    start: int
    end: int
    text: bytes


def collide(some: Collection[TextEdit], others: Collection[TextEdit]) -> bool:
    """Whether two fixes want the same text. Both may insert at one place, and both may ask for the same import."""
    return any(_overlap(one, other) for one in some for other in others)


def _overlap(one: TextEdit, other: TextEdit) -> bool:
    if one == other:
        return one.start < one.end  # the same insertion is made once
    if one.start == one.end == other.start == other.end:
        return False
    return one.start < other.end and other.start < one.end


def united(fixes: Iterable[Sequence[TextEdit]]) -> list[TextEdit]:
    """The edits of several fixes, each once, in the order of the text; insertions at one place as they came."""
    return sorted(dict.fromkeys(edit for edits in fixes for edit in edits), key=lambda edit: (edit.start, edit.end))


def applied(text: bytes, edits: Iterable[TextEdit]) -> bytes:
    """The text with edits that do not overlap, given in the order of the text."""
    parts: list[bytes] = []
    position = 0
    for edit in edits:
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return b"".join([*parts, text[position:]])


def moved(offset: int, edits: Iterable[TextEdit]) -> int | None:
    """Where an offset of the old text is in the new one; None where its text has given way."""
    shift = 0
    for edit in edits:
        if edit.start <= offset < edit.end:
            return None
        if edit.end <= offset:
            shift += len(edit.text) - (edit.end - edit.start)
    return offset + shift


def regions(edits: Iterable[TextEdit]) -> list[tuple[int, int, TextEdit]]:
    """What each edit has put into the new text: start, end, and the edit."""
    found = []
    shift = 0
    for edit in edits:
        start = edit.start + shift
        found.append((start, start + len(edit.text), edit))
        shift += len(edit.text) - (edit.end - edit.start)
    return found
