"""apilint.baseline.yaml: the findings that were looked at and accepted, each with a note, reviewed like code.

An entry is found again by its finding's fingerprint. Where that has changed and the line has not (a function or a route
was renamed, another finding of its kind has gone), the entry follows the line, as long as only one can be meant.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Union

import msgspec

from apilint import document, shape
from apilint.config import ConfigError
from apilint.document import Document
from apilint.finding import Finding, Place, Report, RuleInfo, Suppression
from apilint.fingerprint import fingerprints, normalised
from apilint.shape import ShapeError

FILE_NAME = "apilint.baseline.yaml"
VERSION = 1
HEAD = """\
# Findings of apilint that were looked at and accepted. `apilint baseline` writes this file and keeps its notes,
# `apilint triage` asks for them. Reviewed like code: an entry without a reason is a question that is still open.
"""


class Note(msgspec.Struct, frozen=True):
    """Why a finding is accepted, by whom, and until when (the last day)."""

    reason: str = ""
    author: str = ""
    expires: datetime.date | None = None


class Entry(msgspec.Struct, frozen=True):
    """An accepted finding. `place` is `file:line` and `text` that line; `at` is the entry's own line in the file."""

    fingerprint: str
    rule: str
    place: str
    text: str
    route: str = ""
    enclosing: str = ""
    note: Note = Note()
    at: int = 0

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.partition(" ")[0]

    @property
    def file(self) -> str:
        """The file of the finding."""
        return self.place.rpartition(":")[0]

    def is_expired(self, today: datetime.date) -> bool:
        """Whether its last day has passed."""
        return self.note.expires is not None and self.note.expires < today


class Baseline(msgspec.Struct, frozen=True):
    """The entries of a file, by which it is called in findings."""

    name: str
    entries: tuple[Entry, ...] = ()


# ------------------------------------------------------------------------------------------------- reading


class _NoteFile(msgspec.Struct, frozen=True):
    reason: str = ""
    author: str = ""
    expires: object = None


class _EntryFile(msgspec.Struct, frozen=True):
    fingerprint: str
    rule: str
    place: str
    line: str
    route: str = ""
    enclosing: str = msgspec.field(default="", name="in")
    note: Union[dict[str, object], None] = None


class _File(msgspec.Struct, frozen=True):
    version: int
    findings: Union[tuple[dict[str, object], ...], None] = None


