"""A started program as the framework rooms see it: its objects, its handlers, its guards."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from typing import NamedTuple, TypeVar, cast

import msgspec

from apilint.facts import Span
from apilint.guards import demands
from apilint.guards.caller import REQUEST_NAMES, Caller
from apilint.guards.judge import NOT_A_GUARD, Abstaining, Judge, Judgement, one_of
from apilint.guards.knowledge import Knowledge
from apilint.guards.left import granted
from apilint.index import Index
from apilint.model import Guard, Loose, Published, Route, Step
from apilint.startup import attributes, calls
from apilint.startup.core import Core
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    Condition,
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
    Subscripted,
    Unknown,
    Value,
    Wrapped,
    text_of,
    unwrap,
    wrappers,
)
from apilint.versions import Versions

T = TypeVar("T")
Object = Result | Instance
ATTACHED = ("required", "optional", "conditional", "unknown")


class Handler:
    """What a route runs: the id, its place, and the value to judge."""

    __slots__ = ("function", "id", "span", "value")

    def __init__(self, id_: str, span: Span, value: Value, function: FunctionValue | None) -> None:
        self.id = id_
        self.span = span
        self.value = value
        self.function = function


class Mounted(NamedTuple):
    """Where another framework's application serves an application: below which path, and behind which guards."""

    prefix: str
    guards: Callable[[Caller], list[Guard]]


