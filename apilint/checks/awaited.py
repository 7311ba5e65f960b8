"""Function -> whether a request may run it, as far as names tell: generously, so that what is left out is run by nobody
who waits for an answer.

It is asked backwards, from the function to what mentions it, since hardly anything is asked about in a program of which
nearly everything is run by some request.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, Union

from apilint import facts as f
from apilint.checks.proofs import Proofs, Way
from apilint.checks.rejections import class_of
from apilint.flow.narrowing import last_name
from apilint.index import Class, Function, Index, Module
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

MANY = 300
_COMMANDS = regex(r"(?:^|\.)(?:command|group|option|argument|callback|cli)$")
_ADDING_COMMANDS = frozenset({"add_command", "add_typer", "command", "set_defaults"})


class _Run(NamedTuple):
    """A request may run a function."""

    function: Function


class _Used(NamedTuple):
    """A class is in use: what it is made of counts, and what is made of it."""

    cls: Class


class _Named(NamedTuple):
    """A name is mentioned by something that runs or is in use."""

    name: str


_Goal = Union[_Run, _Used, _Named]


class Awaited:
    """Follows names back to the handlers: through functions and classes that mention them, and tables of a module that
    do. Methods are run where their class is in use and their name is mentioned, or a library calls them. What a
    decorator hands to a library is taken to be run by it, commands aside."""

    def __init__(self, project: Project) -> None:
        self._index = project.index
        self._modules = [module for module in project.index.modules.values() if not module.is_test]
        self._classes: dict[str, list[Class]] = {}
        for cls in (cls for module in self._modules for cls in module.classes):
            self._classes.setdefault(cls.name, []).append(cls)
        self._handlers: set[Function] = set()
        self._views: set[Class] = set()
        self._given: set[str] = set()
        for route in project.routes:
            self._given.update(part for guard in (*route.guards, *route.considered) for part in guard.name.split("."))
            view = class_of(project, route.handler) if route.function is None else route.function.function.owner
            if view is not None:
                self._views.add(view)
            if route.function is not None:
                self._handlers.add(route.function.function)
        self._mentions = _Mentions(project.index, self._modules)
        self._mentioned: dict[Function | Class, frozenset[str]] = {}
        self._statements: dict[Module, _Statements] = {}
        self._proofs: Proofs[_Goal] = Proofs(self._ways)

    def covers(self, function: Function) -> bool:
        """Whether a request may run a function."""
        return self._proofs.holds(_Run(function))

    # ------------------------------------------------------------------ what brings it about

    def _ways(self, goal: _Goal) -> Iterator[Way[_Goal]]:
        if isinstance(goal, _Run):
            return self._running(goal.function)
        if isinstance(goal, _Used):
            return self._using(goal.cls)
        return self._naming(goal.name)

    def _running(self, function: Function) -> Iterator[Way[_Goal]]:
        owner = function.owner
        if function in self._handlers:
            yield ()
        if function.parent is not None:
            yield (_Run(function.parent),)
        if owner is not None:
            is_called = function.name.startswith("__") or self._is_called(owner)
            yield (_Used(owner),) if is_called else (_Used(owner), _Named(function.name))
            return
        if function.facts.decorated and not _is_command(function):
            yield ()
        yield from self._naming(function.name, function.module)

    def _is_called(self, cls: Class) -> bool:
        """Whether a library calls the methods of a class: it handles routes, or extends a class of the library."""
        return cls in self._views or any(last_name(base) not in self._classes for base in cls.code.bases)

    def _using(self, cls: Class) -> Iterator[Way[_Goal]]:
        if cls in self._views:
            yield ()
        yield (_Named(cls.name),)
        for base in cls.code.bases:
            yield from ((_Used(above),) for above in self._classes.get(last_name(base), ()))

    def _naming(self, name: str, where: Module | None = None) -> Iterator[Way[_Goal]]:
        """What mentions a name. Of a function's, if its module is given: functions of modules that another one does
        not import are others of that name."""
        if name in self._given:
            yield ()
        for module in self._mentions.of(name):
            statements = self._of_module(module)
            if name in statements.handed:
                yield ()
            yield from ((_Named(table),) for table, names in statements.tables if name in names)
            if where is None or _knows(module, where):
                yield from self._naming_in(module, name)

    def _naming_in(self, module: Module, name: str) -> Iterator[Way[_Goal]]:
        for function in module.functions:
            is_decorator = function.facts.decorated and name in _mentioned(function.head.decorators)
            if is_decorator or (self._index.may_mention(function, name) and name in self._names_of(function)):
                yield (_Run(function),)
        for cls in module.classes:
            if self._index.may_mention(cls, name) and name in self._names_of(cls):
                yield (_Used(cls),)

    # ------------------------------------------------------------------ what is mentioned

    def _names_of(self, user: Function | Class) -> frozenset[str]:
        """The names that the body of a function mentions, or a class."""
        if user not in self._mentioned:
            if isinstance(user, Function):
                names = {node.id for node in user.nodes(f.Name)} | {node.attr for node in user.nodes(f.Attribute)}
            else:
                names = set(_mentioned((*user.code.bases, *user.code.body)))
            self._mentioned[user] = frozenset(names)
        return self._mentioned[user]

    def _of_module(self, module: Module) -> _Statements:
        if module not in self._statements:
            self._statements[module] = _Statements(module)
        return self._statements[module]


class _Mentions:
    """The modules that may mention a name. Each is looked through for a name, as far as somebody asks; from the
    `MANY`th name on all have been taken apart into words."""

    def __init__(self, index: Index, modules: Sequence[Module]) -> None:
        self._index = index
        self._modules = modules
        self._found: dict[str, Iterator[Module]] = {}

    def of(self, name: str) -> Iterator[Module]:
        """Those modules, in their order, once for all who ask."""
        found = self._found.get(name)
        if found is None:
            found = iter(self._look_up(name)) if len(self._found) >= MANY else self._look_through(name)
        self._found[name], again = itertools.tee(found)
        return again

    def _look_through(self, name: str) -> Iterator[Module]:
        return (module for module in self._modules if self._index.may_mention(module, name))

    def _look_up(self, name: str) -> Sequence[Module]:
        return self._by_word.get(name.encode(), ()) if self._by_word is not None else self._modules

    @cached_property
    def _by_word(self) -> dict[bytes, list[Module]] | None:
        found: dict[bytes, list[Module]] = {}
        for module in self._modules:
            words = self._index.words_of(module)
            if words is None:
                return None
            for word in words:
                found.setdefault(word, []).append(module)
        return found


class _Statements:
    """What the statements of a module hand to others, and the variables that mention something."""

    def __init__(self, module: Module) -> None:
        calls = [node for node in module.nodes(f.Call) if last_name(node.func) not in _ADDING_COMMANDS]
        self.handed = {arg.id for call in calls for arg in _arguments(call) if isinstance(arg, f.Name)}
        self.tables = [(name, frozenset(_mentioned((value,)))) for name, value in _assigned(module)]


def _knows(module: Module, other: Module) -> bool:
    """Whether a module imports another one, or a package that it is in."""
    if module is other:
        return True
    names = [name.lstrip(".") for name in module.facts.imports]
    parts = other.name.split(".")
    packages = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return any(not name or any(f".{package}".endswith(f".{name}") for package in packages) for name in names)


def _is_command(function: Function) -> bool:
    """Whether a function is for those who type a command."""
    names = (unparse(each.func if isinstance(each, f.Call) else each) for each in function.head.decorators)
    return any(_COMMANDS.search(name) for name in names)


def _mentioned(nodes: Iterable[object]) -> Iterator[str]:
    for node in walk(nodes):
        if isinstance(node, f.Name):
            yield node.id
        elif isinstance(node, f.Attribute):
            yield node.attr


def _arguments(call: f.Call) -> Iterator[f.Expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def _assigned(module: Module) -> Iterator[tuple[str, f.Expr]]:
    """The names that a module's statements assign, with what they are given."""
    for node in module.nodes(f.Assign):
        yield from ((target.id, node.value) for target in node.targets if isinstance(target, f.Name))
    for declared in module.nodes(f.AnnAssign):
        if declared.value is not None and isinstance(declared.target, f.Name):
            yield declared.target.id, declared.value


__all__ = ["Awaited"]
