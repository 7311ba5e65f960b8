"""Value -> the qualified names that a library's documentation would give it: `requests.Session.get`.

Types come from the models' `returns` (`sqlite3.connect()` is a `sqlite3.Connection`), from annotations of arguments,
and from the library classes that the project's own derive from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.flow import Checked, Derived, Input, Returned
from apilint.index import Function
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    External,
    Instance,
    Known,
    Operation,
    Partial,
    Result,
    Setting,
    Subscripted,
    Value,
    unwrap,
)
from apilint.unparse import unparse

_OPTIONAL = frozenset({"typing.Optional", "typing.Union", "typing.Annotated", "typing_extensions.Annotated"})
MAX_DEPTH = 12


def label_of(func: f.Expr) -> str:
    """The last two names of what is called, as a message shows it: `cursor.execute`."""
    names = re.findall(r"\w+(?:\(\))?", re.sub(r"\([^()]*\)", "()", unparse(func)))
    return ".".join(names[-2:]) or "…"


class Names:
    """Names values, by the library models of one project."""

    def __init__(self, project: Project) -> None:
        self._machine = project.program.machine
        self._returns = project.knowledge.sections.get("returns", {})
        self._project = project
        self._results: dict[Function, tuple[str, ...]] = {}

    def of(self, value: Value, depth: int = MAX_DEPTH) -> Iterator[str]:
        """The names of a function, method, class or constant, most likely one first."""
        value = unwrap(value)
        if depth == 0:
            return
        if isinstance(value, External):
            yield value.name
        elif isinstance(value, ClassValue):
            yield from attributes.external_bases(self._machine, value)
        elif isinstance(value, Attr):
            name = value.name.removeprefix("super.")
            yield from (f"{owner}.{name}" for owner in self.types(value.base, depth - 1))
        elif isinstance(value, Derived) and isinstance(value.expr, f.Attribute):
            yield from (f"{owner}.{value.expr.attr}" for owner in self.types(value.sources[0], depth - 1))
        elif isinstance(value, (Result, Instance)):
            yield from (f"{owner}.__call__" for owner in self.types(value, depth - 1))
        elif isinstance(value, Choice):
            for option in value.options:
                yield from self.of(option, depth - 1)

    def types(self, value: Value, depth: int = MAX_DEPTH) -> Iterator[str]:
        """The names of the classes that an object may be of; a module's own name for a module."""
        value = unwrap(value)
        if depth == 0:
            return
        if isinstance(value, External):
            yield self._returns.get(value.name, value.name)
        elif isinstance(value, Result):
            yield from (self._returns.get(name, name) for name in self.of(value.callee, depth - 1))
        elif isinstance(value, Instance):
            yield from attributes.external_bases(self._machine, value.cls)
        elif isinstance(value, ClassValue):
            yield from attributes.external_bases(self._machine, value)
        elif isinstance(value, Input):
            yield from self._annotated(value.annotation, value)
        elif isinstance(value, Attr):
            yield from (self._returns.get(name, name) for name in self.of(value, depth - 1))
        elif isinstance(value, Subscripted):
            for owner in self.types(value.base, depth - 1):
                if f"{owner}.__getitem__" in self._returns:
                    yield self._returns[f"{owner}.__getitem__"]
        elif isinstance(value, Returned):
            yield from self._result(value.function, depth - 1)
        elif isinstance(value, Derived):
            yield from self._derived(value, depth - 1)
        elif isinstance(value, Choice):
            for option in value.options:
                yield from self.types(option, depth - 1)
        elif isinstance(value, Setting):
            yield from self.types(value.default, depth - 1)
        elif isinstance(value, Partial):
            yield from self.types(value.func, depth - 1)
        elif isinstance(value, Operation) and value.op == "/":
            yield from self.types(value.left, depth - 1)

    def _derived(self, value: Derived, depth: int) -> Iterator[str]:
        """The type of `owner.attribute` and of `owner.method()` where the models know it."""
        expr = value.expr
        if isinstance(value, Checked) or (isinstance(expr, f.BinOp) and expr.op == "/"):
            yield from self.types(value.sources[0], depth)
            return
        attribute = expr.func if isinstance(expr, f.Call) else expr
        if isinstance(attribute, f.Attribute) and value.sources:
            for owner in self.types(value.sources[0], depth):
                name = f"{owner}.{attribute.attr}"
                known = self._returns.get(name)
                if known is not None or not isinstance(expr, f.Call):
                    yield known or name

    def _result(self, function: Function, depth: int) -> tuple[str, ...]:
        """The types of what a function of the project returns."""
        if function not in self._results:
            self._results[function] = ()
            returned = self._project.trace(function).returned
            self._results[function] = tuple(name for value, _ in returned for name in self.types(value, depth))
        return self._results[function]

    def _annotated(self, annotation: Value | None, argument: Input) -> Iterator[str]:
        if isinstance(annotation, Known) and isinstance(annotation.value, str) and argument.function is not None:
            annotation = self._written(annotation.value, argument)
        if isinstance(annotation, Subscripted) and isinstance(annotation.base, External):
            if annotation.base.name in _OPTIONAL:
                for item in annotation.index[:1]:
                    yield from self._annotated(item, argument)
                return
            annotation = annotation.base
        if isinstance(annotation, Operation):
            for part in (annotation.left, annotation.right):
                yield from self._annotated(part, argument)
        elif isinstance(annotation, Choice):
            for option in annotation.options:
                yield from self._annotated(option, argument)
        elif isinstance(annotation, External):
            yield annotation.name
        elif isinstance(annotation, ClassValue):
            yield from attributes.external_bases(self._machine, annotation)

    def _written(self, text: str, argument: Input) -> Value | None:
        """The class that a quoted annotation names."""
        function = argument.function
        name, *rest = text.replace(" | None", "").strip().split(".")
        if function is None or not all(part.isidentifier() for part in (name, *rest)):
            return None
        env = self._machine.run_module(function.module)
        value = self._machine.lookup(name, env)
        for part in rest:
            value = self._machine.attribute(value, part, function.span)
        return value
