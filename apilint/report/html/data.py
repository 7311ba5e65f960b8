"""Report and routes -> what the page knows, as plain values: each name, guard and line of source only once.

Keys that say nothing (empty, false, none) are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from apilint.finding import Finding, Place, Report, RuleInfo
from apilint.model import VERDICTS
from apilint.report.html.lines import Lines, changed
from apilint.report.links import page, web_address
from apilint.report.options import RenderOptions
from apilint.report.rows import GuardRow, RouteRow, StepRow, order
from apilint.report.summary import mend, shown, suppressed, untold

_CONTEXT = 2
_MAX_SPAN = 12


def contents(report: Report, options: RenderOptions) -> dict[str, Any]:
    """Everything that the page shows."""
    table = _Table(options)
    routes = sorted(options.routes, key=order)
    findings = shown(report)
    about = _Routes(routes)
    rules = {each.code for each in findings}
    return {
        "project": options.project,
        "version": options.version,
        "repository": web_address(options.repository_uri or ""),
        "revision": options.revision or "",
        "verdicts": VERDICTS,
        "files_analysed": report.stats.files,
        "lines_analysed": report.stats.lines,
        "suppressed": len(suppressed(report)) or report.stats.suppressed,
        "routes": [table.route(row) for row in routes],
        "findings": [_without_empty(table.finding(each) | {"routes": about.of(each)}) for each in findings],
        "rules": {rule.code: _rule(rule) for rule in report.rules if rule.code in rules},
        "problems": [table.problem(each.file, each.line, each.message, each.fatal) for each in untold(report)],
        "guards": table.guards,
        "files": [[name, page(name, 0, options)] for name in table.files],
        "lines": table.lines.shown(table.files),
    }


class _Routes:
    """Which routes a finding is about: those that it names, else those whose handler it stands in."""

    def __init__(self, routes: Sequence[RouteRow]) -> None:
        self._by_label: dict[str, list[int]] = {}
        self._by_handler: dict[tuple[str, str], list[int]] = {}
        for number, row in enumerate(routes):
            for method in row.methods or ("ANY",):
                self._by_label.setdefault(f"{method} {row.path}", []).append(number)
            self._by_handler.setdefault((row.file, _plain(row.handler.rpartition(":")[2])), []).append(number)

    def of(self, finding: Finding) -> list[int]:
        method, _, path = finding.route.partition(" ")
        named = self._by_label.get(finding.route) or self._by_label.get(f"ANY {path}" if method else "", [])
        inside = self._by_handler.get((finding.place.file, _plain(finding.enclosing)), [])
        # Two applications may have a route of one name; the one is meant that stands where the finding does.
        both = [number for number in named if number in inside]
        return both or named or inside


def _plain(name: str) -> str:
    return name.replace(".<locals>", "")


class _Table:
    """What stands in the data once, and is referred to by its number."""

    def __init__(self, options: RenderOptions) -> None:
        self.files: dict[str, int] = {}
        self.guards: list[dict[str, Any]] = []
        self.lines = Lines(options.sources)
        self._guards: dict[GuardRow, int] = {}

    def file(self, name: str) -> int:
        return self.files.setdefault(name, len(self.files))

    def place(self, file: str, line: int, message: str = "") -> list[Any]:
        """File, line, and what is seen there; the line's text is to be shown."""
        self.lines.want(file, line, line)
        return [self.file(file), line, message] if message else [self.file(file), line]

    def route(self, row: RouteRow) -> dict[str, Any]:
        return _without_empty(
            {
                "framework": row.framework,
                "methods": row.methods,
                "path": row.path,
                "handler": row.handler,
                "at": self.place(row.file, row.line),
                "auth": row.auth,
                "guards": [self.guard(each) for each in row.guards],
                "considered": [self.guard(each) for each in row.considered],
                "unknown": row.unknown,
                "condition": row.condition,
                "public": row.public,
                "reason": row.public_reason,
                "kind": row.kind if row.kind != "http" else "",
                "only_if": row.only_if,
                "app": row.app,
                "router": row.router,
                "hidden": row.hidden,
                "demands": [[each.kind, each.name, each.enforced] for each in row.demands],
            }
        )

    def guard(self, row: GuardRow) -> int:
        if row not in self._guards:
            self._guards[row] = len(self.guards)
            self.guards.append(
                _without_empty(
                    {
                        "name": row.name,
                        "kind": row.kind,
                        "via": row.via,
                        "at": self.place(row.file, row.line),
                        "effect": row.effect,
                        "condition": row.condition,
                        "reason": row.reason,
                        "settle": row.settle,
                        "chain": list(self._steps(row.chain)),
                        "lapses": list(self._steps(row.lapses)),
                    }
                )
            )
        return self._guards[row]

    def _steps(self, steps: Iterable[StepRow]) -> Iterator[list[Any]]:
        return (self.place(step.file, step.line, step.message) for step in steps)

    def finding(self, finding: Finding) -> dict[str, Any]:
        place = finding.place
        last = min(max(place.end_line, place.line), place.line + _MAX_SPAN)
        self.lines.want(place.file, place.line - _CONTEXT, last + _CONTEXT)
        return {
            "code": finding.code,
            "severity": finding.severity.value,
            "score": finding.security_severity,
            "precision": finding.precision.value,
            "message": finding.message,
            "at": [self.file(place.file), place.line, place.column, place.end_line, place.end_column],
            "text": place.text,
            "route": finding.route,
            "inside": finding.enclosing,
            "mark": finding.fingerprint,
            "test": finding.is_test,
            "trace": list(self._places(finding.trace)),
            "related": list(self._places(finding.related)),
            "safe": finding.fix is not None and finding.fix.safe,
            "unsafe": finding.fix is not None and not finding.fix.safe,
            "diff": changed(finding.fix.edits, self.lines) if finding.fix is not None else [],
        }

    def _places(self, places: Iterable[Place]) -> Iterator[list[Any]]:
        return (self.place(each.file, each.line, each.message) for each in places)

    def problem(self, file: str, line: int, message: str, fatal: bool) -> dict[str, Any]:
        at = [self.file(file), line] if file else []
        return _without_empty({"at": at, "message": message, "fatal": fatal})


def _rule(rule: RuleInfo) -> dict[str, Any]:
    return _without_empty(
        {
            "name": rule.name,
            "title": rule.title,
            "family": rule.family,
            "why": rule.why.strip(),
            "mend": mend(rule),
            "fix": rule.fix.strip(),
            "cwe": rule.cwe,
            "owasp": rule.owasp,
            "references": rule.references,
        }
    )


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
