"""APL607: bodies and files of requests that are read whole, however large they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.aside import is_for_own_machine
from apilint.checks.assigned import Assignments, keeping
from apilint.checks.cookies import is_local, settings_in
from apilint.checks.exposed import is_open, label, name_of, words_of
from apilint.checks.written import scopes
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Known
from apilint.unparse import unparse


@check
def unbounded_upload(
    project: Project,
    *,
    unlimited: str,
    settings: tuple[str, ...],
    places: str,
    files: tuple[str, ...],
    sent: tuple[str, ...],
    bodies: Mapping[str, Sequence[str]],
    bounding: Mapping[str, Sequence[str]],
    limiting: str,
    known_caller_precision: str = "low",
) -> Iterator[Match]:
    """Files and bodies that a handler reads into memory at once, and limits of a framework that are switched off.
    `bodies` are the methods, by framework, that give a whole body, `bounding` the settings by which it refuses one."""
    yield from _switched_off(project, settings, regex(places))
    bounds = regex(limiting)
    if _limits_somewhere(project, bounds):
        return
    served = {route.framework for route in project.routes}
    bounded = {each for each, names in bounding.items() if each in served and _is_set(project, names)}
    seen, is_own = set(), is_for_own_machine(project)
    for route in project.routes:
        target = route.function
        if target is None or route.span in seen or route.framework in bounded or project.is_test(route.span.file):
            continue
        seen.add(route.span)
        function = target.function
        read = (*_read(function, files), *_sent(function, sent), *_bodies(function, bodies.get(route.framework, ())))
        for call, name in read:
            if any(bounds.search(words_of(each)) for each in _names(target.function)):
                continue
            span = target.function.module.span(call.start, call.end)
            yield Match(
                span=span,
                values={"file": name, "route": label(route), "handler": name_of(route.handler)},
                trace=(Step(span, f"'{name}' is read into memory as a whole"),),
                precision=None if is_open(route) and not is_own else Precision(known_caller_precision),
                route=label(route),
            )
            break


def _read(function: Function, files: Collection[str]) -> Iterator[tuple[f.Call, str]]:
    """`await file.read()` of the files that a handler is given."""
    given = {param.name for param in function.head.params if param.annotation and _says(param.annotation, files)}
    for call in function.nodes(f.Call) if given else ():
        func = call.func
        if isinstance(func, f.Attribute) and func.attr == "read" and not call.args and not call.keywords:
            if isinstance(func.value, f.Name) and func.value.id in given:
                yield call, func.value.id


def _sent(function: Function, sent: Collection[str]) -> Iterator[tuple[f.Call, str]]:
    """`request.files["picture"].read()`, at once or by a name in between."""
    assigned = Assignments(function)
    for call in function.nodes(f.Call):
        func = call.func
        if not isinstance(func, f.Attribute) or func.attr != "read" or call.args or call.keywords:
            continue
        given = assigned.of(func.value) if isinstance(func.value, f.Name) else [func.value]
        if given and _is_sent(given[-1], sent):
            yield call, unparse(func.value)


def _is_sent(expr: f.Expr, sent: Collection[str]) -> bool:
    """`request.files["picture"]`, `request.FILES.get("picture")`."""
    if isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute) and expr.func.attr == "get":
        expr = expr.func.value
    elif isinstance(expr, f.Subscript):
        expr = expr.value
    else:
        return False
    return isinstance(expr, f.Attribute) and expr.attr in sent and last_name(expr.value).endswith("request")


def _bodies(function: Function, methods: Collection[str]) -> Iterator[tuple[f.Call, str]]:
    """`await request.body()`."""
    for call in function.nodes(f.Call) if methods else ():
        func = call.func
        if isinstance(func, f.Attribute) and func.attr in methods and last_name(func.value).endswith("request"):
            if not _is_parsed(function, call):
                yield call, unparse(call)


def _is_parsed(function: Function, call: f.Call) -> bool:
    """Whether a body only becomes JSON: the framework itself reads one of any size for that."""
    names = keeping(function, call)
    loads = [each for each in function.nodes(f.Call) if last_name(each.func) == "loads"]
    if any(each.func.end <= call.start and call.end <= each.end for each in loads):
        return True
    read = {node.start for node in function.nodes(f.Name) if node.id in names}
    read -= {target.start for node in function.nodes(f.Assign) for target in node.targets}
    given = {at for at in read if any(each.func.end <= at < each.end for each in loads)}
    return bool(given) and given == read


def _is_set(project: Project, names: Collection[str]) -> bool:
    """Whether anything sets one of these settings."""
    wanted = frozenset(names)
    return any(
        name in wanted
        for text in wanted
        for _, nodes in scopes(project, wanted, text=text.encode())
        for node in nodes
        for name, _, _ in settings_in(node)
    )


def _says(annotation: f.Expr, files: Collection[str]) -> bool:
    """`UploadFile`, `UploadFile | None`, `Annotated[UploadFile, File()]`."""
    if isinstance(annotation, f.BinOp):
        return _says(annotation.left, files)
    if isinstance(annotation, f.Subscript):
        index = annotation.index
        return _says(index.items[0] if isinstance(index, f.Sequence) and index.items else index, files)
    return last_name(annotation) in files


def _names(function: Function) -> Iterator[str]:
    yield from (node.attr for node in function.nodes(f.Attribute))
    yield from (node.id for node in function.nodes(f.Name))
    yield from (str(node.value) for node in function.nodes(f.Constant) if isinstance(node.value, str))


def _limits_somewhere(project: Project, bounds: re.Pattern[str]) -> bool:
    """Whether a middleware of the project is called like what limits bodies."""
    return any(
        bounds.search(words_of(cls.name)) and "middleware" in cls.name.lower()
        for module in project.index.modules.values()
        if not module.is_test
        for cls in module.facts.classes
    )


def _switched_off(project: Project, settings: Collection[str], local: re.Pattern[str]) -> Iterator[Match]:
    """`DATA_UPLOAD_MAX_MEMORY_SIZE = None`: the framework's own limit, switched off."""
    wanted: Mapping[str, str] = dict.fromkeys(settings, "")
    for where, nodes in scopes(project, wanted):
        for node in nodes:
            for name, value, at in settings_in(node):
                found = where.value(value) if name in wanted else None
                if isinstance(found, Known) and found.value is None and not is_local(where, at.start, local):
                    span = where.span(at)
                    step = Step(span, f"'{name}' is switched off")
                    yield Match(span=span, values={"setting": name}, template="unlimited", trace=(step,))


__all__ = ["unbounded_upload"]
