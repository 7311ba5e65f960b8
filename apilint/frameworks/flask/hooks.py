"""Functions that run before requests, as guards of one route."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apilint.frameworks.flask import views
from apilint.frameworks.flask.rules import Hook
from apilint.frameworks.program import Program, under
from apilint.guards.caller import Caller
from apilint.guards.judge import Judgement
from apilint.model import Guard
from apilint.startup.values import (
    Condition,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Special,
    Unknown,
    Value,
    unwrap,
    wrappers,
)

_PART = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")


class Part(Special):
    """What stands in a part of the path: some text, and never nothing."""

    truth = True

    def attribute(self, name: str) -> Value:
        """A method of a text."""
        return Unknown(f"'{name}' of a part of the path")

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """In other letters it is still some text."""
        return self if name in ("lower", "upper", "casefold") else None

    def item(self, key: Value) -> Value:
        """A letter of it."""
        return Unknown("a letter of a part of the path")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A text is not called."""
        return Unknown("a part of the path")


def _values(path: str) -> Iterator[tuple[str, Value]]:
    """The values of a rule's parts, by name."""
    for converter, name in _PART.findall(path):
        yield name, Part() if converter in ("", "string", "path", "uuid") else Unknown(f"the '{name}' of the path")


class Hooks:
    """Judges `before_request` functions for the routes they stand before."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def guards(self, hook: Hook, caller: Caller, shared: tuple[Condition, ...]) -> list[Guard]:
        """What one hook does to a caller of one route; conditions that the route is registered under as well are
        left out."""
        found = []
        function = views.developed(self.program, hook.function, hook.span)
        for layer in wrappers(function):
            guard = self.program.decorator_guard(layer, caller)
            if guard.effect in ("required", "conditional", "optional"):
                found.append(msgspec.structs.replace(guard, kind="before_request", via=hook.via))
        judged = self._judge(function, caller, takes_values=hook.takes_values)
        name = self._name(function)
        found.append(self.program.guard(name, "before_request", hook.via, hook.span, judged, function))
        conditions = tuple(c for c in hook.conditions if not any(_same(c, other) for other in shared))
        return [under(guard, conditions) for guard in found]

    def _judge(self, function: Value, caller: Caller, *, takes_values: bool) -> Judgement:
        target = unwrap(function)
        if takes_values and isinstance(target, FunctionValue):
            # The next hook is given other values: this one may take some out.
            first: list[Value] = [Known(caller.endpoint), Mapping(dict(_values(caller.path)))]
            key = (caller.endpoint, caller.path)
            return self.program.judge.function(function, "hook", caller=caller, first=first, memo=key)
        if isinstance(target, (FunctionValue, Instance)):
            return self.program.judge.function(function, "hook", caller=caller)
        known = self.program.judge.library(target, caller.http_method)
        if known is not None:
            return known
        return Judgement("none")

    def _name(self, function: Value) -> str:
        target = unwrap(function)
        return target.function.name if isinstance(target, FunctionValue) else self.program.short_name(target)


def _same(a: Condition, b: Condition) -> bool:
    return a.span == b.span and a.positive == b.positive
