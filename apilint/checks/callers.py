"""Function -> the calls of it: under its own name or another, through the framework or library that it is handed to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.checks.names import Names
from apilint.flow import Call, Input
from apilint.flow.narrowing import last_name
from apilint.index import Function, Module
from apilint.project import Project
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Partial,
    Result,
    Seq,
    Unknown,
    Value,
    unwrap,
)
from apilint.startup.values import (
    Mapping as MappingValue,
)

MAX_CALLERS, SHORT = 40, 5
MAX_LOOKED_AT = 120
# Methods that dicts, lists, strings and files have: nobody can tell which calls of them are of a class of the project.
_EVERYWHERE = frozenset(
    """
    get pop update items keys values append add remove copy read write close open join split format strip index count
    insert extend clear sort setdefault encode decode replace find
    """.split()
)
# Modules with more functions than that are not looked through for one that is handed about.
MAX_LOOKED_THROUGH = 150

Called = tuple[Function, Call]
"""A call, and the function whose body has it."""


class Callers:
    """The calls of the functions of one project; those in tests are left out."""

    def __init__(self, project: Project, names: Names) -> None:
        self._project = project
        self._runs = Runs(project, names)
        self._found: dict[Function, list[Called]] = {}
        self.maybe: dict[Function, list[Called]] = {}
        """Calls that may be of a function, by the name."""
        self.endless: set[Function] = set()
        """Functions with more callers than were looked at."""
        self._counts: dict[str, int] | None = None
        self._calls: dict[str, list[f.Call]] | None = None
        self._names: dict[str, set[str]] | None = None
        self._handed: dict[Function, list[Called]] | None = None
        self._mentions: dict[Module, dict[str, list[Function]]] = {}

    def of(self, function: Function) -> list[Called]:
        """The calls of a function, as far as they can be told."""
        if function not in self._found:
            self._found[function] = []
            self._found[function] = list(self._find(function))[:MAX_CALLERS]
        return self._found[function]

    def count(self, name: str) -> int:
        """How many functions of the project have that name."""
        if self._counts is None:
            self._counts = {}
            for module in self._project.index.modules.values():
                if not module.is_test:
                    for facts in module.facts.functions:
                        self._counts[facts.name] = self._counts.get(facts.name, 0) + 1
        return self._counts.get(name, 0)

    def is_unique(self, name: str) -> bool:
        """Whether what is called so is surely the one function of that name: it is alone, and the name is no word that
        libraries have as well."""
        return len(name) > SHORT and self.count(name) == 1

    def _find(self, function: Function) -> Iterator[Called]:
        found = 0
        for called in self._by_name(function):
            found += 1
            yield called
        for called in self._by_libraries().get(function, ()):
            found += 1
            yield called
        if not found and function not in self.maybe and function not in self.endless:
            yield from self._under_other_names(function)

    def only_constants(self, function: Function, name: str) -> bool:
        """Whether a function is called in the statements of modules and classes, and always with a constant for one of
        its parameters: `total = sum_of("vulnerability")`."""
        given = [_given(call, function, name) for call in self._outside().get(function.name, ())]
        return bool(given) and all(isinstance(each, f.Constant) for each in given)

    def _outside(self) -> Mapping[str, list[f.Call]]:
        """The calls that stand in no function, by the last name of what is called."""
        if self._calls is None:
            self._calls = {}
            for module in self._project.index.modules.values():
                if module.is_test:
                    continue
                for node in module.outer_nodes(f.Call):
                    self._calls.setdefault(last_name(node.func), []).append(node)
        return self._calls

    def in_wrappers(self, function: Function) -> Iterator[Called]:
        """The calls of a decorated function within the decorators of the project: `function(…)` in a `wrapper`."""
        machine, module = self._project.program.machine, function.module
        for expr in function.head.decorators:
            name = expr.func if isinstance(expr, f.Call) else expr
            decorator = unwrap(machine.evaluate(name, machine.run_module(module)))
            if isinstance(decorator, FunctionValue):
                for wrapper in decorator.function.module.functions:
                    if wrapper.is_within(decorator.function):
                        for call in self._project.trace(wrapper).calls:
                            callee = unwrap(call.callee)
                            if isinstance(callee, Input) and callee.function is not wrapper and call.depth == 0:
                                yield wrapper, call

    # ------------------------------------------------------------------ by name

    def _by_name(self, function: Function) -> Iterator[Called]:
        owner = function.owner
        word = owner.name if function.name in ("__init__", "__call__") and owner is not None else function.name
        if word.startswith("__"):
            return
        if owner is not None and word in _EVERYWHERE:
            self.endless.add(function)
            return
        is_unique = self.is_unique(word)
        renamed = f"{word}()" if function.name == "__call__" else word
        words = {word} | self._other_names().get(renamed, set())
        is_method = owner is not None and function.name == word
        found = looked = 0
        for caller in self._project.index.functions_with(words):
            if caller.module.is_test or caller is function or not _calls_one(caller, words, is_method=is_method):
                continue
            looked += 1
            if found > MAX_CALLERS or looked > MAX_LOOKED_AT:
                self.endless.add(function)
                return
            for call in self._project.trace(caller).calls:
                if call.depth == 0 and last_name(call.node.func) in words:
                    if _is_of(call, function, is_unique):
                        found += 1
                        yield caller, call
                    elif isinstance(callee := unwrap(call.callee), (Unknown, Attr)) and not _is_of_library(callee):
                        self.maybe.setdefault(function, []).append((caller, call))  # it may be this one

    def _other_names(self) -> Mapping[str, set[str]]:
        """What functions and classes are called in modules that know them by another name, and their instances
        (`Shell()` for the key)."""
        if self._names is None:
            self._names = {}
            for module in self._project.index.modules.values():
                for own, name in _renamed(module) if not module.is_test else ():
                    self._names.setdefault(own, set()).add(name)
        return self._names

    # ------------------------------------------------------- handed to others

    def _by_libraries(self) -> Mapping[Function, list[Called]]:
        """The functions that are handed to a library, which calls them with the arguments that it gets."""
        if self._handed is None:
            self._handed = {}
            for caller in self._project.index.functions_with(self._runs.words):
                if caller.module.is_test or not _calls_one(caller, self._runs.words):
                    continue
                for call in self._project.trace(caller).calls:
                    made = self._runs.run_by(call) if call.depth == 0 else None
                    callee = unwrap(made.callee) if made is not None else None
                    if made is not None and isinstance(callee, FunctionValue):
                        self._handed.setdefault(callee.function, []).append((caller, made))
        return self._handed

    def _under_other_names(self, function: Function) -> Iterator[Called]:
        """The calls of a function that nobody calls by its name, in what mentions it in its own module."""
        for caller in self._mentioning(function):
            for call in self._project.trace(caller, deep=True).calls:
                if _is_of(call, function, is_unique=False):
                    yield caller, call

    def _mentioning(self, function: Function) -> list[Function]:
        module = function.module
        if module.is_test or len(module.functions) > MAX_LOOKED_THROUGH or function.owner is not None:
            return []
        if module not in self._mentions:
            self._mentions[module] = {}
            for other in module.functions:
                for name in dict.fromkeys(node.id for node in other.nodes(f.Name)):
                    self._mentions[module].setdefault(name, []).append(other)
        names = [function.name, *self._holders(function)]
        found = dict.fromkeys(other for name in names for other in self._mentions[module].get(name, ()))
        return [other for other in found if other is not function][:MAX_CALLERS]

    def _holders(self, function: Function) -> Iterator[str]:
        """The module's variables that hold a dict or list with the function in it."""
        env = self._project.program.machine.envs.get(function.module.file)
        for name, value in env.vars.items() if env is not None else ():
            items = value.values() if isinstance(value, MappingValue) else value.items if isinstance(value, Seq) else ()
            for item in map(unwrap, items):
                if isinstance(item, FunctionValue) and item.function is function:
                    yield name


