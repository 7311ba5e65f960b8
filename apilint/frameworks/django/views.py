"""What a URL pattern leads to: the decorators around a view, outermost first, and the function or class below."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint import facts as f
from apilint.facts import Span
from apilint.frameworks.django.urlconf import Leaf
from apilint.frameworks.drf.descriptions import description
from apilint.index import Function
from apilint.startup.core import Core
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    Condition,
    Env,
    External,
    FunctionValue,
    Instance,
    Known,
    LambdaValue,
    Mapping,
    Partial,
    Result,
    Seq,
    Setting,
    Special,
    Unknown,
    Value,
    Wrapped,
    text_of,
    unwrap,
)
from apilint.walk import walk

MAX_LAYERS = 40
ANY = "ANY"
_RESTRICTING = {
    "require_GET": ("GET",),
    "require_POST": ("POST",),
    "require_safe": ("GET", "HEAD"),
}
_HTTP = "django.views.decorators.http."


class Layer(msgspec.Struct):
    """One decorator around a view: as `values.Wrapped`, for decorators applied by `@` and by calls alike.

    `where` says where it is attached, `conditions` under what it is there at all, `parts` the single decorators that
    it stands for, once somebody asked. Layers with the same `alike` differ in the view only.
    """

    decorator: Value
    span: Span
    inner: Value
    result: Value | None = None
    where: str = "decorator"
    conditions: tuple[Condition, ...] = ()
    parts: list[Layer] | None = None
    alike: tuple[object, ...] | None = None

    def wrapped(self) -> Wrapped:
        """The same as the start-up notes it."""
        return Wrapped(self.inner, self.decorator, self.span, self.result)


class ClassView(msgspec.Struct):
    """`Class.as_view(actions, **options)`."""

    cls: Value
    actions: dict[str, str] | None
    options: dict[str, Value]
    span: Span


class View(msgspec.Struct):
    """The layers around a view, outermost first, and what is below them."""

    layers: list[Layer]
    target: Value | ClassView


class Unfolding:
    """Takes views apart; remembers which names a function mentions, for wrappers that stand on many routes."""

    def __init__(self, machine: Core) -> None:
        self.machine = machine
        self._names: dict[Function, frozenset[str]] = {}
        self._called: dict[tuple[Function, str], bool] = {}

    def leaf(self, leaf: Leaf) -> View:
        """The view of a leaf of the URLconf."""
        value = leaf.view
        assert isinstance(value, Value)
        view = self.value(value, leaf.span)
        outer = [Layer(decorator, leaf.span, value, where="the URLconf") for decorator in leaf.wrappers]
        return View([*outer, *view.layers], view.target)

    def value(self, value: Value, span: Span) -> View:
        """The decorators around a view, and the view."""
        layers: list[Layer] = []
        while len(layers) < MAX_LAYERS:
            if isinstance(value, Wrapped):
                layers.append(Layer(value.decorator, value.span, value.inner, value.result))
                value = value.inner
            elif isinstance(value, Partial):
                value = value.func
            elif isinstance(value, Choice):
                return self._chosen(value, span, layers)
            elif isinstance(value, Setting):
                value = value.default
            elif isinstance(value, Result):
                cls = class_view(value)
                if cls is not None:
                    return View(layers, cls)
                if not value.args or not is_view(value.args[0]):
                    return View(layers, value)
                layers.append(Layer(value.callee, value.span, value.args[0], where="the URLconf"))
                value = value.args[0]
            elif isinstance(value, FunctionValue):
                of_class = self._made_for(value)
                if of_class is not None:
                    return View(layers, ClassView(of_class, None, {}, span))
                inner = self._enclosed(value)
                if inner is None:
                    return View(layers, value)
                layer = Layer(_decorator_of(value), span, inner, value, where="the URLconf")
                layer.alike = self._alike(value, inner)
                layers.append(layer)
                value = inner
            else:
                return View(layers, value)
        return View(layers, value)

    def _made_for(self, value: FunctionValue) -> ClassValue | None:
        """The class of which an `as_view` of the project's own makes a view: `view.view_class = cls`."""
        if "view_class" not in self.machine.function_attrs.get(value.function, {}):
            return None
        scope = value.env
        held = [each for each in scope.vars.values() if isinstance(each, ClassValue)] if scope.parent else []
        return held[0] if held else None

    def _chosen(self, value: Choice, span: Span, above: list[Layer]) -> View:
        """A view that is decorated under a condition: layers that not every option has are conditional."""
        views = [self.value(option, span) for option in value.options]
        chosen = max(views, key=lambda view: len(view.layers))
        layers = []
        for layer in chosen.layers:
            if not all(any(other.decorator is layer.decorator for other in view.layers) for view in views):
                text = "something that the source leaves open"
                test = value.test or Condition(span, text, True, Unknown("a choice", span))
                layer.conditions = (*layer.conditions, test)
            layers.append(layer)
        return View([*above, *layers], chosen.target)

    def _enclosed(self, value: FunctionValue) -> Value | None:
        """The view that a wrapper calls: what it passes to `wraps`, or the one function that it closes over."""
        function = value.function
        if function.parent is None or function.owner is not None:
            return None
        if function.facts.decorated:
            for decorator in function.head.decorators:
                if isinstance(decorator, f.Call) and decorator.args and _last(decorator.func) == "wraps":
                    found = self.machine.evaluate(decorator.args[0], value.env)
                    return found if is_view(found) else None
        names = self._mentioned(function)
        scope: Env | None = value.env
        closed_over: list[Value] = []
        while scope is not None and scope.parent is not None:
            closed_over += [item for name, item in scope.vars.items() if name in names and _is_enclosed(item, value)]
            scope = scope.parent
        return closed_over[0] if len(closed_over) == 1 else None

    def _mentioned(self, function: Function) -> frozenset[str]:
        names = self._names.get(function)
        if names is None:
            names = frozenset(node.id for node in walk(function.body) if isinstance(node, f.Name))
            self._names[function] = names
        return names

    def _only_calls(self, function: Function, name: str) -> bool:
        key = (function, name)
        known = self._called.get(key)
        if known is None:
            nodes = list(walk(function.body))
            mentions = sum(isinstance(node, f.Name) and node.id == name for node in nodes)
            calls = sum(isinstance(node, f.Call) and _last(node.func) == name for node in nodes)
            known = self._called[key] = mentions == calls
        return known

    def _alike(self, value: FunctionValue, inner: Value) -> tuple[object, ...] | None:
        """What a wrapper closes over besides the view, where that is constants only and the view is only called."""
        names = self._mentioned(value.function)
        found: list[object] = [value.function]
        scope: Env | None = value.env
        while scope is not None and scope.parent is not None:
            for name, item in scope.vars.items():
                if name not in names or (item is inner and self._only_calls(value.function, name)):
                    continue
                if not isinstance(item, Known):
                    return None
                found += (name, type(item.value), item.value)
            scope = scope.parent
        return tuple(found)