class Program:
    """The start-up, the judge, and the questions that every framework asks of them."""

    def __init__(
        self,
        machine: Core,
        knowledge: Knowledge,
        extra: dict[str, str] | None = None,
        versions: Versions | None = None,
        documents: abc.Mapping[str, bytes] | None = None,
    ) -> None:
        self.machine = machine
        self.knowledge = knowledge
        self.judge = Judge(machine, knowledge)
        self.index: Index = machine.index
        self.options: dict[str, str] = extra or {}
        self.loose: list[Loose] = []
        self.published: list[Published] = []
        self._shared: dict[Hashable, object] = {}
        self.versions = versions or Versions()
        self.documents: abc.Mapping[str, bytes] = documents or {}
        self.mounted: dict[int, Mounted] = {}

    def unjudged(self) -> Program:
        """The same program for whoever asks which routes there are, and not who may call them."""
        found = Program(self.machine, self.knowledge, self.options, self.versions, self.documents)
        found.judge = Abstaining(self.machine, self.knowledge)
        return found

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is worked out once for a program: the rooms fill it, checks look at it again."""
        if key not in self._shared:
            self._shared[key] = make()
        return cast(T, self._shared[key])

    # ------------------------------------------------------------------ objects

    def objects(self, names: Collection[str]) -> list[Object]:
        """All objects of these library classes or of project classes below them, in the order they were made."""
        wanted = frozenset(names)
        found: list[Object] = [
            result
            for result in self.machine.results
            if type(result.callee) is External and result.callee.name in wanted
        ]
        kinds = {instance.cls: False for instance in self.machine.instances}
        for cls in kinds:
            kinds[cls] = not wanted.isdisjoint(attributes.external_bases(self.machine, cls))
        found += [instance for instance in self.machine.instances if kinds[instance.cls]]
        return sorted(found, key=lambda made: made.order)

    def is_a(self, value: Value, names: Collection[str]) -> bool:
        """Whether an object is of one of these library classes."""
        value = unwrap(value)
        if isinstance(value, Choice):
            return any(self.is_a(option, names) for option in value.options)
        if isinstance(value, Result):
            return isinstance(value.callee, External) and value.callee.name in names
        if isinstance(value, Instance):
            return any(base in names for base in attributes.external_bases(self.machine, value.cls))
        return False

    def is_subclass(self, value: Value, names: Collection[str]) -> bool:
        """Whether a class is one of these library classes or below one."""
        value = unwrap(value)
        if isinstance(value, External):
            return value.name in names
        return isinstance(value, ClassValue) and any(
            base in names for base in attributes.external_bases(self.machine, value)
        )

    def object_of(self, value: Value) -> Object | None:
        """The object behind a value (`app.router` is the app), or None."""
        value = unwrap(attributes.root_of(value))
        if isinstance(value, Choice):
            return next((made for made in map(self.object_of, value.options) if made is not None), None)
        return value if isinstance(value, (Result, Instance)) else None

    def objects_of(self, value: Value) -> list[tuple[Object, tuple[Condition, ...]]]:
        """The objects that may stand behind a value; where it is one of several, each with the condition for it."""
        inner = unwrap(attributes.root_of(value))
        found: list[tuple[Object, tuple[Condition, ...]]] = []
        for item, conditions in self.items_under(inner) if isinstance(inner, Choice) else [(inner, ())]:
            made = self.object_of(item)
            if made is not None and not any(made is known for known, _ in found):
                found.append((made, conditions))
        return found if len(found) > 1 else [(made, ()) for made, _ in found]

    def made_with(self, made: Object) -> tuple[list[Value], dict[str, Value]]:
        """The arguments that the library's constructor got: those of the call, or of `super().__init__`."""
        for event in made.events:
            if isinstance(event.callee, Attr) and event.callee.name == "super.__init__":
                return event.args, event.kwargs
        return made.args, made.kwargs

    def events(self, made: Object) -> Iterator[tuple[str, Result]]:
        """`(dotted method, call)` for everything called on an object, in order: `("router.add_route", …)`."""
        for event in made.events:
            if isinstance(event.callee, Attr):
                yield attributes.path_of(event.callee).removeprefix("super."), event

    def decorated(self, event: Result) -> Iterator[Value]:
        """What a call was used on as a decorator: `@app.get("/x")`."""
        for use in event.events:
            if use.callee is event and use.args:
                yield use.args[0]

    def items(self, value: Value | None) -> list[Value]:
        """The elements of a list value; an object that is no list is its only element."""
        if value is None or (isinstance(value, Known) and value.value is None):
            return []
        if isinstance(value, Seq):
            return value.items
        if isinstance(value, Choice):
            return [item for option in value.options for item in self.items(option)]
        return [value]

    def items_under(self, value: Value | None) -> list[tuple[Value, tuple[Condition, ...]]]:
        """The elements of a list value, with the open condition of those that one branch only brings in."""
        if not isinstance(value, Choice):
            return [(item, ()) for item in self.items(value)]
        found: list[tuple[Value, tuple[Condition, ...]]] = []
        listed = [self.items(option) for option in value.options]
        for number, items in enumerate(listed):
            for item in items:
                if any(item is known for known, _ in found):
                    continue
                if all(any(item is other for other in option) for option in listed):
                    found.append((item, ()))
                    continue
                test = value.test or Condition(Span("", 0, 0), "a condition that the source leaves open", True, value)
                found.append((item, (Condition(test.span, test.text, test.positive == (number == 0), test.value),)))
        return found

    # ----------------------------------------------------------------- handlers

    def handler(self, value: Value, registered: Span) -> Handler:
        """The developer's function or class below all decorators, with its id and the place of its head."""
        value = self.as_decorated(value)
        inner = unwrap(value)
        if isinstance(inner, Choice):
            inner = unwrap(inner.options[0])
        if isinstance(inner, FunctionValue):
            return Handler(qualified(inner), inner.function.span, value, inner)
        if isinstance(inner, ClassValue):
            return Handler(inner.cls.id, inner.cls.span, value, None)
        if isinstance(inner, Instance):
            return Handler(inner.cls.cls.id, inner.cls.cls.span, value, None)
        if isinstance(inner, LambdaValue):
            span = inner.env.module.span(inner.node.start, inner.node.end)
            return Handler(_lambda_id(inner), span, value, None)
        return Handler(self.describe(inner), registered, value, None)

    def as_decorated(self, value: Value) -> Value:
        """`requires("authenticated")(view)` written as a call, as the decorated view that it is."""
        if isinstance(value, Result) and len(value.args) == 1 and isinstance(value.callee, Result):
            inner = self.as_decorated(value.args[0])
            if isinstance(unwrap(inner), (FunctionValue, ClassValue)):
                return Wrapped(inner, value.callee, value.span, None)
        return value

    def describe(self, value: Value) -> str:
        """A short name of a value: `module:name` for library things, what the source calls it otherwise."""
        value = unwrap(value)
        if isinstance(value, FunctionValue):
            return qualified(value)
        if isinstance(value, ClassValue):
            return value.cls.id
        if isinstance(value, Instance):
            return value.cls.cls.id
        if isinstance(value, External):
            module, _, name = value.name.rpartition(".")
            return f"{module}:{name}" if module else name
        if isinstance(value, Result):
            return self.describe(value.callee)
        if isinstance(value, Attr):
            return f"{self.describe(value.base)}.{value.name}"
        if isinstance(value, Subscripted):
            return self.describe(value.base)
        if isinstance(value, Unknown):
            return value.text or "?"
        if isinstance(value, ModuleValue):
            return value.module.name
        if isinstance(value, Choice):
            return self.describe(value.options[0])
        return "?"

    def short_name(self, value: Value) -> str:
        """What a reader would call a guard: the last name of its qualified name."""
        return self.describe(value).rpartition(":")[2].replace("<locals>.", "")

    def place(self, made: Object) -> str:
        """Where an object is made, `file:line`."""
        module = self.index.file(made.span.file)
        return f"{made.span.file}:{module.line(made.span.start) if module else 0}"

    # ------------------------------------------------------------------- guards

    def in_handler(
        self,
        function: FunctionValue,
        caller: Caller,
        bindings: dict[str, Value] | None = None,
        *,
        above: Iterable[Guard] = (),
    ) -> list[Guard]:
        """A rejection in the handler's own body, as a guard; one of those `above` may already let no stranger in."""
        if any(guard.effect == "required" for guard in above):
            return []
        judged = self.judge.function(function, "handler", caller=caller, bindings=bindings, memo=(None,))
        if judged.effect == "none" or not (judged.chain or judged.branches):
            return []
        span = judged.chain[-1].span if judged.chain else function.function.span
        return [self.guard("in the handler", "in the handler", "the handler's body", span, judged, function)]

    def decorator_guards(self, handler: Value, caller: Caller) -> list[Guard]:
        """The guards among a handler's decorators (those below the route decorator), outermost first."""
        return [self.decorator_guard(wrapped, caller) for wrapped in wrappers(handler)]

    def decorator_guard(self, wrapped: Wrapped, caller: Caller) -> Guard:
        """One decorator, judged."""
        judged = self._judge_decorator(wrapped, caller)
        name = self.short_name(wrapped.decorator)
        if isinstance(wrapped.decorator, FunctionValue) and wrapped.decorator.function.facts.parent >= 0:
            parent = wrapped.decorator.function.parent
            name = parent.name if parent is not None else name
        return self.guard(name, "decorator", "decorator", wrapped.span, judged, wrapped.decorator)

    def _judge_decorator(self, wrapped: Wrapped, caller: Caller) -> Judgement:
        decorator = wrapped.decorator
        if isinstance(decorator, Choice):
            return self._judge_choice(wrapped, decorator, caller)
        if isinstance(wrapped.result, Choice):
            return self._judge_made(wrapped, wrapped.result, caller)
        known = self.judge.library(decorator, caller.http_method)
        if known is not None and known.effect == "unknown":
            return self._handed_over(known, decorator, caller)
        if known is not None:
            return self._unless_left(known, decorator, caller) if caller.left else known
        inner = unwrap(wrapped.inner)

        def passes(value: Value) -> bool:
            below = unwrap(value)
            if isinstance(below, FunctionValue) and isinstance(inner, FunctionValue):
                return below.function is inner.function
            return below is inner or value is wrapped.inner

        if wrapped.result is not None:
            if unwrap(wrapped.result) is inner:
                return Judgement("none", qualname=self.describe(decorator))
            bound = _requests(inner, caller) if isinstance(inner, FunctionValue) else {}
            return self.judge.function(
                wrapped.result, "call", caller=caller, bindings=bound, passes=passes, memo=(None,)
            )
        if isinstance(decorator, (FunctionValue, Partial, LambdaValue)):
            return Judgement("none", qualname=self.describe(decorator))
        if isinstance(decorator, Unknown):
            return Judgement("unknown", reason=f"{decorator.reason}", qualname=decorator.text)
        name = self.knowledge.name_of(decorator)
        if _sounds_like_guard(name.rpartition(".")[2]):
            return Judgement("unknown", reason=f"'{name}' is not in the library models", qualname=name)
        return Judgement("none", qualname=name)

    def _handed_over(self, judged: Judgement, decorator: Value, caller: Caller) -> Judgement:
        """A library's guard that asks a function of the project's, which some method of the same object was handed."""
        found = self.knowledge.guard(self.machine, decorator)
        method = str(found[1].get("handed_to", "")) if found is not None else ""
        made = self.object_of(decorator.callee) if isinstance(decorator, Result) else None
        if not method or made is None or not isinstance(decorator, Result):
            return judged
        for name, event in self.events(made):
            if name == method and event.args:
                given: list[Value] = [Unknown("the view"), Seq("tuple", [], is_open=True), Mapping({}, is_open=True)]
                first = [*given, *decorator.args]
                return self.judge.function(event.args[0], "dependency", caller=caller, first=first, memo=(None,))
        reason = f"no function is handed to '{method}' that decides"
        return msgspec.structs.replace(judged, reason=reason)

    def _unless_left(self, judged: Judgement, decorator: Value, caller: Caller) -> Judgement:
        """A library's guard for somebody whom a guard before it has made under a setting."""
        found = self.knowledge.guard(self.machine, decorator)
        if judged.effect != "required" or found is None:
            return judged
        call = decorator if isinstance(decorator, Result) else None
        setting = granted(caller.left, found[1], call.args if call else (), call.kwargs if call else {})
        if setting is None:
            return judged
        condition = Condition(setting.span, setting.expr or setting.text, not setting.positive, setting.value)
        return msgspec.structs.replace(judged, effect="conditional", condition=repr(condition))

    def _judge_choice(self, wrapped: Wrapped, choice: Choice, caller: Caller) -> Judgement:
        """A decorator that is one of several, by a test that the source leaves open."""
        judged = []
        for option in choice.options:
            applied = calls.apply(self.machine, option, wrapped.inner, wrapped.span)
            judged.append(self._judge_decorator(applied, caller) if isinstance(applied, Wrapped) else NOT_A_GUARD)
        return one_of(judged, choice.test)

    def _judge_made(self, wrapped: Wrapped, made: Choice, caller: Caller) -> Judgement:
        """A decorator that gives one of several: `return login_required(view) if settings.LOCKED else view`."""
        judged = []
        for option in made.options:
            layer = calls.applied(option, wrapped.decorator, wrapped.inner, wrapped.span)
            found = [NOT_A_GUARD]
            while isinstance(layer, Wrapped) and layer is not wrapped.inner:
                if layer.result is not None or layer.decorator is not wrapped.decorator:
                    found.append(self._judge_decorator(layer, caller))
                layer = layer.inner
            judged.append(max(found, key=lambda one: one.effect in ("required", "conditional")))
        return one_of(judged, made.test)

    def guard(self, name: str, kind: str, via: str, span: Span, judged: Judgement, value: Value | None = None) -> Guard:
        """A `model.Guard` from a judgement."""
        qualname = judged.qualname or (self.describe(value) if value is not None else name)
        if judged.effect == "unknown":
            qualname = self._spelt_out(qualname, span)
            entry = self.knowledge.said_of(qualname)
            judged = judged if entry is None else self.judge.entry(qualname, entry, None)
        chain = (*_attachment(name, kind, via, span, judged), *judged.chain)
        asked = demands.of_value(name, value) if judged.effect in ATTACHED else ()
        return Guard(
            name,
            qualname,
            kind,
            via,
            judged.effect,
            span,
            chain,
            judged.condition,
            judged.reason,
            asked,
            judged.lapses,
        )

    def _spelt_out(self, qualname: str, span: Span) -> str:
        """A name that a configuration can speak of: one that has no module gets that of the place where it is used."""
        module = self.index.file(span.file)
        return qualname if module is None or not qualname.isidentifier() else f"{module.name}:{qualname}"


