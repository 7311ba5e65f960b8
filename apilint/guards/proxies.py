"""Objects that stand for what a function gives whenever they are used: `request = LocalProxy(lambda: flask.request)`.

https://werkzeug.palletsprojects.com/en/stable/local/#object-proxies, and Django's `SimpleLazyObject`.
"""

from __future__ import annotations

from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.expressions import is_proxy
from apilint.startup.values import FunctionValue, Instance, LambdaValue, Result, Special, Value, unwrap


def behind(machine: Core, value: Value) -> Special | None:
    """What of the caller's request stands behind a value; None where it is no proxy, or one of something else."""
    if not isinstance(value, (Instance, Result)) or len(value.args) != 1 or value.span is None:
        return None
    function = unwrap(value.args[0])
    if not isinstance(function, (FunctionValue, LambdaValue)) or not _is_proxy(machine, value):
        return None
    given = machine.call(function, [], {}, value.span)
    return given if isinstance(given, Special) else None


def _is_proxy(machine: Core, value: Instance | Result) -> bool:
    made_by = attributes.mro(machine, value.cls) if isinstance(value, Instance) else (value.callee,)
    return any(map(is_proxy, made_by))
