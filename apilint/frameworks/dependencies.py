"""FastAPI's dependency tree: what runs before a handler because its parameters, its decorator or its routers say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apilint import facts as f
from apilint.facts import Span
from apilint.frameworks import wrapping
from apilint.frameworks.program import Program
from apilint.guards.caller import CREDENTIAL_WORD, NOTHING, Anonymous, Caller, Nothing
from apilint.guards.judge import Judgement, one_of
from apilint.model import Demand, Guard, Step
from apilint.startup import attributes
from apilint.startup.values import (
    NONE,
    Choice,
    ClassValue,
    Env,
    External,
    FunctionValue,
    Instance,
    Known,
    Partial,
    Result,
    Seq,
    Subscripted,
    Unknown,
    Value,
    Wrapped,
    constant,
    text_of,
    unwrap,
)
from apilint.unparse import dotted, unparse
from apilint.walk import walk

DEPENDS = frozenset({"fastapi.Depends", "fastapi.param_functions.Depends", "fastapi.params.Depends"})
SECURITY = frozenset({"fastapi.Security", "fastapi.param_functions.Security", "fastapi.params.Security"})
SCOPES = frozenset({"fastapi.security.SecurityScopes", "fastapi.security.oauth2.SecurityScopes"})
CREDENTIAL_PARAMETERS = frozenset({"Header", "Cookie"})
_NO_CREDENTIAL = re.compile(r"(?i)csrf|xsrf|user_?agent|accept|content|language|host|referer|origin|request_id|if_")
MAX_DEPTH = 12


class Scopes(msgspec.Struct, frozen=True):
    """What stands below a dependency: the scopes that are `stated` there, and whether something may have `read` those
    stated above it."""

    stated: tuple[Demand, ...]
    read: bool


class Dependencies:
    """Judges dependencies and remembers them: the same one stands on many routes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.machine = program.machine
        self._memo: dict[tuple[int, str], Judgement] = {}
        self._kept: list[Value] = []
        self._parameters: dict[tuple[int, int], tuple[FunctionValue, list[tuple[f.Param, Value | None, Env]]]] = {}
        self._scopes: dict[int, tuple[FunctionValue, Scopes]] = {}

    def guards(self, value: Value, via: str, span: Span, caller: Caller) -> list[Guard]:
        """The guard that one `Depends(…)` or `Security(…)` is."""
        if isinstance(value, Choice):
            return [guard for option in value.options for guard in self.guards(option, via, span, caller)]
        target = depends_on(value)
        if target is None:
            if isinstance(value, Unknown):
                judged = Judgement("unknown", reason=value.reason)
                return [self.program.guard(value.text or "?", "dependency", via, span, judged, value)]
            return []
        at = value.span if isinstance(value, Result) else span
        judged = self.judge(target, caller, scopes=scopes_of(value))
        kind = "security scheme" if judged.kind == "scheme" else "dependency"
        guard = self.program.guard(self.name(target, value), kind, via, at, judged, target)
        asked = self.demands(value)
        return [msgspec.structs.replace(guard, demands=(*guard.demands, *asked)) if asked else guard]

    def name(self, target: Value, depends: Value | None = None) -> str:
        """What the source calls a dependency: the name inside `Depends(…)`, of the factory for what a factory made."""
        written = _written(depends)
        if written:
            return written
        inner = unwrap(target)
        if isinstance(inner, FunctionValue):
            parent = inner.function.parent
            return parent.name if parent is not None else inner.function.name
        return self.program.short_name(inner)

    def handler_guards(self, function: FunctionValue, caller: Caller, *, inherits: bool = True) -> list[Guard]:
        """The guards among a handler's own parameters, and a rejection in its body."""
        found: list[Guard] = []
        bindings: dict[str, Value] = {}
        if inherits:
            for param, value, env in self.parameters(function):
                if value is None:
                    bound = self.plain(param, env)
                    if bound is not None:
                        bindings[param.name] = bound
                    continue
                span = env.module.span(param.start, param.end)
                guards = self.guards(value, f"parameter '{param.name}'", span, caller)
                found += guards
                target = depends_on(value)
                if target is not None:
                    bindings[param.name] = self.judge(target, caller, scopes=scopes_of(value)).gives
            for param, value, env in self.class_parameters(function):
                span = env.module.span(param.start, param.end)
                found += self.guards(value, f"'{param.name}' of the class", span, caller)
        return [*found, *self.program.in_handler(function, caller, bindings, above=found)]

    def parameters(self, function: FunctionValue) -> Iterator[tuple[f.Param, Value | None, Env]]:
        """`(parameter, its Depends or Security value or None, scope)` of a function, `self` left out."""
        function = self._signature(function)
        key = (id(function.function), id(function.env))
        if key not in self._parameters:
            self._parameters[key] = (function, list(self._evaluated(function)))
        yield from self._parameters[key][1]

    def _signature(self, function: FunctionValue) -> FunctionValue:
        """The function whose parameters FastAPI reads: what a wrapper says that it wraps."""
        for _ in range(MAX_DEPTH):
            inner = unwrap(wrapping.named(self.machine, function) or NONE)
            if not isinstance(inner, FunctionValue):
                break
            function = inner
        return function

    def _alternatives(self, target: Value, function: FunctionValue | None) -> Choice | None:
        """What a dependency is one of, or wraps one of: which, the source leaves open."""
        inner = unwrap(target) if function is None else unwrap(wrapping.named(self.machine, function) or NONE)
        if not isinstance(inner, Choice):
            return None
        return inner if all(map(self._is_judged, inner.options)) else None

    def _is_judged(self, option: Value) -> bool:
        """Whether what it does is known: it has code, or the models speak of it."""
        return self._callable(option) is not None or self.program.judge.library(option) is not None

    def _evaluated(self, function: FunctionValue) -> Iterator[tuple[f.Param, Value | None, Env]]:
        env = function.env
        params = function.function.head.params
        skip = 1 if function.function.owner is not None and params and params[0].name in ("self", "cls") else 0
        for param in params[skip:]:
            yield param, self.dependency_of(param, env), env

    def class_parameters(self, function: FunctionValue) -> Iterator[tuple[f.Param, Value, Env]]:
        """The dependencies of a view class, for a handler that is its method: attributes and arguments of `__init__`,
        which a decorator of the class hands to FastAPI."""
        owner = function.function.owner
        params = function.function.head.params
        if owner is None or not params or params[0].name != "self":
            return
        cls = self.machine.class_value(owner)
        for base in attributes.mro(self.machine, cls) if cls is not None else []:
            if not isinstance(base, ClassValue):
                continue
            init = base.cls.method("__init__")
            for param in (*_declared(base), *(init.head.params if init is not None else ())):
                # In the body of the class the same name may stand for what is outside: `user = Depends(user)`.
                value = self.dependency_of(param, base.env)
                if value is not None:
                    yield param, value, base.env

    def dependency_of(self, param: f.Param, env: Env) -> Value | None:
        """The `Depends(…)` of a parameter, from its default or its annotation."""
        if param.default is not None:
            value = self.machine.evaluate(param.default, env)
            if is_dependency(value):
                if (
                    isinstance(value, Result)
                    and not value.args
                    and "dependency" not in value.kwargs
                    and param.annotation
                ):
                    value.args = [self.machine.evaluate(param.annotation, env)]
                return value
        if param.annotation is not None:
            annotation = self.machine.evaluate(param.annotation, env)
            return self._in_annotation(annotation)
        return None

    def _in_annotation(self, annotation: Value) -> Value | None:
        if isinstance(annotation, Choice):
            return next((found for found in map(self._in_annotation, annotation.options) if found is not None), None)
        if not isinstance(annotation, Subscripted):
            return None
        for item in reversed(annotation.index):
            if is_dependency(item):
                if isinstance(item, Result) and not item.args and "dependency" not in item.kwargs:
                    item.args = [annotation.index[0]]
                return item
        return self._in_annotation(annotation.index[0]) if annotation.index else None

    def plain(self, param: f.Param, env: Env) -> Value | None:
        """What a parameter that is no dependency holds for a caller without credentials; None for "as named"."""
        source = self.machine.evaluate(param.default, env) if param.default is not None else None
        annotation = self.machine.evaluate(param.annotation, env) if param.annotation is not None else None
        metadata = annotation.index[1:] if isinstance(annotation, Subscripted) else []
        for item in [source, *metadata]:
            callee = item.callee if isinstance(item, Result) else None
            if isinstance(callee, External) and callee.name.rpartition(".")[2] in CREDENTIAL_PARAMETERS:
                return None if _NO_CREDENTIAL.search(param.name) else NOTHING
        if isinstance(source, Known) and source.value in (None, "") and CREDENTIAL_WORD.search(param.name):
            return NOTHING
        if isinstance(source, Known) and not isinstance(annotation, External):  # a request is no parameter of one
            return Unknown(f"what the caller sends as '{param.name}'", None, param.name)
        return None

    # --------------------------------------------------------------------- scopes

    def demands(self, value: Value) -> tuple[Demand, ...]:
        """The scopes that a `Security(…)` states, and those stated below it. They count for nothing unless something
        below takes `SecurityScopes` and looks at it."""
        target = depends_on(value)
        if target is None:
            return ()
        below = self._scopes_below(target)
        own = self._stated(value)
        if not own and not below.stated:
            return ()
        return tuple(dict.fromkeys([*(Demand("scope", name, below.read) for name in own), *below.stated]))

    def _stated(self, value: Value) -> list[str]:
        if not isinstance(value, Result) or not isinstance(value.callee, External) or value.callee.name not in SECURITY:
            return []
        given = value.kwargs.get("scopes") or (value.args[1] if len(value.args) > 1 else None)
        return [name for name in map(text_of, self.program.items(given)) if name]

    def _scopes_below(self, target: Value, depth: int = 0) -> Scopes:
        function = self._callable(target)
        if function is None:
            known = self.program.judge.library(target)
            return Scopes((), read=known is None or known.kind != "scheme")  # what cannot be seen may read them
        key = id(function.function)
        if key not in self._scopes:
            self._scopes[key] = (function, Scopes((), read=True))  # a dependency that depends on itself
            self._scopes[key] = (function, self._scopes_of(function, depth))
        return self._scopes[key][1]

    def _scopes_of(self, function: FunctionValue, depth: int) -> Scopes:
        stated: list[Demand] = []
        is_read = depth >= MAX_DEPTH
        for param, value, _ in self.parameters(function):
            if value is not None:
                stated += self.demands(value)
                target = depends_on(value)
                is_read = is_read or (target is not None and self._scopes_below(target, depth + 1).read)
            elif "SecurityScopes" in unparse(param.annotation):
                is_read = is_read or _mentions(function, param.name)
        return Scopes(tuple(stated), read=is_read)

    # -------------------------------------------------------------------- judging

    def judge(self, target: Value, caller: Caller, depth: int = 0, scopes: tuple[Value, ...] = ()) -> Judgement:
        """What a dependency does, with all below it. `scopes` are those that `Security(…)` asks for on the way."""
        key = (id(unwrap(target)), f"{scopes or ''}{caller.left or ''}")
        if key in self._memo:
            caller.take(self._memo[key].left)
            return self._memo[key]
        judged = self._judged(target, caller, depth, scopes)
        if not judged.particular:
            self._memo[key] = judged
            self._kept.append(unwrap(target))
        return judged

    def _judged(self, target: Value, caller: Caller, depth: int, scopes: tuple[Value, ...]) -> Judgement:
        function = self._callable(target)
        alternatives = self._alternatives(target, function)
        if alternatives is not None and depth < MAX_DEPTH:
            each = [self.judge(option, caller, depth + 1, scopes) for option in alternatives.options]
            judged = one_of(each, alternatives.test)
            if function is None or judged.effect in ("required", "conditional"):
                return judged
        known = self.program.judge.library(target)
        if function is None or (
            known is not None and not isinstance(unwrap(target), (Instance, ClassValue, FunctionValue))
        ):
            if known is not None:
                return _with_gift(known)
            if isinstance(target, (Known, ClassValue)) or _is_plain_library(target):
                return Judgement("none", qualname=self.program.describe(target))
            return Judgement("unknown", reason=_why(self.program, target), qualname=self.program.describe(target))
        bindings: dict[str, Value] = {}
        weakest: Judgement | None = None
        tolerates = False
        if depth < MAX_DEPTH:
            for param, value, env in self.parameters(function):
                below = depends_on(value) if value is not None else None
                if below is None:
                    bound = self._asked_scopes(param, env, scopes) or self.plain(param, env)
                    if bound is not None:
                        bindings[param.name] = bound
                    continue
                judged = self.judge(below, caller, depth + 1, (*scopes, *scopes_of(value)))
                if judged.effect == "required":
                    way = "" if judged.chain else ", which turns away callers without credentials"
                    step = Step(env.module.span(param.start, param.end), f"it depends on '{self.name(below)}'{way}")
                    return Judgement(
                        "required",
                        (step, *judged.chain),
                        qualname=self.program.describe(target),
                        kind=judged.kind,
                        lapses=(*judged.lapses, *self.program.judge.caught(function.function, "dependency")),
                    )
                if judged.effect in ("unknown", "conditional"):
                    weakest = judged
                tolerates = tolerates or judged.effect == "optional"
                bindings[param.name] = judged.gives
        own = self.program.judge.function(function, "dependency", caller=caller, bindings=bindings, memo=(None,))
        if own.effect in ("none", "optional") and weakest is not None:
            return weakest
        if own.effect == "none" and (tolerates or isinstance(own.gives, (Nothing, Anonymous))):
            return msgspec.structs.replace(own, effect="optional")
        return own

    def _asked_scopes(self, param: f.Param, env: Env, scopes: tuple[Value, ...]) -> Value | None:
        """The object that FastAPI hands to a parameter of the type `SecurityScopes`."""
        annotation = self.machine.evaluate(param.annotation, env) if param.annotation is not None else None
        if not isinstance(annotation, External) or annotation.name not in SCOPES:
            return None
        made = Result(annotation, [], {}, env.module.span(param.start, param.end), 0, ())
        made.attrs["scopes"] = Seq("list", list(scopes))
        texts = [text_of(scope) for scope in scopes]
        made.attrs["scope_str"] = Known(" ".join(text for text in texts if text is not None))
        return made

    def _callable(self, target: Value) -> FunctionValue | None:
        """The project function that FastAPI calls for a dependency."""
        inner = target
        while isinstance(inner, (Wrapped, Partial)):
            inner = inner.inner if isinstance(inner, Wrapped) else inner.func
        if isinstance(inner, FunctionValue):
            return inner
        if isinstance(inner, Instance):
            found = attributes.get(self.machine, inner, "__call__", inner.span)
            found = unwrap(found)
            return found if isinstance(found, FunctionValue) else None
        if isinstance(inner, ClassValue):
            init = attributes.in_class(self.machine, inner, "__init__")
            if init is not None and isinstance(unwrap(init[0]), FunctionValue):
                target_function = unwrap(init[0])
                assert isinstance(target_function, FunctionValue)
                instance = Instance(inner, [], {}, inner.cls.span, 0)
                return FunctionValue(target_function.function, target_function.env, instance)
        return None


