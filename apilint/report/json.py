"""Report -> JSON, version 1: the shape is an interface, documented in docs/output.md."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from apilint.finding import Diagnostic, Edit, Finding, Place, Report, Stats
from apilint.report.options import RenderOptions
from apilint.report.summary import shown, statistics, suppressed

VERSION = 1


def render(report: Report, _options: RenderOptions) -> str:
    """Findings, suppressed findings, diagnostics and figures."""
    return dump(
        {
            "version": VERSION,
            "findings": [_finding(finding) for finding in shown(report)],
            "suppressed": [_finding(finding) for finding in suppressed(report)],
            "diagnostics": [diagnostic_object(each) for each in sorted(report.diagnostics)],
            "stats": _stats(report, report.stats),
        }
    )


def dump(value: dict[str, Any] | list[Any], order: Literal["sorted"] | None = None) -> str:
    """JSON text, indented, keys sorted or in the order given, ending with a line break."""
    return msgspec.json.format(encode(value, order), indent=2).decode() + "\n"


def encode(value: dict[str, Any] | list[Any], order: Literal["sorted"] | None = None) -> bytes:
    """JSON without white space; a file name that is no UTF-8 shows its stray bytes as escapes."""
    try:
        return msgspec.json.encode(value, order=order)
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(value), order=order)


def diagnostic_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic."""
    return {
        "file": diagnostic.file,
        "line": diagnostic.line,
        "message": diagnostic.message,
        "fatal": diagnostic.fatal,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    result: dict[str, Any] = {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "security_severity": finding.security_severity,
        "precision": finding.precision.value,
        "message": finding.message,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "cwe": finding.cwe,
        "owasp": finding.owasp,
        "fingerprint": finding.fingerprint,
        "trace": [_place(step) for step in finding.trace],
        "related": [_place(other) for other in finding.related],
        "route": finding.route or None,
        "test": finding.is_test,
    }
    if finding.fix is not None:
        result["fix"] = {"safe": finding.fix.safe, "edits": [_edit(edit) for edit in finding.fix.edits]}
    if finding.suppression is not None:
        result["suppression"] = {"kind": finding.suppression.kind, "reason": finding.suppression.reason}
    return result


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "file": edit.file,
        "line": edit.line,
        "column": edit.column,
        "end_line": edit.end_line,
        "end_column": edit.end_column,
        "text": edit.text,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column, "message": place.message}


def _stats(report: Report, stats: Stats) -> dict[str, Any]:
    return {
        "files": stats.files,
        "lines": stats.lines,
        "routes": stats.routes,
        "verdicts": dict(sorted(stats.verdicts.items())),
        "frameworks": stats.frameworks,
        "findings": len(shown(report)),
        "suppressed": len(suppressed(report)) or stats.suppressed,
        "unresolved": stats.unresolved,
        "cut_short": stats.cut_short,
        "rules": {code: count for count, code, _ in statistics(shown(report))},
    }


def _encodable(value: Any) -> Any:
    """The same with lone surrogates as escapes: JSON text cannot hold them."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    return value