def _attachment(name: str, kind: str, via: str, span: Span, judged: Judgement) -> Iterator[Step]:
    """How a guard comes to stand before the handler; one in its body needs no attaching."""
    if name != kind:
        yield Step(span, f"'{name}' is attached here" + (f" ({via})" if via != kind else ""))
    elif not judged.chain:
        yield Step(span, "credentials are looked at here")


def _requests(function: FunctionValue, caller: Caller) -> dict[str, Value]:
    """What of a function's arguments is the request, by their names: a wrapper may look for them in its own."""
    return {param.name: caller for param in function.function.head.params if param.name in REQUEST_NAMES}


def _lambda_id(value: LambdaValue) -> str:
    """`package.module:function.<locals>.<lambda>` as Python calls it."""
    module = value.env.module
    around = module.around(value.node.start)
    return f"{module.name}:{around[-1].qualname}.<locals>.<lambda>" if around else f"{module.name}:<lambda>"


def qualified(value: FunctionValue) -> str:
    """`package.module:qualname`; a method keeps the class that defines it."""
    return value.function.id


def sort_guards(guards: list[Guard]) -> tuple[tuple[Guard, ...], tuple[Guard, ...]]:
    """`(those that count for the verdict, the others)`."""
    return (
        tuple(guard for guard in guards if guard.effect in ("required", "optional", "conditional")),
        tuple(guard for guard in guards if guard.effect not in ("required", "optional", "conditional")),
    )


