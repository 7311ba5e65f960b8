"""Routes of a project -> the rows that reports print."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.facts import Span
from apilint.guards import demands
from apilint.index import Function
from apilint.library import FOLDER as LIBRARIES
from apilint.model import Demand, Guard, Route, Step
from apilint.project import Project
from apilint.report.rows import DemandRow, GuardRow, RouteRow, StepRow

_PASSING = ("required", "conditional", "unknown")

# What the words for guards are among those of the library models.
_KINDS = {"security scheme": "scheme", "before_request": "call", "in the handler": "call", "setting": "permission"}


def route_rows(project: Project) -> list[RouteRow]:
    """All routes, with lines in place of offsets."""
    return [route_row(project, route) for route in project.routes]


def route_row(project: Project, route: Route) -> RouteRow:
    """One route, with lines in place of offsets."""
    reason = project.is_public(route)
    return RouteRow(
        framework=route.framework,
        methods=route.methods,
        path=route.path,
        handler=route.handler,
        file=route.span.file,
        line=project.line(route.span),
        registered=route.registered.file,
        auth=route.auth,
        guards=tuple(_guard(project, guard, route) for guard in route.guards),
        considered=tuple(_guard(project, guard, route) for guard in route.considered),
        unknown=route.unknown,
        condition=route.condition,
        public=reason is not None,
        public_reason=reason or "",
        kind=route.kind,
        only_if=route.only_if,
        app=route.app,
        demands=tuple(DemandRow(each.kind, each.name, each.enforced) for each in _demands(project, route)),
        hidden=route.hidden,
        router=route.router,
        installed=route.span.file.startswith(LIBRARIES),
    )


def _demands(project: Project, route: Route) -> list[Demand]:
    """What the guards of a route, and its handler, ask of callers beyond being known."""
    return list(dict.fromkeys(_all_demands(project, route)))


def _all_demands(project: Project, route: Route) -> Iterator[Demand]:
    for guard in (*route.guards, *route.considered):
        if guard.effect in _PASSING:
            yield from guard.demands
            function = project.function(guard.qualname)
            if function is not None and guard.kind != "in the handler":
                yield from _in_body(project, function)
    if route.function is not None:
        yield from project.once(("handler", route.function.function), lambda: _of_handler(route))


def _in_body(project: Project, function: Function) -> tuple[Demand, ...]:
    return project.once(("demands", function), lambda: demands.of_function(function))


def _of_handler(route: Route) -> tuple[Demand, ...]:
    return demands.of_handler(route.function.function) if route.function is not None else ()


def _guard(project: Project, guard: Guard, route: Route) -> GuardRow:
    span = guard.span if guard.span.file else route.registered
    return GuardRow(
        name=guard.name,
        kind=guard.kind,
        via=guard.via,
        file=span.file,
        line=project.line(span),
        effect=guard.effect,
        condition=guard.condition,
        reason=guard.reason,
        chain=tuple(_step(project, step) for step in guard.chain),
        lapses=tuple(_step(project, step) for step in guard.lapses),
        qualname=guard.qualname.replace(":", "."),
        settle=_entry(guard) if guard.effect == "unknown" else "",
    )


def _entry(guard: Guard) -> str:
    """What `[tool.apilint.models.guards]` may say of a guard that could not be judged; the effect is for the reader."""
    name = guard.qualname.replace(":", ".").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" = {{ kind = "{_KINDS.get(guard.kind, guard.kind)}", effect = "required" }}'


def _step(project: Project, step: Step) -> StepRow:
    return StepRow(step.span.file, _line(project, step.span), step.message)


def _line(project: Project, span: Span) -> int:
    return project.line(span)
