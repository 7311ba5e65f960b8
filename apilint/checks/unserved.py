"""View classes that no address leads to, in a program that registers the others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match
from apilint.checks.limits import Limits
from apilint.finding import Precision
from apilint.index import Class, Module
from apilint.model import Step
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue
from apilint.walk import walk

# Where so many of the others are registered, one that is not was forgotten; fewer, and something registers them unseen.
HABIT = 0.75
_MAKING = frozenset(
    {"queryset", "get_queryset", "serializer_class", "get_serializer_class", "list", "retrieve", "create"}
)


def unserved_views(project: Project, library: tuple[str, ...], never: re.Pattern[str]) -> Iterator[Match]:
    """Classes below those of a library that no route leads to, that nothing names and nothing derives from."""
    limits, machine = Limits.of(project), project.program.machine
    served = {view.cls for view in map(limits.view, project.routes) if view is not None} if library else set()
    found = [
        made
        for made in list(machine.classes.values())
        if not made.cls.module.is_test and not frozenset(library).isdisjoint(attributes.external_bases(machine, made))
    ]
    derived = {base.cls for made in found for base in attributes.mro(machine, made)[1:] if isinstance(base, ClassValue)}
    complete = [made for made in found if made.cls not in derived and _is_complete(made, never)]
    missing = [made.cls for made in complete if made.cls not in served]
    if len(missing) > (1 - HABIT) * len(complete):
        return
    for cls in missing:
        if not _is_named(project, cls):
            yield Match(
                span=cls.span,
                values={"view": cls.name},
                template="unregistered",
                trace=(Step(cls.span, "nothing registers it, and nothing names it elsewhere"),),
                precision=Precision.MEDIUM,
            )


def _is_complete(made: ClassValue, never: re.Pattern[str]) -> bool:
    """Whether a class is a view of its own, and no base for others."""
    assigned = {
        target.id
        for node in made.cls.code.body
        if isinstance(node, f.Assign)
        for target in node.targets
        if isinstance(target, f.Name)
    }
    return not never.search(made.cls.name) and not _MAKING.isdisjoint(assigned | set(made.cls.methods))


def _is_named(project: Project, cls: Class) -> bool:
    """Whether anything outside of a class says its name."""
    return any(
        _names(module, cls.name, cls if module is cls.module else None)
        for module in project.index.modules.values()
        if not module.is_test
    )


def _names(module: Module, name: str, own: Class | None) -> bool:
    bodies = [
        module.body,
        *(cls.code.body for cls in module.classes),
        *(function.body for function in module.functions if own is None or function.owner != own),
    ]
    return any(
        (isinstance(node, f.Name) and node.id == name)
        or (isinstance(node, f.Attribute) and node.attr == name)
        or (isinstance(node, f.Constant) and isinstance(node.value, str) and name in node.value)
        or (isinstance(node, f.ImportFrom) and any(each == name for each, _ in node.names))
        for body in bodies
        for node in walk(body)
    )


__all__ = ["unserved_views"]
