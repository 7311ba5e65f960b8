"""Runs one function symbolically for unknown arguments, and notes what it calls, assigns and returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from apilint import facts as f
from apilint.facts import Span
from apilint.flow import narrowing
from apilint.flow.branches import run_match, run_try
from apilint.flow.values import Checked, Derived, Element, Input, Number, Returned
from apilint.index import Function, Module
from apilint.startup import attributes, calls, expressions
from apilint.startup.core import FALL, LEAVE, MAX_ITEMS, Core, Frame, OutOfBudget
from apilint.startup.machine import RUN, Machine, assign_target
from apilint.startup.values import (
    NONE,
    Choice,
    ClassValue,
    Clock,
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
    Subscripted,
    Unknown,
    Value,
    join,
    unwrap,
)
from apilint.unparse import unparse
from apilint.walk import walk

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
MAX_ROUNDS = 6
"""In later rounds of a loop over known items functions are not followed: the first ones show what they do."""

Closures = dict[Function, "dict[str, Value]"]
"""What the local names of functions hold at their ends, for the functions within."""
Prototypes = dict[ClassValue, "dict[str, Value]"]
"""What the constructors of classes leave on `self`, for arguments that are not known."""


class Call:
    """One call: what is called, with which values, where, by which function, and under which tests.

    `node` is the call as written, `function` the one whose body holds it (not always the one under trace),
    `depth` how many project calls lie between the two. `splats` are the values behind double stars.
    """

    __slots__ = ("args", "callee", "conditions", "depth", "function", "kwargs", "node", "result", "span", "splats")

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
        self.splats: Sequence[Value] = ()
        self.result: Value = Unknown("the result of a call", span)

    def argument(self, position: int, *names: str) -> Value | None:
        """An argument by keyword or position."""
        for name in names:
            if name in self.kwargs:
                return self.kwargs[name]
        return self.args[position] if 0 <= position < len(self.args) else None

    def __repr__(self) -> str:
        return f"Call({self.callee!r}, {self.args!r}, {self.kwargs!r})"


class Assigned:
    """`base.name = value` or `base[name] = value` in the body of `function`; `target` is what is assigned to, `span`
    the whole statement's."""

    __slots__ = ("base", "conditions", "depth", "function", "is_item", "name", "span", "target", "value")

    def __init__(
        self,
        base: Value,
        name: str,
        target: f.Attribute | f.Subscript,
        value: Value,
        span: Span,
        conditions: tuple[Condition, ...],
        function: Function | None,
        depth: int,
    ) -> None:
        self.base = base
        self.name = name
        self.target = target
        self.value = value
        self.span = span
        self.conditions = conditions
        self.function = function
        self.depth = depth
        self.is_item = isinstance(target, f.Subscript)


