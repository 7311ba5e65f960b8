"""Routes -> the functions that a request may run, as far as names tell: generously, so that what is left out is run by
nobody who waits for an answer."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from apilint import facts as f
from apilint.checks.rejections import class_of
from apilint.flow.narrowing import last_name
from apilint.index import Class, Function, Module
from apilint.model import Route
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

_COMMANDS = re.compile(r"(?:^|\.)(?:command|group|option|argument|callback|cli)$")
_ADDING_COMMANDS = frozenset({"add_command", "add_typer", "command", "set_defaults"})


class Awaited:
    """Follows names from the handlers on: functions and classes that are mentioned, tables of a module that are, and
    those methods of such classes whose name is mentioned or that a library calls. What a decorator hands to a library
    is taken to be run by it, commands aside."""

    def __init__(self, project: Project) -> None:
        self._functions: dict[str, list[Function]] = {}
        self._methods: dict[str, list[Function]] = {}
        self._classes: dict[str, list[Class]] = {}
        self._below: dict[str, list[Class]] = {}
        self._within: dict[Function, list[Function]] = {}
        self._tables: dict[str, list[f.Expr]] = {}
        self._handed: list[str] = []
        for module in project.index.modules.values():
            if not module.is_test:
                self._read(module)
        self._names: set[str] = set()
        self._asked: set[tuple[str, Module | None]] = set()
        self._served: set[Function] = set()
        self._alive: set[Class] = set()
        self._pending: list[Function] = []
        for route in project.routes:
            self._start(project, route)
        for function in itertools.chain.from_iterable(self._functions.values()):
            if function.facts.decorated and not _is_command(function):
                self._run(function)
        self._mention(self._handed)
        self._follow()

    def covers(self, function: Function) -> bool:
        """Whether a request may run a function."""
        return function in self._served

    # -------------------------------------------------------------------- names

    def _read(self, module: Module) -> None:
        for function in module.functions:
            table = self._functions if function.owner is None else self._methods
            table.setdefault(function.name, []).append(function)
            if function.parent is not None:
                self._within.setdefault(function.parent, []).append(function)
        for cls in module.classes:
            self._classes.setdefault(cls.name, []).append(cls)
            for base in cls.code.bases:
                self._below.setdefault(last_name(base), []).append(cls)
        for name, value in _assigned(module.body):
            self._tables.setdefault(name, []).append(value)
        for call in (node for node in walk(module.body) if isinstance(node, f.Call)):
            if last_name(call.func) not in _ADDING_COMMANDS:
                self._handed += (arg.id for arg in _arguments(call) if isinstance(arg, f.Name))

    def _start(self, project: Project, route: Route) -> None:
        for guard in (*route.guards, *route.considered):
            self._mention(guard.name.split("."))
        if route.function is None:
            found = class_of(project, route.handler)
            if found is not None:
                self._enliven(found, whole=True)
            return
        self._run(route.function.function)
        if route.function.function.owner is not None:
            self._enliven(route.function.function.owner, whole=True)

    def _follow(self) -> None:
        while self._pending:
            function = self._pending.pop()
            self._mention(_mentioned((*function.body, *function.head.decorators)), function.module)

    def _mention(self, names: Iterable[str], module: Module | None = None) -> None:
        """Take note of the names that a module mentions, if that is known: functions of modules that it does not
        import are others of that name."""
        for name in names:
            if (name, module) in self._asked:
                continue
            self._asked.add((name, module))
            for function in self._functions.get(name, ()):
                if module is None or _knows(module, function.module):
                    self._run(function)
            if name in self._names:
                continue
            self._names.add(name)
            for cls in self._classes.get(name, ()):
                self._enliven(cls)
            for method in self._methods.get(name, ()):
                if method.owner in self._alive:
                    self._run(method)
            for value in self._tables.get(name, ()):
                self._mention(_mentioned((value,)))

    # ------------------------------------------------------------------- what runs

    def _run(self, function: Function) -> None:
        if function not in self._served:
            self._served.add(function)
            self._pending.append(function)
            for inner in self._within.get(function, ()):
                self._run(inner)

    def _enliven(self, cls: Class, *, whole: bool = False) -> None:
        """Take a class to be in use: with what it is made of, and with what is made of it."""
        if cls in self._alive:
            return
        self._alive.add(cls)
        names = [last_name(base) for base in cls.code.bases]
        is_called = whole or any(name not in self._classes for name in names)  # by the library whose class it extends
        for name, method in cls.methods.items():
            if is_called or name in self._names or name.startswith("__"):
                self._run(method)
        self._mention(_mentioned((*cls.code.bases, *cls.code.body)), cls.module)
        for below in self._below.get(cls.name, ()):
            self._enliven(below)


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


def _assigned(body: Iterable[f.Stmt]) -> Iterator[tuple[str, f.Expr]]:
    """The names that a module's statements assign, with what they are given."""
    for node in walk(body):
        if isinstance(node, f.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, f.Name))
        elif isinstance(node, f.AnnAssign) and node.value is not None and isinstance(node.target, f.Name):
            yield node.target.id, node.value


__all__ = ["Awaited"]
