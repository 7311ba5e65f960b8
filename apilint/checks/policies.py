"""Permissions that nobody reads: decorators in the wrong place, attributes on the wrong class or under a wrong name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import MISPLACED
from apilint.checks.mixins import Ancestry
from apilint.facts import Span
from apilint.finding import Precision, Severity
from apilint.index import Class, Function, Module
from apilint.model import Step
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Env, External, FunctionValue, Result, Seq, Value, unwrap
from apilint.unparse import unparse

Decorator = tuple[f.Expr, str]


@check
def drf_policy_order(
    project: Project,
    *,
    hidden: str,
    refused: str,
    refused_since: Mapping[str, str],
    view: str,
    decorators: tuple[str, ...],
    defaults: Mapping[str, str],
) -> Iterator[Match]:
    """Policy decorators above the one that makes a function a view, or hidden from it by a wrapper in between. A
    version that refuses the order does not start the program: nothing is open then, and nothing works."""
    is_refused = any(project.program.versions.at_least(*each) for each in refused_since.items())
    for function, listed in _decorated(project, decorators):
        at = next((i for i, (_, name) in enumerate(listed) if name == view), None)
        if at is None:
            continue
        for position, (node, name) in enumerate(listed):
            if name not in decorators:
                continue
            wrapper = _hiding(project, function, listed[at + 1 : position]) if position > at else ""
            if position > at and not wrapper:
                continue
            span = function.module.span(node.start, node.end)
            yield Match(
                span=span,
                values={
                    "decorator": _short(name),
                    "wrapper": wrapper,
                    "handler": function.qualname,
                    "default": defaults.get(_short(name)) or default_of(project),
                },
                trace=(
                    Step(function.module.span(listed[at][0].start, listed[at][0].end), "the view is made here"),
                    Step(span, f"'@{_short(name)}' leaves its mark where the view does not look"),
                ),
                template="hidden" if wrapper else "refused" if is_refused else "",
                severity=Severity.WARNING if is_refused and not wrapper else None,
                about=(function.span,),
                weight=MISPLACED,
            )


@check
def drf_policy_ignored(
    project: Project, *, view: str, decorators: tuple[str, ...], defaults: Mapping[str, str]
) -> Iterator[Match]:
    """Policy decorators on methods, and on functions that are no API views."""
    for function, listed in _decorated(project, decorators):
        if function.owner is None and not _is_plain(project, function, listed, view, decorators):
            continue
        for node, name in listed:
            if name not in decorators or (function.owner is not None and _reads(project, function.owner, _short(name))):
                continue
            span = function.module.span(node.start, node.end)
            yield Match(
                span=span,
                values={
                    "decorator": _short(name),
                    "handler": function.qualname,
                    "instead": _instead(project, function, _short(name), defaults),
                },
                trace=(
                    Step(span, f"'@{_short(name)}' sets an attribute of the function"),
                    Step(function.span, f"nobody reads it from '{function.qualname}'"),
                ),
                about=(function.span,),
                weight=MISPLACED,
            )


@check
def permission_attribute_without_drf(
    project: Project,
    *,
    unread: str,
    views: tuple[str, ...],
    foreign: tuple[str, ...],
    reading: tuple[str, ...],
    attributes: tuple[str, ...],
    misspelt: Mapping[str, str],
) -> Iterator[Match]:
    """Permissions as attributes of view classes that do not look at them."""
    ancestry = Ancestry(project, views)
    words = frozenset((*attributes, *misspelt))
    for module in project.index.with_words(words):
        for cls in module.classes if not module.is_test else ():
            made = project.program.machine.class_value(cls)
            for name, statement in _assigned(cls, words) if made is not None else ():
                if made is None or not _holds_permissions(project, made, name):
                    continue
                is_foreign = name in attributes and _is_among(ancestry, made, foreign) and ancestry.has_view(made)
                if not is_foreign and not (name in misspelt and _is_among(ancestry, made, reading)):
                    continue
                if _asks_for(ancestry, made, name):
                    continue
                span = module.span(statement.start, statement.end)
                yield Match(
                    span=span,
                    values={
                        "attribute": name,
                        "view": cls.name,
                        "meant": misspelt.get(name, name),
                        "default": default_of(project),
                    },
                    trace=(
                        Step(span, f"'{name}' is set here"),
                        Step(cls.span, f"none of the classes that '{cls.name}' is made of reads it"),
                    ),
                    template="" if is_foreign else "unread",
                    precision=None if _means_to_guard(project, made, name) else Precision.LOW,
                    about=_routes_of(project, cls),
                    weight=MISPLACED,
                )


# -------------------------------------------------------------------------------------------- decorators


def _decorated(project: Project, names: Collection[str]) -> Iterator[tuple[Function, list[Decorator]]]:
    """Functions that carry one of these decorators, with all of their decorators by qualified name."""
    last = {_short(name) for name in names}
    modules = {name.rpartition(".")[0] for name in names}
    for module in project.index.modules.values():
        if module.is_test or not _imports(module, modules):
            continue
        for function in module.functions:
            if not function.facts.decorated:
                continue
            nodes = function.head.decorators
            if any(_short(unparse(_called(node))) in last for node in nodes):
                yield function, [(node, _qualified(project, function, node)) for node in nodes]


def _imports(module: Module, names: Collection[str]) -> bool:
    return any(name in names or any(other.startswith(f"{name}.") for other in names) for name in module.facts.imports)


def _called(node: f.Expr) -> f.Expr:
    return node.func if isinstance(node, f.Call) else node


def _qualified(project: Project, function: Function, node: f.Expr) -> str:
    """The qualified name of a decorator; of the project's own, the name as written."""
    value = _evaluated(project, function, _called(node))
    return project.name_of(value) or (unparse(_called(node)) if isinstance(unwrap(value), FunctionValue) else "?")


