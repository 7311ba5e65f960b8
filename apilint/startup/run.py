"""Runs a program's start-up: all modules, then the factories and entry points that no module called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Function, Index
from apilint.startup import attributes
from apilint.startup.core import Frame
from apilint.startup.machine import LATER_STEPS, Machine
from apilint.startup.values import External, FunctionValue, Partial, Unknown, Value, unwrap

MAIN_STEPS = 20_000
_SECRET = re.compile(r"(?i)(^|_)(api_?keys?|keys?|tokens?|secrets?|passwords?|credentials?|auth)$")
_MAKING = ("__init__", "__new__")


def start(machine: Machine, constructors: Collection[str], registrars: Collection[str] = ()) -> None:
    """Run every module that is not a test's, the `__main__` blocks, then each function that nobody called and
    whose text names one of the `constructors` (an application factory that a server calls, and what hands it its
    arguments; a class that makes an application when an object is made of it, or in a method), then each that nobody
    called yet and that names one of the `registrars` (it completes an application that a module made), each as far as
    its own budget goes: a command line that reaches the whole library takes nothing from the others, and must not take
    long."""
    index: Index = machine.index
    for module in index.modules.values():
        if not module.is_test:
            machine.run_module(module)
    for module, statement in list(machine.mains):
        with machine.later(module.span(statement.start, statement.end), MAIN_STEPS):
            machine.run_block(statement.body, machine.run_module(module), Frame(None))
    factories = list(index.functions_with(_with_subclasses(machine, constructors)))
    for function in (*_callers_first(machine, factories), *_handing_on(machine, factories)):
        _enter(machine, function)
    methods = [each for each in factories if each.owner is not None and each.name not in _MAKING]
    for function in (*(each for each in factories if each.name in _MAKING), *methods):
        if function.name in _MAKING or not _returns(function):
            _make(machine, function)
    # A method that returns an application has somebody who asks for it, and may put it anywhere.
    if methods and not _is_made(machine, constructors):
        for function in methods:
            _make(machine, function)
    # What is decorated belongs to whoever decorates it: a route or a command runs later, if ever.
    completing = (each for each in index.functions_with(registrars) if not each.head.decorators)
    for function in _callers_first(machine, completing):
        _enter(machine, function)
    machine.steps, machine.is_starting = 0, False  # what is asked of the machine from now on is not the start-up's


def _enter(machine: Machine, function: Function) -> None:
    """Run a function of a module as an entry point, if nobody called it before."""
    if not _is_uncalled(machine, function):
        return
    env = machine.run_module(function.module)
    value = unwrap(env.vars.get(function.name) or FunctionValue(function, env))
    if isinstance(value, FunctionValue) and value.function is function:
        machine.entries.add(function)
        given = _given_by_hand(function)
        machine.call_within(Partial(value, [], given) if given else value, [], function.span)


def _given_by_hand(function: Function) -> dict[str, Value]:
    """The secrets that an entry point takes and does without: whether they are there, whoever starts it decides."""
    return {
        param.name: Unknown("an argument of whoever starts the program", _place(function, param), param.name)
        for param in function.head.params
        if isinstance(param.default, f.Constant) and param.default.value is None and _SECRET.search(param.name)
    }


def _place(function: Function, param: f.Param) -> Span:
    return function.module.span(param.start, param.end)


def _make(machine: Machine, function: Function) -> None:
    """Make an object of a class that makes an application when it is made, or in this method, if nobody did before."""
    owner = function.owner
    cls = machine.class_value(owner) if owner is not None else None
    is_first = function not in machine.called and not function.module.is_test
    if is_first and cls is not None and function.facts.parent < 0:
        machine.entries.add(function)
        with machine.later(function.span, LATER_STEPS):
            made = machine.call(cls, [], {}, function.span)
            if function not in machine.called and function.name not in _MAKING:
                machine.call(machine.attribute(made, function.name, function.span), [], {}, function.span)


def _handing_on(machine: Machine, factories: Iterable[Function]) -> list[Function]:
    """The functions that return what a factory makes which takes arguments: they know what to hand it."""
    names = {each.name for each in factories if each.facts.parent < 0 and each.owner is None and each.head.params}
    callers = (each for each in machine.index.functions_with(names) if not each.head.decorators) if names else ()
    return [each for each in callers if _returns(each)]


def _returns(function: Function) -> bool:
    return any(isinstance(node, f.Return) and node.value for node in function.body)


def _is_made(machine: Machine, constructors: Collection[str]) -> bool:
    """Whether the program has an application by now."""
    made = (each.callee.name for each in machine.results if isinstance(each.callee, External))
    names = (
        each.name
        for made in machine.instances
        for each in attributes.mro(machine, made.cls)
        if isinstance(each, External)
    )
    return any(name.rpartition(".")[2] in constructors for name in (*made, *names))


def _is_uncalled(machine: Machine, function: Function) -> bool:
    is_nested = function.facts.parent >= 0 or function.owner is not None
    return not is_nested and function not in machine.called and not function.module.is_test


def _callers_first(machine: Machine, functions: Iterable[Function]) -> list[Function]:
    """Those that no other one names come first: they hand the others their arguments, and make what the others
    make a part of their own."""
    uncalled = [each for each in functions if _is_uncalled(machine, each)]
    named = {word for each in uncalled for word in each.words if word != each.name}
    return sorted(uncalled, key=lambda each: each.name in named)


def _with_subclasses(machine: Machine, constructors: Collection[str]) -> set[str]:
    """The constructors' names with those of the project's classes that derive from them, by their spelling."""
    bases: dict[str, list[str]] = {}
    for made in machine.classes.values():
        for base in made.cls.code.bases:
            bases.setdefault(_last_name(base), []).append(made.cls.name)
    names, pending = set(constructors), list(constructors)
    while pending:
        for name in bases.get(pending.pop(), ()):
            if name not in names:
                names.add(name)
                pending.append(name)
    return names


def _last_name(expr: f.Expr) -> str:
    return expr.id if isinstance(expr, f.Name) else expr.attr if isinstance(expr, f.Attribute) else ""
