"""A linked and judged project -> what an editor asks for: findings, and handlers with their routes and guards."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator

import msgspec

from apilint.facts import Span
from apilint.finding import Finding, Place, Report, RuleInfo
from apilint.model import Route
from apilint.project import Project
from apilint.report.rows import GuardRow, RouteRow
from apilint.report.summary import Visible, shown
from apilint.rows import route_row
from apilint.server.positions import Ruler
from apilint.source import Sources


class Guarding(msgspec.Struct, frozen=True):
    """A guard of a route: what the route table says of it, where it is attached and where it is defined, if here."""

    row: GuardRow
    attached: Place
    defined: Place | None


class Handled(msgspec.Struct, frozen=True):
    """A route of a handler, with its guards and where it is registered."""

    row: RouteRow
    registered: Place
    guards: tuple[Guarding, ...]


class Handler(msgspec.Struct, frozen=True):
    """A function or class that handles routes: from its first decorator's line to the end of its head."""

    first: int
    place: Place
    routes: tuple[Handled, ...]

    def covers(self, line: int) -> bool:
        """Whether a line (from 1) belongs to its head or its decorators."""
        return self.first <= line <= self.place.end_line


class View:
    """What is known of a project at one moment. Nothing in it changes; what is expensive is worked out when asked for.

    `texts` are those that the places refer to.
    """

    def __init__(self, findings: Iterable[Finding], rules: Iterable[RuleInfo], texts: Sources) -> None:
        self.findings: dict[str, list[Finding]] = {}
        for finding in findings:
            self.findings.setdefault(finding.place.file, []).append(finding)
        self.rules = {rule.code: rule for rule in rules}
        self.handlers: dict[str, list[Handler]] = {}
        self._texts = texts
        self._rulers: dict[tuple[str, str], Ruler] = {}

    def ruler(self, file: str, encoding: str) -> Ruler:
        """The positions in a file; one that has gone is empty."""
        key = (file, encoding)
        if key not in self._rulers:
            self._rulers[key] = Ruler(self.text(file), encoding)
        return self._rulers[key]

    def text(self, file: str) -> bytes:
        """The UTF-8 text of a file; one that has gone is empty."""
        try:
            return self._texts.text(file)
        except OSError:
            return b""

    def handlers_at(self, file: str, line: int) -> list[Handler]:
        """The handlers whose head or decorators stand on a line."""
        return [handler for handler in self.handlers.get(file, ()) if handler.covers(line)]


def seen(project: Project, report: Report, is_visible: Visible, texts: Sources, files: Collection[str]) -> View:
    """The view of a project, judged, with the handlers in some files."""
    view = View(filter(is_visible, shown(report)), report.rules, texts)
    found: dict[Span, list[Handled]] = {}
    for route in project.routes:
        if route.span.file in files:
            handled = _handled(project, route, route_row(project, route), texts)
            found.setdefault(route.span, []).append(handled)
    first = functools.partial(_first_line, project, _decorated(project, found))
    for span in sorted(found):
        place = texts.place(span)
        view.handlers.setdefault(span.file, []).append(Handler(first(span), place, tuple(found[span])))
    return view


def _handled(project: Project, route: Route, row: RouteRow, texts: Sources) -> Handled:
    guards = []
    for guard, of_guard in zip(route.guards, row.guards, strict=True):
        span = guard.span if guard.span.file else route.registered
        definition = _definition(project, guard.qualname)
        guards.append(Guarding(of_guard, texts.place(span), None if definition is None else texts.place(definition)))
    return Handled(row, texts.place(route.registered), tuple(guards))


def _definition(project: Project, qualname: str) -> Span | None:
    """Where the project defines a function or class of that name."""
    function = project.function(qualname)
    if function is not None:
        return function.span
    name, _, inner = qualname.rpartition(":")
    module = project.index.module(name) if name else None
    return next((each.span for each in module.classes if each.qualname == inner), None) if module else None


def _decorated(project: Project, spans: Iterable[Span]) -> dict[Span, int]:
    """Where the first decorator of each function and class stands that is among the spans."""
    files = {span.file for span in spans}
    found = {}
    for file in files & project.index.modules.keys():
        for span, starts in _heads(project, file):
            found[span] = min(starts, default=span.start)
    return found


def _heads(project: Project, file: str) -> Iterator[tuple[Span, list[int]]]:
    module = project.module(file)
    for function in module.functions:
        if function.facts.decorated:
            yield function.span, [node.start for node in function.head.decorators]
    for cls in module.classes:
        yield cls.span, [node.start for node in cls.code.decorators]


def _first_line(project: Project, decorated: dict[Span, int], span: Span) -> int:
    start = min(span.start, decorated.get(span, span.start))
    return project.line(Span(span.file, start, start))


__all__ = ["Guarding", "Handled", "Handler", "View", "seen"]