def class_view(value: Result) -> ClassView | None:
    """What a call of `as_view` makes a view of."""
    described = description(value)
    if described is not None:
        return ClassView(described[0], None, described[1], value.span)
    callee = value.callee
    if isinstance(callee, Attr) and callee.name.removeprefix("super.") == "as_view":
        base = unwrap(callee.base)
        cls: Value = base.cls if isinstance(base, Instance) else callee.base
    elif isinstance(callee, External) and callee.name.endswith(".as_view"):
        cls = External(callee.name.removesuffix(".as_view"))
    else:
        return None
    actions = value.args[0] if value.args else value.kwargs.get("actions")
    options = {name: option for name, option in value.kwargs.items() if name != "actions"}
    return ClassView(cls, _actions(actions), options, value.span)


def _actions(value: Value | None) -> dict[str, str] | None:
    """The map of methods to actions that a viewset's `as_view` is given."""
    if not isinstance(value, Mapping):
        return None
    named = {str(method).lower(): text_of(action) for method, action in value.items.items()}
    return {method: action for method, action in named.items() if action}


def is_view(value: Value) -> bool:
    """Whether a value can be a view that somebody decorates."""
    if isinstance(value, Result):
        return class_view(value) is not None or (bool(value.args) and is_view(value.args[0]))
    if isinstance(value, Choice):
        return any(is_view(option) for option in value.options)
    if isinstance(value, Wrapped):
        return is_view(value.inner)
    if isinstance(value, External):
        return value.name.rpartition(".")[2][:1].islower()
    return isinstance(value, (FunctionValue, LambdaValue, Partial, Instance, Special, Attr))