def _mentions(function: FunctionValue, name: str) -> bool:
    return any(isinstance(node, f.Name) and node.id == name for node in walk(function.function.body))


def _declared(cls: ClassValue) -> Iterator[f.Param]:
    """The annotated attributes of a class, as the parameters that they become."""
    for node in cls.cls.code.body:
        if isinstance(node, f.AnnAssign) and isinstance(node.target, f.Name):
            yield f.Param(node.start, node.end, node.target.id, "plain", node.annotation, node.value)


def is_dependency(value: Value) -> bool:
    """Whether a value is `Depends(…)` or `Security(…)`."""
    if isinstance(value, Choice):
        return any(is_dependency(option) for option in value.options)
    if isinstance(value, Result) and isinstance(value.callee, External):
        return value.callee.name in DEPENDS or value.callee.name in SECURITY
    return False


def scopes_of(value: Value | None) -> tuple[Value, ...]:
    """The scopes that a `Security(…)` asks for."""
    if isinstance(value, Choice):
        return next((found for found in map(scopes_of, value.options) if found), ())
    if not isinstance(value, Result) or not isinstance(value.callee, External) or value.callee.name not in SECURITY:
        return ()
    listed = value.kwargs.get("scopes") or (value.args[1] if len(value.args) > 1 else None)
    return tuple(listed.items) if isinstance(listed, Seq) else () if listed is None else (listed,)