def verdict(guards: list[Guard], unknown: str = "") -> tuple[str, str, str]:
    """`(verdict, what is unknown, condition)` of a route from all its guards."""
    effects = [guard.effect for guard in guards]
    if "required" in effects:
        return "required", "", ""
    conditional = next((guard for guard in guards if guard.effect == "conditional"), None)
    if conditional is not None:
        return "conditional", "", conditional.condition
    doubtful = next((guard for guard in guards if guard.effect == "unknown"), None)
    if doubtful is not None or unknown:
        return "unknown", unknown or f"'{doubtful.name}': {doubtful.reason}" if doubtful else unknown, ""
    return ("optional" if "optional" in effects else "none"), "", ""


def with_verdict(route: Route, guards: list[Guard]) -> Route:
    """A route with its verdict, from all its guards."""
    auth, unknown, condition = verdict(guards)
    counted, others = sort_guards(guards)
    return msgspec.structs.replace(
        route, auth=auth, guards=counted, considered=others, unknown=unknown, condition=condition
    )


def under(guard: Guard, conditions: tuple[Condition, ...]) -> Guard:
    """A guard attached under open conditions only."""
    open_ = [condition for condition in conditions if not condition.decided]
    if not open_ or guard.effect != "required":
        return guard
    return msgspec.structs.replace(guard, effect="conditional", condition=repr(open_[-1]))


