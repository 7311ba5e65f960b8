"""What logs refusals for a whole application: handlers of exceptions, what sees every answer."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.checks.assigned import last_name
from apilint.checks.logs import Logs
from apilint.index import Function, Index
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Instance, Result, Value, unwrap
from apilint.unparse import unparse

# What registers a function for exceptions, and what runs for every answer.
_HANDLING = ("exception_handler", "errorhandler", "app_errorhandler", "add_exception_handler", "register_error_handler")
_WATCHING = ("middleware", "after_request", "after_app_request")


class Handlers:
    """What logs refusals for a whole application: exceptions themselves, their handlers, what sees every answer."""

    def __init__(self, logs: Logs) -> None:
        self.logs = logs
        self._logged: frozenset[str] | None = None
        self._watched: bool | None = None

    def log(self, exception: f.Expr | None, status: int, function: Function) -> bool:
        """Whether the exception that refuses with a status is logged where it is handled."""
        if exception is None:
            return False
        value = self.logs.machine.evaluate(exception, self.logs.env(function))
        return not self.logged(function).isdisjoint([*self._names(value), str(status)])

    def _names(self, value: Value) -> Iterator[str]:
        value = unwrap(value)
        made = value.callee if isinstance(value, Result) else value.cls if isinstance(value, Instance) else value
        made = unwrap(made)
        if isinstance(made, ClassValue):
            for base in attributes.mro(self.logs.machine, made):
                yield base.cls.name if isinstance(base, ClassValue) else getattr(base, "name", "").rpartition(".")[2]
        else:
            yield getattr(made, "name", "").rpartition(".")[2]

    def logged(self, near: Function) -> frozenset[str]:
        """The names of exceptions, and statuses, whose handlers log."""
        if self._logged is None:
            self._logged = frozenset(self._handled(near))
        return self._logged

    def _handled(self, near: Function) -> Iterator[str]:
        index = near.module.index
        for module in index.with_words(_HANDLING):
            if module.is_test:
                continue
            for function in module.functions:
                for decorator in function.head.decorators:
                    if isinstance(decorator, f.Call) and last_name(decorator.func) in _HANDLING:
                        yield from self._names_if_logged(decorator, function)
            for function in module.functions:
                if not function.words.isdisjoint(_HANDLING):
                    for call in function.nodes(f.Call):
                        yield from self._registered(call, index)

    def _names_if_logged(self, decorator: f.Call, function: Function) -> Iterator[str]:
        if self.logs.function_logs(function):
            yield from (unparse(arg).rpartition(".")[2] for arg in decorator.args)

    def _registered(self, call: f.Call, index: Index) -> Iterator[str]:
        if last_name(call.func) not in _HANDLING or len(call.args) < 2:
            return
        name = last_name(call.args[1])
        for module in index.modules.values():
            for function in module.functions:
                if function.name == name and self.logs.function_logs(function):
                    yield unparse(call.args[0]).rpartition(".")[2]

    def watch(self, project: Project) -> bool:
        """Whether something sees every answer's status and logs it."""
        if self._watched is None:
            self._watched = any(
                self._is_watching(project, function) and self.logs.function_logs(function)
                for module in project.index.modules.values()
                if not module.is_test
                for function in module.functions
                if function.name in ("dispatch", "__call__", "process_response")
                or function.facts.decorated
                or function.name in self._handed(project)
            )
        return self._watched

    @staticmethod
    def _handed(project: Project) -> frozenset[str]:
        """The functions that are registered for every answer by a call: `app.after_request(note)`."""

        def find() -> frozenset[str]:
            functions = project.index.functions_with(_WATCHING)
            calls = (call for function in functions for call in function.nodes(f.Call))
            return frozenset(
                last_name(call.args[0]) for call in calls if last_name(call.func) in _WATCHING and call.args
            )

        return project.once("watching every answer", find)

    def _is_watching(self, project: Project, function: Function) -> bool:
        decorated = any(
            last_name(d.func if isinstance(d, f.Call) else d) in _WATCHING for d in function.head.decorators
        )
        owner = function.owner
        is_middleware = owner is not None and "middleware" in owner.name.lower()
        if not decorated and not is_middleware and function.name not in self._handed(project):
            return False
        return any(node.attr in ("status_code", "status") for node in function.nodes(f.Attribute))


__all__ = ["Handlers"]
