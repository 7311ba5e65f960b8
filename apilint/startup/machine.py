"""Statements -> effects: runs modules, classes and functions symbolically, as the interpreter would at start-up.

The machine knows Python, not frameworks. Modules run when a name is first looked up in them. Branches whose
test is not known both run, and what happens in them carries the `Condition`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import ClassVar

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Module
from apilint.startup import attributes, calls, classes, expressions, library
from apilint.startup.core import FALL, JUMP, LEAVE, MAX_ITEMS, MAX_STEPS, Core, Frame, OutOfBudget
from apilint.startup.values import (
    NONE,
    Choice,
    ClassValue,
    Condition,
    Env,
    External,
    FunctionValue,
    Known,
    LazyDef,
    LazyExpr,
    LazyName,
    Mapping,
    ModuleValue,
    Seq,
    Special,
    Unknown,
    Value,
    join,
    wrappers,
)
from apilint.unparse import unparse

# What an application does when it is served, beside what importing it does.
LATER_STEPS = 8_000
# What one module does when it is imported, its own imports aside. Those of real applications stay below 20,000; a
# script that works something out as it is imported takes nothing from them.
MODULE_STEPS = 50_000


class Machine(Core):
    """Runs a program's start-up symbolically. `table` says how each kind of statement is run."""

    table: ClassVar[dict[type, Callable[..., str | Condition]]] = {}

    # ------------------------------------------------------------------ modules

    def run_module(self, module: Module) -> Env:
        """The module's scope, run to its end (or as far as it got, when it is running right now)."""
        env = self.envs.get(module.file)
        if env is None:
            env = self.envs[module.file] = Env(module)
            env.vars["__name__"] = Known(module.name)
            env.vars["__file__"] = Known(module.file)
            env.vars.update(self.prepared.pop(module.file, {}))
            if module.is_package:
                env.vars["__path__"] = Seq("list", [Known(module.file.rpartition("/")[0])])
            self.running.add(module.file)
            conditions, loops = self.conditions, self.loops
            self.conditions = ()
            start, limit = self.steps, self.limit
            has_own = self.is_starting and not self.is_later
            if has_own:
                self.limit = min(start + MODULE_STEPS, MAX_STEPS)
            try:
                self.run_block(module.body, env, Frame(None))
            except OutOfBudget:
                self.cut_short.append(module.span(0, 0))
            finally:
                self.limit = min(limit + self.steps - start, MAX_STEPS) if has_own else limit
                self.conditions, self.loops = conditions, loops
                self.running.discard(module.file)
        return env

    def lookup_in_module(self, module: Module, name: str) -> Value | None:
        """A module's attribute: a variable, or a submodule."""
        env = self.run_module(module)
        value = env.vars.get(name)
        if value is not None and not (isinstance(value, LazyName) and value in self.resolving):
            return self.force(value, env, name)
        if module.is_package:
            below = self.index.module(f"{module.name}.{name}", module.file)
            if below is not None:
                return ModuleValue(below)
            if self.index.is_namespace(f"{module.name}.{name}"):
                return External(f"{module.name}.{name}")
        if env.stars:
            return External(f"{env.stars[-1]}.{name}")
        return None

    def resolve_name(self, source: str, name: str, near: str, span: Span) -> Value:
        """What `from source import name` gives."""
        module = self.index.module(source, near)
        if module is not None:
            value = self.lookup_in_module(module, name)
            if value is not None:
                return value
            return Unknown(f"'{name}' is not defined in {module.file}", span, name)
        below = self.index.module(f"{source}.{name}" if source else name, near)
        if below is not None:
            return ModuleValue(below)
        return self.external(f"{source}.{name}" if source else name)

    def resolve_dotted(self, dotted: str, near: str = "", span: Span | None = None) -> Value:
        """A value from its dotted path (`package.module.name.attr`), as `import_string` would give it."""
        parts = dotted.replace(":", ".").split(".")
        for cut in range(len(parts), 0, -1):
            module = self.index.module(".".join(parts[:cut]), near)
            if module is not None:
                value: Value = ModuleValue(module)
                for part in parts[cut:]:
                    value = self.attribute(value, part, span or module.span(0, 0))
                return value
        return self.external(dotted)

    def external(self, name: str) -> Value:
        """A library's name, or what a framework said it stands for in this program."""
        return self.substitutes.get(name) or External(name)

    # -------------------------------------------------------------------- names

    def force(self, value: Value, env: Env | None = None, name: str = "") -> Value:
        """Look up lazy names and evaluate lazy expressions; remembered in `env` under `name`."""
        if type(value) not in expressions.LAZY:
            return value
        if isinstance(value, LazyName):
            if env is None or value in self.resolving:
                return Unknown(f"the import of '{value.name}' runs in a circle", value.span, value.name)
            self.resolving.add(value)
            found = self.resolve_name(value.source, value.name, env.module.file, value.span)
            self.resolving.discard(value)
            if not isinstance(found, Unknown) and name and env.vars.get(name) is value:
                env.vars[name] = found
            return found
        if isinstance(value, LazyExpr):
            found = self.evaluate(value.expr, value.env)
            if env is not None and name and env.vars.get(name) is value:
                env.vars[name] = found
            return found
        return value.define() if isinstance(value, LazyDef) else value

    def lookup(self, name: str, env: Env, span: Span | None = None) -> Value:
        """What a bare name means in a scope."""
        scope: Env | None = env
        while scope is not None:
            value = scope.vars.get(name)
            if value is not None and (scope is env or not scope.is_class):
                return self.force(value, scope, name)
            if scope.parent is None:
                break
            scope = scope.parent
        if name in expressions.BUILTINS:
            return External(f"builtins.{name}")
        if scope is not None and scope.stars:
            return External(f"{scope.stars[-1]}.{name}")
        return Unknown(f"name '{name}' is not defined", span, name)

    def assign(self, name: str, value: Value, env: Env) -> None:
        """Bind a name."""
        if name in env.globals:
            root = env
            while root.parent is not None:
                root = root.parent
                if not root.is_class and name in root.vars:
                    break
            root.vars[name] = self._flag(name, root.vars.get(name), value) if self.is_later else value
        else:
            env.vars[name] = value

    def _flag(self, name: str, old: Value | None, new: Value) -> Value:
        """What a global is after one way of starting the program has assigned it: whether a flag is set is open, since
        another way may not have set it."""
        before = old.expr if isinstance(old, LazyExpr) else old
        if isinstance(before, (Known, f.Constant)) and isinstance(new, Known):
            if isinstance(before.value, bool) and isinstance(new.value, bool) and before.value is not new.value:
                return Unknown("a flag that the program sets when it runs", None, name)
        return new

    # --------------------------------------------------------------- evaluation

    def evaluate(self, expr: f.Expr, env: Env) -> Value:
        """The value of an expression in a scope. Never raises on strange code; unknown is a value."""
        run = expressions.EVALUATE.get(type(expr))  # as `expressions.evaluate`, without another call for each node
        return expressions.not_followed(expr, env) if run is None else run(self, expr, env)

    def attribute(self, base: Value, name: str, span: Span) -> Value:
        """`base.name`."""
        return attributes.get(self, base, name, span)

    def call(self, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """`callee(*args, **kwargs)`."""
        return calls.call(self, callee, args, kwargs, span)

    def call_function(self, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """A call of a project function, followed. What is asked after the start-up has steps of its own: an answer does
        not depend on what else was asked, and where these do not suffice there is none."""
        if self.stack or self.running or self.is_later:
            return calls.call_function(self, callee, args, kwargs, span)
        before, limit = self.steps, self.limit
        self.limit = before + LATER_STEPS
        try:
            return calls.call_function(self, callee, args, kwargs, span)
        except OutOfBudget:
            return Unknown("a call that is too long to follow", span, callee.function.name)
        finally:
            self.steps, self.limit = before, limit

    @contextlib.contextmanager
    def later(self, span: Span, budget: int) -> Iterator[None]:
        """Run something that one way of starting the program does, as far as the steps go that it is allowed. What it
        leaves in flags holds for that way only."""
        before, limit = self.steps, self.limit
        self.limit = min(before + budget, limit)
        outer, self.is_later = self.is_later, True
        conditions, loops = self.conditions, self.loops
        try:
            yield
        except OutOfBudget:
            self.cut_short.append(span)
        finally:
            self.conditions, self.loops = conditions, loops
            self.steps, self.limit, self.is_later = before, limit, outer

    def call_within(self, callee: Value, args: list[Value], span: Span, budget: int = LATER_STEPS) -> None:
        """Call something that the application runs later, as far as the steps go that it is allowed."""
        with self.later(span, budget):
            self.call(callee, args, {}, span)

    def bind(self, target: f.Expr, value: Value, env: Env) -> None:
        """Bind a target (name, attribute, item, tuple) to a value."""
        assign_target(self, target, value, env)

    # --------------------------------------------------------------- statements

    def run_block(self, statements: tuple[f.Stmt, ...], env: Env, frame: Frame) -> str | Condition:
        """Run statements in order; tells whether control falls through, leaves the function or jumps in a loop."""
        before = self.conditions
        flow: str | Condition = FALL
        for statement in statements:
            self.steps += 1
            if self.steps > self.limit:
                raise OutOfBudget
            flow = self.table[type(statement)](self, statement, env, frame)
            if flow is LEAVE or flow is JUMP:
                break
            if isinstance(flow, Condition):
                self.conditions = (*self.conditions, flow)
                flow = FALL
        self.conditions = before
        return flow

    def condition(self, expr: f.Expr, env: Env, value: Value, positive: bool) -> Condition:
        """The condition that `expr` holds (or does not)."""
        return Condition(env.module.span(expr.start, expr.end), expr, positive, value)


def _assign(machine: Machine, statement: f.Assign, env: Env, frame: Frame) -> str:
    value: Value
    target = statement.targets[0]
    if len(statement.targets) == 1 and type(target) is f.Name and env.parent is None and _is_plain(statement.value):
        machine.assign(target.id, LazyExpr(statement.value, env), env)
        return FALL
    value = machine.evaluate(statement.value, env)
    for target in statement.targets:
        assign_target(machine, target, value, env)
    return FALL


def _is_plain(expr: f.Expr) -> bool:
    """Whether evaluating a module-level display can wait: it holds nothing that a later statement would change."""
    return isinstance(expr, f.Constant)


def assign_target(machine: Machine, target: f.Expr, value: Value, env: Env) -> None:
    """Bind a target (name, attribute, item, tuple) to a value."""
    if isinstance(target, f.Name):
        machine.assign(target.id, value, env)
    elif isinstance(target, f.Attribute):
        base = machine.evaluate(target.value, env)
        attributes.set_(machine, base, target.attr, value, env.module.span(target.start, target.end))
    elif isinstance(target, f.Subscript):
        base = machine.evaluate(target.value, env)
        key = machine.evaluate(target.index, env)
        attributes.set_item(machine, base, key, value, env.module.span(target.start, target.end))
    elif isinstance(target, f.Sequence):
        items, is_open = expressions.iterate(_unpacked(value, len(target.items)))
        known = not is_open and len(items) == len(target.items)
        for number, part in enumerate(target.items):
            inner = part.value if isinstance(part, f.Starred) else part
            place = env.module.span(inner.start, inner.end)
            if known:
                item = items[number]
            elif isinstance(value, Special):
                item = value.item(Known(number))
            else:
                item = Unknown("unpacked from something unknown", place, inner)
            assign_target(machine, inner, item, env)
    elif isinstance(target, f.Starred):
        assign_target(machine, target.value, value, env)


def _unpacked(value: Value, length: int) -> Value:
    """What is unpacked into so many names: of one of several, at each place one of what stands there."""
    if not isinstance(value, Choice):
        return value
    listed = [option for option in value.options if isinstance(option, Seq) and len(option.items) == length]
    if not listed or any(option.open for option in listed):
        return value
    unknown = [option for option in value.options if isinstance(option, Unknown)]
    columns = zip(*(option.items for option in listed), strict=True)
    return Seq("tuple", [join([*column, *unknown], value.test) for column in columns])


def _ann_assign(machine: Machine, statement: f.AnnAssign, env: Env, frame: Frame) -> str:
    if statement.value is not None:
        assign_target(machine, statement.target, machine.evaluate(statement.value, env), env)
    elif isinstance(statement.target, f.Name) and env.is_class:
        env.vars.setdefault(statement.target.id, Unknown("declared without a value", None, statement.target.id))
    return FALL


def _aug_assign(machine: Machine, statement: f.AugAssign, env: Env, frame: Frame) -> str:
    target = statement.target
    old = machine.evaluate(target, env)
    new = machine.evaluate(statement.value, env)
    if isinstance(old, Seq) and statement.op == "+" and old.kind == "list":
        items, is_open = expressions.iterate(new)
        library.extend(machine, old, items, is_open=is_open)
        return FALL
    if isinstance(old, Mapping) and statement.op == "|" and isinstance(new, Mapping) and machine.may_change(old):
        old.items.update(new.items)
        old.open = old.open or new.open
        return FALL
    span = env.module.span(statement.start, statement.end)
    assign_target(machine, target, expressions.binary(machine, old, statement.op, new, span), env)
    return FALL


def _expression(machine: Machine, statement: f.ExprStmt, env: Env, frame: Frame) -> str:
    value = statement.value
    if isinstance(value, f.Constant):
        return FALL
    if isinstance(value, f.Yield):
        frame.yields.append(NONE if value.value is None else machine.evaluate(value.value, env))
        return FALL
    machine.evaluate(value, env)
    return FALL


def _return(machine: Machine, statement: f.Return, env: Env, frame: Frame) -> str:
    if not frame.returns:
        frame.when = machine.conditions
    frame.returns.append(NONE if statement.value is None else machine.evaluate(statement.value, env))
    return LEAVE


def _raise(machine: Machine, statement: f.Raise, env: Env, frame: Frame) -> str:
    return LEAVE


def _nothing(machine: Machine, statement: f.Stmt, env: Env, frame: Frame) -> str:
    return FALL


def _jump(machine: Machine, statement: f.Jump, env: Env, frame: Frame) -> str:
    return FALL if statement.kind == "pass" else JUMP


def _if(machine: Machine, statement: f.If, env: Env, frame: Frame) -> str | Condition:
    if env.parent is None and _is_main_guard(statement.test):
        machine.mains.append((env.module, statement))
        return machine.run_block(statement.orelse, env, frame)
    if _is_type_checking(statement.test):
        _imports_only(machine, statement.body, env, frame)
        return machine.run_block(statement.orelse, env, frame)
    value = machine.evaluate(statement.test, env)
    known = expressions.truth(value)
    if known is True:
        return machine.run_block(statement.body, env, frame)
    if known is False:
        return machine.run_block(statement.orelse, env, frame)
    return _both(machine, statement, value, env, frame)


def _both(machine: Machine, statement: f.If, value: Value, env: Env, frame: Frame) -> str | Condition:
    """Run both branches of a test that is not known, and join what they bound."""
    outer = machine.conditions
    before = dict(env.vars)
    yes = machine.condition(statement.test, env, value, True)
    no = machine.condition(statement.test, env, value, False)
    machine.conditions = (*outer, yes)
    first = machine.run_block(statement.body, env, frame)
    after_body = env.vars
    env.vars = dict(before)
    machine.conditions = (*outer, no)
    second = machine.run_block(statement.orelse, env, frame)
    machine.conditions = outer
    if first is LEAVE and second is LEAVE:
        return LEAVE
    if first is LEAVE:
        return no if not _raises(statement.body) else FALL
    if second is LEAVE:
        env.vars = after_body
        return yes if not _raises(statement.orelse) else FALL
    for name, left in after_body.items():
        right = env.vars.get(name)
        if right is None:
            env.vars[name] = left
        elif right is not left:
            # An import that one branch was the first to use is the same import in the other.
            env.vars[name] = expressions.either(yes, machine.force(left, env), machine.force(right, env))
    return FALL


def _raises(statements: tuple[f.Stmt, ...]) -> bool:
    return bool(statements) and isinstance(statements[-1], f.Raise)


def _is_main_guard(test: f.Expr) -> bool:
    return isinstance(test, f.Compare) and isinstance(test.left, f.Name) and test.left.id == "__name__"


def _is_type_checking(test: f.Expr) -> bool:
    return (isinstance(test, f.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, f.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _imports_only(machine: Machine, statements: tuple[f.Stmt, ...], env: Env, frame: Frame) -> None:
    for statement in statements:
        if isinstance(statement, (f.Import, f.ImportFrom)):
            RUN[type(statement)](machine, statement, env, frame)


def _loop_body(machine: Machine, body: tuple[f.Stmt, ...], env: Env, frame: Frame) -> str:
    flow = machine.run_block(body, env, frame)
    return LEAVE if flow is LEAVE else FALL


def _for(machine: Machine, statement: f.For, env: Env, frame: Frame) -> str:
    items, is_open = expressions.iterate(machine.evaluate(statement.iterable, env))
    for item in items[:MAX_ITEMS]:
        assign_target(machine, statement.target, item, env)
        if _loop_body(machine, statement.body, env, frame) is LEAVE:
            return FALL if is_open else LEAVE
    if is_open and not items:
        span = env.module.span(statement.iterable.start, statement.iterable.end)
        item = Unknown(f"an element of '{unparse(statement.iterable)}'", span, unparse(statement.target))
        assign_target(machine, statement.target, item, env)
        before, around = dict(env.vars), machine.loops
        machine.loops = (*around, Condition(span, unparse(statement.iterable), True, item))
        _loop_body(machine, statement.body, env, frame)
        machine.loops = around
        _or_not(machine, before, env)
    machine.run_block(statement.orelse, env, frame)
    return FALL


def _or_not(machine: Machine, before: dict[str, Value], env: Env) -> None:
    """What a loop that may never run has bound: of what it makes unknown, what stood there before is known."""
    for name, value in env.vars.items():
        kept = before.get(name)
        if kept is not None and kept is not value and isinstance(value, Unknown):
            env.vars[name] = join([machine.force(kept, env), value])


def _while(machine: Machine, statement: f.While, env: Env, frame: Frame) -> str:
    _loop_body(machine, statement.body, env, frame)
    return FALL


def _with(machine: Machine, statement: f.With, env: Env, frame: Frame) -> str | Condition:
    for context, target in statement.items:
        value = machine.evaluate(context, env)
        if target is not None:
            assign_target(machine, target, value, env)
    return machine.run_block(statement.body, env, frame)


def _try(machine: Machine, statement: f.Try, env: Env, frame: Frame) -> str | Condition:
    flow = machine.run_block(statement.body, env, frame)
    after = dict(env.vars)
    if flow is not LEAVE:
        machine.run_block(statement.orelse, env, frame)
        after = dict(env.vars)
    for handler in statement.handlers:
        before = machine.conditions
        span = env.module.span(handler.start, handler.end)
        text = f"except {unparse(handler.type)}".strip()
        machine.conditions = (*before, Condition(span, text, True, Unknown("an exception", span)))
        if handler.name:
            env.vars[handler.name] = Unknown("an exception", span, handler.name)
        machine.run_block(handler.body, env, Frame(frame.function, frame.cls))
        machine.conditions = before
        for name, value in env.vars.items():
            kept = after.get(name)
            if kept is None or isinstance(kept, Unknown):
                after[name] = value
    env.vars = after
    last = machine.run_block(statement.final, env, frame)
    return LEAVE if flow is LEAVE or last is LEAVE else FALL


def _match(machine: Machine, statement: f.Match, env: Env, frame: Frame) -> str:
    subject = machine.evaluate(statement.subject, env)
    outer = machine.conditions
    for case in statement.cases:
        for name in case.binds:
            env.vars[name] = subject
        condition = Condition(
            env.module.span(case.start, case.end), f"case of {unparse(statement.subject)}", True, subject
        )
        machine.conditions = (*outer, condition)
        machine.run_block(case.body, env, frame)
        machine.conditions = outer
    return FALL


def _import(machine: Machine, statement: f.Import, env: Env, frame: Frame) -> str:
    for name, alias in statement.names:
        bound = name if alias else name.partition(".")[0]
        module = machine.index.module(bound, env.module.file)
        value: Value = ModuleValue(module) if module is not None else machine.external(bound)
        machine.assign(alias or bound, value, env)
        if module is not None and not alias and "." in name:
            continue
    return FALL


def _import_from(machine: Machine, statement: f.ImportFrom, env: Env, frame: Frame) -> str:
    source = machine.index.absolute(env.module, statement.level, statement.module)
    span = env.module.span(statement.start, statement.end)
    for name, alias in statement.names:
        if name == "*":
            _import_star(machine, source, env)
        else:
            machine.assign(alias or name, LazyName(source, name, span), env)
    return FALL


def _import_star(machine: Machine, source: str, env: Env) -> None:
    module = machine.index.module(source, env.module.file)
    if module is None:
        env.stars.append(source)
        return
    if module is env.module:
        return
    other = machine.run_module(module)
    exported = other.vars.get("__all__")
    names = None
    if exported is not None:
        items, is_open = expressions.iterate(machine.force(exported, other, "__all__"))
        if not is_open:
            names = {item.value for item in items if isinstance(item, Known)}
    for name, value in list(other.vars.items()):
        if (name in names) if names is not None else not name.startswith("_"):
            env.vars[name] = machine.force(value, other, name) if isinstance(value, LazyName) else value
    env.stars.extend(star for star in other.stars if star not in env.stars)


def _function_def(machine: Machine, statement: f.FunctionDef, env: Env, frame: Frame) -> str:
    define(machine, statement, env)
    return FALL


def define(machine: Machine, statement: f.FunctionDef, env: Env) -> Value:
    """Bind a function's name to it, below its decorators."""
    function = env.module.functions[statement.index]
    value: Value = FunctionValue(function, env)
    if function.facts.decorated:
        for decorator in reversed(function.head.decorators):
            value = calls.decorate(machine, decorator, value, env)
    machine.assign(statement.name, value, env)
    return value


def _class_def(machine: Machine, statement: f.ClassDef, env: Env, frame: Frame) -> str:
    cls = env.module.classes[statement.index]
    key = (env.module.file, statement.index)
    made = ClassValue(cls, env)
    if cls.facts.parent < 0:
        machine.classes[key] = made
    value: Value = made
    machine.assign(statement.name, value, env)
    if any(env.module.functions[i].facts.decorated for i in cls.facts.methods.values()):
        attributes.namespace(machine, made)
    for decorator in reversed(cls.code.decorators):
        value = calls.decorate(machine, decorator, value, env)
    made.decorations = [(wrapped.decorator, wrapped.span) for wrapped in wrappers(value)]
    machine.assign(statement.name, value, env)
    if cls.code.bases and machine.index.tells_bases:
        keywords = {k.name: machine.evaluate(k.value, env) for k in cls.code.keywords if k.name is not None}
        classes.announce(machine, made, keywords)
    return FALL


def _global(machine: Machine, statement: f.Global, env: Env, frame: Frame) -> str:
    env.globals = env.globals | frozenset(statement.names)
    return FALL


def _delete(machine: Machine, statement: f.Delete, env: Env, frame: Frame) -> str:
    for target in statement.targets:
        if isinstance(target, f.Name):
            env.vars.pop(target.id, None)
    return FALL


RUN: dict[type, Callable[..., str | Condition]] = {
    f.Assign: _assign,
    f.AnnAssign: _ann_assign,
    f.AugAssign: _aug_assign,
    f.ExprStmt: _expression,
    f.Return: _return,
    f.Raise: _raise,
    f.Assert: _nothing,
    f.Delete: _delete,
    f.If: _if,
    f.While: _while,
    f.For: _for,
    f.With: _with,
    f.Try: _try,
    f.Match: _match,
    f.Import: _import,
    f.ImportFrom: _import_from,
    f.FunctionDef: _function_def,
    f.ClassDef: _class_def,
    f.Global: _global,
    f.Jump: _jump,
}

Machine.table = RUN