class Runs:
    """What libraries do with functions that they are handed, by the models' `runs`."""

    def __init__(self, project: Project, names: Names) -> None:
        self._names = names
        self._entries: Mapping[str, Any] = project.knowledge.sections.get("runs", {})
        self._methods = {name.rpartition(".")[2]: entry for name, entry in self._entries.items()}
        self.words = frozenset(self._methods)
        """The last names of the calls that run what they are handed."""

    def run_by(self, call: Call) -> Call | None:
        """The call that a library makes of what it is handed in another call."""
        word = last_name(call.node.func)
        if word not in self.words:
            return None
        names = list(self._names.of(unwrap(call.callee)))
        entry = next((self._entries[name] for name in names if name in self._entries), None)
        if entry is None and not names:
            entry = self._methods[word]  # a receiver that is not known
        function = (
            call.argument(entry["function"], "" if entry.get("keyword") is None else entry["keyword"])
            if entry
            else None
        )
        if entry is None or function is None:
            return None
        args, kwargs = _arguments(call, entry)
        if isinstance(function, Partial):
            args, kwargs, function = [*function.args, *args], {**function.kwargs, **kwargs}, function.func
        return Call(function, args, kwargs, call.span, call.conditions, call.function, call.node, call.depth)


def _arguments(call: Call, entry: Mapping[str, Any]) -> tuple[list[Value], dict[str, Value]]:
    """What the function that is run gets: the arguments after it, or those in a list and a dict."""
    if "args" not in entry:
        keyword = entry.get("keyword")
        return call.args[entry["function"] + 1 :], {name: v for name, v in call.kwargs.items() if name != keyword}
    args = call.kwargs.get(entry["args"])
    kwargs = call.kwargs.get("kwargs")
    named = {str(key): v for key, v in kwargs.items.items()} if isinstance(kwargs, MappingValue) else {}
    return list(args.items) if isinstance(args, Seq) else [], named


