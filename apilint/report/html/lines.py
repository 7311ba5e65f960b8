"""The lines of source that a page shows, and how an edit changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from apilint.finding import Edit
from apilint.report.terminal import printable

_MAX_WIDTH = 400


class Lines:
    """Lines that are wanted, and their texts."""

    def __init__(self, sources: Callable[[str], str | None]) -> None:
        self._sources = sources
        self._files: dict[str, list[str]] = {}
        self._wanted: dict[str, set[int]] = {}

    def want(self, file: str, first: int, last: int) -> None:
        """Ask for lines, counted from 1."""
        self._wanted.setdefault(file, set()).update(range(max(first, 1), last + 1))

    def of(self, file: str) -> list[str]:
        """All lines of a file, none where it cannot be had."""
        if file not in self._files:
            text = (self._sources(file) or "").removeprefix("\ufeff")
            self._files[file] = (
                [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
            )
        return self._files[file]

    def shown(self, files: Mapping[str, int]) -> dict[str, dict[str, str]]:
        """The texts of the wanted lines by the number of their file."""
        found: dict[str, dict[str, str]] = {}
        for file, numbers in self._wanted.items():
            lines = self.of(file)
            texts = {str(number): _clipped(lines[number - 1]) for number in sorted(numbers) if number <= len(lines)}
            if texts and file in files:
                found[str(files[file])] = texts
        return found


def changed(edits: Sequence[Edit], lines: Lines) -> list[list[str]]:
    """The lines that edits change, as `[sign, file, line, text]`; the sign is `-`, `+`, or a space for what stays."""
    result: list[list[str]] = []
    for file in dict.fromkeys(edit.file for edit in edits):
        before = lines.of(file)
        inside = sorted((edit for edit in edits if edit.file == file), key=lambda edit: (edit.line, edit.column))
        if not before or inside[-1].end_line > len(before):
            continue
        first = inside[0].line
        old = before[first - 1 : max(edit.end_line for edit in inside)]
        result += _difference(file, first, old, _edited(old, first, inside))
    return result


def _edited(old: Sequence[str], first: int, edits: Iterable[Edit]) -> list[str]:
    """Lines from the line `first` on as edits, which do not overlap, leave them."""
    lines = list(old)
    for edit in sorted(edits, key=lambda edit: (edit.line, edit.column), reverse=True):
        begin, end = edit.line - first, edit.end_line - first
        text = lines[begin][: edit.column - 1] + edit.text + lines[end][edit.end_column - 1 :]
        lines[begin : end + 1] = text.split("\n")
    return lines


def _difference(file: str, first: int, old: Sequence[str], new: Sequence[str]) -> list[list[str]]:
    rows: list[list[str]] = []
    for tag, one, end, other, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = list(enumerate(old[one:end], first + one)), list(enumerate(new[other:last], first + other))
        if tag == "equal":
            rows += [[" ", file, str(line), _clipped(text)] for line, text in gone]
        else:
            rows += [["-", file, str(line), _clipped(text)] for line, text in gone]
            rows += [["+", file, str(line), _clipped(text)] for line, text in come]
    return rows


def _clipped(text: str) -> str:
    text = "\t".join(map(printable, text.split("\t")))
    return text if len(text) <= _MAX_WIDTH else text[:_MAX_WIDTH] + "…"
