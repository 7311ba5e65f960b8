"""A function view that hands its request on to class views -> these."""

from __future__ import annotations

from apilint import facts as f
from apilint.frameworks.django.views import ClassView, class_view
from apilint.startup.core import Core
from apilint.startup.values import FunctionValue, Result


def delegates(machine: Core, function: FunctionValue) -> list[ClassView]:
    """The classes whose views answer, on whichever way the function returns: `return Edit.as_view()(request, pk=pk)`.
    None where it answers by itself on some way."""
    found: list[ClassView] = []
    for node in function.function.nodes(f.Return):
        made = node.value.func if isinstance(node.value, f.Call) else None
        if not isinstance(made, f.Call) or not isinstance(made.func, f.Attribute) or made.func.attr != "as_view":
            return []
        value = machine.evaluate(made, function.env)
        cls = class_view(value) if isinstance(value, Result) else None
        if cls is None:
            return []
        found.append(cls)
    return found


__all__ = ["delegates"]
