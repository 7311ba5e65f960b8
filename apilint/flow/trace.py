"""Runs one function symbolically for unknown arguments, and notes what it calls, assigns and returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import ClassVar

from apilint import facts as f
from apilint.facts import Span
from apilint.flow import narrowing
from apilint.flow.noted import Assigned, Call
from apilint.flow.values import Checked, Derived, Input, Returned
from apilint.index import Function, Module
from apilint.startup import attributes, calls, expressions
from apilint.startup.core import LEAVE, Core, Frame, OutOfBudget
from apilint.startup.machine import RUN, Machine, define
from apilint.startup.values import (
    Choice,
    ClassValue,
    Clock,
    Condition,
    Env,
    FunctionValue,
    Instance,
    Known,
    LazyDef,
    Operation,
    Partial,
    Subscripted,
    Unknown,
    Value,
    unwrap,
)
from apilint.unparse import unparse

HANDS_ON = {
    "run_in_executor": 1, "to_thread": 0, "run_in_threadpool": 0, "run_sync": 0, "submit": 0, "add_task": 0,
    "call_soon": 0, "call_soon_threadsafe": 0, "call_later": 1, "partial": 0, "spawn": 0, "start_soon": 0,
}  # fmt: skip
"""Functions that call another one, and where that stands among their arguments."""
MAX_STEPS = 20_000
# What a helper returns matters (a statement, a cast); what a whole service does below a handler does not, and costs.
MAX_DEPTH = 2
MAX_FOLLOWED_BYTES = 3_000
MAX_FOLLOWED_STEPS = 600

Locals = Callable[[Function], "dict[str, Value]"]
"""What the local names of a function hold at its end, for the functions within."""
Prototypes = dict[ClassValue, "dict[str, Value]"]
"""What the constructors of classes leave on `self`, for arguments that are not known."""


class Trace(Machine):
    """A machine that runs one function for unknown arguments and notes what it calls, assigns and returns."""

    opens_objects = False  # whose attributes a `__dict__` holds is what matters here
    evaluators: ClassVar[dict[type, Callable[..., Value]]] = expressions.EVALUATE

    def __init__(self, base: Core, function: Function, prototypes: Prototypes | None = None) -> None:
        super().__init__(base.index)
        self.envs = base.envs
        self.running = base.running
        self.substitutes = base.substitutes
        self.extensions = base.extensions
        self.function_attrs = base.function_attrs
        self.classes = base.classes
        self.base = base
        self.born = Clock.now
        self.prototypes: Prototypes = {} if prototypes is None else prototypes
        self.function = function
        self.locals: dict[str, Value] = {}
        self.calls: list[Call] = []
        self.assigned: list[Assigned] = []
        self.returned: list[tuple[Value, f.Return]] = []
        self.nodes: list[f.Call] = []
        self._noting: f.Call | None = None
        self.made_of: list[list[Value]] = [[]]
        self.vouched: dict[int, list[narrowing.Vouched]] = {}
        self.paths: set[str] = set()
        """How what was vouched for ends that is no name: with an attribute (its name) or otherwise (an empty text)."""
        self._written: dict[str, f.Expr] = {}
        self.followed = 0
        self.deep = True
        self.calls_own = False
        """Whether it came to a call of a function of the project: without any, `deep` makes no difference."""
        self.repeats = False

    def run(self, target: FunctionValue) -> Trace:
        """Run the function; `self.calls`, `assigned` and `returned` are filled afterwards."""
        function = target.function
        args = [target.self_value] if target.self_value is not None else []
        env = calls.enter(self, target, args, {})
        for number, param in enumerate(function.head.params):
            if number >= len(args) or param.kind not in ("plain", "positional"):
                env.vars[param.name] = self.input(param, function, target.env)
        self.stack.append(function)
        try:
            self.run_block(function.body, env, Frame(function))
        except OutOfBudget:
            self.cut_short.append(function.span)
        self.stack.pop()
        self.locals = env.vars
        return self

    def input(self, param: f.Param, function: Function, env: Env) -> Input:
        """The unknown argument for a parameter."""
        annotation = self.evaluate(param.annotation, env) if param.annotation is not None else None
        return Input(param, function.module.span(param.start, param.end), annotation, function)

    def assign(self, name: str, value: Value, env: Env) -> None:
        """Bind a name; what is global stays as it is for others."""
        env.vars[name] = value

    # --------------------------------------------------------------- evaluation

    def evaluate(self, expr: f.Expr, env: Env) -> Value:
        """As in start-up; what stays unknown remembers what it was made of."""
        kind = type(expr)
        made_of = self.made_of
        if kind is f.Name or kind is f.Constant:
            value = self.evaluators[kind](self, expr, env)
        elif self.paths and kind in (f.Attribute, f.Subscript, f.Call) and self._is_path(expr, env):
            value = env.vars[unparse(expr)]
        else:
            sources: list[Value] = []
            made_of.append(sources)
            run = self.evaluators.get(kind)
            value = expressions.not_followed(expr, env) if run is None else run(self, expr, env)
            made_of.pop()
            if type(value) is Unknown and sources:
                span = value.span or env.module.span(expr.start, expr.end)
                value = Derived(value.reason, span, (value, "") if value.is_named else expr, expr, sources)
        made_of[-1].append(value)
        return value

    def _is_path(self, expr: f.Expr, env: Env) -> bool:
        """Whether something is known of an attribute, an item or a call by the way it is written: one that was vouched
        for and ends like it."""
        return (expr.attr if isinstance(expr, f.Attribute) else "") in self.paths and unparse(expr) in env.vars

    def aside(self, expr: f.Expr, env: Env) -> Value:
        """The value of an expression that is not part of the one at hand."""
        outer, self.made_of = self.made_of, [[]]
        value = self.evaluate(expr, env)
        self.made_of = outer
        return value

    def attribute(self, base: Value, name: str, span: Span) -> Value:
        """As in start-up; methods of an argument are those of its annotated class."""
        if isinstance(base, Input):
            method = self._method(base, name)
            if method is not None:
                return method
        if isinstance(base, Unknown):
            value: Value = Unknown(base.reason, span, (base, f".{name}"))
        else:
            outer, self.made_of = self.made_of, [[]]
            value = super().attribute(base, name, span)
            self.made_of = outer
        if type(value) is Unknown:
            expr = f.Attribute(span.start, span.end, f.Opaque(span.start, span.start), name)
            return Derived(value.reason, span, (value, ""), expr, [base])
        return value

    def computed(self, base: Input, expr: f.Attribute, span: Span) -> Value | None:
        """What a property of an argument's annotated class makes of the argument."""
        found = self._declared(base, expr.attr)
        if found is None or not attributes.is_property(found[1]):
            return None
        target = found[2]
        value = self._called(FunctionValue(target.function, target.env, base), [], {}, span)
        if type(value) is Returned and value.function is target.function:  # not followed: as if it were called there
            return Returned(target.function, span, f.Call(expr.start, expr.end, expr, (), ()), [base])
        return value

    def _method(self, base: Input, name: str) -> Value | None:
        found = self._declared(base, name)
        if found is None:
            return None
        return attributes.get(self, instance_of(self.base, found[0], self.prototypes), name, base.span or _nowhere())

    def _declared(self, base: Input, name: str) -> tuple[ClassValue, Value, FunctionValue] | None:
        """An argument's annotated class, what it has under a name, and the function below its decorators."""
        annotation = _class_of(base.annotation)
        found = attributes.in_class(self, annotation, name) if annotation is not None else None
        target = unwrap(found[0]) if found is not None else None
        if annotation is None or found is None or not isinstance(target, FunctionValue):
            return None
        return annotation, found[0], target

    def call(self, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """Note the call (that of a decorated function once), then follow it."""
        node = self.nodes[-1] if self.nodes else None
        if node is None or node is self._noting:
            return self._called(callee, args, kwargs, span)
        if type(callee) is Partial:
            return self.call(callee.func, [*callee.args, *args], {**callee.kwargs, **kwargs}, span)
        function = self.stack[-1] if self.stack else None
        noted = Call(callee, args, kwargs, span, self.conditions, function, node, len(self.stack) - 1)
        noted.splats = self._splats(node)
        self.calls.append(noted)
        outer, self._noting = self._noting, node
        noted.result = self._called(callee, args, kwargs, span)
        self._noting = outer
        self._handed_on(noted)
        return noted.result

    def _handed_on(self, call: Call) -> None:
        """Note the call that something makes which is given a function and its arguments: `asyncio.to_thread(f, x)`."""
        node = call.node
        at = HANDS_ON.get(narrowing.last_name(node.func))
        if at is None or len(node.args) <= at or len(call.args) != len(node.args):
            return
        inner = f.Call(node.start, node.end, node.args[at], node.args[at + 1 :], node.keywords)
        if isinstance(inner.func, (f.Name, f.Attribute)):
            target, rest = call.args[at], call.args[at + 1 :]
            made = Call(target, rest, call.kwargs, call.span, call.conditions, call.function, inner, call.depth)
            self.calls.append(made)

    def _splats(self, node: f.Call) -> Sequence[Value]:
        """The values behind the double stars of a call; what was evaluated so far is its function, then its
        arguments in order."""
        if not node.keywords or all(keyword.name for keyword in node.keywords):
            return ()
        evaluated, first = self.made_of[-1], 1 + len(node.args)
        if len(evaluated) != first + len(node.keywords):
            return ()
        return [evaluated[first + number] for number, keyword in enumerate(node.keywords) if keyword.name is None]

    def _called(self, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        if isinstance(callee, Unknown):
            return Unknown(callee.reason, span, (callee, "()"))
        outer, self.made_of = self.made_of, [[]]
        written, self._written = self._written, {}
        value = super().call(callee, args, kwargs, span)
        self.made_of, self._written = outer, written
        return value

    def call_function(self, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """Follow project functions a few levels deep."""
        self.calls_own = True
        function = callee.function
        if (
            not self.deep
            or self.repeats
            or len(self.stack) > MAX_DEPTH
            or function in self.stack
            or self.followed > MAX_FOLLOWED_STEPS
            or function.facts.end - function.facts.start > MAX_FOLLOWED_BYTES
        ):
            return self._returned(callee, args, kwargs, span)
        before = self.steps
        value = calls.call_function(self, callee, args, kwargs, span)
        if len(self.stack) == 1:
            self.followed += self.steps - before
        return value

    def _returned(self, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        node: f.Expr = self.nodes[-1] if self.nodes else f.Opaque(span.start, span.end)
        is_method = isinstance(node, f.Call) and isinstance(node.func, f.Attribute)
        receiver = callee.self_value if is_method and callee.self_value is not None else callee
        return Returned(callee.function, span, node, [receiver, *args, *kwargs.values()])

    def run_module(self, module: Module) -> Env:
        """As in start-up, where most modules have run already."""
        env = self.envs.get(module.file)
        if env is None:
            outer, self.made_of = self.made_of, [[]]
            env = super().run_module(module)
            self.made_of = outer
        return env

    # --------------------------------------------------------------- statements

    def run_block(self, statements: tuple[f.Stmt, ...], env: Env, frame: Frame) -> str | Condition:
        """As in start-up, within a small budget."""
        if self.steps > MAX_STEPS:
            if not self.cut_short:
                self.cut_short.append(self.function.span)
            return LEAVE
        if statements and id(statements) in self.vouched:
            for expr, test in self.vouched[id(statements)]:
                self.vouch(expr, test, env)
        return super().run_block(statements, env, frame)

    def remember(self, name: str, expr: f.Expr) -> None:
        """Keep in mind what a local name was assigned last, as far as that may be a test."""
        if isinstance(expr, (f.BinOp, f.Compare, f.Comprehension, f.Call, f.UnaryOp, f.BoolOp)):
            self._written[name] = expr
        else:
            self._written.pop(name, None)

    def written(self, test: f.Expr) -> f.Expr:
        """A test, or the expression behind the name that stands for it: `bad = set(xs) - ALLOWED`, `if bad:`."""
        if isinstance(test, f.Name):
            return self._written.get(test.id, test)
        if isinstance(test, f.UnaryOp) and isinstance(test.operand, f.Name):
            inner = self._written.get(test.operand.id)
            return test if inner is None else f.UnaryOp(test.start, test.end, test.op, inner)
        if isinstance(test, f.BoolOp):
            return f.BoolOp(test.start, test.end, self._side(test.left), test.op, self._side(test.right))
        return test

    def _side(self, test: f.Expr) -> f.Expr:
        """One side of `and` or `or`: a name stays one unless what is behind it is a test."""
        made = self.written(test)
        is_test = not isinstance(test, f.Name) or any(
            next(narrowing.vouched(made, each), None) for each in (True, False)
        )
        return made if is_test else test

    def vouch(self, expr: f.Expr, test: f.Expr, env: Env, by_way_of: tuple[str, ...] = ()) -> None:
        """Remember that a name, attribute or item has passed a test, and what it is a view of; a name that is made of
        itself, by way of others, is one of them."""
        name = expr.id if isinstance(expr, f.Name) else unparse(expr)
        value = env.vars.get(name)
        if value is None:
            if isinstance(expr, f.Name):
                return
            value = self.aside(expr, env)
            self.paths.add(expr.attr if isinstance(expr, f.Attribute) else "")
        if not isinstance(value, (Known, Checked)):
            env.vars[name] = Checked(value, env.module.span(test.start, test.end), test, _listed(test, env))
        for each in self._viewed(expr):
            if unparse(each) not in (name, *by_way_of):
                self.vouch(each, test, env, (*by_way_of, name))

    def _viewed(self, expr: f.Expr) -> Iterator[f.Expr]:
        """What a name, or a place in what it stands for, is a view of: `url` of `parsed.netloc`."""
        root = expr
        while isinstance(root, (f.Attribute, f.Subscript)):
            root = root.value
        made = self._written.get(root.id) if isinstance(root, f.Name) else None
        if made is not None and (root is expr or narrowing.is_place(expr)):
            yield from narrowing.views(made)

    def seen_through(self, expr: f.Expr) -> Iterator[str]:
        """The local names that what is vouched for stands for."""
        for each in (expr, *self._viewed(expr)):
            if isinstance(each, f.Name):
                yield each.id

    def vouch_all(self, names: Iterable[narrowing.Vouched], env: Env) -> None:
        """Remember what has passed which test."""
        for name, test in names:
            self.vouch(name, test, env)

    def note(self, target: f.Expr, value: Value, env: Env, statement: Span) -> None:
        """Note the attributes and items that a statement assigns."""
        if isinstance(target, f.Attribute):
            base, name = self.aside(target.value, env), target.attr
        elif isinstance(target, f.Subscript) and isinstance(target.index, f.Constant):
            base, name = self.aside(target.value, env), str(target.index.value)
        else:
            return
        function = self.stack[-1] if self.stack else None
        depth = len(self.stack) - 1
        self.assigned.append(Assigned(base, name, target, value, statement, self.conditions, function, depth))


def _listed(test: f.Expr, env: Env) -> Value | None:
    """What a local name holds that a test looks into: `names` of `x in names`."""
    if not isinstance(test, f.Compare) or test.ops[0] not in ("in", "not in") or isinstance(test.left, f.Constant):
        return None
    return env.vars.get(test.rights[0].id) if isinstance(test.rights[0], f.Name) else None


def _class_of(annotation: Value | None) -> ClassValue | None:
    """The class of the project that an annotation names: `Store`, `Store | None`, `Optional[Store]`."""
    value = unwrap(annotation) if annotation is not None else None
    if isinstance(value, ClassValue):
        return value
    options: list[Value] = []
    if isinstance(value, Operation):
        options = [value.left, *([value.right] if value.right is not None else [])]
    elif isinstance(value, Choice):
        options = value.options
    elif isinstance(value, Subscripted):
        options = [value.base, *value.index[:1]]
    return next((found for found in map(_class_of, options) if found is not None), None)


def _nowhere() -> Span:
    return Span("", 0, 0)


# ------------------------------------------------------------------------------------------- entry points


def trace(
    base: Core,
    function: Function,
    prototypes: Prototypes | None = None,
    locals_of: Locals | None = None,
    *,
    deep: bool = True,
) -> Trace:
    """Run one function of the project symbolically. Methods get as `self` an instance of their class as its constructor
    leaves it; `prototypes` remembers such instances, `locals_of` knows what functions leave to those within them."""
    Clock.now += 1
    known: Prototypes = {} if prototypes is None else prototypes
    env = env_of(base, function)
    if function.parent is not None:
        _close_over(function, function.parent, env, locals_of or (lambda outer: trace(base, outer, deep=False).locals))
    self_value: Value | None = None
    owner = function.owner
    if owner is not None and function.head.params and not _is_decorated(function, "staticmethod"):
        cls = base.class_value(owner)
        if cls is not None and _is_decorated(function, "classmethod"):
            self_value = cls
        elif cls is not None:
            is_constructor = function.name == "__init__"
            self_value = Instance(cls, [], {}, owner.span, 0) if is_constructor else instance_of(base, cls, known)
    made = Trace(base, function, known)
    made.deep = deep
    return made.run(FunctionValue(function, env, self_value))


def _close_over(function: Function, parent: Function, env: Env, locals_of: Locals) -> None:
    """Give a function the local names of the one around it that it reads."""
    assigned = {each.id for node in parent.nodes(f.Assign) for each in node.targets if isinstance(each, f.Name)}
    if not assigned:
        return
    read = {node.id for node in function.nodes(f.Name)} & assigned - {param.name for param in function.head.params}
    if not read:
        return
    outer = locals_of(parent)
    for name in read & outer.keys():
        env.vars[name] = outer[name]


def instance_of(base: Core, cls: ClassValue, prototypes: Prototypes) -> Instance:
    """An instance of a class as its constructor leaves it, for unknown arguments."""
    made = Instance(cls, [], {}, cls.cls.span, 0)
    if cls not in prototypes:
        prototypes[cls] = {}  # for a constructor that makes another of its kind
        found = attributes.in_class(base, cls, "__init__")
        target = unwrap(found[0]) if found is not None else None
        if isinstance(target, FunctionValue):
            Trace(base, target.function, prototypes).run(FunctionValue(target.function, target.env, made))
            prototypes[cls] = made.attrs
    made.attrs = dict(prototypes[cls])
    return made


def _is_decorated(function: Function, name: str) -> bool:
    return any(isinstance(node, f.Name) and node.id == name for node in function.head.decorators)


def env_of(base: Core, function: Function) -> Env:
    """The scope that a function closes over: its module's, with the enclosing functions' parameters unknown."""
    parent = function.parent
    return base.run_module(function.module) if parent is None else env_in(base, parent)


def env_in(base: Core, function: Function) -> Env:
    """A function's own scope as far as it is known beforehand: unknown parameters, what it imports and defines."""
    env = Env(function.module, env_of(base, function))
    for param in function.head.params:
        env.vars[param.name] = Input(param, function.module.span(param.start, param.end), None, function)
    if not isinstance(base, Machine):
        return env
    for statement in function.body:
        if isinstance(statement, (f.Import, f.ImportFrom)):
            RUN[type(statement)](base, statement, env, Frame(function))
        elif isinstance(statement, f.FunctionDef):
            inner = FunctionValue(function.module.functions[statement.index], env)
            is_decorated = inner.function.facts.decorated  # decorators cost, and hardly any is asked for
            env.vars[statement.name] = LazyDef(partial(_define, base, statement, env)) if is_decorated else inner
    return env


def _define(base: Machine, statement: f.FunctionDef, env: Env) -> Value:
    env.vars[statement.name] = FunctionValue(env.module.functions[statement.index], env)  # for one that names itself
    return define(base, statement, env)