def _renamed(module: Module) -> Iterator[tuple[str, str]]:
    """`(name, other name)` of what a module imports as, or assigns to, another name."""
    for statement in module.body:
        if isinstance(statement, f.ImportFrom):
            yield from ((name, alias) for name, alias in statement.names if alias and alias != name)
        elif isinstance(statement, f.Assign) and isinstance(statement.targets[0], f.Name):
            if isinstance(statement.value, f.Name):
                yield statement.value.id, statement.targets[0].id
            elif isinstance(statement.value, f.Call) and last_name(statement.value.func)[:1].isupper():
                yield f"{last_name(statement.value.func)}()", statement.targets[0].id


def _given(call: f.Call, function: Function, name: str) -> f.Expr | None:
    """What is written for a parameter; its default where nothing is."""
    found = next((each.value for each in call.keywords if each.name == name), None)
    if found is not None:
        return found
    params = [each for each in function.head.params if each.name not in ("self", "cls")]
    at = next((at for at, each in enumerate(params) if each.name == name), len(call.args))
    if at < len(call.args):
        return call.args[at]
    return params[at].default if at < len(params) else None


def _is_of(call: Call, function: Function, is_unique: bool) -> bool:
    callees = call.callee.options if isinstance(call.callee, Choice) else [call.callee]
    for callee in map(unwrap, callees):
        if isinstance(callee, FunctionValue) and callee.function is function:
            return True
        if isinstance(callee, ClassValue) and function.owner is callee.cls and function.name == "__init__":
            return True
        if isinstance(callee, Instance) and function.owner is callee.cls.cls and function.name == "__call__":
            return True
        if is_unique and isinstance(callee, (Unknown, Attr)) and function.owner is not None:
            return not _is_of_library(callee)
    return False


def _is_of_library(callee: Value) -> bool:
    """Whether a method is that of an object of a library's class, which was made of nothing of the project's:
    `URLSafeTimedSerializer(key).loads`, but not `LocalProxy(find_service).loads`."""
    made = unwrap(callee.base) if isinstance(callee, Attr) else None
    if not isinstance(made, Result) or not isinstance(made.callee, External):
        return False
    given = map(unwrap, (*made.args, *made.kwargs.values()))
    is_class = made.callee.name.rpartition(".")[2][:1].isupper()
    return is_class and not any(isinstance(each, (ClassValue, FunctionValue, Instance)) for each in given)


def _calls_one(function: Function, words: Collection[str], *, is_method: bool = False) -> bool:
    """Whether a body may call something of those names, by its bare name only what is no method."""
    return any(
        last_name(node.func) in words and not (is_method and isinstance(node.func, f.Name))
        for node in function.nodes(f.Call)
    )
