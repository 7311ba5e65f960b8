"""Decorators around views and their methods, as guards."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec

from apilint.facts import Span
from apilint.frameworks.django.request import ByTraits, Request
from apilint.frameworks.django.views import Layer, decorators_in
from apilint.frameworks.program import Program, under
from apilint.guards.caller import ANONYMOUS, GATE
from apilint.guards.judge import Judgement
from apilint.guards.visit import Visit
from apilint.model import Guard
from apilint.startup import calls, expressions
from apilint.startup.values import (
    Choice,
    Condition,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Partial,
    Result,
    Setting,
    Unknown,
    Value,
    unwrap,
    wrappers,
)

OPT_OUT = "opt_out"
# They leave an attribute for `@api_view` or a router to read; by themselves they do nothing.
READ_BY_DRF = "rest_framework.decorators."


def layer_guards(
    program: Program, layer: Layer, request: Request, memo: ByTraits[Guard] | None = None
) -> Iterator[Guard]:
    """What one layer does to an anonymous caller. `memo` keeps what wrappers of one decorator do, which differ in the
    view only."""
    if layer.parts is None:
        layer.parts = list(_parts(program, layer))
    for part in layer.parts:
        if memo is None or part.alike is None:
            yield under(_guard(program, part, request), layer.conditions)
        else:
            guard = memo.get(part.alike, request, partial(_guard, program, part, request))
            yield under(_at(guard, part.span), layer.conditions)


def _at(guard: Guard, span: Span) -> Guard:
    """The same guard, attached in another place."""
    if guard.span == span:
        return guard
    first = msgspec.structs.replace(guard.chain[0], span=span)
    return msgspec.structs.replace(guard, span=span, chain=(first, *guard.chain[1:]))


def _parts(program: Program, layer: Layer) -> Iterator[Layer]:
    """The single decorators of a layer; those that `method_decorator` adapts are applied to a stand-in."""
    for decorator in decorators_in(layer.decorator):
        callee = decorator.callee if isinstance(decorator, Result) else decorator
        if isinstance(callee, External) and callee.name.startswith(READ_BY_DRF):
            continue
        if decorator is layer.decorator:
            yield layer
        elif isinstance(decorator, (FunctionValue, Partial, LambdaValue, Instance)):
            made = program.machine.call(decorator, [GATE], {}, layer.span)
            if isinstance(made, Result):  # it puts decorators of a library around the view
                around = wrappers(calls.applied(made, decorator, GATE, layer.span))
                yield from (Layer(each.decorator, layer.span, GATE, each.result, layer.where) for each in around)
            else:
                yield Layer(decorator, layer.span, GATE, None if made is GATE else made, layer.where)
        else:
            yield Layer(decorator, layer.span, layer.inner, None, layer.where)


def _guard(program: Program, layer: Layer, request: Request) -> Guard:
    decorator = layer.decorator
    if isinstance(decorator, Setting):
        return _open(
            program, layer, Unknown(f"the setting '{decorator.name}' names it", decorator.span, decorator.name)
        )
    if isinstance(decorator, Choice):
        return _choice(program, layer, decorator, request)
    tested = _tested(program, decorator)
    if tested is not None:
        judged = test_judgement(program, tested, request)
        guard = program.decorator_guard(layer.wrapped(), request)
        return program.guard(guard.name, "decorator", layer.where, layer.span, _named(judged, guard), decorator)
    guard = program.decorator_guard(layer.wrapped(), request)
    name = _outermost_name(decorator) or guard.name
    return msgspec.structs.replace(guard, name=name, via=layer.where)


def _named(judged: Judgement, guard: Guard) -> Judgement:
    """The judgement under the decorator's name; a test that everybody passes is named itself."""
    qualname = judged.qualname if judged.effect == "none" and judged.qualname else guard.qualname
    return Judgement(
        judged.effect, judged.chain, judged.condition, judged.reason, qualname=qualname, lapses=judged.lapses
    )


def _outermost_name(decorator: Value) -> str:
    """What the source calls a decorator that a factory made."""
    inner = unwrap(decorator)
    if not isinstance(inner, FunctionValue) or inner.function.parent is None:
        return ""
    function = inner.function
    while function.parent is not None:
        function = function.parent
    return function.name


def _open(program: Program, layer: Layer, value: Unknown) -> Guard:
    judged = Judgement("unknown", reason=value.reason, qualname=value.text)
    return program.guard(value.text or "?", "decorator", layer.where, layer.span, judged)


def _choice(program: Program, layer: Layer, decorator: Choice, request: Request) -> Guard:
    """One of several decorators: conditional where they differ, unknown where one of them is."""
    found = [
        _guard(program, Layer(option, layer.span, layer.inner, _applied(program, option, layer), layer.where), request)
        for option in decorator.options
    ]
    doubtful = next((guard for guard in found if guard.effect == "unknown"), None)
    strict = [guard for guard in found if guard.effect in ("required", "conditional")]
    if doubtful is not None:
        return doubtful
    if not strict or len(strict) == len(found):
        return found[0]
    return under(strict[0], (decorator.test or _undecided(layer),))


def _undecided(layer: Layer) -> Condition:
    return Condition(layer.span, "something that the source leaves open", True, Unknown("a choice", layer.span))


def _applied(program: Program, option: Value, layer: Layer) -> Value | None:
    """What a project decorator makes of the view."""
    if isinstance(option, (FunctionValue, LambdaValue)):
        made = program.machine.call(option, [layer.inner], {}, layer.span)
        return made if made is not layer.inner else None
    return None


def _tested(program: Program, decorator: Value) -> Value | None:
    """The test that decides for a decorator whose model says so (`user_passes_test(test)`)."""
    if not isinstance(decorator, Result):
        return None
    found = program.knowledge.guard(program.machine, decorator)
    position = found[1].get("judged_by") if found is not None else None
    if isinstance(position, int) and position < len(decorator.args):
        return decorator.args[position]
    return decorator.kwargs.get("test_func") if isinstance(position, int) else None


def test_judgement(program: Program, test: Value, request: Request) -> Judgement:
    """A test of the user: what is not true for an anonymous one turns them away."""
    inner = unwrap(test)
    if isinstance(inner, FunctionValue):
        return program.judge.function(inner, "predicate", caller=request, first=[ANONYMOUS], memo=("test",))
    if isinstance(inner, LambdaValue):
        visit = Visit(program.machine, program.knowledge, request, lambda value: False)
        value = visit.call(inner, [ANONYMOUS], {}, inner.env.module.span(inner.node.start, inner.node.end))
        known = expressions.truth(value)
        return Judgement("none" if known else "required")
    if isinstance(inner, External):
        return Judgement("required", qualname=inner.name)
    return Judgement("unknown", reason="the test could not be resolved")


def opts_out(program: Program, layers: list[Layer]) -> bool:
    """Whether a decorator among these says that no log-in is needed."""
    for layer in layers:
        for decorator in decorators_in(layer.decorator):
            found = program.knowledge.guard(program.machine, decorator)
            if found is not None and found[1].get("kind") == OPT_OUT:
                return True
    return False
