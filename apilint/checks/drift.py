"""What has changed of who may call what since it was written down."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from apilint import surface
from apilint.check import Match, check
from apilint.checks.exposed import name_of
from apilint.facts import Span
from apilint.model import Step
from apilint.project import Project
from apilint.surface import FILE_NAME, Change


@check
def route_lock_drift(
    project: Project,
    *,
    added: str,
    guard_lost: str,
    guard_gained: str,
    moved: str,
    changed: str,
    removed: str,
) -> Iterator[Match]:
    """Routes that are not as the lock file has them. Without such a file there is nothing to say."""
    data = project.documents.get(FILE_NAME)
    if data is None:
        return
    lines = _lines(data)
    now = surface.entries((route, project.is_public(route) is not None) for route in project.routes)
    for change in surface.compare(surface.parse(data), now):
        if change.is_drift:
            yield _match(project, change, lines)


_TEMPLATES = {
    "became-public": "",
    "added-open": "added",
    "added-unclear": "added",
    "added": "added",
    "guard-lost": "guard_lost",
    "guard-gained": "guard_gained",
    "moved": "moved",
    "changed": "changed",
    "removed": "removed",
}


def _match(project: Project, change: Change, lines: list[Span]) -> Match:
    """At the route; in the lock file for one that is gone."""
    before, after = change.before, change.after
    route = project.routes[after.at] if after is not None else None
    locked = lines[before.at - 1] if before is not None else None
    span = route.registered if route is not None else locked
    assert span is not None
    steps = [Step(locked, "this is what was agreed on")] if locked is not None and route is not None else []
    steps += [Step(route.span, f"'{name_of(route.handler)}' answers the route")] if route is not None else []
    return Match(
        span=span,
        values={
            "route": change.entry.label,
            "before": before.standing if before is not None else "",
            "after": after.standing if after is not None else "",
            "was": before.path if before is not None else "",
            "lost": ", ".join(change.lost) or "its condition",
            "gained": ", ".join(change.gained) or "a stronger verdict",
        },
        related=tuple(steps),
        severity=change.severity,
        security_severity=None if change.opens else 0.1,
        template=_TEMPLATES[change.kind],
        route=change.entry.label,
    )


def _lines(data: bytes) -> list[Span]:
    """The lines of the lock file, without their breaks."""
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    starts = accumulate(map(len, lines), initial=0)
    return [
        Span(FILE_NAME, start, start + len(line.rstrip(b"\r\n"))) for start, line in zip(starts, lines, strict=False)
    ]
