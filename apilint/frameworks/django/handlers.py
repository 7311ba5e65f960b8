"""What answers a request: the developer's function, a method of a class, or a library's view, with its own guards."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.django.classes import Class, Found
from apilint.frameworks.django.decorators import layer_guards
from apilint.frameworks.django.dispatch import Chain
from apilint.frameworks.django.request import Request
from apilint.frameworks.django.views import Layer, method_decorations
from apilint.frameworks.program import Program
from apilint.model import Guard
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Result,
    Unknown,
    Value,
    unwrap,
    wrappers,
)

IN_HANDLER = "in the handler"
STRICT = ("required", "conditional")


class Handler(msgspec.Struct):
    """Who answers: id and place, and the function where it is the project's."""

    id: str
    span: Span
    function: FunctionValue | None = None


def function_handler(program: Program, target: Value, registered: Span) -> Handler:
    """The handler of a view that is no class."""
    inner = unwrap(target)
    if isinstance(inner, FunctionValue):
        return Handler(inner.function.id, inner.function.span, inner)
    if isinstance(inner, Instance):
        found = attributes.own(program.machine, inner.cls, "__call__")
        method = unwrap(found) if found is not None else None
        if isinstance(method, FunctionValue):
            bound = FunctionValue(method.function, method.env, inner)
            return Handler(method.function.id, method.function.span, bound)
        return Handler(inner.cls.cls.id, inner.cls.cls.span)
    if isinstance(inner, LambdaValue):
        span = inner.env.module.span(inner.node.start, inner.node.end)
        return Handler(f"{inner.env.module.name}:<lambda>", span)
    if isinstance(inner, (External, Attr, Result, Unknown)):
        return Handler(program.describe(inner), registered)
    return Handler(program.describe(inner), registered)


def class_handler(view: Class, name: str, registered: Span) -> Handler:
    """The method where the MRO finds it; the view class itself when that method is the library's."""
    found = view.find(name)
    target = unwrap(found.value) if found is not None and found.value is not None else None
    if isinstance(target, FunctionValue):
        return Handler(
            target.function.id, target.function.span, FunctionValue(target.function, target.env, view.instance)
        )
    if isinstance(view.value, ClassValue):
        return Handler(view.value.cls.id, view.value.cls.span)
    if isinstance(view.value, External):
        return Handler(view.library.describe(view.value.name), registered)
    text = view.value.text if isinstance(view.value, Unknown) else ""
    return Handler(text or "?", registered)


def body_guards(program: Program, chain: Chain | None, handler: Handler, request: Request) -> Iterator[Guard]:
    """A rejection in the handler's own body."""
    if handler.function is None:
        return
    judged = program.judge.function(
        handler.function, "handler", caller=request, answers=chain.answers if chain is not None else None, memo=(None,)
    )
    if judged.effect in STRICT and judged.chain:
        span = judged.chain[-1].span
        yield program.guard(IN_HANDLER, IN_HANDLER, "the handler's body", span, judged, handler.function)


def method_guards(program: Program, view: Class, name: str, request: Request) -> Iterator[Guard]:
    """Decorators on one method of a class: its own, and those that the class puts on it by name."""
    for base in view.mro:
        if isinstance(base, ClassValue):
            for decorator, span in method_decorations(base, name):
                yield from layer_guards(program, Layer(decorator, span, base), request)
    found = view.find(name)
    if found is not None and found.value is not None:
        for wrapped in wrappers(found.value):
            layer = Layer(wrapped.decorator, wrapped.span, wrapped.inner, wrapped.result)
            yield from layer_guards(program, layer, request)


def hook_guards(program: Program, chain: Chain, name: str, request: Request) -> Iterator[Guard]:
    """The project's overrides of what a library's handler calls (`get_object`, `get_queryset`), where they reject."""
    found = chain.view.find(name)
    if found is None or found.entry is None:
        return
    for hook in hooks(chain.view, found, name):
        own = chain.view.find(hook)
        if own is None or not isinstance(own.owner, ClassValue):
            continue
        judged = chain.judge(own, "handler", request)
        if judged.effect in STRICT and judged.chain:
            yield program.guard(hook, IN_HANDLER, f"'{hook}', which the view calls", judged.chain[-1].span, judged)


def hooks(view: Class, found: Found, name: str) -> tuple[str, ...]:
    """The methods that a library's handler calls on the view."""
    given = (found.entry or {}).get("hooks", {})
    listed = given.get(name) or given.get("*")
    return tuple(listed) if listed else ("get_object", "get_queryset")


__all__ = ["Handler", "body_guards", "class_handler", "function_handler", "hook_guards", "method_guards"]
