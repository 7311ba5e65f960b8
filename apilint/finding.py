"""What apilint says: findings, diagnostics and the report that every output format renders."""

from __future__ import annotations

import enum

import msgspec


class Severity(str, enum.Enum):
    """How bad it is. Ordered: `Severity.NOTE < Severity.WARNING < Severity.ERROR`."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for a note, 2 for an error."""
        return ("note", "warning", "error").index(self.value)


class Precision(str, enum.Enum):
    """How sure we are that a maintainer would agree."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very-high"

    @property
    def rank(self) -> int:
        """0 for low, 3 for very-high."""
        return ("low", "medium", "high", "very-high").index(self.value)


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place as a person reads it: lines and columns are 1-based, columns count code points, `end_column` is
    exclusive. `text` is the source line `line` without its line break (empty when it could not be had)."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str = ""
    text: str = ""


class Suppression(msgspec.Struct, frozen=True):
    """Why a finding is not shown: `kind` is `inSource` (a comment) or `external` (configuration, baseline)."""

    kind: str
    reason: str


class Edit(msgspec.Struct, frozen=True):
    """A replacement in a file: what stands from a line and column (both from 1, columns in code points, the end
    exclusive) to others gives way to `text`."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Fix(msgspec.Struct, frozen=True):
    """How a finding can be mended by machine. `safe` says that correct code behaves as before. `edits` are empty until
    a report asks for them: working them out takes a parser of its own."""

    safe: bool
    edits: tuple[Edit, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One judgement about one place.

    `trace` is the proof: the places that lead to the judgement, in order, each with a message. `related` are
    further places that the message speaks of. `route` is `METHOD /path` where the finding is about a route, `enclosing`
    the function or class that it stands in, if any.
    """

    code: str
    name: str
    severity: Severity
    security_severity: float
    precision: Precision
    message: str
    place: Place
    cwe: tuple[int, ...]
    owasp: tuple[str, ...]
    fingerprint: str
    trace: tuple[Place, ...] = ()
    related: tuple[Place, ...] = ()
    route: str = ""
    suppression: Suppression | None = None
    is_test: bool = False
    fix: Fix | None = None
    enclosing: str = ""


def in_order(finding: Finding) -> tuple[str, int, int, str, str]:
    """Reports are sorted by file, line, column, code, message."""
    return (finding.place.file, finding.place.line, finding.place.column, finding.code, finding.message)


class Diagnostic(msgspec.Struct, frozen=True, order=True):
    """Something that could not be analysed. `line` is 1-based, 0 where no line is meant.

    `fatal` diagnostics (a file that could not be read or parsed) make the exit status non-zero; the others
    are notes about the limits of the analysis.
    """

    file: str
    line: int
    message: str
    fatal: bool = True


class RuleInfo(msgspec.Struct, frozen=True):
    """A rule's metadata and documentation, as reports need them."""

    code: str
    name: str
    family: str
    title: str
    severity: Severity
    security_severity: float
    precision: Precision
    cwe: tuple[int, ...]
    owasp: tuple[str, ...]
    frameworks: tuple[str, ...]
    why: str
    fix: str
    references: tuple[str, ...]
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()


class Stats(msgspec.Struct, frozen=True):
    """What was analysed, and what of it not to the end: `unresolved` are registrations of routes that could not be
    told, `cut_short` the functions (`file:line`) that were too long to follow."""

    files: int = 0
    lines: int = 0
    routes: int = 0
    verdicts: dict[str, int] = {}
    frameworks: tuple[str, ...] = ()
    suppressed: int = 0
    unresolved: int = 0
    cut_short: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """The result of a check, ready to be rendered. Findings are sorted by file, line, column and code;
    suppressed findings stand in `findings` with their `suppression` set."""

    findings: tuple[Finding, ...]
    diagnostics: tuple[Diagnostic, ...]
    rules: tuple[RuleInfo, ...]
    stats: Stats
