"""Routes of a project -> the rows that reports print."""

from __future__ import annotations

from apilint.facts import Span
from apilint.model import Guard, Route, Step
from apilint.project import Project
from apilint.report.rows import GuardRow, RouteRow, StepRow


def route_rows(project: Project) -> list[RouteRow]:
    """All routes, with lines in place of offsets."""
    return [_row(project, route) for route in project.routes]


def _row(project: Project, route: Route) -> RouteRow:
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
        guards=tuple(_guard(project, guard) for guard in route.guards),
        considered=tuple(_guard(project, guard) for guard in route.considered),
        unknown=route.unknown,
        condition=route.condition,
        public=reason is not None,
        public_reason=reason or "",
        kind=route.kind,
        only_if=route.only_if,
        app=route.app,
    )


def _guard(project: Project, guard: Guard) -> GuardRow:
    return GuardRow(
        name=guard.name,
        kind=guard.kind,
        via=guard.via,
        file=guard.span.file,
        line=project.line(guard.span),
        effect=guard.effect,
        condition=guard.condition,
        reason=guard.reason,
        chain=tuple(_step(project, step) for step in guard.chain),
    )


def _step(project: Project, step: Step) -> StepRow:
    return StepRow(step.span.file, _line(project, step.span), step.message)


def _line(project: Project, span: Span) -> int:
    return project.line(span)