class Trace(Machine):
    """A machine that runs one function for unknown arguments and notes what it calls, assigns and returns."""

    opens_objects = False  # whose attributes a `__dict__` holds is what matters here

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
        self._nodes: list[f.Call] = []
        self._noting: f.Call | None = None
        self._made_of: list[list[Value]] = [[]]
        self._vouched: dict[int, list[narrowing.Vouched]] = {}
        self._has_paths = False
        self._written: dict[str, f.Expr] = {}
        self.followed = 0
        self.deep = True
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
        if kind is f.Name or kind is f.Constant:
            value = _EVALUATE[kind](self, expr, env)
        elif self._has_paths and kind in (f.Attribute, f.Subscript) and unparse(expr) in env.vars:
            value = env.vars[unparse(expr)]
        else:
            value = self._composed(expr, env)
        self._made_of[-1].append(value)
        return value

    def _composed(self, expr: f.Expr, env: Env) -> Value:
        sources: list[Value] = []
        self._made_of.append(sources)
        run = _EVALUATE.get(type(expr))
        value = expressions.not_followed(expr, env) if run is None else run(self, expr, env)
        self._made_of.pop()
        if type(value) is Unknown and sources:
            span = value.span or env.module.span(expr.start, expr.end)
            return Derived(value.reason, span, (value, "") if value.is_named else expr, expr, sources)
        return value

    def aside(self, expr: f.Expr, env: Env) -> Value:
        """The value of an expression that is not part of the one at hand."""
        outer, self._made_of = self._made_of, [[]]
        value = self.evaluate(expr, env)
        self._made_of = outer
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
            outer, self._made_of = self._made_of, [[]]
            value = super().attribute(base, name, span)
            self._made_of = outer
        if type(value) is Unknown:
            expr = f.Attribute(span.start, span.end, f.Opaque(span.start, span.start), name)
            return Derived(value.reason, span, (value, ""), expr, [base])
        return value

    def _method(self, base: Input, name: str) -> Value | None:
        annotation = _class_of(base.annotation)
        if annotation is None:
            return None
        found = attributes.in_class(self, annotation, name)
        if found is None or not isinstance(unwrap(found[0]), FunctionValue):
            return None
        return attributes.get(self, instance_of(self.base, annotation, self.prototypes), name, base.span or _nowhere())

    def call(self, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """Note the call (that of a decorated function once), then follow it."""
        node = self._nodes[-1] if self._nodes else None
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
        evaluated, first = self._made_of[-1], 1 + len(node.args)
        if len(evaluated) != first + len(node.keywords):
            return ()
        return [evaluated[first + number] for number, keyword in enumerate(node.keywords) if keyword.name is None]

    def _called(self, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        if isinstance(callee, Unknown):
            return Unknown(callee.reason, span, (callee, "()"))
        outer, self._made_of = self._made_of, [[]]
        written, self._written = self._written, {}
        value = super().call(callee, args, kwargs, span)
        self._made_of, self._written = outer, written
        return value

    def call_function(self, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """Follow project functions a few levels deep."""
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
        node: f.Expr = self._nodes[-1] if self._nodes else f.Opaque(span.start, span.end)
        is_method = isinstance(node, f.Call) and isinstance(node.func, f.Attribute)
        receiver = callee.self_value if is_method and callee.self_value is not None else callee
        return Returned(callee.function, span, node, [receiver, *args, *kwargs.values()])

    def run_module(self, module: Module) -> Env:
        """As in start-up, where most modules have run already."""
        env = self.envs.get(module.file)
        if env is None:
            outer, self._made_of = self._made_of, [[]]
            env = super().run_module(module)
            self._made_of = outer
        return env

    # --------------------------------------------------------------- statements

    def run_block(self, statements: tuple[f.Stmt, ...], env: Env, frame: Frame) -> str | Condition:
        """As in start-up, within a small budget."""
        if self.steps > MAX_STEPS:
            if not self.cut_short:
                self.cut_short.append(self.function.span)
            return LEAVE
        if statements and id(statements) in self._vouched:
            for expr, test in self._vouched[id(statements)]:
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
        return test

    def vouch(self, expr: f.Expr, test: f.Expr, env: Env) -> None:
        """Remember that a name, attribute or item has passed a test."""
        name = expr.id if isinstance(expr, f.Name) else unparse(expr)
        value = env.vars.get(name)
        if value is None:
            if isinstance(expr, f.Name):
                return
            value = self.aside(expr, env)
            self._has_paths = True
        if not isinstance(value, (Known, Checked)):
            env.vars[name] = Checked(value, env.module.span(test.start, test.end), test, _listed(test, env))
        root = expr
        while isinstance(root, (f.Attribute, f.Subscript)):
            root = root.value
        made = self._written.get(root.id) if isinstance(root, f.Name) else None
        if made is not None and (root is expr or narrowing.is_place(expr)):
            for each in narrowing.views(made):
                if not isinstance(each, f.Name) or each.id != name:
                    self.vouch(each, test, env)

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


# ------------------------------------------------------------------------------------------- expressions


def _bin_op(trace: Trace, expr: f.BinOp, env: Env) -> Value:
    left, right = trace.evaluate(expr.left, env), trace.evaluate(expr.right, env)
    return _binary(trace, expr, left, right, env)


def _binary(trace: Trace, expr: f.BinOp, left: Value, right: Value, env: Env) -> Value:
    span = env.module.span(expr.start, expr.end)
    if expr.op == "%" and isinstance(left, Known) and isinstance(left.value, str):
        right = _numbers(left.value, right, expr)
    made = expressions.binary(trace, left, expr.op, right, span)
    if isinstance(made, Unknown):
        return Derived(made.reason, span, expr, expr, [left, right])
    return made


def _numbers(template: str, right: Value, expr: f.BinOp) -> Value:
    """The operands of `%`: those for `%d` and `%f` are numbers."""
    verbs = [part[:1] for part in template.replace("%%", "").split("%")[1:]]
    items = right.items if isinstance(right, Seq) and right.kind == "tuple" else [right]
    if len(verbs) != len(items) or not any(verb in "dif" for verb in verbs):
        return right
    made = [
        Number("a number", None, "", expr, [item]) if verb in "dif" else item
        for verb, item in zip(verbs, items, strict=False)
    ]
    return Seq("tuple", list(made))


def _if_exp(trace: Trace, expr: f.IfExp, env: Env) -> Value:
    known = expressions.truth(trace.aside(expr.test, env))
    written = trace.written(expr.test)
    options = []
    for branch, holds in ((expr.body, True), (expr.orelse, False)):
        if known is not None and known is not holds:
            continue
        before = dict(env.vars)
        for name, test in narrowing.vouched(written, holds):
            trace.vouch(name, test, env)
        options.append(trace.evaluate(branch, env))
        env.vars = before
    return join(options)


def _bool_op(trace: Trace, expr: f.BoolOp, env: Env) -> Value:
    """`a or b` may be either; `a and b`, where both are unknown, is `b`."""
    left = trace.evaluate(expr.left, env)
    known = expressions.truth(left)
    if known is not None and known != (expr.op == "and"):
        return left
    before = dict(env.vars)
    for name, test in narrowing.vouched(trace.written(expr.left), expr.op == "and"):
        trace.vouch(name, test, env)
    right = trace.evaluate(expr.right, env)
    env.vars = before
    if known is not None:
        return right
    return join([left, right]) if expr.op == "or" else right


def _comprehension(trace: Trace, expr: f.Comprehension, env: Env) -> Value:
    inner = Env(env.module, env)
    pairs: list[tuple[Value, Value | None]] = []
    is_open = _clause(trace, expr, 0, inner, pairs)
    if expr.kind != "dict":
        kind = "list" if expr.kind == "generator" else expr.kind
        return Seq(kind, [key for key, _ in pairs], is_open=is_open, span=env.module.span(expr.start, expr.end))
    made = Mapping({}, is_open=is_open, span=env.module.span(expr.start, expr.end))
    for key, value in pairs:
        name = expressions.key_of(key)
        if name is None or value is None:
            made.put(key, NONE if value is None else value)
        else:
            made.items[name] = value
    return made


def _clause(
    trace: Trace, expr: f.Comprehension, number: int, env: Env, pairs: list[tuple[Value, Value | None]]
) -> bool:
    """Run one `for` of a comprehension; tells whether there may be more elements than those in `pairs`."""
    if number == len(expr.clauses):
        value = None if expr.value is None else trace.evaluate(expr.value, env)
        pairs.append((trace.evaluate(expr.element, env), value))
        return False
    target, iterable, tests = expr.clauses[number]
    items, is_open = elements(trace, trace.evaluate(iterable, env), iterable, target, env)
    passed = [name for test in tests for name in narrowing.vouched(test, True)]
    for item in _rounds(trace, items):
        bind(trace, target, item, env, iterable)
        known = [expressions.truth(trace.aside(test, env)) for test in tests]
        if any(result is False for result in known):
            continue
        _vouch_all(trace, passed, env)
        is_open = _clause(trace, expr, number + 1, env, pairs) or is_open
    return is_open


def elements(trace: Trace, value: Value, iterable: f.Expr, target: f.Expr, env: Env) -> tuple[list[Value], bool]:
    """What a loop over a value binds, and whether there may be more; one unknown element where none is known."""
    items, is_open = expressions.iterate(value)
    if items or not is_open:
        return items, is_open
    return [_element(value, iterable, target, env)], True


def _rounds(trace: Trace, items: list[Value]) -> Iterator[Value]:
    """The items that a loop is run for, one at a time."""
    outer = trace.repeats
    try:
        for number, item in enumerate(items[:MAX_ITEMS]):
            trace.repeats = outer or number >= MAX_ROUNDS
            yield item
    finally:
        trace.repeats = outer


def _element(value: Value, iterable: f.Expr, target: f.Expr, env: Env) -> Value:
    span = env.module.span(iterable.start, iterable.end)
    role = _role(iterable, value)
    if role == "items" and isinstance(value, Derived):
        source = value.sources[0]
        pair: list[Value] = [Element(source, span, iterable, iterable, role) for role in ("key", "value")]
        return Seq("tuple", pair, span=span)
    return Element(value, span, target, iterable, "key" if role == "keys" else "element")


def _role(iterable: f.Expr, value: Value) -> str:
    """`items` and `keys` for the calls of that name on something unknown."""
    if isinstance(iterable, f.Call) and isinstance(iterable.func, f.Attribute) and isinstance(value, Derived):
        return iterable.func.attr if iterable.func.attr in ("items", "keys") else ""
    return ""


def bind(trace: Trace, target: f.Expr, value: Value, env: Env, expr: f.Expr) -> None:
    """Bind a target; what is unpacked from something unknown derives from it."""
    if not isinstance(target, f.Sequence):
        assign_target(trace, target, value, env)
        return
    columns = [_columns(option, target.items) for option in (value.options if isinstance(value, Choice) else [value])]
    for number, part in enumerate(target.items):
        inner = part.value if isinstance(part, f.Starred) else part
        found = [column[number] for column in columns if column is not None]
        if len(found) < len(columns):
            span = env.module.span(expr.start, expr.end)
            found.append(Derived("unpacked from something unknown", span, inner, expr, [value]))
        bind(trace, inner, join(found), env, expr)


def _columns(value: Value, targets: Sequence[f.Expr]) -> list[Value] | None:
    """What each target gets of a sequence that is known, a starred one a list of what is left."""
    if not isinstance(value, Seq) or value.open:
        return None
    items, spare = value.items, len(value.items) - len(targets)
    star = next((number for number, each in enumerate(targets) if isinstance(each, f.Starred)), None)
    if star is None:
        return items if spare == 0 else None
    if spare < -1:
        return None
    end = star + spare + 1
    return [*items[:star], Seq("list", items[star:end]), *items[end:]]


_COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "filter", "iter"})


def _of_builtin(trace: Trace, expr: f.Call, value: Value, sources: list[Value], env: Env) -> Value:
    """What copies or pairs something unknown keeps in mind what that was."""
    name = expr.func.id if isinstance(expr.func, f.Name) else ""
    arguments = sources[1 : 1 + len(expr.args)]
    if isinstance(value, Mapping) and name == "dict" and value.open and not value.items and arguments:
        span = env.module.span(expr.start, expr.end)
        return Derived("a copy of something unknown", span, expr, expr, arguments)
    if not isinstance(value, Seq) or value.items or not value.open or not arguments:
        return value
    unknown = [_element(item, arg, arg, env) for item, arg in zip(arguments, expr.args, strict=False)]
    if name in _COPIES:
        value.items.append(unknown[-1])
    elif name == "enumerate":
        value.items.append(Seq("tuple", [Number("a number", None, "", expr, []), unknown[0]]))
    elif name == "zip":
        value.items.append(Seq("tuple", unknown))
    elif name == "map" and len(arguments) == 2:
        value.items.append(trace.call(arguments[0], [unknown[1]], {}, env.module.span(expr.start, expr.end)))
    return value


def _call(trace: Trace, expr: f.Call, env: Env) -> Value:
    sources = trace._made_of[-1]
    trace._nodes.append(expr)
    value = calls.evaluate_call(trace, expr, env)
    trace._nodes.pop()
    return _of_builtin(trace, expr, value, sources, env)


_EVALUATE: dict[type, Callable[..., Value]] = {
    **expressions.EVALUATE,
    f.Call: _call,
    f.BinOp: _bin_op,
    f.BoolOp: _bool_op,
    f.IfExp: _if_exp,
    f.Comprehension: _comprehension,
}


# -------------------------------------------------------------------------------------------- statements


def _assign(trace: Trace, statement: f.Assign, env: Env, frame: Frame) -> str:
    value = trace.evaluate(statement.value, env)
    span = env.module.span(statement.start, statement.end)
    for target in statement.targets:
        trace.note(target, value, env, span)
        bind(trace, target, value, env, statement.value)
        if isinstance(target, f.Name):
            trace.remember(target.id, statement.value)
    if isinstance(statement.value, (f.Call, f.Await)):
        assigned = {unparse(target) for target in statement.targets}
        checked = [each for each in narrowing.vouched_by_call(statement.value) if unparse(each[0]) not in assigned]
        _vouch_all(trace, [each for each in checked if narrowing.says_it_raises(each[1])], env)
    return FALL


def _ann_assign(trace: Trace, statement: f.AnnAssign, env: Env, frame: Frame) -> str:
    if statement.value is not None:
        value = trace.evaluate(statement.value, env)
        trace.note(statement.target, value, env, env.module.span(statement.start, statement.end))
        bind(trace, statement.target, value, env, statement.value)
    return FALL


def _aug_assign(trace: Trace, statement: f.AugAssign, env: Env, frame: Frame) -> str:
    old, new = trace.evaluate(statement.target, env), trace.evaluate(statement.value, env)
    whole = f.BinOp(statement.start, statement.end, statement.target, statement.op, statement.value)
    assign_target(trace, statement.target, _binary(trace, whole, old, new, env), env)
    return FALL


def _return(trace: Trace, statement: f.Return, env: Env, frame: Frame) -> str:
    value = NONE if statement.value is None else trace.evaluate(statement.value, env)
    frame.returns.append(value)
    if len(trace.stack) == 1:
        trace.returned.append((value, statement))
    return LEAVE


def _if(trace: Trace, statement: f.If, env: Env, frame: Frame) -> str | Condition:
    """As in start-up; what the test vouches for is remembered where it does."""
    test = trace.written(statement.test)
    holding, failing = list(narrowing.vouched(test, True)), list(narrowing.vouched(test, False))
    for block, names in ((statement.body, holding), (statement.orelse, failing)):
        if names and block:
            trace._vouched[id(block)] = names
    known = set(env.vars) if trace._has_paths else None
    flow = RUN[f.If](trace, statement, env, frame)
    if known is not None and flow is FALL:
        for name in [each for each in env.vars if each not in known and not each.isidentifier()]:
            del env.vars[name]  # a path that one of the branches has tested
    if flow is not LEAVE:
        for block, names, holds in ((statement.body, failing, False), (statement.orelse, holding, True)):
            if narrowing.leaves(block):
                _vouch_all(trace, names, env)
                _vouch_looked_up(trace, narrowing.exists(statement.test, holds), env)
        if failing and not statement.orelse:
            replaced = {unparse(target) for target in _made_constant(statement.body)}
            _vouch_all(trace, [each for each in failing if unparse(each[0]) in replaced], env)
    return flow


_COMPUTED = ("re.", "regex.", "json.", "urllib.", "os.path.", "html.", "base64.", "shlex.", "builtins.", "pathlib.")


def _made_constant(block: tuple[f.Stmt, ...]) -> Iterator[f.Expr]:
    """What a block surely gives a value of the program's: `if order not in ORDERS: order = "asc"`."""
    for statement in block:
        if isinstance(statement, f.Assign) and _is_own(statement.value, statement.targets):
            yield from statement.targets
        elif isinstance(statement, f.If) and statement.orelse:
            others = {unparse(target) for target in _made_constant(statement.orelse)}
            yield from (target for target in _made_constant(statement.body) if unparse(target) in others)


def _is_own(value: f.Expr, targets: tuple[f.Expr, ...]) -> bool:
    """Whether an expression is made of constants and the program's own names: `DEFAULT`, `url_for("home")`."""
    if isinstance(value, f.Constant):
        return True
    names = {node.id for node in walk([value]) if isinstance(node, f.Name)}
    return not names & {"request", "self", *(target.id for target in targets if isinstance(target, f.Name))} and (
        isinstance(value, f.Call) or all(name.isupper() for name in names)
    )


def _vouch_looked_up(trace: Trace, names: Iterable[str], env: Env) -> None:
    """What something was found by is known to the program: `row = find(id)`, `if not row: raise`."""
    for name in names:
        found = env.vars.get(name)
        call = next((call for call in reversed(trace.calls) if _gives(call, found)), None)
        if call is None or _is_computed(call):
            continue
        used = {id(value) for argument in (*call.args, *call.kwargs.values()) for value in _plain(argument)}
        for other, value in list(env.vars.items()):
            if id(value) in used and isinstance(value, Unknown) and not isinstance(value, Checked):
                env.vars[other] = Checked(value, call.span, call.node)


def _gives(call: Call, value: Value | None) -> bool:
    return value is not None and (call.result is value or (isinstance(value, Derived) and value.expr is call.node))


def _is_computed(call: Call) -> bool:
    """Whether a call looks nothing up: `re.search(p, text)`, `PATTERN.search(text)`, `urlparse(url)`."""
    root = attributes.root_of(unwrap(call.callee))
    while isinstance(root, Result):
        root = attributes.root_of(root.callee)
    return isinstance(root, External) and root.name.startswith(_COMPUTED)


def _plain(argument: Value) -> list[Value]:
    """An argument, and the items of a list or dict."""
    if isinstance(argument, Seq):
        return argument.items
    return [*argument.items.values()] if isinstance(argument, Mapping) else [argument]


def _assert(trace: Trace, statement: f.Assert, env: Env, frame: Frame) -> str:
    trace.evaluate(statement.test, env)
    _vouch_all(trace, narrowing.vouched(statement.test, True), env)
    return FALL


def _expression(trace: Trace, statement: f.ExprStmt, env: Env, frame: Frame) -> str | Condition:
    flow = RUN[f.ExprStmt](trace, statement, env, frame)
    _vouch_all(trace, narrowing.vouched_by_call(statement.value), env)
    return flow


def _vouch_all(trace: Trace, names: Iterable[narrowing.Vouched], env: Env) -> None:
    for name, test in names:
        trace.vouch(name, test, env)


def _for(trace: Trace, statement: f.For, env: Env, frame: Frame) -> str:
    value = trace.evaluate(statement.iterable, env)
    items, is_open = elements(trace, value, statement.iterable, statement.target, env)
    for item in _rounds(trace, items):
        bind(trace, statement.target, item, env, statement.iterable)
        if trace.run_block(statement.body, env, frame) is LEAVE and not is_open:
            return LEAVE
    trace.run_block(statement.orelse, env, frame)
    return FALL


Trace.table = {
    **RUN,
    f.AnnAssign: _ann_assign,
    f.Assert: _assert,
    f.Assign: _assign,
    f.AugAssign: _aug_assign,
    f.ExprStmt: _expression,
    f.For: _for,
    f.If: _if,
    f.Match: run_match,
    f.Return: _return,
    f.Try: run_try,
}


# ------------------------------------------------------------------------------------------- entry points


def trace(
    base: Core,
    function: Function,
    prototypes: Prototypes | None = None,
    closures: Closures | None = None,
    *,
    deep: bool = True,
) -> Trace:
    """Run one function of the project symbolically. Methods get as `self` an instance of their class as its constructor
    leaves it; `prototypes` remembers such instances, `closures` what functions leave to those within them."""
    Clock.now += 1
    known: Prototypes = {} if prototypes is None else prototypes
    env = env_of(base, function)
    if function.parent is not None:
        _close_over(base, function, function.parent, env, known, {} if closures is None else closures)
    self_value: Value | None = None
    owner = function.owner
    if owner is not None and function.head.params and not _is_decorated(function, "staticmethod"):
        cls = base.classes.get((function.module.file, owner.index))
        if cls is not None and _is_decorated(function, "classmethod"):
            self_value = cls
        elif cls is not None:
            is_constructor = function.name == "__init__"
            self_value = Instance(cls, [], {}, owner.span, 0) if is_constructor else instance_of(base, cls, known)
    made = Trace(base, function, known)
    made.deep = deep
    return made.run(FunctionValue(function, env, self_value))


def _close_over(
    base: Core, function: Function, parent: Function, env: Env, prototypes: Prototypes, closures: Closures
) -> None:
    """Give a function the local names of the one around it that it reads."""
    assigned = {each.id for node in parent.nodes(f.Assign) for each in node.targets if isinstance(each, f.Name)}
    if not assigned:
        return
    read = {node.id for node in function.nodes(f.Name)} & assigned - {param.name for param in function.head.params}
    if not read:
        return
    if parent not in closures:
        closures[parent] = {}
        closures[parent] = trace(base, parent, prototypes, closures, deep=False).locals
    for name in read & closures[parent].keys():
        env.vars[name] = closures[parent][name]


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
    for statement in function.body:
        if isinstance(statement, (f.Import, f.ImportFrom, f.FunctionDef)) and isinstance(base, Machine):
            RUN[type(statement)](base, statement, env, Frame(function))
    return env
