"""What `functools.wraps` says of a closure: the function whose name and signature it takes on."""

from __future__ import annotations

from apilint import facts as f
from apilint.facts import Span
from apilint.startup.core import Core
from apilint.startup.values import Choice, External, FunctionValue, Value, Wrapped, unwrap

_WRAPS = ("functools.wraps", "functools.update_wrapper", "decorator.decorator", "wrapt.decorator")


def named(machine: Core, closure: FunctionValue) -> Value | None:
    """What the decorator `wraps(…)` of a function names; None where there is none."""
    if not closure.function.facts.decorated:
        return None
    for decorator in closure.function.head.decorators:
        if isinstance(decorator, f.Call) and decorator.args:
            made = machine.evaluate(decorator.func, closure.env)
            if isinstance(made, External) and made.name in _WRAPS:
                return machine.evaluate(decorator.args[0], closure.env)
    return None


def around(machine: Core, value: Value, span: Span) -> Value:
    """A closure that says which function it wraps, as that function with a decorator around it: `guard(view)`, which
    was called. So is one of several closures that wrap the same."""
    closures = value.options if isinstance(value, Choice) else [value]
    inner = [named(machine, each) if isinstance(each, FunctionValue) else None for each in closures]
    closure, wrapped = closures[0], inner[0]
    if wrapped is None or not isinstance(closure, FunctionValue) or any(each is not wrapped for each in inner):
        return value
    below = around(machine, wrapped, span)
    if not isinstance(unwrap(below), FunctionValue):
        return value
    return Wrapped(below, maker(closure), span, value)


def maker(closure: FunctionValue) -> FunctionValue:
    """The function that made a closure."""
    parent = closure.function.parent
    return closure if parent is None else FunctionValue(parent, closure.env.parent or closure.env)