def only_if(conditions: tuple[Condition, ...]) -> str:
    """What must hold for a route to exist at all, in the words of the source."""
    return " and ".join(dict.fromkeys(repr(condition) for condition in conditions if not condition.decided))


def _sounds_like_guard(name: str) -> bool:
    lowered = name.lower()
    return any(
        word in lowered
        for word in ("auth", "login", "require", "permission", "protect", "token", "secured", "role", "access")
    ) and not any(
        word in lowered for word in ("schema", "swagger", "openapi", "response", "api_doc", "not_required", "exempt")
    )


def join_paths(*parts: str) -> str:
    """Prefixes and a path glued as frameworks do it: as text, with one leading slash."""
    path = "".join(parts)
    return path if path.startswith("/") else f"/{path}"


def argument(event: Result, position: int, name: str) -> Value | None:
    """An argument by position or keyword."""
    if name in event.kwargs:
        return event.kwargs[name]
    return event.args[position] if position < len(event.args) else None


def path_part(value: Value | None) -> str:
    """A piece of a path; what is not known stands in braces."""
    if value is None or (isinstance(value, Known) and value.value is None):
        return ""
    text = text_of(value)
    if text is not None:
        return text
    return "{" + (value.text if isinstance(value, Unknown) and value.text else "?") + "}"


__all__ = [
    "Handler",
    "Mounted",
    "Object",
    "Program",
    "argument",
    "join_paths",
    "only_if",
    "path_part",
    "qualified",
    "sort_guards",
    "text_of",
    "under",
    "verdict",
    "with_verdict",
]
