"""pluggy: calls of a hook run the project's implementations, which register routes where an application has plugins.

A call `manager.hook.NAME(**arguments)` runs every function that is marked with `HookimplMarker` and called NAME, with
those of the arguments that it names (https://pluggy.readthedocs.io/en/stable/#calling-hooks).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apilint.facts import Span
from apilint.startup.core import Core
from apilint.startup.values import (
    External,
    FunctionValue,
    Result,
    Seq,
    Special,
    Unknown,
    Value,
    constant,
    unwrap,
    wrappers,
)

MANAGERS = ("pluggy.PluginManager", "pluggy.manager.PluginManager", "pluggy._manager.PluginManager")
_MARKERS = frozenset({"pluggy.HookimplMarker", "pluggy._hooks.HookimplMarker"})


def prepare(machine: Core, options: Mapping[str, str]) -> None:
    """Teach the machine what the `hook` of a plugin manager is."""
    for manager in MANAGERS:
        machine.extensions.properties[f"{manager}.hook"] = lambda machine, base, span: Hooks(machine, span)
    machine.extensions.seal()


class Hooks(Special):
    """`manager.hook`: its methods are the hooks."""

    __slots__ = ("machine", "span")

    truth = True

    def __init__(self, machine: Core, span: Span) -> None:
        self.machine = machine
        self.span = span

    def attribute(self, name: str) -> Value:
        """A hook that is not called here."""
        return Unknown(f"the hook '{name}'", self.span, f"hook.{name}")

    def item(self, key: Value) -> Value:
        """There are no items."""
        return Unknown("an item of the hooks", self.span)

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """Run the implementations of a hook, those that ask to be tried first before the others."""
        found = sorted(implementations(self.machine, name), key=_rank)
        results = []
        for function, _ in found:
            named = {param.name: kwargs[param.name] for param in function.function.head.params if param.name in kwargs}
            results.append(self.machine.call(function, [], named, function.function.span))
        return Seq("list", results, is_open=True)


def implementations(machine: Core, hook: str) -> Iterator[tuple[FunctionValue, Result | None]]:
    """The functions of that name in the project's modules which implement a hook, each with the call that marks it,
    where it is one with options."""
    for module in machine.index.modules.values():
        names = (fn.facts for fn in module.functions if fn.name == hook)
        if module.is_test or not any(facts.decorated and facts.owner == facts.parent == -1 for facts in names):
            continue
        value = machine.run_module(module).vars.get(hook)
        target = unwrap(value) if value is not None else None
        for wrapper in wrappers(value) if value is not None else ():
            mark = wrapper.decorator
            options = mark if isinstance(mark, Result) and _is_marker(mark.callee) else None
            if isinstance(target, FunctionValue) and (options is not None or _is_marker(mark)):
                yield target, options


def _is_marker(value: Value) -> bool:
    """Whether a value is what `HookimplMarker("project")` made."""
    callee = value.callee if isinstance(value, Result) else None
    return isinstance(callee, External) and callee.name in _MARKERS


def _rank(implementation: tuple[FunctionValue, Result | None]) -> int:
    options = implementation[1].kwargs if implementation[1] is not None else {}
    if "tryfirst" in options and constant(options["tryfirst"]):
        return 0
    return 2 if "trylast" in options and constant(options["trylast"]) else 1


__all__ = ["MANAGERS", "Hooks", "implementations", "prepare"]
