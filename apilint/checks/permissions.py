"""Permissions that let everybody in: said by a view itself, or by the default of all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.choices import Choices
from apilint.checks.conventions import Capabilities, Conventions, Privacy, literal_parts
from apilint.checks.exposed import (
    BY_DEFAULT,
    ON_PURPOSE,
    Changes,
    is_declared_public,
    is_guarded,
    is_open,
    is_own,
    label,
    name_of,
)
from apilint.checks.limits import Limits
from apilint.checks.meant import says_open
from apilint.checks.rejections import Rejections
from apilint.facts import Span
from apilint.finding import Precision
from apilint.model import Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import Seq

EMPTY = "no permission"
BY_LIBRARY = "the library's view"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
Attached = dict[Span, list[tuple[Route, Guard]]]


@check
def drf_view_public(
    project: Project,
    *,
    open_permissions: tuple[str, ...],
    reading_permissions: tuple[str, ...] = (),
    unsafe_methods: tuple[str, ...] = UNSAFE,
    unsafe_security_severity: float = 8.2,
    safe_precision: str = "low",
    private_precision: str = "medium",
    public_precision: str = "low",
    public_sections: tuple[str, ...] = (),
    authentication: str = "",
) -> Iterator[Match]:
    """Views that say themselves that everybody may call them. One that switches `authentication` off as well was
    decided on: nobody asks in it who is calling."""
    conventions, capabilities, private = Conventions(project), Capabilities(project), Privacy(project)
    rejections, changes = Rejections(project), Changes(project, unsafe_methods)
    for span, found in _attached(project, "permission", (*open_permissions, *reading_permissions)).items():
        if project.is_test(span.file) or is_declared_public(project, span):
            continue
        changing = [(route, guard) for route, guard in found if changes.cover(route)]
        route, guard = (changing or found)[0]
        precision: Precision | None = None
        is_meant = conventions.covers(route) or not frozenset(public_sections).isdisjoint(literal_parts(route.path))
        is_meant = is_meant or _is_without(project, route, authentication)
        if is_meant or capabilities.cover(route) or rejections.may_reject(route):
            precision = Precision(public_precision)
        elif not private.covers(route) or says_open(route) or not changing:
            # Somebody wrote it there, and most who did had a reason.
            precision = Precision(private_precision if not changing and private.covers(route) else safe_precision)
        yield Match(
            span=span,
            values={
                "route": label(route),
                "reason": _reason(guard),
                "handler": name_of(route.handler),
            },
            trace=(
                Step(span, f"here {_reason(guard)}"),
                Step(route.registered, f"'{label(route)}' is registered here"),
                Step(route.span, f"'{name_of(route.handler)}' runs for everybody"),
            ),
            related=tuple(Step(each.span, f"also '{label(each)}'") for each, _ in found if each is not route),
            security_severity=unsafe_security_severity if changing else None,
            precision=precision,
            route=label(route),
            about=_handlers([each for each, _ in found]),
            weight=ON_PURPOSE,
        )


def _is_without(project: Project, route: Route, attribute: str) -> bool:
    """Whether a view's own list of that name is empty."""
    view = Limits.of(project).view(route) if attribute else None
    found = attributes.in_class(project.program.machine, view, attribute) if view is not None else None
    return found is not None and isinstance(found[0], Seq) and not found[0].items


@check
def drf_default_permission(
    project: Project,
    *,
    setting: str,
    open_permissions: tuple[str, ...],
    examples: int = 3,
    asked_for: str = r"(?!)",
    development: str = r"(?!)",
) -> Iterator[Match]:
    """A default that lets everybody in, once, with the views that inherit it."""
    conventions, changes, private = Conventions(project), Changes(project, UNSAFE), Privacy(project)
    choices, elsewhere = Choices(asked_for), regex(development)
    has_guards = any(map(is_guarded, project.routes))
    for span, found in _attached(project, "setting", open_permissions).items():
        routes = [route for route, guard in found if setting in guard.via and is_own(project, route)]
        views = list(dict.fromkeys(_view(route) for route in routes))
        if not views or project.is_test(span.file):
            continue
        guard = found[0][1]
        shown = ", ".join(f"'{view}'" for view in views[:examples])
        yield Match(
            span=span,
            values={
                "inherit": "1 view inherits" if len(views) == 1 else f"{len(views)} views inherit",
                "setting": setting,
                "problem": _problem(guard, setting),
                "views": shown,
            },
            trace=(
                Step(span, f"'{setting}' {_problem(guard, setting)}"),
                *(Step(route.span, f"'{label(route)}' asks nobody") for route in routes[:examples]),
            ),
            related=tuple(Step(route.span, f"'{label(route)}'") for route in routes),
            precision=Precision.LOW
            if all(map(conventions.covers, routes))
            or (has_guards and not any(_is_felt(project, route, conventions, changes, private) for route in routes))
            or elsewhere.search(span.file)
            or choices.asked_for(project.module(span.file), span.start)
            else None,
            about=(span, *_handlers([route for route in routes if not changes.cover(route)])),
            weight=BY_DEFAULT,
        )


def _is_felt(project: Project, route: Route, conventions: Conventions, changes: Changes, private: Privacy) -> bool:
    """Whether a view that asks nobody changes something, or shows what nobody shows to everybody, without a look of its
    own at who is calling."""
    if conventions.covers(route) or not (changes.cover(route) or private.covers(route)):
        return False
    view = Limits.of(project).view(route)
    bases = attributes.own_classes(project.program.machine, view) if view is not None else ()
    methods = [method for base in bases for method in base.cls.methods.values()]
    functions = methods or ([route.function.function] if route.function is not None else [])
    return not any(node.attr == "user" for function in functions for node in function.nodes(f.Attribute))


def _attached(project: Project, kind: str, permissions: Collection[str]) -> Attached:
    """Open routes by the place that says that everybody may call them."""
    found: Attached = {}
    for route in project.routes:
        if not is_open(route) or project.is_public(route) is not None:
            continue
        for guard in route.considered:
            if guard.kind == kind and guard.effect == "none" and _lets_in(guard, permissions):
                found.setdefault(guard.span, []).append((route, guard))
    return found


def _lets_in(guard: Guard, permissions: Collection[str]) -> bool:
    """Whether a permission is one of those, or an alternative is."""
    last = {name.rpartition(".")[2] for name in permissions}
    if guard.via == BY_LIBRARY:
        return False
    return guard.name == EMPTY or guard.qualname in permissions or not last.isdisjoint(guard.name.split(" | "))


def _reason(guard: Guard) -> str:
    """Why everybody may call a view, as the middle of a sentence."""
    where = f"'{guard.via}'" if guard.via.startswith("@") else guard.via
    return f"{where} asks for nothing" if guard.name == EMPTY else f"{where} holds '{guard.name}'"


def _problem(guard: Guard, setting: str) -> str:
    if guard.name != EMPTY:
        return f"holds '{guard.name}'"
    return "is not set" if guard.via.endswith("is not set") else "is empty"


def _view(route: Route) -> str:
    """The class or function that a person would call the view."""
    name = name_of(route.handler)
    return name.rpartition(".")[0] or name


def _handlers(routes: Sequence[Route]) -> tuple[Span, ...]:
    return tuple(dict.fromkeys(span for route in routes for span in (route.span, route.registered)))


__all__ = ["drf_default_permission", "drf_view_public"]
