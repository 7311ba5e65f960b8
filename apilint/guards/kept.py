"""What the program keeps in the request of an anonymous caller on its way: `request.organization = None`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from apilint import facts as f
from apilint.guards.caller import ANONYMOUS, REQUEST_NAMES, UNSET, Anonymous, Caller
from apilint.index import Function
from apilint.startup import expressions
from apilint.startup.core import Core
from apilint.startup.values import FunctionValue, Instance, Value

MOST = 8
Run = Callable[[FunctionValue, Caller], object]


class Recorder(Caller):
    """A request that remembers what it is given."""

    __slots__ = ("given",)

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[str, Value]] = []

    def assign(self, name: str, value: Value) -> None:
        """`request.name = value`."""
        self.given.append((name, value))


def kept(machine: Core, name: str, run: Run) -> Value | None:
    """What an attribute of the request holds for a caller without credentials, by all functions that set it: nothing,
    or nobody; None where they give something else, or where nobody sets it. `run` follows a function."""
    given: list[Value] = []
    for function in islice(_setting(machine, name), MOST):
        recorder = Recorder()
        run(function, recorder)
        given += [value for label, value in recorder.given if label == name]
    if given and all(isinstance(value, Anonymous) for value in given):
        return ANONYMOUS
    return UNSET if given and all(expressions.truth(value) is False for value in given) else None


def _setting(machine: Core, name: str) -> Iterator[FunctionValue]:
    """The functions that set an attribute of a request: methods, and functions of modules."""
    for function in machine.index.functions_with((name,)):
        if function.module.is_test or not machine.index.may_assign(function, name):
            continue
        if not any(_sets(node, name) for node in function.nodes(f.Assign)):
            continue
        value = _value(machine, function)
        if value is not None:
            yield value


def _sets(node: f.Assign, name: str) -> bool:
    return any(
        isinstance(target, f.Attribute)
        and target.attr == name
        and isinstance(target.value, f.Name)
        and target.value.id in REQUEST_NAMES
        for target in node.targets
    )


def _value(machine: Core, function: Function) -> FunctionValue | None:
    if function.owner is None:
        return None if function.parent is not None else FunctionValue(function, machine.run_module(function.module))
    cls = machine.class_value(function.owner)
    if cls is None:
        return None
    return FunctionValue(function, machine.run_module(function.module), Instance(cls, [], {}, cls.cls.span, 0))


__all__ = ["kept"]