def load(path: Path, name: str) -> Baseline | None:
    """The baseline in a file; None where there is no such file. Raises ConfigError where it is not as it must be."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    read = Document(path, content)
    try:
        return Baseline(name, tuple(_entries(read)))
    except ShapeError as error:
        raise read.error(error) from None


def _entries(read: Document) -> Iterator[Entry]:
    file = shape.read(read.data, _File)
    if file.version != VERSION:
        raise ShapeError(("version",), f"expected {VERSION}, found {file.version}; a newer apilint wrote this file")
    seen: dict[str, int] = {}
    for number, data in enumerate(file.findings or ()):
        path: shape.Path = ("findings", number)
        entry = shape.read(data, _EntryFile, path)
        at = read.line((*path, "fingerprint"))
        if not entry.place.rpartition(":")[0] or not entry.place.rpartition(":")[2].isdigit():
            raise ShapeError((*path, "place"), f"expected file:line, found {shape.found(entry.place)}")
        if seen.setdefault(entry.fingerprint, at) != at:
            where = f"line {seen[entry.fingerprint]}"
            raise ShapeError((*path, "fingerprint"), f"this finding stands here twice, first on {where}")
        note = shape.read(entry.note or {}, _NoteFile, (*path, "note"))
        expires = _date(note.expires, (*path, "note", "expires"))
        made = Note(note.reason.strip(), note.author.strip(), expires)
        yield Entry(entry.fingerprint, entry.rule, entry.place, entry.line, entry.route, entry.enclosing, made, at)


def _date(value: object, path: shape.Path) -> datetime.date | None:
    if value is None or (isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)):
        return value
    raise ShapeError(path, f"expected a date as in 2027-01-31, found {shape.found(value)}")


# ------------------------------------------------------------------------------------------------- writing


def render(entries: Iterable[Entry]) -> str:
    """The text of a baseline file; entries in the order of their places."""
    ordered = sorted(entries, key=lambda entry: (entry.file, int(entry.place.rpartition(":")[2]), entry.rule))
    findings = [_plain(entry) for entry in ordered]
    return HEAD + document.dump({"version": VERSION, "findings": findings})


def _plain(entry: Entry) -> dict[str, object]:
    optional = {"route": entry.route, "in": entry.enclosing}
    note: dict[str, object] = {"reason": entry.note.reason, "author": entry.note.author}
    if entry.note.expires is not None:
        note["expires"] = entry.note.expires
    return {
        "fingerprint": entry.fingerprint,
        "rule": entry.rule,
        "place": entry.place,
        **{key: value for key, value in optional.items() if value},
        "line": entry.text,
        "note": note,
    }


def accepted(finding: Finding, note: Note) -> Entry:
    """The entry for a finding."""
    place = finding.place
    return Entry(
        fingerprint=finding.fingerprint,
        rule=f"{finding.code} {finding.name}",
        place=f"{place.file}:{place.line}",
        text=place.text.strip(),
        route=finding.route,
        enclosing=finding.enclosing,
        note=note,
    )


def rewritten(
    old: Sequence[Entry],
    findings: Sequence[Finding],
    new: Collection[Finding],
    note: Note,
    is_kept: Callable[[Entry], bool],
) -> list[Entry]:
    """The entries after a rewrite: those of `old` that match one of all `findings`, with the place that it has now and
    their note; those that match nothing and are kept; and one for each of the `new` findings, with a note that replaces
    one without a reason."""
    matched = match(findings, old, {entry.file for entry in old})
    entries = [entry for entry in old if entry.fingerprint not in matched.values() and is_kept(entry)]
    notes = {entry.fingerprint: entry.note for entry in old}
    wanted = {finding.fingerprint for finding in new}
    for finding in findings:
        known = notes.get(matched.get(finding.fingerprint, ""))
        if finding.fingerprint in wanted and not (known is not None and known.reason):
            entries.append(accepted(finding, note))
        elif known is not None:
            entries.append(accepted(finding, known))
    return entries


# ------------------------------------------------------------------------------------------------ matching


def match(findings: Sequence[Finding], entries: Sequence[Entry], files: Collection[str]) -> dict[str, str]:
    """By the fingerprint of a finding, that of the entry which accepts it. `files` are those of the project."""
    known = {entry.fingerprint for entry in entries}
    found = {finding.fingerprint: finding.fingerprint for finding in findings if finding.fingerprint in known}
    for by_finding, by_entry in _WAYS:
        left = [finding for finding in findings if finding.fingerprint not in found]
        orphans = [entry for entry in entries if entry.fingerprint not in found.values()]
        if (by_finding, by_entry) in (_moved, _anywhere):
            orphans = [entry for entry in orphans if entry.file not in files]
        groups: defaultdict[Hashable, tuple[list[Finding], list[Entry]]] = defaultdict(lambda: ([], []))
        for finding in left:
            groups[by_finding(finding)][0].append(finding)
        for entry in orphans:
            groups[by_entry(entry)][1].append(entry)
        for some, others in groups.values():
            if len(some) == len(others) or (by_finding, by_entry) == _same:
                found.update({a.fingerprint: b.fingerprint for a, b in zip(some, others, strict=False)})
    return found


_Ways = tuple[Callable[[Finding], Hashable], Callable[[Entry], Hashable]]

# The same line of the same route: there may be fewer of its kind now.
_same: _Ways = (
    lambda finding: (finding.code, finding.place.file, finding.route, normalised(finding.place.text)),
    lambda entry: (entry.code, entry.file, entry.route, normalised(entry.text)),
)
# The same line of the same function: its route is another now.
_rerouted: _Ways = (
    lambda finding: (finding.code, finding.place.file, finding.enclosing, normalised(finding.place.text)),
    lambda entry: (entry.code, entry.file, entry.enclosing, normalised(entry.text)),
)
# The same line in the same file: its route or function is called otherwise now.
_renamed: _Ways = (
    lambda finding: (finding.code, finding.place.file, normalised(finding.place.text)),
    lambda entry: (entry.code, entry.file, normalised(entry.text)),
)
# The same line of the same function in another file, where the old file has gone.
_moved: _Ways = (
    lambda finding: (finding.code, finding.enclosing, normalised(finding.place.text)),
    lambda entry: (entry.code, entry.enclosing, normalised(entry.text)),
)
# The same line in another file.
_anywhere: _Ways = (
    lambda finding: (finding.code, normalised(finding.place.text)),
    lambda entry: (entry.code, normalised(entry.text)),
)
_WAYS = (_same, _rerouted, _renamed, _moved, _anywhere)


def subtract(
    baseline: Baseline,
    report: Report,
    files: Collection[str],
    today: Callable[[], datetime.date],
    covers: Callable[[str], bool],
) -> tuple[tuple[Finding, ...], list[Finding]]:
    """The findings of a report with those suppressed that are accepted, and findings about the entries for what was
    asked for: those that match nothing, are out of date or give no reason."""
    broken = {each.file for each in report.diagnostics if each.fatal}
    applied = apply(baseline, report.findings, files, today)
    about_entries = about(
        baseline, applied, report.rules, lambda entry: covers(entry.file) and entry.file not in broken
    )
    return applied.findings, about_entries


class Applied(msgspec.Struct, frozen=True):
    """The findings with those suppressed that are accepted; the entries that matched nothing, and those whose last day
    has passed."""

    findings: tuple[Finding, ...]
    obsolete: tuple[Entry, ...]
    expired: tuple[Entry, ...]


def apply(
    baseline: Baseline, findings: Sequence[Finding], files: Collection[str], today: Callable[[], datetime.date]
) -> Applied:
    """Subtract a baseline. The date is asked for only where an entry has one."""
    matched = match(findings, baseline.entries, files)
    entries = {entry.fingerprint: entry for entry in baseline.entries}
    dated = any(entry.note.expires is not None for entry in baseline.entries)
    now = today() if dated else datetime.date.min
    expired = tuple(entry for entry in baseline.entries if entry.is_expired(now))
    result = []
    for finding in findings:
        entry = entries.get(matched.get(finding.fingerprint, ""))
        if entry is not None and entry not in expired and finding.suppression is None:
            said = entry.note.reason or "accepted without a reason"
            finding = msgspec.structs.replace(finding, suppression=Suppression("external", said), fix=None)
        result.append(finding)
    obsolete = tuple(entry for entry in baseline.entries if entry.fingerprint not in matched.values())
    return Applied(tuple(result), obsolete, expired)


# ------------------------------------------------------------------------------------ findings about entries

OBSOLETE, REASONLESS, EXPIRED = "APL906", "APL907", "APL908"
_MESSAGES = {
    OBSOLETE: "This entry accepts a finding {rule} at {place} that is no longer there.",
    REASONLESS: "The finding {rule} at {place} is accepted without a reason.",
    EXPIRED: "The finding {rule} at {place} was accepted until {date} and is reported again.",
}


def about(
    baseline: Baseline, applied: Applied, rules: Sequence[RuleInfo], is_asked: Callable[[Entry], bool]
) -> list[Finding]:
    """Findings of the rules that ran about the entries of what was asked for."""
    ran = {rule.code: rule for rule in rules}
    cases = [
        *((OBSOLETE, entry) for entry in applied.obsolete if entry.code in ran),
        *((EXPIRED, entry) for entry in applied.expired),
        *((REASONLESS, entry) for entry in baseline.entries if not entry.note.reason),
    ]
    found = [_made(ran[code], baseline, entry) for code, entry in cases if code in ran and is_asked(entry)]
    marks = fingerprints(found, [""] * len(found))
    return [msgspec.structs.replace(each, fingerprint=mark) for each, mark in zip(found, marks, strict=True)]


def _made(rule: RuleInfo, baseline: Baseline, entry: Entry) -> Finding:
    text = f"fingerprint: {entry.fingerprint}"
    message = _MESSAGES[rule.code].format(
        rule=f"'{entry.code}'", place=f"'{entry.place}'", date=f"'{entry.note.expires}'"
    )
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        security_severity=rule.security_severity,
        precision=rule.precision,
        message=message,
        place=Place(baseline.name, entry.at, 3, entry.at, 3 + len(text), "", f"- {text}"),
        cwe=rule.cwe,
        owasp=rule.owasp,
        fingerprint="",
    )


__all__ = [
    "FILE_NAME",
    "REASONLESS",
    "Applied",
    "Baseline",
    "Entry",
    "Note",
    "about",
    "accepted",
    "apply",
    "load",
    "match",
    "render",
    "rewritten",
]
