"""A position -> what there is to say about it: the handler's routes with their guards, the finding's rule."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types

from apilint.finding import Finding, Place, RuleInfo
from apilint.report.rows import GuardRow
from apilint.server.diagnostics import Uri, location
from apilint.server.view import Guarding, Handled, Handler, View
from apilint.server.wording import label, origin, standing

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def hover(view: View, file: str, position: types.Position, encoding: str, uri: Uri) -> types.Hover | None:
    """What is known of a position."""
    line, column = view.ruler(file, encoding).column(position)
    parts = [_of_rule(finding, view.rules.get(finding.code)) for finding in findings_at(view, file, line, column)]
    handlers = view.handlers_at(file, line)
    parts += ["\n\n".join(_of_route(route, uri) for route in handler.routes) for handler in handlers]
    if not parts:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(dict.fromkeys(parts))))


def definitions(view: View, file: str, position: types.Position, encoding: str, uri: Uri) -> list[types.Location]:
    """Where the guards are defined of the handler whose head or decorators stand at a position."""
    line, _ = view.ruler(file, encoding).column(position)
    places = [place for handler in view.handlers_at(file, line) for place in _guards(handler)]
    return [location(view, place, encoding, uri) for place in dict.fromkeys(places)]


def findings_at(view: View, file: str, line: int, column: int) -> Iterator[Finding]:
    """The findings that cover a line and a column, both from 1."""
    for finding in view.findings.get(file, ()):
        place = finding.place
        if (place.line, place.column) <= (line, column) <= (place.end_line, place.end_column):
            yield finding


def _guards(handler: Handler) -> Iterator[Place]:
    for route in handler.routes:
        for guard in route.guards:
            yield guard.defined or guard.attached


def _of_rule(finding: Finding, rule: RuleInfo | None) -> str:
    if rule is None:
        return f"**{finding.code}** {plain(finding.name)}"
    parts = [f"**{rule.code}** {plain(rule.name)}: {plain(rule.title)}", rule.why.strip(), rule.fix.strip()]
    return "\n\n".join(part for part in parts if part)


def _of_route(route: Handled, uri: Uri) -> str:
    lines = [f"**{plain(label(route.row))}** — {plain(standing(route))}"]
    lines += [f"- {_of_guard(guard, uri)}" for guard in route.guards]
    lines += [f"- _{plain(row.name)}_: {plain(_shortcoming(row))}" for row in route.row.considered]
    if route.row.demands:
        asked = ", ".join(f"{each.kind} {each.name}" for each in route.row.demands)
        lines.append(f"- asks for {plain(asked)}")
    return "\n".join(lines)


def _shortcoming(row: GuardRow) -> str:
    """Why something that was considered as a guard is none."""
    return row.reason or ("never rejects" if row.effect == "hollow" else "is no guard")


def _of_guard(guard: Guarding, uri: Uri) -> str:
    """The guard, where it comes from, and the places that lead to the line that rejects."""
    row = guard.row
    target = guard.defined or guard.attached
    parts = [f"[{plain(row.name)}]({_link(target, uri)}) {plain(row.effect)}"]
    if row.condition:
        parts.append(f"if {plain(row.condition)}")
    attached = f"[{plain(row.file)}:{row.line}]({_link(guard.attached, uri)})"
    said = plain(origin(guard))
    parts.append(f"({said}, {attached})" if said else f"({attached})")
    chain = [f"  - {plain(step.file)}:{step.line} {plain(step.message)}" for step in row.chain]
    lapses = [f"  - fails open: {plain(each.file)}:{each.line} {plain(each.message)}" for each in row.lapses]
    return "\n".join([" ".join(parts), *chain, *lapses])


def _link(place: Place, uri: Uri) -> str:
    return f"{uri(place.file)}#L{place.line}"


def plain(text: str) -> str:
    """A text as Markdown shows it unchanged, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


__all__ = ["definitions", "findings_at", "hover"]
