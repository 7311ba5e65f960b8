"""Report -> one line a finding: `file:line:column: CODE message`."""

from __future__ import annotations

from apilint.finding import Finding, Report
from apilint.report.options import RenderOptions
from apilint.report.summary import conclusion, coverage, diagnostic_line, marked, mendable, shown, statistics, untold
from apilint.report.terminal import one_line, paint


def render(report: Report, options: RenderOptions) -> str:
    """Findings, then diagnostics, then the count."""
    findings = shown(report)
    lines = [_line(finding, options.color) for finding in findings]
    lines += [diagnostic_line(each) for each in untold(report) if each.fatal or options.verbose]
    if options.statistics:
        lines += [f"{count:>6,}  {code}  {name}" for count, code, name in statistics(findings)]
        lines += coverage(report)
    lines += [mendable(report)] if mendable(report) else []
    return "\n".join([*lines, conclusion(report)]) + "\n"


def _line(finding: Finding, color: bool) -> str:
    place = finding.place
    code = paint(finding.code, finding.severity.value, color=color)
    return f"{one_line(place.file)}:{place.line}:{place.column}: {code} {marked(finding)}{one_line(finding.message)}"
