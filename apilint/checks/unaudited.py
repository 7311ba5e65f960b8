"""APL504: changes that leave no record, beside others that do."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.exposed import Changes, label, name_of
from apilint.checks.handlers import answers_nothing
from apilint.checks.logs import Logs
from apilint.facts import Span
from apilint.index import Function
from apilint.model import Route, Step
from apilint.project import Project

Change = tuple[Route, Function]


@check
def unaudited_change(
    project: Project,
    *,
    noting: str,
    recording: tuple[str, ...] = (),
    minimum: int = 3,
    share: float = 0.6,
    unsafe_methods: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE"),
) -> Iterator[Match]:
    """Handlers that change something and log nothing, where most of their siblings do. `recording` are libraries that
    note every change of a row by themselves."""
    if _imports(project, recording):
        return
    logs = Logs(project, noting)
    for siblings in _families(project, Changes(project, unsafe_methods)).values():
        if len(siblings) <= minimum:
            continue
        logging = [each for each in siblings if logs.function_logs(each[1])]
        if len(logging) < max(minimum, share * len(siblings)):
            continue
        for route, function in siblings:
            if not logs.function_logs(function):
                yield Match(
                    span=route.span,
                    values={
                        "route": label(route),
                        "handler": name_of(route.handler),
                        "logging": len(logging),
                        "siblings": len(siblings),
                    },
                    trace=(
                        Step(route.registered, f"'{label(route)}' is registered here"),
                        Step(route.span, f"nothing that '{name_of(route.handler)}' does is logged"),
                        *(Step(other.span, f"'{name_of(other.handler)}' is") for other, _ in logging[:2]),
                    ),
                    route=label(route),
                )


def _imports(project: Project, libraries: tuple[str, ...]) -> bool:
    return any(
        name.partition(".")[0] in libraries
        for module in project.index.modules.values()
        if not module.is_test
        for name in module.facts.imports
    )


def _families(project: Project, changes: Changes) -> dict[tuple[str, str], list[Change]]:
    """The handlers that change something, by the router and the file that they stand in."""
    found: dict[tuple[str, str], list[Change]] = {}
    seen: set[Span] = set()
    for route in project.routes:
        if route.function is None or route.kind != "http" or route.span in seen or not changes.cover(route):
            continue
        seen.add(route.span)
        if not project.is_test(route.span.file) and not answers_nothing(project, route):
            found.setdefault((route.router, route.span.file), []).append((route, route.function.function))
    return found


__all__ = ["unaudited_change"]
