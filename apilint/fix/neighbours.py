"""The guard that the routes beside an open one have -> the same guard on the open one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint.finding import Finding
from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting
from apilint.index import Function
from apilint.model import Guard, Route

DEPENDENCIES = "dependencies"


def offers(finding: Finding) -> bool:
    """Whether a finding speaks of the route of one function; methods have the guard of their class."""
    head = finding.place.text
    return bool(finding.route) and "def " in head and "(self" not in head


def guarded(site: Site) -> Iterator[TextEdit]:
    """The siblings' guard, as they write it: a decorator, or one of the route's `dependencies`."""
    function = site.function()
    if function is None or function.facts.start != site.start or function.owner is not None:
        raise Declined("only functions are given a guard")
    routes = site.project.routes_of(function)
    if not routes:
        raise Declined("no route leads to this function")
    kind, text = _habit(site, routes[0], function)
    if kind == "decorator":
        yield decorated(site, function, text)
    else:
        _refuse_unseen(site, function, text)
        yield from _depending(site, function, routes, text)


def _habit(site: Site, route: Route, function: Function) -> tuple[str, str]:
    """What most guarded siblings have, on the same router and in the same file."""
    found: Counter[tuple[str, str]] = Counter()
    for sibling in site.project.routes:
        if (sibling.router, sibling.span.file) == (route.router, route.span.file) and sibling.function is not None:
            other = sibling.function.function
            if other is not function and other.module is function.module and other.parent is function.parent:
                found.update({each for guard in sibling.guards for each in _written(site, other, guard)})
    if not found:
        raise Declined("no route beside it has a decorator or a dependency that guards it")
    return max(found.items(), key=lambda item: (item[1], item[0]))[0]


def _written(site: Site, function: Function, guard: Guard) -> Iterator[tuple[str, str]]:
    """How a guard is written at a sibling: its kind, its text."""
    span = guard.span
    if guard.effect != "required" or span.file != site.module.file:
        return
    text = site.source(span.start, span.end)
    if any((node.start, node.end) == (span.start, span.end) for node in function.head.decorators):
        yield "decorator", text
    for param in function.head.params:
        node = param.default
        if isinstance(node, f.Call) and (node.start, node.end) == (span.start, span.end) and len(node.args) == 1:
            yield "dependency", text


def _refuse_unseen(site: Site, function: Function, text: str) -> None:
    """A name is of use only below the line that makes it."""
    first = text.partition("(")[0].partition(".")[0]
    inner = text.partition("(")[2].rstrip(")").partition("(")[0].partition(".")[0] if "(" in text else ""
    later = {each.name for each in site.module.functions if each.parent is None and each.facts.start > site.start}
    if function.parent is None and later & {first, inner}:
        raise Declined("the guard is made further down")


def _registering(site: Site, function: Function, routes: Sequence[Route]) -> list[f.Expr]:
    """The decorators that register the routes."""
    places = {
        (route.registered.start, route.registered.end) for route in routes if route.registered.file == site.module.file
    }
    return [
        node
        for node in function.head.decorators
        if any(node.start <= start and end <= node.end for start, end in places)
    ]


def decorated(site: Site, function: Function, text: str) -> TextEdit:
    """A function with one decorator more: below those that register it; above all others where it is registered
    elsewhere."""
    _refuse_unseen(site, function, text)
    registering = _registering(site, function, site.project.routes_of(function))
    indent, newline = site.indent(function.facts.start).decode(), site.newline.decode()
    if registering:
        at = site.line_end(registering[-1].end - 1)
    else:
        first = min([function.facts.start, *(node.start for node in function.head.decorators)])
        at = site.line_start(first)
    return inserting(at, f"{indent}@{text}{newline}")


def _depending(site: Site, function: Function, routes: Sequence[Route], text: str) -> list[TextEdit]:
    registering = _registering(site, function, routes)
    if len(registering) != 1 or not isinstance(registering[0], f.Call):
        raise Declined("the route is not registered by one call above the function")
    part = site.part
    call = part.at(cst.Call, registering[0].start, registering[0].end)
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == DEPENDENCIES:
            value = argument.value
            if not isinstance(value, cst.List) or not value.elements:
                raise Declined(f"'{DEPENDENCIES}' is not written out")
            return calls.appended(site, *part.span(value.elements[-1]), part.span(value)[1] - 1, text)
    return calls.with_keyword(site, part, call, f"{DEPENDENCIES}=[{text}]")


__all__ = ["decorated", "guarded", "offers"]
