"""Report -> GitLab's code quality report, a part of Code Climate's: what the widget of a merge request compares."""

from __future__ import annotations

import hashlib
from typing import Any

from apilint.finding import Diagnostic, Finding, Report, Severity
from apilint.report.json import dump
from apilint.report.links import in_repository
from apilint.report.options import RenderOptions
from apilint.report.summary import shown, untold
from apilint.report.terminal import one_line

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, options: RenderOptions) -> str:
    """An issue for each finding, and for each file that could not be analysed."""
    broken = [_broken(each, options) for each in untold(report) if each.fatal]
    return dump([*(_issue(each, options) for each in shown(report)), *broken])


def _issue(finding: Finding, options: RenderOptions) -> dict[str, Any]:
    place = finding.place
    return {
        "type": "issue",
        "check_name": finding.name,
        "description": f"{one_line(finding.message)} ({finding.code} {finding.name})",
        "categories": ["Security" if finding.security_severity > 0 else "Clarity"],
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": finding.fingerprint or _hash(finding.code, place.file, place.line, place.column),
        "location": {
            "path": in_repository(place.file, options),
            "lines": {"begin": max(place.line, 1), "end": max(place.end_line, place.line, 1)},
        },
    }


def _broken(diagnostic: Diagnostic, options: RenderOptions) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": "not-analysed",
        "description": f"Not analysed: {one_line(diagnostic.message)}",
        "categories": ["Bug Risk"],
        "severity": "blocker",
        "fingerprint": _hash("not-analysed", diagnostic.file, diagnostic.message),
        "location": {"path": in_repository(diagnostic.file, options), "lines": {"begin": max(diagnostic.line, 1)}},
    }


def _hash(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
