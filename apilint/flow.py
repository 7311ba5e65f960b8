"""Inside one function: every call it makes, with what each argument derives from.

A function is run symbolically for unknown arguments (`Input`s). Locals, `+=`, f-strings, `%`, `format`, `join`,
attributes of `self` and module constants are followed by the same rules as at start-up, and so are calls of the
project's own functions, a few levels deep. What comes out is the list of calls and the returned values, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Function
from apilint.startup import attributes, calls
from apilint.startup.core import LEAVE, Core, Frame, OutOfBudget
from apilint.startup.machine import RUN, Machine
from apilint.startup.values import (
    NONE,
    Attr,
    Choice,
    ClassValue,
    Condition,
    Env,
    External,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Operation,
    Partial,
    Result,
    Seq,
    Setting,
    Special,
    Subscripted,
    Text,
    Unknown,
    Value,
    Wrapped,
)

MAX_STEPS = 20_000
MAX_DEPTH = 3


class Input(Unknown):
    """The argument of the function under trace; `param` says which."""

    __slots__ = ("annotation", "param")

    def __init__(self, param: f.Param, span: Span, annotation: Value | None) -> None:
        super().__init__(f"the argument '{param.name}'", span, param.name)
        self.param = param
        self.annotation = annotation

    def __repr__(self) -> str:
        return f"Input({self.param.name})"


class Call:
    """One call: what is called, with which values, where, by which function, and under which tests.

    `node` is the call as written, `function` the one whose body holds it (not always the one under trace),
    `depth` how many project calls lie between the two.
    """

    __slots__ = ("args", "callee", "conditions", "depth", "function", "kwargs", "node", "result", "span")

    def __init__(
        self,
        callee: Value,
        args: list[Value],
        kwargs: dict[str, Value],
        span: Span,
        conditions: tuple[Condition, ...],
        function: Function | None,
        node: f.Call,
        depth: int,
    ) -> None:
        self.callee = callee
        self.args = args
        self.kwargs = kwargs
        self.span = span
        self.conditions = conditions
        self.function = function
        self.node = node
        self.depth = depth
        self.result: Value = Unknown("the result of a call", span)

    def argument(self, position: int, *names: str) -> Value | None:
        """An argument by keyword or position."""
        for name in names:
            if name in self.kwargs:
                return self.kwargs[name]
        return self.args[position] if 0 <= position < len(self.args) else None

    def __repr__(self) -> str:
        return f"Call({self.callee!r}, {self.args!r}, {self.kwargs!r})"


class Trace(Machine):
    """A machine that runs one function for unknown arguments and notes what it calls and returns."""

    def __init__(self, base: Core, function: Function) -> None:
        super().__init__(base.index)
        self.envs = base.envs
        self.running = base.running
        self.substitutes = base.substitutes
        self.function_attrs = base.function_attrs
        self.classes = base.classes
        self.function = function
        self.calls: list[Call] = []
        self.returned: list[tuple[Value, f.Return]] = []
        self._nodes: list[f.Call] = []

    def run(self, target: FunctionValue) -> Trace:
        """Run the function; `self.calls` and `self.returned` are filled afterwards."""
        params = target.function.head.params
        kwargs: dict[str, Value] = {}
        args: list[Value] = []
        for number, param in enumerate(params):
            if param.kind in ("args", "kwargs"):
                continue
            if number == 0 and target.self_value is not None:
                continue
            annotation = self.evaluate(param.annotation, target.env) if param.annotation is not None else None
            kwargs[param.name] = Input(param, target.env.module.span(param.start, param.end), annotation)
        if target.self_value is not None:
            args = [target.self_value]
        env = calls.enter(self, target, args, kwargs)
        self.stack.append(target.function)
        try:
            self.run_block(target.function.body, env, Frame(target.function))
        except OutOfBudget:
            self.cut_short.append(target.function.span)
        self.stack.pop()
        return self

    def evaluate(self, expr: f.Expr, env: Env) -> Value:
        """As in start-up; remembers which call expression is being evaluated."""
        if type(expr) is f.Call:
            self._nodes.append(expr)
            try:
                return super().evaluate(expr, env)
            finally:
                self._nodes.pop()
        return super().evaluate(expr, env)

    def call(self, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """Note the call, then follow it."""
        if not self._nodes:
            return super().call(callee, args, kwargs, span)
        node = self._nodes[-1]
        function = self.stack[-1] if self.stack else None
        noted = Call(callee, args, kwargs, span, self.conditions, function, node, len(self.stack) - 1)
        self.calls.append(noted)
        noted.result = super().call(callee, args, kwargs, span)
        return noted.result

    def call_function(self, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """Follow project functions a few levels deep."""
        if len(self.stack) > MAX_DEPTH or callee.function in self.stack or self.steps > MAX_STEPS:
            return Unknown(f"the result of '{callee.function.name}()'", span, f"{callee.function.name}()")
        return calls.call_function(self, callee, args, kwargs, span)

    def run_block(self, statements: tuple[f.Stmt, ...], env: Env, frame: Frame) -> str | Condition:
        """As in start-up, within a small budget."""
        return LEAVE if self.steps > MAX_STEPS else super().run_block(statements, env, frame)


def _return(trace: Trace, statement: f.Return, env: Env, frame: Frame) -> str:
    value = NONE if statement.value is None else trace.evaluate(statement.value, env)
    frame.returns.append(value)
    if len(trace.stack) == 1:
        trace.returned.append((value, statement))
    return LEAVE


Trace.table = {**RUN, f.Return: _return}


def trace(base: Core, function: Function) -> Trace:
    """Run one function of the project symbolically: methods get an instance of their class as `self`."""
    env = env_of(base, function)
    self_value: Value | None = None
    owner = function.owner
    if owner is not None and function.head.params and not _is_static(function):
        cls = base.classes.get((function.module.file, owner.index))
        self_value = Instance(cls, [], {}, owner.span, 0) if cls is not None else None
    return Trace(base, function).run(FunctionValue(function, env, self_value))


def _is_static(function: Function) -> bool:
    names = {node.id for node in function.head.decorators if isinstance(node, f.Name)}
    return "staticmethod" in names


def env_of(base: Core, function: Function) -> Env:
    """The scope that a function closes over: its module's, with the enclosing functions' parameters unknown."""
    parent = function.parent
    if parent is None:
        return base.run_module(function.module)
    outer = env_of(base, parent)
    env = Env(function.module, outer)
    for param in parent.head.params:
        env.vars[param.name] = Input(param, function.module.span(param.start, param.end), None)
    for statement in parent.body:
        if isinstance(statement, (f.Import, f.ImportFrom, f.FunctionDef)) and isinstance(base, Machine):
            RUN[type(statement)](base, statement, env, Frame(parent))
    return env


def parts(value: Value, depth: int = 8) -> Iterator[Value]:
    """A value and all that it is made of: pieces of text, elements, operands, arguments of calls."""
    yield value
    if depth == 0:
        return
    inner: list[Value] = []
    if isinstance(value, Text):
        inner = value.parts
    elif isinstance(value, Seq):
        inner = value.items
    elif isinstance(value, Mapping):
        inner = list(value.items.values())
    elif isinstance(value, Choice):
        inner = value.options
    elif isinstance(value, Operation):
        inner = [value.left, *([value.right] if value.right is not None else [])]
    elif isinstance(value, Result):
        inner = [value.callee, *value.args, *value.kwargs.values()]
    elif isinstance(value, (Attr, Subscripted)):
        inner = [value.base, *(value.index if isinstance(value, Subscripted) else [])]
    elif isinstance(value, Setting):
        inner = [value.default]
    elif isinstance(value, Wrapped):
        inner = [value.inner]
    elif isinstance(value, Partial):
        inner = [value.func, *value.args, *value.kwargs.values()]
    for item in inner:
        yield from parts(item, depth - 1)


def inputs(value: Value) -> list[Input]:
    """The function's arguments that a value derives from."""
    return [part for part in parts(value) if isinstance(part, Input)]


Predicate = Callable[[Value], bool]

__all__ = [
    "Call", "ClassValue", "External", "Input", "Known", "Special", "Trace", "attributes", "env_of", "inputs", "parts", "trace",
]  # fmt: skip
