"""Calls -> which of them leave a trace: a log line, an event for a monitor, a metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint import flow
from apilint.checks.names import Names
from apilint.index import Function
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Env, FunctionValue, Value, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

MAX_DEPTH = 2


class Logs:
    """Recognises what leaves a trace, by the library models, and by the project's own functions that do so."""

    def __init__(self, project: Project, noting: str = r"(?!)") -> None:
        """`noting` matches the names of methods that note something by any other means (metrics, signals, audit)."""
        self.project = project
        self.machine = project.program.machine
        sections = project.knowledge.sections
        self.entries: Mapping[str, Any] = sections.get("loggers", {})
        methods = sections.get("logger_methods", {})
        self.methods = frozenset(methods.get("methods", ()))
        self._receivers = regex(methods.get("receivers", r"(?!)"))
        self._named = {
            *(name.rpartition(".")[2] for name in self.entries),
            *(str(method) for entry in self.entries.values() for method in entry.get("methods", ())),
        }
        self._noting = regex(noting)
        self._library = project.once(Names, lambda: Names(project))
        self._functions: dict[Function, bool] = {}

    # -------------------------------------------------------------------- calls

    def entry(self, call: f.Call, env: Env) -> tuple[str, int | None, bool] | None:
        """`(name, index of the first logged argument or None, whether keywords are logged)` of a call of a logger."""
        func = call.func
        last = func.attr if isinstance(func, f.Attribute) else func.id if isinstance(func, f.Name) else ""
        if last not in self._named and last not in self.methods:
            return None
        if isinstance(func, f.Attribute) and last in self.methods:
            receiver = unparse(func.value)
            if self._receivers.search(receiver.rpartition(".")[2]) or "getlogger" in receiver.lower().replace("_", ""):
                return f"{receiver}.{last}", 1 if last == "log" else 0, True
        for name in self._names(func, env):
            entry = self.entries.get(name) or self._with_method(name)
            if entry is not None:
                return unparse(func), entry.get("message", 0), bool(entry.get("keywords"))
        return None

    def _with_method(self, name: str) -> Mapping[str, Any] | None:
        owner, _, method = name.rpartition(".")
        entry = self.entries.get(owner)
        return entry if entry is not None and method in entry.get("methods", ()) else None

    def _names(self, func: f.Expr, env: Env) -> list[str]:
        value = self.machine.evaluate(func, env)
        return [self.project.name_of(value), *self.project.names_of(value), *self._library.of(value)]

    # --------------------------------------------------------------- statements

    def leave_trace(self, nodes: Iterable[f.Stmt | f.Expr], function: Function, depth: int = MAX_DEPTH) -> bool:
        """Whether statements log something, themselves or by project functions that they call."""
        env: Env | None = None
        for node in walk(nodes):
            if not isinstance(node, f.Call):
                continue
            if env is None:
                env = self.env(function)
            if self.entry(node, env) is not None or self._notes(node):
                return True
            if depth > 0 and any(self.function_logs(called, depth - 1) for called in self.called(node, function, env)):
                return True
        return False

    def _notes(self, call: f.Call) -> bool:
        func = call.func
        return bool(self._noting.search(unparse(func))) if isinstance(func, (f.Name, f.Attribute)) else False

    def function_logs(self, function: Function, depth: int = MAX_DEPTH) -> bool:
        """Whether a function's body logs something."""
        if function not in self._functions:
            self._functions[function] = False
            self._functions[function] = self.leave_trace(function.body, function, depth)
        return self._functions[function]

    # ---------------------------------------------------------------- functions

    def env(self, function: Function) -> Env:
        """The scope that a function closes over."""
        return flow.env_of(self.machine, function)

    def called(self, call: f.Call, function: Function, env: Env) -> Iterator[Function]:
        """The project functions that a call runs: the function, or a class's constructor."""
        value = self.value_of(call.func, function, env)
        if value is None:
            return
        target = unwrap(value)
        if isinstance(target, FunctionValue):
            yield target.function
        else:
            init = attributes.in_class(self.machine, target, "__init__") if isinstance(target, ClassValue) else None
            made = unwrap(init[0]) if init is not None else None
            if isinstance(made, FunctionValue):
                yield made.function

    def value_of(self, func: f.Expr, function: Function, env: Env) -> Value | None:
        """What an expression stands for; methods of `self` by the class that the function stands in."""
        if isinstance(func, f.Attribute) and isinstance(func.value, f.Name) and func.value.id in ("self", "cls"):
            owner = function.owner
            cls = self.machine.class_value(owner) if owner is not None else None
            found = attributes.in_class(self.machine, cls, func.attr) if cls is not None else None
            return found[0] if found is not None else None
        root = func
        while isinstance(root, f.Attribute):
            root = root.value
        return self.machine.evaluate(func, env) if isinstance(root, f.Name) else None


__all__ = ["Logs"]
