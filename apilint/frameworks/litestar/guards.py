"""What stands before a Litestar handler besides middleware: guards, functions before requests, dependencies."""

from __future__ import annotations

from apilint.frameworks.litestar.connection import Connection
from apilint.frameworks.litestar.layers import Handler, Layer
from apilint.frameworks.program import Program, under
from apilint.guards.judge import NOT_A_GUARD, Judgement
from apilint.model import Guard, Step
from apilint.startup.values import (
    External,
    FunctionValue,
    Known,
    LambdaValue,
    Mapping,
    Partial,
    Result,
    Unknown,
    Value,
    Wrapped,
    unwrap,
)

_PROVIDE = ("litestar.di.Provide", "litestar.Provide")
_MAX_DEPTH = 12
Provided = dict[str, tuple[Value, Layer]]


class HandlerGuards:
    """Judges what runs between the middleware and the handler."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def guards(self, handler: Handler, caller: Connection) -> list[Guard]:
        """The guards of all layers, from the application's to the handler's own."""
        found = []
        for layer in handler.layers:
            for value, conditions in self.program.items_under(layer.options.get("guards")):
                judged = self._judge(value, [caller, caller.handler()], "dependency", caller)
                name = self._name(value)
                guard = self.program.guard(name, "guard", f"guards of {layer.label}", layer.span, judged, value)
                found.append(under(guard, conditions))
        return found

    def before_request(self, handler: Handler, caller: Connection) -> list[Guard]:
        """The function of the nearest layer that has one; the others do not run."""
        for layer in reversed(handler.layers):
            value = layer.options.get("before_request")
            if value is None or (isinstance(value, Known) and value.value is None):
                continue
            judged = self._judge(value, [caller], "hook", caller)
            via = f"before_request of {layer.label}"
            return [self.program.guard(self._name(value), "before_request", via, layer.span, judged, value)]
        return []

    def dependencies(
        self, handler: Handler, function: FunctionValue, caller: Connection
    ) -> tuple[list[Guard], dict[str, Value]]:
        """The dependencies that a handler's parameters name, and what each of them gives an anonymous caller."""
        provided: Provided = {}
        for layer in handler.layers:
            stated = layer.options.get("dependencies")
            if isinstance(stated, Mapping):
                provided.update({str(name): (value, layer) for name, value in stated.items.items()})
        found: list[Guard] = []
        bindings: dict[str, Value] = {}
        for param in function.function.head.params:
            if param.name not in provided:
                continue
            value, layer = provided[param.name]
            target = _provided(value)
            judged = self._provide(target, provided, caller)
            bindings[param.name] = judged.gives
            span = function.env.module.span(param.start, param.end)
            via = f"parameter '{param.name}', dependencies of {layer.label}"
            found.append(self.program.guard(self._name(target), "dependency", via, span, judged, target))
        return found, bindings

    def _provide(self, target: Value, provided: Provided, caller: Connection, depth: int = 0) -> Judgement:
        """A dependency with those that its own parameters name."""
        function = unwrap(target)
        if not isinstance(function, FunctionValue) or depth > _MAX_DEPTH:
            return self._judge(target, [], "dependency", caller)
        bindings: dict[str, Value] = {}
        for param in function.function.head.params:
            below = provided.get(param.name)
            if below is None:
                continue
            judged = self._provide(_provided(below[0]), provided, caller, depth + 1)
            if judged.effect == "required":
                span = function.env.module.span(param.start, param.end)
                step = Step(span, f"it depends on '{param.name}'")
                return Judgement("required", (step, *judged.chain), qualname=self.program.describe(target))
            bindings[param.name] = judged.gives
        return self.program.judge.function(target, "dependency", caller=caller, bindings=bindings, memo=(None,))

    def _judge(self, value: Value, first: list[Value], mode: str, caller: Connection) -> Judgement:
        target = unwrap(value)
        if isinstance(target, (External, Result)):
            known = self.program.judge.library(value, caller.http_method)
            if known is not None:
                return known
            if mode != "dependency" or not first:
                return NOT_A_GUARD
        if isinstance(value, Wrapped) and value.result is not None:
            value = value.result
        if isinstance(value, Partial):
            bindings = dict(value.kwargs)
            arguments = [*value.args, *first]
            return self.program.judge.function(
                value.func, mode, caller=caller, first=arguments, bindings=bindings, memo=(None,)
            )
        if isinstance(target, LambdaValue) and mode == "dependency":
            return NOT_A_GUARD  # an expression gives a value and raises nothing of its own
        if isinstance(target, (Unknown, Known)) and not first:
            return NOT_A_GUARD
        return self.program.judge.function(value, mode, caller=caller, first=first, memo=(None,))

    def _name(self, value: Value) -> str:
        """What a reader calls a guard: the factory's name for what a factory made."""
        inner = unwrap(value)
        if isinstance(inner, FunctionValue):
            parent = inner.function.parent
            return parent.name if parent is not None else inner.function.name
        return self.program.short_name(inner)


def _provided(value: Value) -> Value:
    """What a `Provide(…)` calls."""
    if isinstance(value, Result) and isinstance(value.callee, External) and value.callee.name in _PROVIDE:
        return value.kwargs.get("dependency") or (value.args[0] if value.args else Known(None))
    return value
