"""Report -> text for people: the source line with the span marked, the proof, the mend, a count.

shop/api.py:12:1: error[APL101] 'POST /items' can be called by anyone.
   |
12 | @router.post("/items")
   | ^^^^^^^^^^^^^^^^^^^^^^
   |
   = shop/api.py:8    `router` is made without dependencies
   = shop/main.py:14  included here without dependencies
   = help: Add the dependency that its siblings carry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint.finding import Finding, Place, Report
from apilint.report.options import RenderOptions
from apilint.report.summary import (
    conclusion,
    coverage,
    diagnostic_line,
    marked,
    mend,
    mendable,
    plural,
    shown,
    statistics,
    untold,
)
from apilint.report.terminal import clip, one_line, pad, paint, printable, width

_MAX_STEPS = 8
_MAX_NOTES = 5
_MAX_PLACE = 44


def render(report: Report, options: RenderOptions) -> str:
    """Findings with their proof, diagnostics, statistics, and the count as the last line."""
    findings = shown(report)
    mends = {rule.code: mend(rule) for rule in report.rules}
    lines: list[str] = []
    for finding in findings:
        lines += finding_lines(finding, mends.get(finding.code, ""), options)
        lines.append("")
    notes = list(_diagnostics(report, options))
    figures = [*_statistics(findings), *coverage(report)] if options.statistics else []
    for block in (notes, figures):
        lines += [*block, ""] if block else []
    style = "strong" if findings or any(each.fatal for each in report.diagnostics) else "good"
    offer = [mendable(report)] if mendable(report) else []
    return "\n".join([*lines, *offer, paint(conclusion(report), style, color=options.color)]) + "\n"


def finding_lines(finding: Finding, help_text: str, options: RenderOptions) -> Iterator[str]:
    """One finding: place and message, the line, the proof, and how to mend it."""
    place, level = finding.place, finding.severity.value
    where = paint(f"{one_line(place.file)}:{place.line}:{place.column}:", "strong", color=options.color)
    label = paint(f"{level}[{finding.code}]", level, color=options.color)
    yield f"{where} {label} {marked(finding)}{one_line(finding.message)}"
    margin = len(str(place.line))
    bar = " " * margin + paint(" |", "gutter", color=options.color)
    note = " " * margin + paint(" =", "gutter", color=options.color)
    if place.text.strip():
        source, marks = _marked(place, options.width - margin - 3 if options.width else 0)
        yield bar
        yield f"{paint(f'{place.line} |', 'gutter', color=options.color)} {source}".rstrip()
        yield f"{bar} {paint(marks, level, color=options.color)}"
        yield bar
    for step in _chain((*finding.trace, *finding.related)):
        yield f"{note} {step}"
    if help_text:
        yield f"{note} {paint('help:', 'good', color=options.color)} {help_text}"


def _marked(place: Place, columns: int) -> tuple[str, str]:
    """The source line and the marks below it, both no wider than `columns` (0: as wide as they are)."""
    several = place.end_line > place.line
    begin = max(place.column - 1, 0)
    end = len(place.text.rstrip()) if several else place.end_column - 1
    before, through = printable(place.text[:begin]), printable(place.text[:end])
    source, offset = printable(place.text).rstrip(), width(before)
    length = max(width(through) - offset, 1)
    if columns and offset > columns // 2 and width(source) > columns:
        source = "..." + source[len(before) - columns // 4 :]
        offset = width(before[len(before) - columns // 4 :]) + 3
    source = clip(source, columns)
    if columns:
        length = max(min(length, columns - offset), 1)
    return source, " " * offset + "^" * length + (f" to line {place.end_line}" if several else "")


def _chain(places: Sequence[Place]) -> Iterator[str]:
    """The proof, as `place  message` lines with their messages aligned."""
    steps = [(f"{one_line(place.file)}:{place.line}", one_line(place.message)) for place in places]
    column = min(max((width(where) for where, _ in steps), default=0), _MAX_PLACE)
    for where, message in steps[:_MAX_STEPS]:
        yield f"{pad(where, column)}  {message}".rstrip()
    if len(steps) > _MAX_STEPS:
        yield f"... and {plural(len(steps) - _MAX_STEPS, 'more place')}"


def _diagnostics(report: Report, options: RenderOptions) -> Iterator[str]:
    notes = 0
    for diagnostic in untold(report):
        notes += not diagnostic.fatal
        if notes <= _MAX_NOTES or options.verbose:
            style = "error" if diagnostic.fatal else "faint"
            yield paint(diagnostic_line(diagnostic), style, color=options.color)
    if notes > _MAX_NOTES and not options.verbose:
        more = f"... and {notes - _MAX_NOTES:,} more notes on what could not be resolved (-v shows them)"
        yield paint(more, "faint", color=options.color)


def _statistics(findings: Sequence[Finding]) -> Iterator[str]:
    for count, code, name in statistics(findings):
        yield f"{count:>6,}  {code}  {name}"
