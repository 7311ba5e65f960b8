"""Answers that no schema describes, and rows that can be counted through."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.conventions import Conventions, Privacy
from apilint.checks.exposed import Changes, is_guarded, label, name_of
from apilint.facts import Span
from apilint.frameworks.inputs import FIXED, handed_in
from apilint.frameworks.responses import Responses
from apilint.model import Step
from apilint.project import Project
from apilint.startup.values import Known, Mapping
from apilint.unparse import unparse


@check
def no_response_model(
    project: Project, *, unsafe_methods: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE")
) -> Iterator[Match]:
    """Handlers whose answer nothing narrows or documents."""
    responses, changes, conventions = Responses(project.program), Changes(project, unsafe_methods), Conventions(project)
    seen: set[Span] = set()
    for route in project.routes:
        declared = responses.declared(route)
        if declared is None or declared.kind != "open" or declared.narrowed or route.function is None:
            continue
        if route.span in seen or project.is_test(route.span.file) or conventions.covers(route):
            continue
        seen.add(route.span)
        function = route.function.function
        if function.head.returns is not None or not changes.cover(route):
            continue
        returned = [value for value, _ in project.trace(function).returned]
        if any(not isinstance(value, (Known, Mapping)) for value in returned):
            yield Match(
                span=route.span,
                values={"route": label(route), "handler": name_of(route.handler)},
                trace=(Step(route.registered, f"'{label(route)}' is registered here, without a model for its answer"),),
                route=label(route),
            )


@check
def sequential_id_exposed(project: Project, *, sections: tuple[str, ...] = ()) -> Iterator[Match]:
    """Guarded routes about private things whose rows are found by a number that counts up."""
    private = Privacy(project, sections)
    seen: set[Span] = set()
    for route in project.routes:
        function = route.function.function if route.function is not None else None
        if function is None or route.span in seen or not is_guarded(route) or not private.covers(route):
            continue
        seen.add(route.span)
        if project.is_test(route.span.file):
            continue
        name = _counted(project, route.path, handed_in(project.program, route), function.head.params)
        if name:
            yield Match(
                span=route.span,
                values={"route": label(route), "name": name},
                trace=(Step(route.registered, f"'{label(route)}' is registered here"),),
                route=label(route),
            )


def _counted(project: Project, path: str, kinds: object, params: object) -> str:
    """The path's parameter that is a whole number."""
    given = kinds if isinstance(kinds, dict) else {}
    for param in params if isinstance(params, tuple) else ():
        is_number = given.get(param.name) == FIXED and unparse(param.annotation) == "int"
        if param.name in path and (is_number or f"int:{param.name}" in path):
            return str(param.name)
    return ""


__all__ = ["no_response_model", "sequential_id_exposed"]
