"""Findings -> diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsprotocol import types

from apilint.finding import Finding, Place, Severity
from apilint.server.view import View

SOURCE = "apilint"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}

Uri = Callable[[str], str]


def diagnostics(view: View, file: str, encoding: str, uri: Uri, *, related: bool) -> list[types.Diagnostic]:
    """The diagnostics of a file; `related` says that the editor shows the places of a proof."""
    return [diagnostic(view, finding, encoding, uri, related=related) for finding in view.findings.get(file, ())]


def diagnostic(view: View, finding: Finding, encoding: str, uri: Uri, *, related: bool) -> types.Diagnostic:
    """A finding, with its proof."""
    proof = [
        types.DiagnosticRelatedInformation(location(view, place, encoding, uri), place.message)
        for place in _proof(finding)
    ]
    return types.Diagnostic(
        range=view.ruler(finding.place.file, encoding).range(finding.place),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        source=SOURCE,
        message=finding.message,
        related_information=proof if related and proof else None,
        data={"fingerprint": finding.fingerprint},
    )


def location(view: View, place: Place, encoding: str, uri: Uri) -> types.Location:
    """A place in any file of the project."""
    return types.Location(uri(place.file), view.ruler(place.file, encoding).range(place))


def _proof(finding: Finding) -> Iterator[Place]:
    for place in (*finding.trace, *finding.related):
        if place.message:
            yield place


__all__ = ["SOURCE", "Uri", "diagnostic", "diagnostics", "location"]
