"""What `functools.wraps` says of a closure: the function whose name and signature it takes on."""

from __future__ import annotations

from apilint import facts as f
from apilint.startup.core import Core
from apilint.startup.values import External, FunctionValue, Value

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
