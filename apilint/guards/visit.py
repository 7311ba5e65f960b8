"""A function run for an anonymous caller: on which ways it ends, and what each of them depends on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from apilint import facts as f
from apilint.facts import Span
from apilint.guards.caller import (
    ANONYMOUS,
    NOTHING,
    REQUEST_NAMES,
    STORED_SECRET,
    Anonymous,
    Answer,
    Body,
    Caller,
    Close,
    Container,
    Gate,
    Left,
    Nothing,
    Sure,
    Unset,
    is_sent,
)
from apilint.guards.exits import Exit, decisive, distinct, shared, under_test
from apilint.guards.implementers import as_annotated
from apilint.guards.kept import kept
from apilint.guards.knowledge import POLICY_VIOLATION, Knowledge, is_waived, status_of
from apilint.guards.left import granted
from apilint.guards.proxies import behind
from apilint.guards.remembered import LONG, CallKey, Followed, Remembered, call_key, decides, holds_request
from apilint.guards.settings import is_setting, told
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.startup import attributes, calls, expressions, mappings
from apilint.startup.core import FALL, JUMP, LEAVE, Core, Frame, OutOfBudget
from apilint.startup.machine import Machine
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
    LambdaValue,
    Mapping,
    ModuleValue,
    Partial,
    Result,
    Seq,
    Setting,
    Special,
    Text,
    Unknown,
    Value,
    Wrapped,
    join,
    unwrap,
    wrappers,
)
from apilint.unparse import unparse

MAX_STEPS = 3_000
_MISSING = {mappings.NO_KEY: "KeyError", attributes.NO_INDEX: "IndexError"}


_ASKING = ("builtins.", "inspect.", "asyncio.iscoroutine")

# What code that is not known may well do with credentials that are missing: turn the caller away.
_JUDGES = regex(
    r"(?i)auth|verif|validat|secur|current_?user|log_?in|protect|permi|"
    r"(check|require|ensure)\w*(user|token|key|access|scope|role)"
)

# What runs in another thread the function that it is handed: `await asyncio.to_thread(check, token)`.
_ELSEWHERE = frozenset(
    {
        "asyncio.to_thread",
        "anyio.to_thread.run_sync",
        "starlette.concurrency.run_in_threadpool",
        "fastapi.concurrency.run_in_threadpool",
    }
)
_PARTIAL = "functools.partial"
_OF_THREADS = frozenset({"limiter", "abandon_on_cancel", "cancellable"})

# What reads an ASGI scope: the request again, or its headers.
_ROUTE_PATH = "get_route_path"
_WRAPPERS = {"Headers": "headers", "Request": "", "HTTPConnection": "", "WebSocket": ""}


Answers = Callable[["Visit", Value, "list[Value]", "dict[str, Value]", Span], "Value | None"]


_AS_IS = frozenset(
    {Known, Seq, Mapping, FunctionValue, Result, Instance, ClassValue, ModuleValue, Setting, Text, Wrapped}
)
"""Values that are the same for every caller."""


class Turned(Exception):
    """The run ends here, whatever follows: something called on the way turns the caller away."""

    def __init__(self, exit_: Exit) -> None:
        super().__init__(exit_.name)
        self.exit = exit_


class Visit(Machine):
    """A machine that follows one function on behalf of an anonymous caller.

    Shares what the start-up made (modules, classes, objects) and changes none of it: functions are followed
    with scopes of their own.
    """

    def __init__(
        self,
        base: Core,
        knowledge: Knowledge,
        caller: Caller,
        passes: Callable[[Value], bool],
        answers: Answers | None = None,
    ) -> None:
        """Take the finished start-up, what is known of libraries, the caller, which calls reach the guarded code, and
        what the framework's own methods give (None for calls that are not the framework's)."""
        super().__init__(base.index)
        self.envs = base.envs
        self.running = base.running
        self.substitutes = base.substitutes
        self.extensions = base.extensions
        self.function_attrs = base.function_attrs
        self.classes = base.classes
        self.knowledge = knowledge
        self.caller = caller
        self.passes = passes
        self.answers = answers
        self.frames: list[list[Exit]] = []
        self.passed: list[Exit] = []
        self.missing_used = 0
        self.tolerated = 0
        self.doubts: list[str] = []
        self.unresolved: list[str] = []
        self.refusals: list[Step] = []
        self.caught: list[list[Exit]] = []
        self.statuses: list[tuple[int, tuple[Condition, ...]]] = []
        self.remembered = Remembered()
        self.particular: dict[CallKey, Followed] = {}
        self.cuts = 0
        self.made = 0
        self.is_cut = False
        self.skipped: frozenset[Function] = frozenset()
        self.skips = 0
        self.contacts = 0
        self.long: list[Function] = []
        self.fallen: tuple[Condition, ...] = ()
        self.entered: list[Function] = []
        self.left: list[Left] = []
        self.sent: dict[str, Value] = {}
        self.proxied: dict[Value, Special | None] = {}
        self.outer: list[tuple[Condition, ...]] = []
        caller.kept = self._kept

    def _kept(self, name: str) -> Value | None:
        """What the program keeps under a name in the request of an anonymous caller."""
        known = self.remembered.kept
        if name not in known:
            known[name] = None  # whoever sets it may ask for it as well
            known[name] = kept(self, name, self._run_aside)
        return known[name]

    def _run_aside(self, function: FunctionValue, caller: Caller) -> None:
        """Run a function for another request."""
        visit = type(self)(self, self.knowledge, caller, lambda _: False)
        visit.remembered = Remembered(self.remembered)
        with contextlib.suppress(Turned):
            visit.run(function, {})

    def next_order(self) -> int:
        """What is made for a caller is no part of the start-up: its numbers are negative."""
        self.order -= 1
        return self.order

    # ---------------------------------------------------------------- the caller

    def run(self, target: FunctionValue, bindings: dict[str, Value], first: list[Value] | None = None) -> list[Exit]:
        """All the ways in which a call of `target` ends, `pass`es first. Parameters not in `bindings` are guessed from
        their names (`request`, `user`, `token`) or unknown."""
        args = self._arguments(target, bindings, first or [])
        self.frames.append([])
        self.caller.note = self._note
        env = calls.enter(self, target, *args)
        for param in target.function.head.params:
            taken = env.vars[param.name]
            if param.kind == "args" and isinstance(taken, Seq):
                env.vars[param.name] = Seq(taken.kind, taken.items, is_open=True)  # whoever calls it gives more
            elif param.kind == "kwargs" and isinstance(taken, Mapping):
                env.vars[param.name] = Mapping(taken.items, is_open=True)
        try:
            flow = self.run_block(target.function.body, env, Frame(target.function))
        except OutOfBudget:
            flow = FALL
            self.is_cut = True
        self.is_cut = self.is_cut or self.skips > 0
        exits = self.frames.pop()
        if flow is not LEAVE:
            exits.append(Exit("return", NONE, self.fallen, target.function.span))
        return [*self.passed, *exits]

    def _arguments(
        self, target: FunctionValue, bindings: dict[str, Value], first: list[Value]
    ) -> tuple[list[Value], dict[str, Value]]:
        params = target.function.head.params
        args = [*([target.self_value] if target.self_value is not None else []), *first]
        kwargs: dict[str, Value] = {}
        taken = len(args)
        for position, param in enumerate(params):
            if position < taken or param.kind in ("args", "kwargs"):
                continue
            if param.name in bindings:
                kwargs[param.name] = bindings[param.name]
            else:
                guessed = self.guess(param) or self._of_path(param)
                if guessed is not None:
                    kwargs[param.name] = guessed
        if any(param.kind == "kwargs" for param in params):
            kwargs = {**bindings, **kwargs}  # a wrapper is called with what it wraps asks for
        return args, kwargs

    def guess(self, param: f.Param) -> Value | None:
        """What a parameter of that name or annotation holds for an anonymous caller; None when nobody can say."""
        annotation = unparse(param.annotation) if param.annotation is not None else ""
        if param.name in REQUEST_NAMES or param.name in ("conn", "connection", "scope"):
            return self.caller
        if annotation.rpartition(".")[2] == "Response" or param.name == "resp":
            return Answer(self._set_status)
        if annotation.rpartition(".")[2] in ("Request", "HttpRequest", "WebSocket", "HTTPConnection"):
            return self.caller
        if param.name in ("user", "current_user", "token", "api_key", "credentials", "auth", "authorization"):
            return NOTHING
        return None

    def _of_path(self, param: f.Param) -> Value | None:
        """What the route's path puts in the place of a parameter's default."""
        if param.default is None or param.name not in self.caller.variables:
            return None
        self.caller.used = True
        return Unknown(f"'{param.name}' of the path", None, param.name)

    def _set_status(self, value: Value) -> None:
        self.statuses.append((status_of(value), self.all_conditions))

    def _note(self, holder: str, name: str, value: Value) -> None:
        """Something is put on the request: under a setting it may stand in the place of credentials."""
        if is_sent(value):
            self.sent[f"{holder}.{name}"] = value
        if isinstance(value, (Nothing, Sure, Anonymous)) or expressions.truth(value) is False:
            return
        setting = next((each for each in self.all_conditions if not each.decided and is_setting(each)), None)
        if setting is not None:
            self.left.append(Left(holder, name, value, told(setting)))

    def status_here(self) -> int:
        """The status that this way has set on the response it was given, 0 for none."""
        for status, conditions in reversed(self.statuses):
            if self.all_conditions[: len(conditions)] == conditions:
                return status
        return 0

    # ---------------------------------------------------------------- evaluation

    def evaluate(self, expr: f.Expr, env: Env) -> Value:
        """As in start-up, with the caller's values in the place of the library's request objects."""
        run = expressions.EVALUATE.get(type(expr))
        value = expressions.not_followed(expr, env) if run is None else run(self, expr, env)
        if type(value) in _AS_IS:
            return value
        if isinstance(value, External):
            special = self.knowledge.special(value.name)
            if special is not None:
                return self._special(special)
        elif isinstance(value, Attr) and (proxied := self._behind(value.base)) is not None:
            return proxied.attribute(value.name)
        elif isinstance(value, Attr) and isinstance(value.base, Instance):
            special = self.knowledge.instance_attributes.get(value.name)
            if special is not None:
                return self._special(special)
            return self.knowledge.option(self, value.base, value.name) or value
        elif isinstance(value, Unknown):
            return self._known(value, expr, env)
        elif value is NOTHING and isinstance(expr, f.Subscript):
            self.missing_used += 1  # a key that is not there: what may raise is seen to by `try`
        return value

    def _behind(self, value: Value) -> Special | None:
        """What of the request a proxy stands for; to use it is no call of the program's."""
        if not isinstance(value, (Instance, Result)):
            return None
        if value not in self.proxied:
            made = self.made
            self.proxied[value] = behind(self, value)
            self.made = made
        return self.proxied[value]

    def _known(self, value: Unknown, expr: f.Expr, env: Env) -> Value:
        """What is known of an expression that no start-up could tell."""
        if value.reason in _MISSING and self.frames:
            name = _MISSING[value.reason]
            raise Turned(Exit("raise", NONE, self.conditions, env.module.span(expr.start, expr.end), 0, name))
        if isinstance(expr, f.Compare):
            return self._guessed(expr, env) or value
        if not isinstance(expr, f.Attribute):
            return value
        if expr.attr == "request" and isinstance(expr.value, f.Name) and expr.value.id == "self":
            self.contacts += 1
            return self.caller
        return self.sent.get(value.reason, value) if self.sent else value

    def _guessed(self, expr: f.Compare, env: Env) -> Sure | None:
        """`request.args["key"] == user.reset_key`: a secret that is stored is not what an anonymous caller sends."""
        if expr.ops not in (("==",), ("!=",)):
            return None
        sides = (expr.left, *expr.rights)
        stored = next((s for s in sides if isinstance(s, f.Attribute) and STORED_SECRET.search(s.attr)), None)
        if stored is None or not any(is_sent(self.evaluate(side, env)) for side in sides if side is not stored):
            return None
        return Sure(expr.ops == ("!=",))

    def truth(self, value: Value) -> bool | None:
        """Whether a value is true, which every answer to the caller is; None when that is not known."""
        known = expressions.truth(value)
        if known is None and isinstance(value, Result):
            return self.knowledge.answers(self.knowledge.name_of(value.callee)) or None
        if known is None and isinstance(value, Choice):
            return True if all(self.truth(option) for option in value.options) else None
        return known

    def _special(self, kind: str) -> Value:
        self.contacts += 1
        if kind == "request":
            return self.caller
        if kind == "user":
            return ANONYMOUS
        if kind == "nothing":
            return NOTHING
        if kind == "body":
            return Body("body")
        return self.caller.container("session" if kind == "session" else kind)

    def call(self, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """Calls that reach the guarded code, turn the caller away, or look up a credential that is not there."""
        self.made += not isinstance(callee, Special)
        self._turned_around(callee, args, span)
        if isinstance(callee, Gate) or self.passes(callee) or self._hands_on(callee, args):
            through = Exit("pass", callee, self.all_conditions, span)
            self.passed.append(through)
            if not self.outer and not through.open and self.answers is None:
                # Whoever comes here is through, whatever follows. Where frameworks answer, what runs may be the guarded
                # code itself, which may ask who is there after it has accepted the connection.
                raise Turned(through)
            return Unknown("the guarded code's answer", span)
        if isinstance(callee, Choice):
            return self._call_any(callee, args, kwargs, span)
        if isinstance(callee, Wrapped):
            self._turned_by_decorator(callee, span)
        if isinstance(callee, Close):
            return self._closed(args, kwargs, span)
        if self.answers is not None:
            answer = self.answers(self, callee, args, kwargs, span)
            if answer is not None:
                return answer
        if isinstance(callee, Attr) and isinstance(callee.base, Instance):
            self._turned_by_method(callee, args, kwargs, span)
        if isinstance(callee, Attr):
            answer = self.knowledge.gives_of(self, callee)
            if answer is not None:
                return answer
        guard = self.knowledge.guard_called(self, callee, args, kwargs)
        if guard is not None:
            if guard:
                raise Turned(Exit("raise", NONE, self._noted(span), span, 401, self.knowledge.name_of(callee)))
            self.tolerated += 1
            return NOTHING
        name = self.knowledge.name_of(callee)
        if name and any(isinstance(arg, Caller) for arg in (*args, *kwargs.values())):
            last = name.rpartition(".")[2]
            if last == _ROUTE_PATH:
                return self.caller.attribute("path")
            wrapped = _WRAPPERS.get(last)
            if wrapped is not None:
                return Container(wrapped) if wrapped else self.caller
        if name in _ELSEWHERE and args and isinstance(args[0], (FunctionValue, Partial, Wrapped, Choice)):
            return self.call(args[0], args[1:], {k: v for k, v in kwargs.items() if k not in _OF_THREADS}, span)
        answer = self._of_library(name, args, kwargs, span) if name else None
        if answer is not None:
            return answer
        if isinstance(callee, Unknown):
            self.unresolved.append(callee.text)
        is_own = isinstance(callee, (FunctionValue, Special)) or name == _PARTIAL
        if not is_own and self._is_lookup(callee) and self._misses(args, kwargs):
            self.missing_used += 1
            judge = callee.text if isinstance(callee, Unknown) else getattr(callee, "name", "")
            if _JUDGES.search(judge.rpartition(".")[2]) and not self.knowledge.covers(judge):
                self.doubts.append(judge)
            return NOTHING
        return super().call(callee, args, kwargs, span)

    def _of_library(self, name: str, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
        """What a library's function says of a caller who brings nothing; None where it is a function like any other."""
        rejecting = self.knowledge.turns_away(name)
        if rejecting is not None:
            status = self.knowledge.status(rejecting, args, kwargs)
            raise Turned(Exit("raise", NONE, self.conditions, span, status, name))
        if name == "builtins.isinstance" and args and isinstance(args[0], (Anonymous, Nothing)):
            return Sure("Anonymous" in repr(args[1:]))
        if name == "builtins.type" and len(args) == 1 and isinstance(args[0], (Anonymous, Nothing)):
            return NOTHING  # none of the classes that callers with credentials are of
        if name in ("builtins.getattr", "builtins.hasattr") and args and isinstance(args[0], (Anonymous, Nothing)):
            return NOTHING if name.endswith("getattr") else Sure(False)
        if name == "builtins.dict" and args and isinstance(args[0], Container):
            return args[0]
        if name in ("builtins.bool", "builtins.str", "builtins.len") and args and isinstance(args[0], Nothing):
            return Sure(False) if name == "builtins.bool" else NOTHING
        if name in ("builtins.all", "builtins.any") and args:
            items = args[0]
            if isinstance(items, Seq) and any(isinstance(item, Special) for item in items.items):
                return _all_any(name, items)
        if self.knowledge.verifies(name) and self._misses(args, kwargs):
            self.missing_used += 1
            if self.knowledge.raises(name):
                raise Turned(Exit("raise", NONE, self._noted(span), span, 0, f"{name}()"))
            return NOTHING
        given = self.knowledge.gives(name, args, kwargs)
        if given is not None and self.caller.left:
            setting = granted(self.caller.left, self.knowledge.asked(name), args, kwargs)
            return given if setting is None else Choice([Known(True), given], setting)
        return given

    def turn_away(self, span: Span, status: int, name: str) -> None:
        """End the run here: what was called turns away a caller without credentials."""
        raise Turned(Exit("raise", NONE, self._noted(span), span, status, name))

    def reject(self, span: Span, status: int, name: str) -> None:
        """End the run here with a rejection that depends on what led here."""
        raise Turned(Exit("raise", NONE, self.conditions, span, status, name))

    def _turned_by_method(self, callee: Attr, args: list[Value], kwargs: dict[str, Value], span: Span) -> None:
        """A method of a library base class whose call turns the caller away: `self.permission_denied(request)`."""
        for name in self.knowledge.names(self, callee):
            rejecting = self.knowledge.turns_away(name)
            if rejecting is not None:
                status = self.knowledge.status(rejecting, args, kwargs)
                raise Turned(Exit("raise", NONE, self.conditions, span, status, name))

    def _turned_around(self, callee: Value, args: list[Value], span: Span) -> None:
        """A library's guard that is put around the guarded code on the way: `login_required(view)(request)`."""
        if isinstance(callee, (External, Attr, Result)) and any(self.passes(arg) for arg in args[:1]):
            self._turned_by(callee, span)

    def _turned_by_decorator(self, callee: Wrapped, span: Span) -> None:
        """A library's decorator around what is called, that turns the caller away."""
        for wrapped in wrappers(callee):
            if wrapped.result is None:
                self._turned_by(wrapped.decorator, span)

    def _turned_by(self, decorator: Value, span: Span) -> None:
        found = self.knowledge.guard(self, decorator)
        if found is None or found[1].get("kind") != "decorator" or found[1].get("effect") != "required":
            return
        if not (isinstance(decorator, Result) and is_waived(found[1], decorator)):
            self.turn_away(span, 401, found[0])

    def _closed(self, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """A websocket that is closed: a rejection by its code, or because there are no credentials."""
        code = kwargs.get("code") or (args[0] if args else NONE)
        status = status_of(code) or 1000
        here = Exit("raise", NONE, self.conditions, span, status, "close")
        if status in POLICY_VIOLATION or here.credential:
            raise Turned(here)
        return NONE

    def _hands_on(self, callee: Value, args: list[Value]) -> bool:
        """Whether a library's function is given the guarded code to call: `run_in_threadpool(handler, …)`. What only
        asks about it (`getattr(handler, "is_public", False)`) calls nothing."""
        if isinstance(callee, External) and callee.name.startswith(_ASKING):
            return False
        return isinstance(callee, (External, Attr)) and any(isinstance(arg, Gate) or self.passes(arg) for arg in args)

    def _noted(self, span: Span) -> tuple[Condition, ...]:
        return (*self.conditions, Condition(span, "no credentials", True, NOTHING, decided=True))

    @staticmethod
    def _misses(args: list[Value], kwargs: dict[str, Value]) -> bool:
        given = [*args, *kwargs.values()]
        return any(isinstance(arg, (Nothing, Sure)) and not isinstance(arg, Unset) for arg in given)

    def _is_lookup(self, callee: Value) -> bool:
        """Whether a call gives something for its arguments: no constructor, no answer to the caller."""
        inner = unwrap(callee)
        if not isinstance(inner, (External, Attr, Unknown)):
            return False
        name = inner.name if isinstance(inner, (External, Attr)) else inner.text
        last = name.rpartition(".")[2]
        return not last[:1].isupper() and not self.knowledge.answers(name)

    def call_function(self, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """Follow a project function; when it turns every such caller away, so does the one who called it."""
        function = callee.function
        if len(self.stack) >= 12 or self.stack.count(function) >= _recursion(args):
            self.cuts += 1
            return Unknown(f"'{function.name}' calls itself or too deep", span, function.name)
        if function in self.skipped:
            self.skips += 1
            return Unknown(f"'{function.name}' is too long to follow", span, function.name)
        if callee.self_value is not None:
            args = [callee.self_value, *args]
        key = call_key(callee, args, kwargs)
        followed = self._recall(key) if key is not None else None
        if followed is None:
            if function in self.remembered.dull:
                return Unknown(f"what '{function.name}' gives", span, f"{function.name}()")
            followed = self._follow(callee, args, kwargs, key)
        else:
            followed.repeat([callee, *args, *kwargs.values()])
        self.missing_used += followed.missing_used
        self.tolerated += followed.tolerated
        self.doubts += followed.doubts
        self.unresolved += followed.unresolved
        given = self._resume(followed)
        return given if function.head.returns is None else self._as_annotated(callee, given)

    def _as_annotated(self, callee: FunctionValue, given: Value) -> Value:
        return as_annotated(self, callee, given, self.remembered.implementers)

    def _call_any(self, callee: Choice, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """A call of one of several functions: the run ends here only if each of them ends it."""
        given: list[Value] = []
        turned: list[tuple[int, Exit]] = []
        for number, option in enumerate(callee.options[:4]):
            try:
                given.append(self.call(option, args, kwargs, span))
            except Turned as away:
                turned.append((number, away.exit))
        if not given:
            self.exits.extend(exit_ for _, exit_ in turned[:-1])
            raise Turned(turned[-1][1])
        self.exits.extend(under_test(exit_, callee.test, number == 0) for number, exit_ in turned)
        if turned and callee.test is not None:
            self.conditions = (*self.conditions, callee.test.branch(first=turned[0][0] != 0))
        return join(given, callee.test)

    def _follow(
        self, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], key: CallKey | None
    ) -> Followed:
        """Run a function; remembered for the next call with the same arguments, unless it looked at the route, reached
        the guarded code or was cut short."""
        function = callee.function
        env = calls.enter(self, callee, args, kwargs)
        before, self.conditions = self.conditions, ()
        used, self.caller.used = self.caller.used, False
        state = (len(self.passed), len(self.statuses), self.cuts)
        left = len(self.left)
        steps, entered, skips, contacts = self.steps, len(self.entered), self.skips, self.contacts
        self.entered.append(function)
        counts = (self.missing_used, self.tolerated, len(self.doubts), len(self.unresolved))
        self.outer.append(before)
        self.frames.append([])
        self.stack.append(function)
        try:
            flow = self.run_block(function.body, env, Frame(function))
        except OutOfBudget:
            if self.steps - steps > MAX_STEPS // 4 and self.contacts == contacts and not _tells(args, kwargs):
                self.long.append(function)
            raise
        finally:
            self.stack.pop()
            self.outer.pop()
            self.conditions = before
            exits = self.frames.pop()
            is_particular = self.caller.used
            self.caller.used = used or is_particular
        if flow is not LEAVE:
            exits.append(Exit("return", NONE, self.fallen, function.span))
        kept: list[Value] = [callee, *args, *kwargs.values()]
        followed = Followed(
            exits,
            self.missing_used - counts[0],
            self.tolerated - counts[1],
            kept,
            self.doubts[counts[2] :],
            self.unresolved[counts[3] :],
        )
        self.missing_used, self.tolerated = counts[:2]
        del self.doubts[counts[2] :]
        del self.unresolved[counts[3] :]
        if key is not None and state[:2] == (len(self.passed), len(self.statuses)) and left == len(self.left):
            is_own = is_particular or skips != self.skips or any(holds_request(exit_.value) for exit_ in exits)
            calls_ = self.particular if is_own else self.remembered.calls
            calls_[key if self.cuts == state[2] else (*key, len(self.stack))] = followed
        if self.steps - steps > LONG and not is_particular and skips == self.skips and len(self.passed) == state[0]:
            if self._is_dull(followed, entered, contacts):
                self.remembered.dull.add(function)
        return followed

    def _is_dull(self, followed: Followed, entered: int, contacts: int) -> bool:
        """Whether a call that took long gave nothing that could decide a test, and ran nothing (of the functions from
        the `entered`th on) that could turn anybody away, or time and again came to nothing that has to do with the
        caller."""
        if followed.missing_used or followed.tolerated:
            return False
        if any(decides(exit_.value) for exit_ in followed.exits if exit_.kind == "return"):
            return False
        if not any(map(self.remembered.may_turn_away, self.entered[entered:])):
            return True
        is_quiet = contacts == self.contacts and not followed.doubts and not any(map(_chooses, followed.kept[1:]))
        is_quiet = is_quiet and all(exit_.kind == "return" for exit_ in followed.exits)
        return is_quiet and self.remembered.has_been_quiet(self.entered[entered])

    def _recall(self, key: CallKey) -> Followed | None:
        """A call that ended like this before: for every caller, or for this one; what was cut short holds for calls
        from the same depth only."""
        for calls_ in (self.remembered.calls, self.particular):
            followed = calls_.get(key) or calls_.get((*key, len(self.stack)))
            if followed is not None:
                return followed
        return None

    def _resume(self, followed: Followed) -> Value:
        """What the caller of a followed function meets: its value, or the end of its own run."""
        before = self.conditions
        returns = [exit_ for exit_ in followed.exits if exit_.kind == "return"]
        raises = [exit_.under(before) for exit_ in distinct(followed.exits) if exit_.kind == "raise"]
        if not returns and raises:
            if self.frames:
                self.frames[-1].extend(raises[:-1])
            raise Turned(raises[-1])
        if self.frames:
            self.frames[-1].extend(raises)
        if not returns:
            return NONE
        if raises:
            self.conditions = (*before, *shared(returns))
        return join([exit_.under(before).given for exit_ in returns], decisive(returns))

    # ---------------------------------------------------------------- statements

    def run_block(self, statements: tuple[f.Stmt, ...], env: Env, frame: Frame) -> str | Condition:
        """Run statements; a `Turned` on the way is an exit of the running function."""
        before = self.conditions
        flow: str | Condition = FALL
        for statement in statements:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise OutOfBudget
            try:
                flow = self.table[type(statement)](self, statement, env, frame)
            except Turned as turned:
                self.exits.append(turned.exit)
                flow = LEAVE
            if flow is LEAVE or flow is JUMP:
                break
            if isinstance(flow, Condition):
                self.conditions = (*self.conditions, flow)
                flow = FALL
        self.fallen = self.conditions
        self.conditions = before
        return flow

    @property
    def all_conditions(self) -> tuple[Condition, ...]:
        """Those of the running function and of the calls that led to it."""
        return (*(condition for before in self.outer for condition in before), *self.conditions)

    @property
    def exits(self) -> list[Exit]:
        """Those of the running function, so far."""
        return self.frames[-1] if self.frames else []


def _recursion(args: list[Value]) -> int:
    """How often a function may call itself: more often when it looks up by name what is called next."""
    return 4 if any(isinstance(arg, Known) and isinstance(arg.value, str) for arg in args[:2]) else 2


def _tells(args: list[Value], kwargs: dict[str, Value]) -> bool:
    """Whether a call is handed anything of the caller."""
    return any(isinstance(arg, Special) for arg in (*args, *kwargs.values()))


def _chooses(value: Value) -> bool:
    """Whether an argument may say what a function does: another function, or a name."""
    inner = unwrap(value)
    return isinstance(inner, (FunctionValue, LambdaValue, ClassValue)) or (
        isinstance(inner, Known) and isinstance(inner.value, str)
    )


def _all_any(name: str, items: Seq) -> Value:
    truths = [expressions.truth(item) for item in items.items]
    if name.endswith("all"):
        return Sure(False) if False in truths else Sure(True) if all(truths) and not items.open else Unknown("all()")
    return Sure(True) if True in truths else Sure(False) if not items.open and None not in truths else Unknown("any()")


__all__ = ["Exit", "Result", "Visit", "attributes"]