def depends_on(value: Value) -> Value | None:
    """What a `Depends(…)` depends on."""
    if isinstance(value, Choice):
        return next((found for found in map(depends_on, value.options) if found is not None), None)
    if not isinstance(value, Result) or not is_dependency(value):
        return None
    found = value.kwargs.get("dependency") or (value.args[0] if value.args else None)
    if isinstance(found, Subscripted) and not isinstance(found.base, External):
        return found.base
    return found


def _written(depends: Value | None) -> str:
    if not isinstance(depends, Result) or depends.node is None:
        return ""
    node = depends.node
    inside = next((k.value for k in node.keywords if k.name == "dependency"), node.args[0] if node.args else None)
    while isinstance(inside, f.Call):
        inside = inside.func
    return dotted(inside) if inside is not None else ""


def _with_gift(judged: Judgement) -> Judgement:
    return msgspec.structs.replace(judged, gives=NOTHING) if judged.effect == "optional" else judged


def _is_plain_library(target: Value) -> bool:
    inner = unwrap(target)
    if isinstance(inner, Result):
        return False
    return isinstance(inner, External) and not CREDENTIAL_WORD.search(inner.name)


def _why(program: Program, target: Value) -> str:
    inner = unwrap(target)
    if isinstance(inner, Unknown):
        return inner.reason
    return f"the code of '{program.describe(inner)}' is not at hand, and the library models do not name it"


__all__ = ["Dependencies", "constant", "depends_on", "is_dependency"]
