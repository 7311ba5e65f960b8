"""Calls: project functions are followed, library calls recorded."""

from __future__ import annotations

from collections.abc import Callable

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Function
from apilint.startup import attributes, classes, library, mappings
from apilint.startup.core import Core, Frame, OutOfBudget
from apilint.startup.values import (
    NONE,
    Attr,
    Choice,
    ClassValue,
    Env,
    External,
    FunctionValue,
    Instance,
    Known,
    LambdaValue,
    Mapping,
    ModuleValue,
    Partial,
    Result,
    Seq,
    Setting,
    Special,
    Subscripted,
    Super,
    Unknown,
    Value,
    Wrapped,
    join,
    text_of,
)

MAX_DEPTH = 40
MAX_LAMBDAS = 2
MAX_RECURSION = 2
MAX_DESCENT = 5
LARGEST_SHARE = 7
"""What a call may take of the steps that are left, in eighths."""
LONG = 2_000
"""A function that took so many steps and came to no end is not followed again."""
VERY_LONG = 10_000
"""Nor is one that took so many twice, though it ended: each of sixty plug-ins may call it as it is imported."""
_PLAIN = ("builtins.", "typing.")
"""What these give is no object of an application, so nobody looks for it among all that was made."""


def evaluate_call(machine: Core, expr: f.Call, env: Env) -> Value:
    """The value of a call expression."""
    span = env.module.span(expr.start, expr.end)
    func = expr.func
    if isinstance(func, f.Name) and func.id == "super" and not expr.args:
        return _super(env, span)
    if isinstance(func, f.Attribute):
        base = machine.evaluate(func.value, env)
        args, kwargs, starred = _arguments(machine, expr, env)
        modelled = library.method(machine, base, func.attr, args, kwargs, span)
        if modelled is not None:
            return modelled
        callee = machine.attribute(base, func.attr, env.module.span(func.start, func.end))
    else:
        callee = machine.evaluate(func, env)
        args, kwargs, starred = _arguments(machine, expr, env)
    if isinstance(callee, Unknown) and not callee.is_named:
        callee = Unknown(callee.reason, callee.span or span, func)
    value = machine.call(callee, args, kwargs, span)
    if isinstance(value, Result) and value.node is None:
        value.node = expr
        value.starred = starred
    return value


def _super(env: Env, span: Span) -> Value:
    scope: Env | None = env
    while scope is not None:
        me = scope.vars.get("__class__")
        if isinstance(me, ClassValue):
            first = scope.vars.get("__self__")
            return Super(first if first is not None else me, me)
        scope = scope.parent
    return Unknown("super() outside a method", span, "super()")


def _arguments(machine: Core, expr: f.Call, env: Env) -> tuple[list[Value], dict[str, Value], bool]:
    """Positional and keyword arguments, and whether a star brought in more than is known."""
    args: list[Value] = []
    kwargs: dict[str, Value] = {}
    starred = False
    for arg in expr.args:
        value = machine.evaluate(arg, env)
        if isinstance(arg, f.Starred):
            if isinstance(value, Seq):
                args += value.items
            starred = starred or not isinstance(value, Seq) or value.open
        else:
            args.append(value)
    for keyword in expr.keywords:
        value = machine.evaluate(keyword.value, env)
        if keyword.name is not None:
            kwargs[keyword.name] = value
        elif isinstance(value, Mapping):
            kwargs.update({str(key): item for key, item in value.items.items()})
            starred = starred or value.open
        else:
            starred = True
    return args, kwargs, starred


