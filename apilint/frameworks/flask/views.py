"""What a URL rule's view is: the developer's function or class below everything that was put around it."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.facts import Span
from apilint.frameworks import wrapping
from apilint.frameworks.program import Program
from apilint.guards.knowledge import Entry
from apilint.startup import attributes, calls
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    Env,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Mapping,
    Partial,
    Result,
    Value,
    Wrapped,
    text_of,
    unwrap,
)

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "trace", "query")
MAX_LAYERS = 20
# Classes that say 405 themselves where the project's class has no method.
BY_METHOD = ("flask.views.MethodView", "quart.views.MethodView")


def developed(program: Program, value: Value, span: Span, depth: int = 0) -> Value:
    """The value with everything around the developer's function or class seen as a decorator: `guard(view)`, a
    closure that calls the view, a library's decorator that is called."""
    if isinstance(value, Choice):
        value = wrapping.around(program.machine, value, span)
    if depth > MAX_LAYERS:
        return value
    if isinstance(value, Wrapped):
        inner = developed(program, value.inner, span, depth + 1)
        return value if inner is value.inner else _again(value, inner)
    if isinstance(value, Partial):
        return developed(program, value.func, span, depth + 1)
    if isinstance(value, FunctionValue):
        target = wrapped_by(program, value)
        if target is None:
            return value
        decorator = wrapping.maker(value)
        return Wrapped(developed(program, target, span, depth + 1), decorator, span, value)
    if isinstance(value, Result) and value.args and not is_as_view(value) and _is_view(value.args[0]):
        return Wrapped(developed(program, value.args[0], span, depth + 1), value.callee, span, None)
    return value


def _again(value: Wrapped, inner: Value) -> Wrapped:
    made = Wrapped(inner, value.decorator, value.span, value.result)
    made.attrs = value.attrs
    return made


def wrapped_by(program: Program, closure: FunctionValue) -> Value | None:
    """The view that a closure wraps: what its `functools.wraps` names, or a callable argument of the function
    that made it and that it calls."""
    if closure.function.facts.parent < 0:
        return None
    named = wrapping.named(program.machine, closure)
    if named is not None and _is_view(named):
        return named
    if not any(param.kind in ("args", "kwargs") for param in closure.function.head.params):
        return None  # a view that calls what it was given wraps nothing
    words = closure.function.words
    parent = closure.function.parent
    while parent is not None:
        for param in parent.head.params:
            if param.name in words:
                value = _variable(closure.env, param.name)
                if value is not None and _is_view(value):
                    return value
        parent = parent.parent
    return None


def _variable(env: Env | None, name: str) -> Value | None:
    while env is not None:
        if name in env.vars:
            return env.vars[name]
        env = env.parent
    return None


def _is_view(value: Value) -> bool:
    inner = unwrap(value)
    if isinstance(inner, Result):
        return is_as_view(inner) or (bool(inner.args) and _is_view(inner.args[0]))
    return isinstance(inner, (FunctionValue, LambdaValue))


def is_as_view(value: Value) -> bool:
    """Whether a value is what `SomeView.as_view(…)` gave."""
    return (
        isinstance(value, Result)
        and isinstance(value.callee, (Attr, External))
        and value.callee.name.endswith("as_view")
    )


def library_view(value: Value) -> str:
    """The name of the library's class of which `as_view` was asked for; empty for anything else."""
    inner = unwrap(value)
    if is_as_view(inner) and isinstance(inner, Result) and isinstance(inner.callee, External):
        return inner.callee.name.removesuffix(".as_view")
    return ""


def modelled(program: Program, cls: ClassValue) -> Entry | None:
    """What the models say of the library's view class that a project's class derives from."""
    for name in attributes.external_bases(program.machine, cls):
        entry = program.knowledge.view(name)
        if entry is not None:
            return entry
    return None


