"""Report -> markdown: the body of a comment on a pull request, or of a job's summary.

One line a finding, the worst first, that opens to its code, its proof and its mend.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint.finding import Finding, Place, Report
from apilint.report.links import in_repository, page
from apilint.report.markup import cell, code, escaped, fenced, fitting, html_code, html_sentence, sentence
from apilint.report.options import RenderOptions
from apilint.report.summary import conclusion, mend, mendable, plural, shown, statistics, untold
from apilint.report.terminal import printable

# In its first line a job finds its own comment again.
_MARK = "<!-- apilint check -->"
_MAX_STEPS = 12
_MAX_BROKEN = 20


def render(report: Report, options: RenderOptions) -> str:
    """Headline, findings as far as they fit, how many are left by rule, what was not analysed, the count."""
    findings = sorted(shown(report), key=_worst_first)
    mends = {rule.code: mend(rule) for rule in report.rules}
    blocks = fitting("\n".join(_block(each, mends.get(each.code, ""), options)) for each in findings)
    rest = "\n".join(_rest(findings[len(blocks) :]))
    broken = "\n".join(_broken(report, options))
    parts = [f"{_MARK}\n### {_headline(report)}", *blocks, rest, broken, escaped(mendable(report)), _ending(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _worst_first(finding: Finding) -> tuple[int, float, int]:
    return -finding.severity.rank, -finding.security_severity, -finding.precision.rank


def _headline(report: Report) -> str:
    findings = shown(report)
    if findings:
        return f"apilint: {plural(len(findings), 'finding')}"
    return "apilint: not everything could be analysed" if _fatal(report) else "apilint: all clear"


def _ending(report: Report) -> str:
    return escaped(conclusion(report))


def _block(finding: Finding, mend: str, options: RenderOptions) -> Iterator[str]:
    place = finding.place
    where = html_code(f"{in_repository(place.file, options)}:{place.line}")
    level = f"<b>{finding.severity.value}</b>"
    yield f"<details><summary>{level} {finding.code} {html_sentence(finding.message)} {where}</summary>\n"
    if place.text.strip():
        yield fenced(f"{place.line} | {printable(place.text).rstrip()}", "python") + "\n"
    steps = (*finding.trace, *finding.related)
    yield from (f"- {_linked(step, options)} {sentence(step.message)}".rstrip() for step in steps[:_MAX_STEPS])
    if len(steps) > _MAX_STEPS:
        yield f"- and {plural(len(steps) - _MAX_STEPS, 'more place')}"
    if not steps:
        yield f"- {_linked(place, options)}"
    if mend:
        yield f"\n**Mend:** {sentence(mend)}"
    yield f"\n`apilint rule {finding.code}` says more.\n\n</details>"


def _linked(place: Place, options: RenderOptions) -> str:
    where = code(f"{in_repository(place.file, options)}:{place.line}")
    address = page(place.file, place.line, options)
    return f"[{where}]({address})" if address else where


def _rest(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield f"{plural(len(findings), 'more finding')}, which find no room here:\n"
        yield "| findings | rule |\n|--:|---|"
        yield from (f"| {count:,} | {rule} {cell(name)} |" for count, rule, name in statistics(findings))


def _broken(report: Report, options: RenderOptions) -> Iterator[str]:
    broken = [each for each in untold(report) if each.fatal]
    for each in broken[:_MAX_BROKEN]:
        file = in_repository(each.file, options) if each.file else ""
        where = code(f"{file}:{each.line}" if each.line else file)
        yield f"- **not analysed** {where} {escaped(each.message)}"
    if len(broken) > _MAX_BROKEN:
        yield f"- and {plural(len(broken) - _MAX_BROKEN, 'more problem')}"


def _fatal(report: Report) -> bool:
    return any(each.fatal for each in report.diagnostics)