def _evaluated(project: Project, function: Function, node: f.Expr) -> Value:
    machine = project.program.machine
    return machine.evaluate(node, _scope(project, function))


def _scope(project: Project, function: Function) -> Env:
    return project.program.machine.run_module(function.module)


def _hiding(project: Project, function: Function, between: Sequence[Decorator]) -> str:
    """The decorator of the project that returns a wrapper without the attributes of what it wraps."""
    for node, name in between:
        value = unwrap(_evaluated(project, function, _called(node)))
        if isinstance(value, FunctionValue) and not _keeps_attributes(value.function):
            return name
    return ""


def _keeps_attributes(decorator: Function) -> bool:
    """Whether a decorator uses `functools.wraps`, or returns what it was given."""
    inside = [decorator, *(each for each in decorator.module.functions if _is_within(each, decorator))]
    if len(inside) == 1:
        return True
    text = " ".join(unparse(node) for each in inside for node in each.head.decorators)
    return "wraps" in text or any({"update_wrapper", "wraps"} & each.words for each in inside)


def _is_within(function: Function, outer: Function) -> bool:
    return outer.facts.start < function.facts.start and function.facts.end <= outer.facts.end


def _is_plain(
    project: Project, function: Function, listed: Sequence[Decorator], view: str, decorators: Collection[str]
) -> bool:
    """Whether a function is surely no API view: nothing around it could make it one."""
    for node, name in listed:
        if name == view:
            return False
        value = unwrap(_evaluated(project, function, _called(node)))
        if name not in decorators and (name == "?" or isinstance(value, FunctionValue)):
            return False
    return True


def _instead(project: Project, function: Function, policy: str, defaults: Mapping[str, str]) -> str:
    """What decides in the place of an ignored decorator, as a clause."""
    owner = function.owner
    if owner is None:
        return "here nothing checks the caller"
    made = project.program.machine.class_value(owner)
    found = attributes.in_class(project.program.machine, made, policy) if made is not None else None
    if found is not None and isinstance(found[1], ClassValue):
        return f"here '{policy}' of '{found[1].cls.name}' decides"
    return f"here the project's default decides, which {defaults.get(policy) or default_of(project)}"


# ------------------------------------------------------------------------------------------------ classes


