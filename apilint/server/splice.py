"""A linked program and a newer text of one of its files -> what is found in the functions of that file, at once.

Linking a large program takes a second. Until that has happened, the start-up and the verdicts of guards are taken to
be what they were; the bodies of the file's functions are judged anew, in the program around them, by the rules about
flows, answers, transport and logging. All else is what was found before, moved to where its text has gone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

import msgspec

from apilint.facts import FileFacts, Span
from apilint.finding import Finding, Place, Report, in_order
from apilint.project import Project
from apilint.source import Sources

# Left to the next linking: rules about who can call what and how often, and those that look all over the program for
# declarations, rows and keys. What they found before stands until then.
LATER = ("APL1", "APL6", "APL7", "APL8")


class Change:
    """How one text became another: all that differs lies between two offsets."""

    def __init__(self, before: bytes, after: bytes) -> None:
        shorter = min(len(before), len(after))
        self.start = _common(before[:shorter], after[:shorter])
        rest = shorter - self.start
        tail = _common(before[len(before) - rest :][::-1], after[len(after) - rest :][::-1])
        self.before, self.after = len(before) - tail, len(after) - tail
        first, last, now = (text[:end].count(b"\n") + 1 for text, end in self._ends(before, after))
        self._first, self._last, self._now = first, last, now

    def _ends(self, before: bytes, after: bytes) -> tuple[tuple[bytes, int], ...]:
        return (before, self.start), (before, self.before), (after, self.after)

    def offset(self, offset: int) -> int:
        """Where an offset has gone."""
        return _gone(offset, self.start, self.before, self.after)

    def line(self, line: int) -> int:
        """Where a line has gone."""
        return _gone(line, self._first, self._last, self._now)


def _gone(at: int, start: int, before: int, after: int) -> int:
    if at <= start:
        return at
    return at + after - before if at >= before else min(at, after)


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts of one length begin with in common."""
    low, high = 0, len(one)
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class Linked:
    """A program as it was linked, with what has been spliced into it since; `report` is what was found."""

    def __init__(self, project: Project, report: Report, texts: Sources) -> None:
        self.project = project
        self.report = report
        self._texts = texts
        self._taken: dict[str, bytes] = {}
        self._changes: dict[str, Change] = {}

    def text(self, file: str) -> bytes:
        """The text of a file that the program was made of, or that was spliced in."""
        try:
            return self._taken[file] if file in self._taken else self._texts.text(file)
        except OSError:
            return b""

    def take(self, newer: Mapping[str, tuple[FileFacts, bytes]]) -> bool:
        """Put newer texts of files into the program, if the same functions and classes are in them."""
        self._changes = {file: Change(self.text(file), text) for file, (_, text) in newer.items()}
        self._taken |= {file: text for file, (_, text) in newer.items()}

        def moved(span: Span) -> Span:
            change = self._changes.get(span.file)
            return Span(span.file, change.offset(span.start), change.offset(span.end)) if change else span

        facts = {file: each for file, (each, _) in newer.items()}
        return facts.keys() <= self.project.index.modules.keys() and self.project.revise(facts, moved)

    def blend(self, judged: Report) -> None:
        """Take over what is found in the functions of the newer texts."""
        ran = {rule.code for rule in judged.rules}
        inside = {file: _Functions(self.project, file) for file in self._changes}

        def is_anew(finding: Finding) -> bool:
            place = finding.place
            return finding.code in ran and place.file in inside and inside[place.file].hold(place.line)

        kept = (each for each in map(self._moved, self.report.findings) if not is_anew(each))
        findings = tuple(sorted((*filter(is_anew, judged.findings), *kept), key=in_order))
        self.report = msgspec.structs.replace(judged, findings=findings, rules=self.report.rules)

    def _moved(self, finding: Finding) -> Finding:
        """A finding where its lines have gone."""

        def place(at: Place) -> Place:
            change = self._changes.get(at.file)
            if change is None:
                return at
            line = change.line(at.line)
            return msgspec.structs.replace(at, line=line, end_line=at.end_line + line - at.line)

        return msgspec.structs.replace(
            finding,
            place=place(finding.place),
            trace=tuple(map(place, finding.trace)),
            related=tuple(map(place, finding.related)),
        )


class _Functions:
    """The lines on which functions of a file stand, with what is nested in them."""

    def __init__(self, project: Project, file: str) -> None:
        module = project.module(file)
        self._extents = list(self._outermost(module.facts))
        self._lines = [(module.line(start), module.line(max(start, end - 1))) for start, end in self._extents]
        self._starts = [first for first, _ in self._lines]

    @staticmethod
    def _outermost(facts: FileFacts) -> Iterator[tuple[int, int]]:
        for function in facts.functions:
            if function.parent < 0:
                yield function.start, function.end

    def hold(self, line: int) -> bool:
        """Whether a line belongs to a function."""
        found = bisect_right(self._starts, line) - 1
        return found >= 0 and line <= self._lines[found][1]


__all__ = ["LATER", "Change", "Linked"]
