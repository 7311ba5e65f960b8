"""Findings -> patches that mend them, each proved before anybody writes it.

    offered ─▶ edits of all that do not collide ─▶ the program with them, linked and judged again ─▶ patches
                     ▲                                          │
                     └────── without those that it contradicts ─┘

A fix stands when its finding is gone, nothing new is found, every file still parses, and no route has lost its guard.
What collides waits for the next round, in which the first fixes are part of the source.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from apilint import analysis, fix
from apilint.analysis import Text
from apilint.facts import decode_file, encode
from apilint.finding import Edit, Finding, Fix, Report, Severity
from apilint.fix.edits import TextEdit, regions
from apilint.project import Project
from apilint.scanning import Scanned

MAX_ROUNDS = 8
_VERDICTS = ("none", "unknown", "optional", "conditional", "required")

Wanted = Callable[[Finding], bool]
Params = Mapping[str, Mapping[str, object]]


class Refused(msgspec.Struct, frozen=True):
    """A finding whose fix is not made, and why."""

    finding: Finding
    reason: str


class Patch(msgspec.Struct, frozen=True):
    """What a file holds before and after, both as UTF-8 text."""

    file: str
    before: bytes
    after: bytes


class Mended(msgspec.Struct, frozen=True):
    """What was found before is `fixed` by the patches, `refused`, or left as it was; `report` tells what is left."""

    report: Report
    patches: tuple[Patch, ...]
    fixed: tuple[Finding, ...]
    refused: tuple[Refused, ...]


class State(msgspec.Struct, frozen=True):
    """A program with its texts (those that differ from the disk), and what is found in it."""

    scanned: Scanned
    project: Project
    report: Report
    texts: dict[str, bytes]


class Mend(msgspec.Struct, frozen=True):
    """One finding and the edits of its file that mend it."""

    finding: Finding
    edits: tuple[TextEdit, ...]

    @property
    def file(self) -> str:
        """The file that it changes."""
        return self.finding.place.file


class Workshop(msgspec.Struct, frozen=True):
    """How a program is read, linked and judged: `judge` takes the facts and the texts that differ from the disk."""

    text: Text
    params: Params
    judge: Callable[[Scanned, Mapping[str, bytes]], tuple[Project, Report]]


# ------------------------------------------------------------------------------------------- what may be done


def with_edits(findings: Iterable[Finding], project: Project, shop: Workshop) -> Iterator[Finding]:
    """The findings with the edits of their safe fixes; one that cannot be made is no longer offered. Edits take a tenth
    of a second each, too long to work out what nobody would apply without a look at it."""
    for finding in findings:
        if finding.fix is not None and finding.fix.safe:
            text = shop.text(finding.place.file)
            try:
                safe, edits = fix.edits(finding, project, text, shop.params.get(finding.code, {}))
            except fix.Declined:
                finding = msgspec.structs.replace(finding, fix=None)
            else:
                lines = Lines(text)
                made = tuple(lines.edit(finding.place.file, edit) for edit in edits)
                finding = msgspec.structs.replace(finding, fix=Fix(safe, made))
        yield finding


def mend(state: State, shop: Workshop, is_wanted: Wanted, *, unsafe: bool) -> Mended:
    """Mend what is wanted and can be mended."""
    fixed: list[Finding] = []
    refused: dict[str, Refused] = {}
    for _ in range(MAX_ROUNDS):
        batch = list(_batch(state, shop, is_wanted, unsafe, refused))
        if not batch:
            break
        state, done = _proved(state, shop, batch, refused)
        fixed += done
    for finding in _candidates(state, is_wanted, unsafe, refused):
        refused[finding.fingerprint] = Refused(finding, "it collides with another fix")
    patches = tuple(
        Patch(file, shop.text(file), text) for file, text in sorted(state.texts.items()) if text != shop.text(file)
    )
    return Mended(state.report, patches, tuple(fixed), tuple(refused.values()))


def _candidates(state: State, is_wanted: Wanted, unsafe: bool, refused: Mapping[str, Refused]) -> Iterator[Finding]:
    for finding in state.report.findings:
        if finding.fix is not None and finding.suppression is None and (finding.fix.safe or unsafe):
            if is_wanted(finding) and finding.fingerprint not in refused:
                yield finding


def _batch(
    state: State, shop: Workshop, is_wanted: Wanted, unsafe: bool, refused: dict[str, Refused]
) -> Iterator[Mend]:
    """The fixes that can be made together."""
    taken: dict[str, list[TextEdit]] = {}
    for finding in list(_candidates(state, is_wanted, unsafe, refused)):
        file = finding.place.file
        text = state.texts.get(file) or shop.text(file)
        try:
            safe, edits = fix.edits(finding, state.project, text, shop.params.get(finding.code, {}))
        except fix.Declined as declined:
            refused[finding.fingerprint] = Refused(finding, str(declined))
            continue
        if not safe and not unsafe:
            refused[finding.fingerprint] = Refused(finding, "the fix is not a safe one; --unsafe-fixes applies it")
        elif not fix.collide(edits, taken.setdefault(file, [])):
            taken[file] += edits
            yield Mend(finding, tuple(edits))


# -------------------------------------------------------------------------------------------------- the proof


def _proved(
    state: State, shop: Workshop, batch: Sequence[Mend], refused: dict[str, Refused]
) -> tuple[State, list[Finding]]:
    """The program with as many fixes as it does not contradict."""
    while batch:
        after = _tried(state, shop, batch)
        reasons = _contradictions(state, after, batch, shop) if isinstance(after, State) else after
        if isinstance(after, State) and not reasons:
            return after, [each.finding for each in batch]
        if not any(reasons):
            if len(batch) > 1:  # nobody knows whose fault it is: half of them may do
                batch = batch[: len(batch) // 2]
                continue
            reasons = {batch[0]: next(iter(reasons.values()))}
        for each, reason in reasons.items():
            if each is not None:
                refused[each.finding.fingerprint] = Refused(each.finding, reason)
        batch = [each for each in batch if each not in reasons]
    return state, []


Reasons = dict["Mend | None", str]


def _tried(state: State, shop: Workshop, batch: Sequence[Mend]) -> State | Reasons:
    """The program after the fixes, or why there is none."""
    from apilint.scan import scan

    texts = dict(state.texts)
    facts = dict(state.scanned.facts)
    for file, mends in _by_file(batch).items():
        before = state.texts.get(file) or shop.text(file)
        after = fix.applied(before, fix.united(each.edits for each in mends))
        facts[file] = decode_file(encode(scan(after)))
        if len(facts[file].errors) > len(state.scanned.facts[file].errors) or (_parses(before) and not _parses(after)):
            return dict.fromkeys(mends, "the file would no longer parse")
        texts[file] = after
    scanned = msgspec.structs.replace(state.scanned, facts=facts)
    project, report = shop.judge(scanned, texts)
    return State(scanned, project, report, texts)


def _parses(text: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _by_file(batch: Iterable[Mend]) -> dict[str, list[Mend]]:
    files: dict[str, list[Mend]] = {}
    for each in batch:
        files.setdefault(each.file, []).append(each)
    return files


def _contradictions(before: State, after: State, batch: Sequence[Mend], shop: Workshop) -> Reasons:
    """The fixes that the program contradicts, and why; None for what no fix can be blamed for."""
    reasons: Reasons = {}
    where = _Where(before, shop, batch)
    known = {where.then(finding) for finding in before.report.findings}
    verdicts = {name: each.auth for each in analysis.standings(before.project) for name in each.labels}
    left = {where.now(finding, after) for finding in after.report.findings}
    surplus = _counts(after, batch)
    surplus.subtract(_counts(before, batch))
    for each in batch:
        surplus[_kind(each.finding)] += 1
    for each in batch:
        if where.then(each.finding) in left or surplus[_kind(each.finding)] > 0:
            reasons[each] = "the finding would still be there"
    routes = {each.finding.route for each in batch}
    for finding in after.report.findings:
        if finding.suppression is None and where.now(finding, after) not in known:
            is_given_place = where.is_written(finding) and not finding.route and finding.severity is Severity.NOTE
            if not is_given_place and not _is_revealed(finding, verdicts, after.project, routes):
                blamed = where.nearest(finding)
                if blamed is not None and finding.code in fix.leaves(blamed.finding.code):
                    continue
                text = f"{finding.place.file}:{finding.place.line} would have a new finding, {finding.code}"
                reasons.setdefault(blamed, text)
    guarded = _least(before.project)
    for (handler, name), (verdict, file) in _least(after.project).items():
        if verdict < guarded.get((handler, name), (verdict, file))[0]:
            reasons.setdefault(where.in_file(file), f"'{name}' would be guarded less than before")
    lost = set(verdicts) - {name for each in analysis.standings(after.project) for name in each.labels}
    if lost:
        reasons.setdefault(batch[0] if len(batch) == 1 else None, f"the route '{min(lost)}' would be lost")
    return reasons


def _least(project: Project) -> dict[tuple[str, str], tuple[int, str]]:
    """How well each handler is guarded under each of its names, and its file; the least where it is registered under
    the same name several times."""
    least: dict[tuple[str, str], tuple[int, str]] = {}
    for each in analysis.standings(project):
        for name in each.labels:
            verdict = (_VERDICTS.index(each.auth), each.file)
            least[each.handler, name] = min(verdict, least.get((each.handler, name), verdict))
    return least


def _kind(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.place.file, finding.route


def _counts(state: State, batch: Sequence[Mend]) -> Counter[tuple[str, str, str]]:
    """How many findings there are of the kinds that the fixes mend."""
    kinds = {_kind(each.finding) for each in batch}
    kind_of = (_kind(finding) for finding in state.report.findings if finding.suppression is None)
    return Counter(kind for kind in kind_of if kind in kinds)


def _is_revealed(finding: Finding, verdicts: Mapping[str, str], project: Project, mended: Collection[str]) -> bool:
    """Whether a finding says of a route that is no worse than before what others said, or what was said of the whole:
    with one more guard in it, the same program is measured by another habit. A route that was to be mended must be
    guarded now; how well its guard does its work is another question."""
    if not finding.route and finding.code[:4] == "APL1":
        return finding.severity is Severity.NOTE  # that the rest is open, say, once all routes are guarded
    if finding.code[:4] != "APL1" or finding.route not in verdicts:
        return False
    now = {name: each.auth for each in analysis.standings(project) for name in each.labels}
    before, after = verdicts[finding.route], now.get(finding.route, "none")
    if finding.route in mended:
        return after == "required"
    return _VERDICTS.index(after) >= _VERDICTS.index(before)


class _Where:
    """Places before and after a batch, told apart by where the text around them has gone."""

    def __init__(self, state: State, shop: Workshop, batch: Sequence[Mend]) -> None:
        self._texts = {file: state.texts.get(file) or shop.text(file) for file in _by_file(batch)}
        self._mends = _by_file(batch)
        self._edits = {file: fix.united(each.edits for each in mends) for file, mends in self._mends.items()}
        self._lines = {file: Lines(text) for file, text in self._texts.items()}
        self._after = {file: Lines(fix.applied(text, self._edits[file])) for file, text in self._texts.items()}

    def then(self, finding: Finding) -> tuple[object, ...]:
        """What a finding of the old program is, in terms of the new one."""
        file = finding.place.file
        if file not in self._edits:
            return finding.code, file, finding.place.line, finding.place.column, finding.route
        start = self._lines[file].offset(finding.place.line, finding.place.column)
        whose = self._owner(file, start, [(edit.start, edit.end, edit) for edit in self._edits[file]])
        at: object = whose if whose is not None else fix.moved(start, self._edits[file])
        return finding.code, file, at, 0, finding.route

    def now(self, finding: Finding, after: State) -> tuple[object, ...]:
        """What a finding of the new program is."""
        file = finding.place.file
        if file not in self._edits:
            return finding.code, file, finding.place.line, finding.place.column, finding.route
        start = self._after[file].offset(finding.place.line, finding.place.column)
        whose = self._owner(file, start, regions(self._edits[file]))
        return finding.code, file, whose if whose is not None else start, 0, finding.route

    def is_written(self, finding: Finding) -> bool:
        """Whether a finding of the new program stands in the text of a fix: a note there says what was missing before,
        in settings that there were none of (a fix that does harm brings more than a note)."""
        file = finding.place.file
        if file not in self._edits:
            return False
        start = self._after[file].offset(finding.place.line, finding.place.column)
        return self._owner(file, start, regions(self._edits[file])) is not None

    def _owner(self, file: str, offset: int, spans: Iterable[tuple[int, int, TextEdit]]) -> str | None:
        """The fix in whose edits an offset lies."""
        for start, end, edit in spans:
            if start <= offset < end:
                return next((f"fix {i}" for i, each in enumerate(self._mends[file]) if edit in each.edits), None)
        return None

    def nearest(self, finding: Finding) -> Mend | None:
        """The fix to blame for a finding: the nearest one in its file."""
        mends = self._mends.get(finding.place.file, [])
        return min(mends, key=lambda each: abs(each.finding.place.line - finding.place.line), default=None)

    def in_file(self, file: str) -> Mend | None:
        """The only fix of a file."""
        mends = self._mends.get(file, [])
        return mends[0] if len(mends) == 1 else None


# ------------------------------------------------------------------------------------------------------ lines


class Lines:
    """Offsets of a UTF-8 text as lines and columns, and back."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column, both from 1."""
        if line >= len(self._starts):
            return len(self._text)
        start, end = self._starts[line - 1], self._starts[line]
        return start + len(self._text[start:end].decode("utf-8", "replace")[: column - 1].encode())

    def position(self, offset: int) -> tuple[int, int]:
        """The line and the column of an offset, both from 1."""
        line = min(bisect_right(self._starts, offset), max(len(self._starts) - 1, 1))
        if offset == len(self._text) and self._text.endswith((b"\n", b"\r")):
            return len(self._starts), 1
        start = self._starts[line - 1]
        return line, len(self._text[start:offset].decode("utf-8", "replace")) + 1

    def edit(self, file: str, edit: TextEdit) -> Edit:
        """An edit as reports show it."""
        return Edit(file, *self.position(edit.start), *self.position(edit.end), edit.text.decode())


__all__ = ["Mended", "Patch", "Refused", "State", "Workshop", "mend", "with_edits"]