def _assigned(cls: Class, names: Collection[str]) -> Iterator[tuple[str, f.Assign | f.AnnAssign]]:
    for statement in cls.code.body:
        targets: Sequence[f.Expr] = ()
        if isinstance(statement, f.Assign):
            targets = statement.targets
        elif isinstance(statement, f.AnnAssign) and statement.value is not None:
            targets = (statement.target,)
        for target in targets:
            if isinstance(target, f.Name) and target.id in names and isinstance(statement, (f.Assign, f.AnnAssign)):
                yield target.id, statement


def _holds_permissions(project: Project, cls: ClassValue, name: str) -> bool:
    """Whether an attribute's value is a permission or authentication class, or a list of such."""
    machine = project.program.machine
    found = attributes.in_class(machine, cls, name)
    value = found[0] if found is not None else None
    items = value.items if isinstance(value, Seq) else [value] if value is not None else []
    return any(_is_permission(project, item) for item in items)


def _means_to_guard(project: Project, cls: ClassValue, name: str) -> bool:
    """Whether one of the permissions would turn anybody away."""
    machine = project.program.machine
    found = attributes.in_class(machine, cls, name)
    value = found[0] if found is not None else None
    items = value.items if isinstance(value, Seq) else [value] if value is not None else []
    known = [project.knowledge.guard(machine, unwrap(item)) for item in items]
    return any(each is None or each[1].get("effect") == "required" or "judged_by" in each[1] for each in known)


def _is_permission(project: Project, value: Value) -> bool:
    target = unwrap(value.callee if isinstance(value, Result) else value)
    if not isinstance(target, (External, ClassValue)):
        return False
    known = project.knowledge.guard(project.program.machine, target)
    return known is not None and known[1].get("kind") in ("permission", "auth_class")


def _is_among(ancestry: Ancestry, cls: ClassValue, names: Collection[str]) -> bool:
    """Whether all library classes that a class derives from are these, and all are known."""
    prefixes = tuple(names)
    order = ancestry.mro(cls)
    libraries = [base for base in order if not isinstance(base, ClassValue)]
    return bool(libraries) and all(isinstance(base, External) and base.name.startswith(prefixes) for base in libraries)


def _asks_for(ancestry: Ancestry, cls: ClassValue, name: str) -> bool:
    """Whether the project's own classes read the attribute."""
    return any(
        _mentions(method, name)
        for base in ancestry.mro(cls)
        if isinstance(base, ClassValue)
        for method in base.cls.methods.values()
    )


def _mentions(function: Function, name: str) -> bool:
    return any(node.attr == name for node in function.nodes(f.Attribute)) or _spells(function, name)


def _spells(function: Function, name: str) -> bool:
    return any(node.value == name for node in function.nodes(f.Constant))


def _reads(project: Project, cls: Class, name: str) -> bool:
    """Whether a view class, or one that it derives from, asks its methods for the attribute."""
    machine = project.program.machine
    made = machine.class_value(cls)
    bases = [base.cls for base in attributes.own_classes(machine, made)] if made else [cls]
    return any(_spells(method, name) for base in bases for method in base.methods.values())


def _routes_of(project: Project, cls: Class) -> tuple[Span, ...]:
    spans = [cls.span]
    for route in project.routes:
        if route.handler == cls.id or route.handler.startswith(f"{cls.id}."):
            spans += [route.span, route.registered]
    return tuple(dict.fromkeys(spans))


# ------------------------------------------------------------------------------------------------ default


def default_of(project: Project) -> str:
    """What the project's default permission does, as the end of a sentence: told by a view that inherits it."""
    for route in project.routes:
        for guard in (*route.guards, *route.considered):
            if guard.kind == "setting":
                return "lets everybody in" if guard.effect == "none" else f"is '{guard.name}'"
    return "lets everybody in unless the settings say otherwise"


def _short(name: str) -> str:
    return name.rpartition(".")[2]


__all__ = ["drf_policy_ignored", "drf_policy_order", "permission_attribute_without_drf"]
