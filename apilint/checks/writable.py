"""Serializers -> the fields by which callers give themselves rights, among those that they may set."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apilint import facts as f
from apilint.checks.audience import FOR_FEW
from apilint.checks.limits import Limits
from apilint.facts import Span
from apilint.flow import env_of
from apilint.flow.narrowing import last_name
from apilint.frameworks.serializers import Serializer, serializers
from apilint.index import Function
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, unwrap

# What a role, a group or a key is allowed to do is what it is; whose it is, gives somebody rights.
_OF_GROUPS = frozenset({"permissions", "groups", "user_permissions"})
_PEOPLE = regex(r"(?i)user|account|member|profile|person|customer|employee|staff")
WRITING = frozenset({"POST", "PUT", "PATCH"})
_SAVING = ("perform_create", "perform_update", "create", "update", "partial_update", "post", "put", "patch")


class Writable(msgspec.Struct, frozen=True):
    """A field at `span` that callers of `route` set through `serializer`; `judged` when a permission of the project
    decides who may, which may look at what is set."""

    span: Span
    field: str
    serializer: Serializer
    route: Route
    judged: bool


def writable(project: Project, fields: re.Pattern[str]) -> Iterator[Writable]:
    """The fields of a name that callers may set who need no rights for it, each once."""
    known: dict[Span, Serializer] = {}
    seen: set[Span] = set()
    for route, cls, methods in _written(project):
        if not known:
            known = {each.span: each for each in serializers(project.program)}
        found = known.get(cls.cls.span)
        if found is None or found.span in seen or project.is_test(found.span.file) or found.rewritten:
            continue
        own = attributes.own_classes(project.program.machine, cls)
        checking = [method for base in own for method in base.cls.methods.values()]
        for name, span in _fields(found):
            if not fields.search(name) or not {name, "*"}.isdisjoint(found.read_only):
                continue
            if any(_names(method, name) for method in checking) or any(name in method.words for method in methods):
                continue
            if _is_dropped(found, name, checking, route) or _is_free_text(project, found, name):
                continue
            if (
                name in _OF_GROUPS
                and found.model is not None
                and not (found.model.user or _PEOPLE.search(found.model.name))
            ):
                continue
            seen.add(found.span)
            yield Writable(span, name, found, route, any(":" in guard.qualname for guard in route.guards))


def _is_dropped(found: Serializer, name: str, own: list[Function], route: Route) -> bool:
    """Whether a field goes nowhere: the model has no such column, or the serializer saves in its own way, and what it
    takes it takes by name."""
    columns = {field.name for field in found.model.fields} if found.model is not None and found.model.stored else {name}
    if name not in columns and f"{name}_id" not in columns:
        return True
    asked = {"create" if method == "POST" else "update" for method in WRITING.intersection(route.methods)}
    saving = {method.name: method for method in reversed(own) if method.name in asked}
    return saving.keys() == asked and not any(map(_takes_over, saving.values()))


def _takes_over(method: Function) -> bool:
    """Whether a method hands on or goes through all that was sent: `super().update(…)`, `**data`, `data.items()`."""
    words = method.words
    return not words.isdisjoint(("super", "setattr", "~splat", "items"))


def _is_free_text(project: Project, found: Serializer, name: str) -> bool:
    """Whether a model's column holds what anybody likes, or nothing: what somebody is at work, say."""
    span = next((field.span for field in found.model.fields if field.name == name), None) if found.model else None
    if span is None:
        return False
    for cls in project.module(span.file).classes:
        for made in (
            each.value for each in cls.code.body if isinstance(each, f.Assign) and each.start <= span.start < each.end
        ):
            given = {each.name for each in made.keywords} if isinstance(made, f.Call) else set()
            is_text = isinstance(made, f.Call) and last_name(made.func) in ("CharField", "TextField")
            return is_text and "choices" not in given and not given.isdisjoint(("blank", "null"))
    return False


def _fields(found: Serializer) -> Iterator[tuple[str, Span]]:
    """The fields that a serializer has, with their places; of one that takes all, those of its model."""
    declared = {each.name: each.span for each in found.declared}
    if found.selects == "list":
        yield from ((each.name, declared.get(each.name, each.span)) for each in found.fields)
        return
    yield from declared.items()
    for field in found.model.fields if found.model is not None and found.selects else ():
        if field.name not in declared and field.name not in found.excluded:
            yield field.name, found.at


def _written(project: Project) -> Iterator[tuple[Route, ClassValue, list[Function]]]:
    """The serializer classes that routes take from callers, with the functions that save what came."""
    limits, machine = Limits.of(project), project.program.machine
    for route in project.routes:
        if WRITING.isdisjoint(route.methods) or project.is_test(route.span.file) or _is_for_few(route):
            continue
        view = limits.view(route)
        if view is not None:
            entry = attributes.in_class(machine, view, "serializer_class")
            cls = unwrap(entry[0]) if entry is not None else None
            own = attributes.own_classes(machine, view)
            if _only_shows(route):
                continue
            if isinstance(cls, ClassValue) and not any("get_serializer_class" in base.cls.methods for base in own):
                yield (
                    route,
                    cls,
                    [base.cls.methods[name] for base in own for name in _SAVING if name in base.cls.methods],
                )
        if route.function is not None:
            function = route.function.function
            yield from ((route, cls, [function]) for cls in _filled(project, function))


def _only_shows(route: Route) -> bool:
    """Whether a handler of the project's own fills no serializer: it answers with one."""
    function = route.function.function if route.function is not None else None
    if function is None or not function.words.isdisjoint(("is_valid", "super")):
        return False
    return not any(each.name == "data" for call in function.nodes(f.Call) for each in call.keywords)


def _filled(project: Project, function: Function) -> Iterator[ClassValue]:
    """`OrderSerializer(data=request.data)`, where something is saved."""
    if "save" not in function.words:
        return
    machine = project.program.machine
    for call in function.nodes(f.Call):
        if isinstance(call.func, f.Name) and any(each.name == "data" for each in call.keywords):
            value = unwrap(machine.lookup(call.func.id, env_of(machine, function)))
            if isinstance(value, ClassValue):
                yield value


def _is_for_few(route: Route) -> bool:
    """Whether the route asks for more than a user: whoever may give rights must be able to set them."""
    return any(guard.demands or FOR_FEW.search(guard.name) for guard in route.guards)


def _names(method: Function, name: str) -> bool:
    """Whether a serializer's method looks at a field by itself."""
    return method.name == f"validate_{name}" or any(node.value == name for node in method.nodes(f.Constant))


__all__ = ["Writable", "writable"]
