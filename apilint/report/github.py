"""Report -> GitHub workflow commands, which annotate a pull request where code scanning cannot be had."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding, Report, Severity
from apilint.report.links import in_repository
from apilint.report.options import RenderOptions
from apilint.report.summary import conclusion, diagnostic_line, shown, untold
from apilint.report.terminal import one_line

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report, options: RenderOptions) -> str:
    """The worst first, for GitHub shows ten of a kind for each step; notes and the count only go to the log."""
    findings = sorted(shown(report), key=lambda finding: (-finding.severity.rank, -finding.precision.rank))
    return "\n".join([*(_command(each, options) for each in findings), *_rest(report, options)]) + "\n"


def _command(finding: Finding, options: RenderOptions) -> str:
    place = finding.place
    properties: dict[str, str | int] = {"file": in_repository(place.file, options)}
    properties |= {"line": place.line, "endLine": place.end_line}
    if place.line == place.end_line:
        # GitHub refuses columns on a span of several lines.
        properties |= {"col": place.column, "endColumn": place.end_column}
    properties["title"] = f"{finding.code} {finding.name}"
    steps = [f"{in_repository(step.file, options)}:{step.line} {one_line(step.message)}" for step in finding.trace]
    return _workflow_command(_COMMANDS[finding.severity], properties, "\n".join([finding.message, *steps]))


def _rest(report: Report, options: RenderOptions) -> Iterator[str]:
    for diagnostic in untold(report):
        if not diagnostic.fatal:
            yield f"  {diagnostic_line(diagnostic)}"
        else:
            properties: dict[str, str | int] = (
                {"file": in_repository(diagnostic.file, options)} if diagnostic.file else {}
            )
            properties |= {"line": diagnostic.line} if diagnostic.line else {}
            yield _workflow_command("error", properties | {"title": "not analysed"}, diagnostic.message)
    yield conclusion(report)


def _workflow_command(name: str, properties: dict[str, str | int], message: str) -> str:
    fields = ",".join(f"{key}={_escaped_property(str(value))}" for key, value in properties.items())
    return f"::{name} {fields}::{_escaped(message)}"


def _escaped(text: str) -> str:
    text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
