"""Differences from an OpenAPI specification -> text, markdown, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from apilint.finding import Severity
from apilint.openapi import KINDS, Difference, Operation
from apilint.report.json import VERSION, dump
from apilint.report.options import RenderOptions
from apilint.report.rows import RouteRow
from apilint.report.summary import plural
from apilint.report.terminal import one_line, pad, paint, width

_TITLES = {
    "open": "documented as protected, open to anyone",
    "undocumented": "not documented",
    "closed": "documented as open, asks for credentials",
    "gone": "documented, not in the program",
    "silent": "nothing said of security",
}
_STYLES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_WIDEST = (48, 48)


class Comparison(msgspec.Struct, frozen=True):
    """What is different between the routes and the specification in `file`; `hidden` of the routes are left out of the
    program's own specification on purpose."""

    file: str
    differences: tuple[Difference, ...]
    routes: tuple[RouteRow, ...]
    hidden: int

    def exceeds(self, level: Severity) -> bool:
        """Whether there is a difference of this severity or above."""
        return any(each.severity.rank >= level.rank for each in self.differences)

    def places(self, difference: Difference) -> list[str]:
        """`file:line` of the route and of the operation, as far as there are."""
        found = []
        if difference.route is not None:
            row = self.routes[difference.route.at]
            found.append(f"{row.handler.rpartition(':')[2]} {row.file}:{row.line}".strip())
        if difference.operation is not None:
            found.append(f"{self.file}:{difference.operation.line}")
        return found or [self.file]


def render_text(comparison: Comparison, options: RenderOptions) -> str:
    """The differences in groups, the worst first, and their number."""
    blocks = []
    for kind, group in groupby(comparison.differences, key=lambda each: each.kind):
        title = paint(_TITLES[kind], _STYLES[KINDS[kind]], color=options.color)
        blocks.append("\n".join([title, *_lines(comparison, list(group))]))
    return "\n\n".join([*blocks, _conclusion(comparison)]) + "\n"


def _lines(comparison: Comparison, differences: Sequence[Difference]) -> Iterator[str]:
    cells = [(one_line(each.label), one_line(_said(each)), comparison.places(each)) for each in differences]
    columns = [
        max((width(str(cell[index])) for cell in cells if width(str(cell[index])) <= widest), default=0)
        for index, widest in enumerate(_WIDEST)
    ]
    for label, said, places in cells:
        texts = [text for text, column in ((label, columns[0]), (said, columns[1])) if column]
        filled = [
            pad(text, max(column, width(text))) for text, column in zip(texts, filter(None, columns), strict=True)
        ]
        yield "  " + "  ".join([*filled, one_line(", ".join(places))])


def _said(difference: Difference) -> str:
    """What either side says of credentials."""
    route, operation = difference.route, difference.operation
    if route is None:
        return f"security {_security(operation)}" if operation is not None else "no scheme, no requirement"
    return f"{route.standing}, documented {_security(operation)}" if operation is not None else route.standing


def _security(operation: Operation) -> str:
    return f"{operation.security} ({', '.join(operation.schemes)})" if operation.schemes else operation.security


def _conclusion(comparison: Comparison) -> str:
    hidden = comparison.hidden
    aside = f" {plural(hidden, 'route')} left out of the program's own specification." if hidden else ""
    if not comparison.differences:
        return f"{comparison.file} says what the program does: {plural(len(comparison.routes), 'route')}.{aside}"
    count = len(comparison.differences)
    return f"{plural(count, 'difference')} between the program and {comparison.file}.{aside}"


def render_markdown(comparison: Comparison, _options: RenderOptions) -> str:
    """The body of a comment on a pull request, or of a job's summary."""
    lines = ["<!-- apilint openapi -->", f"### API specification: {_conclusion(comparison)}", ""]
    if comparison.differences:
        lines += ["| | route | in the program | documented | where |", "|---|---|---|---|---|"]
        lines += [_row(comparison, each) for each in comparison.differences]
    return "\n".join(lines).rstrip() + "\n"


def _row(comparison: Comparison, difference: Difference) -> str:
    route, operation = difference.route, difference.operation
    cells = (
        _TITLES[difference.kind],
        f"`{difference.label}`" if difference.label else "",
        route.standing if route is not None else "-",
        _security(operation) if operation is not None else "-",
        ", ".join(comparison.places(difference)),
    )
    return f"| {' | '.join(one_line(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def render_json(comparison: Comparison, _options: RenderOptions) -> str:
    """The differences as JSON, version 1 (see docs/output.md)."""
    return dump(
        {
            "version": VERSION,
            "specification": comparison.file,
            "differences": [_object(comparison, each) for each in comparison.differences],
            "hidden": comparison.hidden,
            "stats": {k: n for k in KINDS if (n := sum(each.kind == k for each in comparison.differences))},
        }
    )


def _object(comparison: Comparison, difference: Difference) -> dict[str, Any]:
    route, operation = difference.route, difference.operation
    row = comparison.routes[route.at] if route is not None else None
    return {
        "kind": difference.kind,
        "severity": difference.severity.value,
        "route": None
        if route is None or row is None
        else {
            "method": route.method,
            "path": route.path,
            "verdict": route.verdict,
            "guards": route.guards,
            "file": row.file,
            "line": row.line,
        },
        "operation": None
        if operation is None
        else {
            "method": operation.method,
            "path": operation.path,
            "security": operation.security,
            "schemes": operation.schemes,
            "line": operation.line,
        },
    }


RENDERERS = {"text": render_text, "markdown": render_markdown, "json": render_json}
