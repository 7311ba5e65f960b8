"""Findings about apilint's own comments and about files that it could not read: APL906 and APL999."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from apilint.check import Match
from apilint.engine import Locate, fill
from apilint.facts import Span
from apilint.finding import Diagnostic, Finding, Place, Precision
from apilint.fingerprint import fingerprints
from apilint.project import Project
from apilint.report.summary import PARSE_ERROR
from apilint.rule import Rule
from apilint.source import Sources
from apilint.suppress import suppress

UNUSED = "APL906"
_TAG = re.compile(rb"\{%-?\s*\w+[^%]*%\}")


def with_suppressions(
    findings: Sequence[Finding], project: Project, rules: Sequence[Rule], chosen: Sequence[Rule], locate: Locate
) -> list[Finding]:
    """The findings with those suppressed that a comment names, and one for each comment that does nothing."""
    enabled = {rule.code for rule in chosen}
    narrowed = any(rule.enabled and rule.code not in enabled for rule in rules)
    names = {rule.code: rule.name for rule in rules}
    done = suppress(findings, project.directives(), names=names, enabled=enabled, narrowed=narrowed)
    result = list(done.findings)
    rule = next((rule for rule in chosen if rule.code == UNUSED), None)
    if rule is None:
        return result
    extra = [
        _made(
            rule,
            locate(Span(each.file, each.directive.start, each.directive.end), ""),
            each.message,
            project.is_test(each.file),
        )
        for each in done.unused
    ]
    return [*result, *_marked(extra)]


def parse_errors(diagnostics: Iterable[Diagnostic], chosen: Sequence[Rule], sources: Sources) -> list[Finding]:
    """A finding for each file that could not be read or parsed, so that SARIF consumers see it as well."""
    rule = next((rule for rule in chosen if rule.code == PARSE_ERROR), None)
    if rule is None:
        return []
    found = []
    seen: set[str] = set()
    for diagnostic in diagnostics:
        if not diagnostic.fatal or not diagnostic.file or diagnostic.file in seen:
            continue
        seen.add(diagnostic.file)
        line = max(diagnostic.line, 1)
        message = fill(
            rule.message,
            Match(span=Span(diagnostic.file, 0, 0), values={"reason": diagnostic.message, "file": diagnostic.file}),
        )
        found.append(
            _made(
                rule,
                Place(diagnostic.file, line, 1, line, 2, "", _text(sources, diagnostic.file, line)),
                message,
                False,
                Precision.LOW if _is_template(sources, diagnostic.file) else None,
            )
        )
    return _marked(found)


def _is_template(sources: Sources, file: str) -> bool:
    """Whether Python is only made of a file, by filling in what stands between its tags."""
    try:
        return _TAG.search(sources.text(file)) is not None
    except OSError:
        return False


def _text(sources: Sources, file: str, line: int) -> str:
    try:
        lines = sources.text(file).splitlines()
    except OSError:
        return ""
    return lines[line - 1].decode("utf-8", "replace") if 0 < line <= len(lines) else ""


def _made(rule: Rule, place: Place, message: str, is_test: bool, precision: Precision | None = None) -> Finding:
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        security_severity=rule.security_severity,
        precision=precision or rule.precision,
        message=message,
        place=place,
        cwe=rule.cwe,
        owasp=rule.owasp,
        fingerprint="",
        is_test=is_test,
    )


def _marked(findings: Sequence[Finding]) -> list[Finding]:
    marks = fingerprints(findings, [""] * len(findings))
    return [msgspec.structs.replace(finding, fingerprint=mark) for finding, mark in zip(findings, marks, strict=True)]
