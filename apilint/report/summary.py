"""The words that several formats share: counts, statistics, the line for a diagnostic."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from apilint.config import Config
from apilint.finding import Diagnostic, Finding, Precision, Report, RuleInfo, Severity, Stats
from apilint.report.terminal import one_line

PARSE_ERROR = "APL999"
_SENTENCE = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s+(?=[A-Z`'\"(])")

Visible = Callable[[Finding], bool]


def visible(config: Config, min_severity: str | None = None, min_confidence: str | None = None) -> Visible:
    """Whether a finding is at or above the thresholds: those that are given, or those of the configuration."""
    severity = Severity(min_severity or config.min_severity).rank
    sureness = Precision(min_confidence or config.min_confidence).rank
    return lambda finding: finding.severity.rank >= severity and finding.precision.rank >= sureness


def shown(report: Report) -> list[Finding]:
    """The findings that are not suppressed."""
    return [finding for finding in report.findings if finding.suppression is None]


def suppressed(report: Report) -> list[Finding]:
    """The findings that are suppressed."""
    return [finding for finding in report.findings if finding.suppression is not None]


def plural(count: int, noun: str, several: str = "") -> str:
    """`1 file`, `1,200 files`, `2 fixes`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {several or f'{noun}s'}"


def conclusion(report: Report) -> str:
    """The last line of a report for people."""
    findings = shown(report)
    where = f"in {plural(report.stats.files, 'file')}"
    hidden = len(report.findings) - len(findings) or report.stats.suppressed
    tail = f" ({hidden:,} suppressed)" if hidden else ""
    if not findings:
        broken = sum(diagnostic.fatal for diagnostic in report.diagnostics)
        opening = "No findings" if broken else "All clear: no findings"
        but = f"; but {plural(broken, 'problem')} kept part of it from being checked" if broken else ""
        return f"{opening} {where}, {_routes(report.stats)}{tail}{but}."
    count = plural(len(findings), "finding")
    return f"Found {count}: {_severities(findings)} {where}; {_routes(report.stats)}{tail}."


def coverage(report: Report) -> Iterator[str]:
    """What was analysed, and what of it could not be to the end."""
    stats = report.stats
    verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(stats.verdicts.items()))
    yield f"Analysed {plural(stats.files, 'file')}, {plural(stats.lines, 'line')}; " + (
        f"{plural(stats.routes, 'route')} ({verdicts})" if stats.routes else "no routes"
    )
    if stats.unresolved:
        yield f"Not resolved: {plural(stats.unresolved, 'registration')} of routes (--select APL998 shows them)"
    if stats.cut_short:
        shown_ = ", ".join(stats.cut_short[:3])
        more = f" and {len(stats.cut_short) - 3:,} more" if len(stats.cut_short) > 3 else ""
        yield f"Cut short: {plural(len(stats.cut_short), 'function')} too long to follow to the end ({shown_}{more})"
    broken = sum(diagnostic.fatal for diagnostic in report.diagnostics)
    if broken:
        yield f"Not read: {plural(broken, 'file')} (see above)"


def marked(finding: Finding) -> str:
    """`[*] ` before the message of a finding for which there is a safe fix."""
    return "[*] " if finding.fix is not None and finding.fix.safe else ""


def mend(rule: RuleInfo) -> str:
    """The first sentence of what a rule says about mending it; the code that it may lead up to is left to the page."""
    paragraph = rule.fix.strip().split("\n\n", 1)[0]
    first: str = _SENTENCE.split(one_line(paragraph), maxsplit=1)[0]
    return f"{first[:-1]}." if first.endswith(":") else first


def mendable(report: Report) -> str:
    """How many findings can be mended by machine, for people; nothing where there is none."""
    offers = [finding.fix for finding in shown(report) if finding.fix is not None]
    safe = sum(offer.safe for offer in offers)
    rest = len(offers) - safe
    if not offers:
        return ""
    if not safe:
        whose = plural(rest, "fix", "fixes")
        return f"{whose} to be looked at: `apilint check --diff --unsafe-fixes` shows what would change."
    more = f", {rest:,} more with --unsafe-fixes" if rest else ""
    return f"[*] `apilint check --fix` mends {safe:,} of them{more}; --diff only shows how."


def statistics(findings: Iterable[Finding]) -> list[tuple[int, str, str]]:
    """Findings by rule, the most frequent first: `(count, code, name)`."""
    counts = Counter((finding.code, finding.name) for finding in findings)
    return [(count, code, name) for (code, name), count in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))]


def position(diagnostic: Diagnostic) -> str:
    """`file:line`, as far as the diagnostic has them."""
    file = one_line(diagnostic.file)
    return f"{file}:{diagnostic.line}" if diagnostic.line else file


def diagnostic_line(diagnostic: Diagnostic) -> str:
    """A diagnostic as one line."""
    label = "not analysed" if diagnostic.fatal else "note"
    where = position(diagnostic)
    return f"{where}{': ' if where else ''}{label}: {one_line(diagnostic.message)}"


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What could not be analysed before what is only worth knowing, each by file and line."""
    return sorted(diagnostics, key=lambda diagnostic: (not diagnostic.fatal, diagnostic))


def untold(report: Report) -> list[Diagnostic]:
    """The diagnostics, ordered, of which no finding that is shown says the same."""
    told = {(each.place.file, each.place.line) for each in shown(report) if each.code == PARSE_ERROR}
    return ordered(each for each in report.diagnostics if (each.file, max(each.line, 1)) not in told)


def _severities(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(plural(counts[severity], severity.value) for severity in reversed(Severity) if counts[severity])


def _routes(stats: Stats) -> str:
    open_routes = stats.verdicts.get("none", 0)
    note = f", {open_routes:,} open to anyone" if open_routes else ""
    return f"{plural(stats.routes, 'route')}{note}"
