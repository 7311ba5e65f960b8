"""Function -> the functions of the project that it may run, as far as its text says: generously, for those who look for
a sign of something, not for a proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apilint import facts as f
from apilint.index import Function
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Env, FunctionValue, Instance, ModuleValue, Value, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

# A name under which more functions than these are defined says nothing.
MAX_NAMESAKES = 5


class Reached:
    """Reads functions, each once: what they call by name, as a method of their class, of an object that is made here or
    of a module, what they hand on or return, what they fetch from a registry by its name, and what stands in them."""

    def __init__(self, project: Project) -> None:
        self._machine = project.program.machine
        self._index = project.index
        self._found: dict[Function, tuple[Function, ...]] = {}

    def by(self, function: Function) -> tuple[Function, ...]:
        """The functions that one may run, in the order of its text."""
        found = self._found.get(function)
        if found is None:
            found = self._found[function] = tuple(dict.fromkeys(self._read(function)))
        return found

    def _read(self, function: Function) -> Iterator[Function]:
        yield from (each for each in function.module.functions if each.facts.parent == function.index)
        env = self._machine.run_module(function.module)
        made = made_of(function)
        for returned in function.nodes(f.Return):
            if returned.value is not None:
                yield from (each for name in walk((returned.value,)) for each in self._named(name, env))
        seen = set()
        for call in function.nodes(f.Call):
            text = unparse(call.func)
            if text not in seen:
                seen.add(text)
                yield from self.called(function, call.func, env, made)
            for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
                yield from self._named(arg, env)

    def called(self, function: Function, node: f.Expr, env: Env, made: Mapping[str, f.Expr]) -> Iterator[Function]:
        """The functions that a call of an expression runs; `made` says what local names were made of."""
        if isinstance(node, f.Name):
            yield from self._named(node, env)
        elif isinstance(node, f.Call):
            yield from self._registered(node)
        elif isinstance(node, f.Attribute):
            owner = node.value
            if isinstance(owner, f.Name) and owner.id in ("self", "cls"):
                method = function.owner.method(node.attr) if function.owner is not None else None
                yield from self._inherited(function, node.attr) if method is None else (method,)
                return
            if isinstance(owner, f.Name):
                owner = made.get(owner.id, owner)
            if isinstance(owner, f.Call):  # `Store().load()`
                owner = owner.func
            if isinstance(owner, f.Name):
                yield from self._method(self._machine.lookup(owner.id, env), node.attr)

    def _inherited(self, function: Function, name: str) -> Iterator[Function]:
        """A method that the class of a method has from another class of the project."""
        made = self._machine.class_value(function.owner) if function.owner is not None else None
        found = attributes.in_class(self._machine, made, name) if made is not None else None
        value = unwrap(found[0]) if found is not None else None
        if isinstance(value, FunctionValue):
            yield value.function

    def _named(self, node: object, env: Env) -> Iterator[Function]:
        value = unwrap(self._machine.lookup(node.id, env)) if isinstance(node, f.Name) else None
        if isinstance(value, FunctionValue):
            yield value.function

    def _method(self, value: Value, name: str) -> Iterator[Function]:
        value = unwrap(value)
        found: Value | None = None
        if isinstance(value, ModuleValue):
            found = self._machine.lookup_in_module(value.module, name)
        elif isinstance(value, (ClassValue, Instance)):
            cls = value if isinstance(value, ClassValue) else value.cls
            entry = attributes.in_class(self._machine, cls, name)
            found = entry[0] if entry is not None else None
        target = unwrap(found) if found is not None else None
        if isinstance(target, FunctionValue):
            yield target.function

    def _registered(self, call: f.Call) -> Iterator[Function]:
        """`get_action("user_list")(context)`: functions that are called like what is asked for."""
        first = call.args[0] if call.args else None
        if not isinstance(first, f.Constant) or not isinstance(first.value, str) or not first.value.isidentifier():
            return
        name = first.value
        found = [
            function
            for module in self._index.modules.values()
            if not module.is_test
            for function in module.functions
            if function.name == name
        ]
        yield from found if len(found) <= MAX_NAMESAKES else ()


def made_of(function: Function) -> dict[str, f.Expr]:
    """What the local names were made of, where that is a call: `store = Store()`."""
    return {
        target.id: node.value
        for node in function.nodes(f.Assign)
        if isinstance(node.value, f.Call)
        for target in node.targets
        if isinstance(target, f.Name)
    }