def class_of(value: Value) -> ClassValue | None:
    """The project's class behind a class-based view: of `SomeView.as_view(…)`, or the class itself."""
    inner = unwrap(value)
    if isinstance(inner, ClassValue):
        return inner
    if is_as_view(inner) and isinstance(inner, Result):
        base = attributes.root_of(inner.callee)
        if isinstance(base, Choice):
            base = base.options[0]
        base = unwrap(base)
        return base if isinstance(base, ClassValue) else None
    return None


def left_to(program: Program, cls: ClassValue) -> str:
    """The handler of a class without a method for what it is registered for: the library's, or the class as such."""
    entry = modelled(program, cls) or {}
    if "handler" in entry:
        return str(entry["handler"])
    by_method = _goes_by_method(program, cls)
    return f"{by_method.replace('.MethodView', ':MethodView')}.dispatch_request" if by_method else cls.cls.id


def _goes_by_method(program: Program, cls: ClassValue) -> str:
    """The library's class that looks for the method of a class that answers, if a class derives from one."""
    return next((name for name in attributes.external_bases(program.machine, cls) if name in BY_METHOD), "")


def _answers_some(program: Program, cls: ClassValue) -> bool:
    return any(attributes.own(program.machine, cls, verb) is not None for verb in VERBS)


def methods_of_class(program: Program, cls: ClassValue) -> tuple[str, ...]:
    """The HTTP methods that a class-based view answers."""
    stated = attributes.own(program.machine, cls, "methods")
    methods = {text for item in program.items(stated) if (text := text_of(item))}
    if not methods or "methods" not in attributes.namespace(program.machine, cls).vars:
        methods |= {verb.upper() for verb in VERBS if attributes.own(program.machine, cls, verb) is not None}
    library = modelled(program, cls) or {}
    if not methods or (library.get("inherits") and stated is None):
        methods |= set(library.get("methods", ()))
    return tuple(sorted(method.upper() for method in methods)) or ("GET",)


def method_of(program: Program, cls: ClassValue, method: str) -> Value | None:
    """The function that answers one HTTP method, with what was put around it."""
    own = attributes.own(program.machine, cls, method.lower())
    if own is None and not (_goes_by_method(program, cls) and _answers_some(program, cls)):
        own = attributes.own(program.machine, cls, "dispatch_request")
    return developed(program, own, cls.cls.span) if own is not None else None


def around(program: Program, value: Value, decorators: list[Value], span: Span) -> Value:
    """The value with decorators put around it, the first one innermost."""
    for decorator in decorators:
        made = calls.apply(program.machine, decorator, value, span)
        value = made if isinstance(made, Wrapped) else Wrapped(value, decorator, span, None)
    return value


def class_decorators(program: Program, cls: ClassValue) -> list[Value]:
    """`View.decorators`: put around the view, the first one innermost; a library may ask each class for its own."""
    if (modelled(program, cls) or {}).get("own_decorators"):
        env = attributes.namespace(program.machine, cls)
        stated = env.vars.get("decorators")
        return [] if stated is None else program.items(program.machine.force(stated, env, "decorators"))
    return program.items(attributes.own(program.machine, cls, "decorators"))


def method_decorators(program: Program, cls: ClassValue, method: str) -> list[Value]:
    """`Resource.method_decorators`: a list for all methods, or a dict by method."""
    stated = attributes.own(program.machine, cls, "method_decorators")
    if isinstance(stated, Mapping):
        return program.items(stated.items.get(method.lower()))
    return program.items(stated)


def bound(value: Value, cls: ClassValue) -> FunctionValue | None:
    """A method as it is called on an instance of the class."""
    target = unwrap(value)
    if not isinstance(target, FunctionValue):
        return None
    if target.self_value is not None:
        return target
    return FunctionValue(target.function, target.env, Instance(cls, [], {}, cls.cls.span, 0))


def above(program: Program, event: Result, view: Value) -> Iterator[Wrapped]:
    """The decorators above the one that registers a view: they guard nothing."""
    inner = unwrap(view)
    if not isinstance(inner, FunctionValue):
        return
    final = inner.env.vars.get(inner.function.name)
    found: list[Wrapped] = []
    while isinstance(final, Wrapped):
        if final.decorator is event:
            yield from found
            return
        found.append(final)
        final = final.inner