def _is_enclosed(item: Value, wrapper: FunctionValue) -> bool:
    inner = unwrap(item)
    if isinstance(inner, FunctionValue):
        return inner.function is not wrapper.function or inner.env is not wrapper.env
    return isinstance(inner, Result) and (class_view(inner) is not None or is_view(inner))


def _last(expr: f.Expr) -> str:
    return expr.attr if isinstance(expr, f.Attribute) else expr.id if isinstance(expr, f.Name) else ""


def _decorator_of(value: FunctionValue) -> Value:
    """The decorator that made a wrapper: the outermost function around it, which is what the source calls."""
    function, env = value.function, value.env
    while function.parent is not None:
        function = function.parent
        env = env.parent if env.parent is not None else env
    return FunctionValue(function, env)


# ----------------------------------------------------------------------------------------- methods


def restricted(layers: list[Layer]) -> tuple[str, ...] | None:
    """The methods that `require_http_methods` and its like let through; None when there is none of them."""
    allowed: list[str] | None = None
    for layer in layers:
        for decorator in decorators_in(layer.decorator):
            own = _allowed(decorator)
            if own is not None:
                allowed = own if allowed is None else [method for method in allowed if method in own]
    return None if allowed is None else tuple(allowed)


def _allowed(decorator: Value) -> list[str] | None:
    if isinstance(decorator, External) and decorator.name.startswith(_HTTP):
        return list(_RESTRICTING.get(decorator.name.removeprefix(_HTTP), ())) or None
    if isinstance(decorator, Result) and isinstance(decorator.callee, External):
        if decorator.callee.name == f"{_HTTP}require_http_methods":
            given = decorator.args[0] if decorator.args else decorator.kwargs.get("request_method_list")
            if isinstance(given, Seq) and not given.open:
                return [text.upper() for text in map(text_of, given.items) if text]
    return None


METHOD_DECORATOR = "django.utils.decorators.method_decorator"


def decorators_in(decorator: Value) -> Iterator[Value]:
    """The decorators that one stands for: those that `method_decorator` adapts, or itself."""
    if isinstance(decorator, Result) and isinstance(decorator.callee, External):
        if decorator.callee.name == METHOD_DECORATOR:
            given = decorator.args[0] if decorator.args else decorator.kwargs.get("decorator")
            for inner in given.items if isinstance(given, Seq) else [given] if given is not None else []:
                yield from decorators_in(inner)
            return
    yield decorator


def method_decorations(cls: ClassValue, method: str) -> Iterator[tuple[Value, Span]]:
    """What `@method_decorator(…, name=method)` puts around a method of a class, outermost first."""
    for decorator, span in cls.decorations:
        if isinstance(decorator, Result) and isinstance(decorator.callee, External):
            if decorator.callee.name == METHOD_DECORATOR:
                name = decorator.kwargs.get("name") or (decorator.args[1] if len(decorator.args) > 1 else None)
                if name is not None and text_of(name) == method:
                    yield decorator, span


__all__ = [
    "ANY",
    "ClassView",
    "Known",
    "Layer",
    "Unfolding",
    "View",
    "decorators_in",
    "method_decorations",
    "restricted",
]