def call(machine: Core, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    """`callee(*args, **kwargs)` at `span`."""
    run = _CALLED.get(type(callee))
    if run is not None:
        return run(machine, callee, args, kwargs, span)
    if isinstance(callee, Subscripted) and isinstance(callee.base, ClassValue):
        return instantiate(machine, callee.base, args, kwargs, span)  # `Store[User](…)`
    return callee.called(args, kwargs) if isinstance(callee, Special) else _record(machine, callee, args, kwargs, span)


def _call_unknown(machine: Core, callee: Unknown, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    return Unknown(callee.reason, callee.span or span, (callee, "()"))


def _call_attribute(machine: Core, callee: Attr, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    value = _method(machine, callee, args, kwargs, span) if machine.extensions.names else None
    return _record(machine, callee, args, kwargs, span) if value is None else value


def _call_followed(
    machine: Core, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span
) -> Value:
    return machine.call_function(callee, args, kwargs, span)


def _call_external(machine: Core, callee: External, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    known = library.FUNCTIONS.get(callee.name)
    value = None if known is None else known(machine, args, kwargs, span)
    if value is not None:
        return value
    taught = machine.extensions.functions.get(callee.name)
    value = None if taught is None else taught(machine, args, kwargs, span)
    if value is not None:
        return value
    made = _record(machine, callee, args, kwargs, span)
    if taught is None and machine.extensions.methods:
        _initialise(machine, [callee.name], made, args, kwargs, span)
    return made


def _call_partial(machine: Core, callee: Partial, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    return machine.call(callee.func, [*callee.args, *args], {**callee.kwargs, **kwargs}, span)


def _call_wrapped(machine: Core, callee: Wrapped, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    return machine.call(callee.inner if callee.result is None else callee.result, args, kwargs, span)


def _call_setting(machine: Core, callee: Setting, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    return machine.call(callee.default, args, kwargs, span)


def _call_any(machine: Core, callee: Choice, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    return join([machine.call(option, args, kwargs, span) for option in callee.options[:4]])


def _call_instance(machine: Core, callee: Instance, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    found = attributes.own(machine, callee.cls, "__call__")
    if found is not None:
        return machine.call(attributes.get(machine, callee, "__call__", span), args, kwargs, span)
    return _record(machine, callee, args, kwargs, span)


def _method(machine: Core, callee: Attr, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    """A method of a library's object that a framework models."""
    name = callee.name.removeprefix("super.")
    if name not in machine.extensions.names:
        return None
    for cls in attributes.library_names(machine, callee.base):
        modelled = machine.extensions.methods.get(f"{cls}.{name}")
        if modelled is not None:
            return modelled(machine, callee.base, args, kwargs, span)
    return None


def _initialise(
    machine: Core, classes: list[str], made: Value, args: list[Value], kwargs: dict[str, Value], span: Span
) -> None:
    """Run the constructor that a framework models for one of these library classes."""
    for cls in classes:
        modelled = machine.extensions.methods.get(f"{cls}.__init__")
        if modelled is not None:
            modelled(machine, made, args, kwargs, span)
            return


def _record(machine: Core, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    """A call of something opaque, noted on the object it goes through."""
    if isinstance(callee, Result) and isinstance(callee.callee, External):
        if callee.callee.name in library.TRANSPARENT_DECORATORS and args:
            return args[0]
    under = (*machine.loops, *machine.conditions) if machine.loops else machine.conditions
    result = Result(callee, args, kwargs, span, machine.next_order(), under)
    root = attributes.root_of(callee)
    if isinstance(root, (Result, Instance, ClassValue)):
        if machine.may_change(root):
            root.events.append(result)
    elif isinstance(root, External) and not root.name.startswith(_PLAIN):
        machine.results.append(result)
    return result


def call_function(
    machine: Core, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span
) -> Value:
    """Follow a call of a project function."""
    function = callee.function
    machine.called.add(function)
    if callee.self_value is not None:
        args = [callee.self_value, *args]
    memo_key = (function, id(callee.env))
    if not args and not kwargs and memo_key in machine.memo:
        return machine.memo[memo_key]
    if len(machine.stack) >= MAX_DEPTH or machine.stack.count(function) >= _recursion(args):
        return Unknown(f"'{function.name}' calls itself or too deep", span, function.name)
    if function in machine.endless and machine.is_starting:
        return Unknown(f"'{function.name}' is too long to follow", span, function.name)
    env = enter(machine, callee, args, kwargs)
    frame = Frame(function)
    shared = machine.is_starting and (machine.stack or not machine.is_later)
    machine.stack.append(function)
    before, loops = machine.conditions, machine.loops
    try:
        if shared:
            _run_with_a_share(machine, function, env, frame)
        else:
            machine.run_block(function.body, env, frame)
    finally:
        machine.stack.pop()
        machine.conditions, machine.loops = before, loops
    value = _returned(function.facts.is_generator, frame, len(before))
    if not args and not kwargs:
        machine.memo[memo_key] = value
    return value


def _run_with_a_share(machine: Core, function: Function, env: Env, frame: Frame) -> None:
    """Run a function that another one, or a module, calls: when it takes more than its share of what is left, it ends
    there, and whoever called it goes on."""
    limit, start = machine.limit, machine.steps
    share = start + (limit - start) * LARGEST_SHARE // 8
    machine.limit = share
    try:
        machine.run_block(function.body, env, frame)
    except OutOfBudget:
        if share - start > LONG:
            machine.endless.add(function)
        entry = machine.stack[0].span
        if entry not in machine.cut_short:
            machine.cut_short.append(entry)
        frame.returns.append(Unknown(f"'{function.name}' is too long to follow", function.span, function.name))
    finally:
        imported = machine.limit - share  # modules that were imported on the way have steps of their own
        machine.limit = limit + imported
        if machine.steps - start - imported > VERY_LONG:
            (machine.endless if function in machine.slow else machine.slow).add(function)


def _call_lambda(machine: Core, callee: LambdaValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    if machine.lambdas.count(id(callee.node)) >= MAX_LAMBDAS:
        return Unknown("a lambda calls itself", span)
    inner = Env(callee.env.module, callee.env)
    _bind_parameters(machine, callee.node.params, inner, callee.env, args, kwargs)
    machine.lambdas.append(id(callee.node))
    try:
        return machine.evaluate(callee.node.body, inner)
    finally:
        machine.lambdas.pop()


def _recursion(args: list[Value]) -> int:
    """How often a function may call itself: more often when it walks down a list that is known, or is a property that
    asks other objects for the same."""
    walks = any(isinstance(arg, Seq) and arg.items and not arg.open for arg in args) or (
        len(args) == 1 and isinstance(args[0], Instance)
    )
    return MAX_DESCENT if walks else MAX_RECURSION


def enter(machine: Core, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value]) -> Env:
    """The scope of a call, with its parameters bound."""
    env = Env(callee.env.module, callee.env)
    if callee.function.owner is not None:
        owner = _class_value(callee)
        if owner is not None:
            env.vars["__class__"] = owner
            if args:
                env.vars["__self__"] = args[0]
    _bind_parameters(machine, callee.function.head.params, env, callee.env, args, kwargs)
    return env


def _class_value(callee: FunctionValue) -> ClassValue | None:
    """The class in whose body the method stands."""
    env: Env | None = callee.env
    owner = callee.function.owner
    while env is not None:
        if not env.is_class:
            value = env.vars.get(owner.name) if owner is not None else None
            while isinstance(value, Wrapped):
                value = value.inner
            if isinstance(value, ClassValue) and value.cls is owner:
                return value
        env = env.parent
    return None


def _returned(is_generator: bool, frame: Frame, outer: int) -> Value:
    """What a call gives: one of what was returned, by the one test under which the first of them was."""
    if is_generator:
        return Seq("list", frame.yields, is_open=not frame.yields)
    test = frame.when[outer] if len(frame.when) == outer + 1 else None
    return join(frame.returns, test) if frame.returns else NONE


def _bind_parameters(
    machine: Core,
    params: tuple[f.Param, ...],
    env: Env,
    outer: Env,
    args: list[Value],
    kwargs: dict[str, Value],
) -> None:
    """Bind arguments to parameters; what is missing gets its default, else `Unknown`."""
    rest = dict(kwargs)
    position = 0
    for param in params:
        value: Value
        if param.kind == "args":
            value = Seq("tuple", args[position:])
            position = len(args)
        elif param.kind == "kwargs":
            value = Mapping(dict(rest.items()))
        elif param.kind in ("plain", "positional") and position < len(args):
            value = args[position]
            position += 1
        elif param.name in rest:
            value = rest.pop(param.name)
        elif param.default is not None:
            value = machine.evaluate(param.default, outer)
        else:
            span = env.module.span(param.start, param.end)
            value = Unknown(f"the argument '{param.name}'", span, param.name)
        env.vars[param.name] = value


def instantiate(machine: Core, cls: ClassValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
    """`cls(*args, **kwargs)`: an instance with its `__init__` run, or what its `__new__` gives in the place of one."""
    given = _given_by_new(machine, cls, args, kwargs, span)
    if given is not None:
        return given
    made = Instance(cls, args, kwargs, span, machine.next_order())
    made.conditions = machine.conditions
    machine.instances.append(made)
    if len(machine.stack) >= MAX_DEPTH:
        return made
    ancestors = attributes.external_bases(machine, cls)
    if not mappings.CLASSES.isdisjoint(ancestors):
        is_filled = attributes.own(machine, cls, "__init__") is None
        made.contents = mappings.made(machine, args if is_filled else [], kwargs if is_filled else {}, span)
        made.contents.open = True  # what the class does of its own may put in more
    if machine.extensions.methods:
        _initialise(machine, ancestors, made, args, kwargs, span)
    for name in ("__init__", "__post_init__"):
        found = attributes.own(machine, cls, name)
        if args and name == "__init__" and found is None:
            made.kwargs = {**classes.positional_fields(machine, cls, args), **kwargs}
        if found is not None:
            method = attributes.get(machine, made, name, span)
            machine.call(method, args if name == "__init__" else [], kwargs if name == "__init__" else {}, span)
    return made


def _given_by_new(
    machine: Core, cls: ClassValue, args: list[Value], kwargs: dict[str, Value], span: Span
) -> Value | None:
    """What a `__new__` of the project makes that is no object of the class: an application, say."""
    found = attributes.own(machine, cls, "__new__")
    if found is None or len(machine.stack) >= MAX_DEPTH:
        return None
    given = machine.call(found, [cls, *args], kwargs, span)
    callee = given.callee if isinstance(given, Result) else None
    return given if isinstance(callee, External) and callee.name != "builtins.object.__new__" else None


def decorate(machine: Core, expr: f.Expr, value: Value, env: Env) -> Value:
    """Apply one decorator to a function or class."""
    return apply(machine, machine.evaluate(expr, env), value, env.module.span(expr.start, expr.end))


def apply(machine: Core, decorator: Value, value: Value, span: Span) -> Value:
    """`decorator(value)`, remembered as such."""
    if isinstance(decorator, (FunctionValue, LambdaValue, Partial, Instance, Wrapped, ClassValue, Choice)):
        return applied(machine.call(decorator, [value], {}, span), decorator, value, span)
    if isinstance(decorator, Result):
        if isinstance(decorator.callee, External) and decorator.callee.name in library.TRANSPARENT_DECORATORS:
            return value
        _record(machine, decorator, [value], {}, span)
    elif isinstance(decorator, Attr):
        _record(machine, decorator, [value], {}, span)
        if decorator.name in ("setter", "deleter", "getter"):
            return attributes.root_of(decorator) if not isinstance(decorator.base, Wrapped) else decorator.base
    return Wrapped(value, decorator, span, None)


def applied(result: Value, decorator: Value, value: Value, span: Span) -> Value:
    """What a project's decorator gave for a function: a closure, the function itself, or one of both with a library's
    decorators around it, `user_passes_test(is_staff)(view)`; or one of these, where a test chooses among them."""
    layers, inside = _peeled(result)
    if isinstance(result, Choice) and all(
        inner is value or _is_callable(inner) for _, inner in map(_peeled, result.options)
    ):
        return Wrapped(value, decorator, span, result)
    if inside is value and layers:
        for layer in reversed(layers):
            value = Wrapped(value, layer, span, None)
        return Wrapped(value, decorator, span, None)
    if not _is_callable(inside):
        return Wrapped(value, decorator, span, None)
    made = Wrapped(value, decorator, span, inside)
    for layer in reversed(layers):
        made = Wrapped(made, layer, span, None)
    return made


def _peeled(result: Value) -> tuple[list[Value], Value]:
    """The library's decorators around something, outermost first, and what they are around."""
    layers: list[Value] = []
    while isinstance(result, Result) and len(result.args) == 1 and _is_library_s(result.callee):
        layers.append(result.callee)
        result = result.args[0]
    return layers, result


def _is_library_s(decorator: Value) -> bool:
    """Whether a decorator is a library's function, or what one gave: nothing that hangs on an object."""
    return isinstance(decorator.callee if isinstance(decorator, Result) else decorator, External)


def _is_callable(value: Value) -> bool:
    if isinstance(value, Choice):
        return all(map(_is_callable, value.options))
    return isinstance(value, (FunctionValue, Wrapped, Partial, LambdaValue, Instance, ClassValue))


_CALLED: dict[type, Callable[..., Value]] = {
    Attr: _call_attribute,
    Unknown: _call_unknown,
    FunctionValue: _call_followed,
    External: _call_external,
    ClassValue: instantiate,
    LambdaValue: _call_lambda,
    Partial: _call_partial,
    Wrapped: _call_wrapped,
    Setting: _call_setting,
    Choice: _call_any,
    Instance: _call_instance,
}

__all__ = [
    "Known",
    "ModuleValue",
    "OutOfBudget",
    "applied",
    "call",
    "call_function",
    "decorate",
    "evaluate_call",
    "text_of",
]
