"""A decorator above the one that registers the route -> right below the last of those."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.fix.concrete import cst
from apilint.fix.decorators import Decorators
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site
from apilint.index import Function
from apilint.startup.values import FunctionValue


def below_routes(site: Site) -> Iterator[TextEdit]:
    """The lines of the decorator, moved."""
    decorators = Decorators(site)
    registering = [
        index
        for place in site.places()
        for index in [decorators.index_at(site.offsets(place)[0])]
        if index is not None and index > decorators.index
    ]
    registering = registering or list(_quoted(decorators))
    if not registering:
        raise Declined("the route is registered elsewhere")
    site.doubts = _hides_function(site)
    return decorators.to_below(max(registering))


def _quoted(decorators: Decorators) -> Iterator[int]:
    """The decorators that the message quotes, where what they were given to is what registers the route."""
    for index, each in enumerate(decorators.own):
        node = each.decorator
        name = decorators.part.code(node.func if isinstance(node, cst.Call) else node)
        if index > decorators.index and f"above '@{name}'" in decorators.site.finding.message:
            yield index


def _hides_function(site: Site) -> bool:
    """Whether the decorator is the project's own and returns a wrapper that keeps neither name nor parameters of what
    it wraps. Frameworks name routes and read parameters by them."""
    maker = _maker(site)
    if maker is None:
        return False
    inner = [each for each in maker.module.functions if each.is_within(maker)]
    wrappers = [each for each in inner if any(param.kind in ("args", "kwargs") for param in each.head.params)]
    return (
        bool(wrappers)
        and not any("wraps" in _words(node) for each in wrappers for node in each.head.decorators)
        and ("update_wrapper" not in maker.words)
    )


def _maker(site: Site) -> Function | None:
    function = site.function()
    if function is None:
        return None
    node = next((each for each in function.head.decorators if each.start == site.start), None)
    routes = site.project.routes_of(function)
    if node is None or not routes or routes[0].function is None:
        return None
    callee = node.func if isinstance(node, f.Call) else node
    value = site.project.program.machine.evaluate(callee, routes[0].function.env)
    return value.function if isinstance(value, FunctionValue) else None


def _words(node: f.Expr) -> str:
    callee = node.func if isinstance(node, f.Call) else node
    return callee.attr if isinstance(callee, f.Attribute) else callee.id if isinstance(callee, f.Name) else ""


__all__ = ["below_routes"]
