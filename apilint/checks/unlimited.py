"""APL603: programs in which nothing holds back those who ask too often."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.configured import dictionary, settings_of
from apilint.checks.exposed import is_guarded, is_open, label
from apilint.checks.limits import Limits
from apilint.finding import Precision
from apilint.model import Step
from apilint.project import Project


@check
def no_rate_limit(
    project: Project,
    *,
    minimum: int = 5,
    private_precision: str = "low",
    settings_name: str = "",
    asked_setting: str = "",
) -> Iterator[Match]:
    """One match for a program of which no route is limited by anything, not even by name."""
    limits = Limits.of(project)
    routes = [route for route in project.routes if route.kind == "http" and not project.is_test(route.span.file)]
    elsewhere = {entry["framework"] for name, entry in limits.entries.items() if _is_asked_of(project, name, entry)}
    if len({route.span for route in routes}) < minimum or all(route.framework in elsewhere for route in routes):
        return
    if limits.by_default or limits.by_any_name:
        return
    settings = settings_of(project, settings_name)
    is_library = settings is not None and settings.has(asked_setting) is None
    first = min(routes, key=lambda route: (route.registered.file, route.registered.start))
    opened = [route for route in routes if is_open(route)]
    yield Match(
        span=first.registered,
        values={"total": len(routes), "open": len(opened)},
        trace=(Step(first.registered, f"'{label(first)}' and the other routes are called as often as anyone asks"),),
        related=tuple(Step(route.registered, f"anyone may call '{label(route)}'") for route in opened[:20]),
        # What asks nobody who they are stands behind something that does; whoever installs a library limits its views.
        precision=Precision(private_precision) if is_library or not any(map(is_guarded, routes)) else None,
    )


def _is_asked_of(project: Project, name: str, entry: object) -> bool:
    """Whether a framework's settings are at hand, of which another rule asks the same."""
    return (
        isinstance(entry, dict)
        and entry.get("kind") == "settings"
        and dictionary(project, name, entry["dictionary"]) is not None
    )


__all__ = ["no_rate_limit"]
