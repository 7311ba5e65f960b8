"""A function run for an anonymous caller: on which ways it ends, and what each of them depends on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from apilint import facts as f
from apilint.facts import Span
from apilint.guards.caller import (
    ANONYMOUS,
    NOTHING,
    Anonymous,
    Answer,
    Body,
    Caller,
    Close,
    Container,
    Gate,
    Nothing,
    Sure,
)
from apilint.guards.exits import CREDENTIALS, Exit
from apilint.guards.implementers import as_annotated
from apilint.guards.knowledge import POLICY_VIOLATION, REDIRECTS, REJECTING, Knowledge, is_waived, status_of
from apilint.guards.remembered import LONG, CallKey, Followed, Remembered, call_key, decides, holds_request
from apilint.guards.settings import is_setting
from apilint.index import Function
from apilint.startup import attributes, calls, expressions
from apilint.startup.core import FALL, JUMP, LEAVE, Core, Frame, OutOfBudget
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
_MISSING = {attributes.NO_KEY: "KeyError", attributes.NO_INDEX: "IndexError"}


_ASKING = ("builtins.", "inspect.", "asyncio.iscoroutine")

# What code that is not known may well do with credentials that are missing: turn the caller away.
_JUDGES = re.compile(
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
        self.outer: list[tuple[Condition, ...]] = []

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
        env = calls.enter(self, target, *args)
        for param in target.function.head.params:
            taken = env.vars[param.name]
            if param.kind == "args" and isinstance(taken, Seq):
                env.vars[param.name] = Seq(taken.kind, taken.items, is_open=True)  # whoever calls it gives more
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
                guessed = self.guess(param)
                if guessed is not None:
                    kwargs[param.name] = guessed
        if any(param.kind == "kwargs" for param in params):
            kwargs = {**bindings, **kwargs}  # a wrapper is called with what it wraps asks for
        return args, kwargs

    def guess(self, param: f.Param) -> Value | None:
        """What a parameter of that name or annotation holds for an anonymous caller; None when nobody can say."""
        annotation = unparse(param.annotation) if param.annotation is not None else ""
        if param.name in ("request", "req", "_request", "websocket", "ws", "conn", "connection", "scope"):
            return self.caller
        if annotation.rpartition(".")[2] == "Response" or param.name == "resp":
            return Answer(self._set_status)
        if annotation.rpartition(".")[2] in ("Request", "HttpRequest", "WebSocket", "HTTPConnection"):
            return self.caller
        if param.name in ("user", "current_user", "token", "api_key", "credentials", "auth", "authorization"):
            return NOTHING
        return None

    def _set_status(self, value: Value) -> None:
        self.statuses.append((status_of(value), self.all_conditions))

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
        elif isinstance(value, Attr) and isinstance(value.base, Instance):
            special = self.knowledge.instance_attributes.get(value.name)
            if special is not None:
                return self._special(special)
        elif isinstance(value, Unknown) and isinstance(expr, f.Attribute) and expr.attr in ("request", "user"):
            if isinstance(expr.value, f.Name) and expr.value.id == "self" and expr.attr == "request":
                self.contacts += 1
                return self.caller
        elif isinstance(value, Unknown) and value.reason in _MISSING and self.frames:
            name = _MISSING[value.reason]
            raise Turned(Exit("raise", NONE, self.conditions, env.module.span(expr.start, expr.end), 0, name))
        elif value is NOTHING and isinstance(expr, f.Subscript):
            self.missing_used += 1  # a key that is not there: what may raise is seen to by `try`
        return value

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
        return Container("session" if kind == "session" else kind)

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
        guard = self.knowledge.guard_called(self, callee, args, kwargs)
        if guard is not None:
            if guard:
                raise Turned(Exit("raise", NONE, self._noted(span), span, 401, self.knowledge.name_of(callee)))
            self.tolerated += 1
            return NOTHING
        name = self.knowledge.name_of(callee)
        if name and any(isinstance(arg, Caller) for arg in (*args, *kwargs.values())):
            wrapped = _WRAPPERS.get(name.rpartition(".")[2])
            if wrapped is not None:
                return Container(wrapped) if wrapped else self.caller
        if name in _ELSEWHERE and args and isinstance(args[0], (FunctionValue, Partial, Wrapped, Choice)):
            return self.call(args[0], args[1:], {k: v for k, v in kwargs.items() if k not in _OF_THREADS}, span)
        if name:
            rejecting = self.knowledge.turns_away(name)
            if rejecting is not None:
                status = self.knowledge.status(rejecting, args, kwargs)
                raise Turned(Exit("raise", NONE, self.conditions, span, status, name))
            if name == "builtins.isinstance" and args and isinstance(args[0], (Anonymous, Nothing)):
                return Sure(isinstance(args[0], Anonymous) and "Anonymous" in repr(args[1:]))
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
            given = self.knowledge.gives(name)
            if given is not None:
                return given
        is_own = isinstance(callee, (FunctionValue, Special)) or name == _PARTIAL
        if not is_own and self._is_lookup(callee) and self._misses(args, kwargs):
            self.missing_used += 1
            judge = callee.text if isinstance(callee, Unknown) else getattr(callee, "name", "")
            if _JUDGES.search(judge.rpartition(".")[2]) and not self.knowledge.covers(judge):
                self.doubts.append(judge)
            return NOTHING
        return super().call(callee, args, kwargs, span)

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
        return any(isinstance(arg, (Nothing, Sure)) for arg in [*args, *kwargs.values()])

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
        self.exits.extend(_with(exit_, callee.test, number == 0) for number, exit_ in turned)
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
        steps, entered, skips, contacts = self.steps, len(self.entered), self.skips, self.contacts
        self.entered.append(function)
        counts = (self.missing_used, self.tolerated, len(self.doubts))
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
            exits, self.missing_used - counts[0], self.tolerated - counts[1], kept, self.doubts[counts[2] :]
        )
        self.missing_used, self.tolerated = counts[:2]
        del self.doubts[counts[2] :]
        if key is not None and state[:2] == (len(self.passed), len(self.statuses)):
            is_own = is_particular or skips != self.skips or any(holds_request(exit_.value) for exit_ in exits)
            calls_ = self.particular if is_own else self.remembered.calls
            calls_[key if self.cuts == state[2] else (*key, len(self.stack))] = followed
        if self.steps - steps > LONG and not is_particular and skips == self.skips and len(self.passed) == state[0]:
            if self._is_dull(followed, entered):
                self.remembered.dull.add(function)
        return followed

    def _is_dull(self, followed: Followed, entered: int) -> bool:
        """Whether a call that took long gave nothing that could decide a test, and ran nothing (of the functions from
        the `entered`th on) that could turn anybody away."""
        if followed.missing_used or followed.tolerated:
            return False
        if any(decides(exit_.value) for exit_ in followed.exits if exit_.kind == "return"):
            return False
        return not any(map(self.remembered.may_turn_away, self.entered[entered:]))

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
        raises = [exit_.under(before) for exit_ in _distinct(followed.exits) if exit_.kind == "raise"]
        if not returns and raises:
            if self.frames:
                self.frames[-1].extend(raises[:-1])
            raise Turned(raises[-1])
        if self.frames:
            self.frames[-1].extend(raises)
        if not returns:
            return NONE
        if raises:
            self.conditions = (*before, *_shared(returns))
        return join([exit_.under(before).given for exit_ in returns], _decisive(returns))

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


def _with(exit_: Exit, test: Condition | None, is_first: bool) -> Exit:
    """An exit of one of several functions, under the test that chooses among them."""
    if test is None:
        return exit_
    conditions = (*exit_.conditions, test.branch(first=is_first))
    return Exit(exit_.kind, exit_.value, conditions, exit_.span, exit_.status, exit_.name)


def _shared(returns: list[Exit]) -> Iterator[Condition]:
    """What held on every way on which a call returned: it holds for whatever comes after it."""
    first, *others = returns
    for condition in first.open:
        if all(any(condition is each for each in other.conditions) for other in others):
            yield condition


def _decisive(returns: list[Exit]) -> Condition | None:
    """The test that tells what a call gives: of the configuration if there is one, else the first that its ways do not
    share."""
    if len(returns) < 2:
        return None
    shared = {id(condition) for condition in _shared(returns)}
    apart = [condition for exit_ in returns for condition in exit_.open if id(condition) not in shared]
    chosen = [exit_.value.test for exit_ in returns if isinstance(exit_.value, Choice) and exit_.value.test is not None]
    first = apart[0] if len(returns) == 2 and apart else None
    return next(filter(is_setting, (*apart, *chosen)), first)


def _distinct(exits: list[Exit]) -> Iterator[Exit]:
    """Of exits at the same place that mean the same to whoever called, the last."""
    last = {(exit_.kind, exit_.span, exit_.status, exit_.name, exit_.credential): exit_ for exit_ in exits}
    return (
        exit_ for exit_ in exits if last[exit_.kind, exit_.span, exit_.status, exit_.name, exit_.credential] is exit_
    )


def _recursion(args: list[Value]) -> int:
    """How often a function may call itself: more often when it looks up by name what is called next."""
    return 4 if any(isinstance(arg, Known) and isinstance(arg.value, str) for arg in args[:2]) else 2


def _tells(args: list[Value], kwargs: dict[str, Value]) -> bool:
    """Whether a call is handed anything of the caller."""
    return any(isinstance(arg, Special) for arg in (*args, *kwargs.values()))


def _all_any(name: str, items: Seq) -> Value:
    truths = [expressions.truth(item) for item in items.items]
    if name.endswith("all"):
        return Sure(False) if False in truths else Sure(True) if all(truths) and not items.open else Unknown("all()")
    return Sure(True) if True in truths else Sure(False) if not items.open and None not in truths else Unknown("any()")


def _return(visit: Visit, statement: f.Return, env: Env, frame: Frame) -> str | Condition:
    if isinstance(statement.value, f.IfExp) and _is_answer(statement.value):
        start, end, chosen = statement.start, statement.end, statement.value
        then, otherwise = (f.Return(start, end, each) for each in (chosen.body, chosen.orelse))
        return _if(visit, f.If(start, end, chosen.test, (then,), (otherwise,)), env, frame)
    is_first = visit.made == 0
    value = NONE if statement.value is None else visit.evaluate(statement.value, env)
    span = env.module.span(statement.start, statement.end)
    exit_ = Exit("return", value, visit.conditions, span, visit.status_here())
    exit_.idle = is_first
    visit.exits.append(exit_)
    return LEAVE


def _is_answer(chosen: f.IfExp) -> bool:
    """`return user.is_known if LOGIN_REQUIRED else True`: the way that is taken is the answer."""
    return any(isinstance(each, f.Constant) and isinstance(each.value, bool) for each in (chosen.body, chosen.orelse))


def _expression(visit: Visit, statement: f.ExprStmt, env: Env, frame: Frame) -> str:
    if isinstance(statement.value, f.Yield):
        value = NONE if statement.value.value is None else visit.evaluate(statement.value.value, env)
        span = env.module.span(statement.start, statement.end)
        visit.exits.append(Exit("return", value, visit.conditions, span))
        return FALL
    if not isinstance(statement.value, f.Constant):
        visit.evaluate(statement.value, env)
    return FALL


def _raise(visit: Visit, statement: f.Raise, env: Env, frame: Frame) -> str:
    span = env.module.span(statement.start, statement.end)
    if statement.exception is None:
        again = visit.caught[-1] if visit.caught else []
        for exit_ in again:
            visit.exits.append(Exit("raise", exit_.value, visit.conditions, span, exit_.status, exit_.name))
        if not again:
            visit.exits.append(Exit("raise", NONE, visit.conditions, span))
        return LEAVE
    value = visit.evaluate(statement.exception, env)
    name, status = visit.knowledge.exception(visit, value)
    visit.exits.append(Exit("raise", value, visit.conditions, span, status, name or unparse(statement.exception)))
    return LEAVE


def _assert(visit: Visit, statement: f.Assert, env: Env, frame: Frame) -> str | Condition:
    value = visit.evaluate(statement.test, env)
    if expressions.truth(value) is False and isinstance(value, CREDENTIALS):
        span = env.module.span(statement.start, statement.end)
        conditions = (*visit.conditions, Condition(span, statement.test, False, value, decided=True))
        visit.exits.append(Exit("raise", NONE, conditions, span, 0, "AssertionError"))
        return LEAVE
    return FALL


def _if(visit: Visit, statement: f.If, env: Env, frame: Frame) -> str | Condition:
    value = visit.evaluate(statement.test, env)
    known = visit.truth(value)
    yes = Condition(env.module.span(statement.test.start, statement.test.end), statement.test, True, value)
    no = Condition(yes.span, statement.test, False, value)
    outer = visit.conditions
    if known is not None:
        chosen = yes if known else no
        chosen.decided = True
        visit.conditions = (*outer, chosen)
        flow = visit.run_block(statement.body if known else statement.orelse, env, frame)
        visit.conditions = outer
        left_out = statement.orelse if known else statement.body
        chosen.joined = flow is FALL and _leaves_nothing(left_out)
        return chosen if flow is FALL and left_out else flow  # without another way, nothing depends on the test
    before = dict(env.vars)
    visit.conditions = (*outer, yes)
    first = visit.run_block(statement.body, env, frame)
    after = env.vars
    env.vars = before
    visit.conditions = (*outer, no)
    second = visit.run_block(statement.orelse, env, frame)
    visit.conditions = outer
    if first is LEAVE and second is LEAVE:
        return LEAVE
    if first is LEAVE or first is JUMP:
        return no
    if second is LEAVE or second is JUMP:
        env.vars = after
        return yes
    for name, left in after.items():
        right = env.vars.get(name)
        env.vars[name] = left if right is None else right if right is left else join([left, right], yes)
    return FALL


def _leaves_nothing(statements: tuple[f.Stmt, ...]) -> bool:
    """Whether statements only call something: they bind nothing and go on to what follows."""
    return all(isinstance(each, (f.ExprStmt, f.Import, f.ImportFrom)) for each in statements)


def _for(visit: Visit, statement: f.For, env: Env, frame: Frame) -> str | Condition:
    iterable = visit.evaluate(statement.iterable, env)
    items, is_open = expressions.iterate(iterable)
    if items and not is_open and len(items) <= 200:
        return RUN[f.For](visit, statement, env, frame)
    if not items and not is_open and isinstance(iterable, Seq) and iterable.kind == "tuple":
        return visit.run_block(statement.orelse, env, frame)  # unlike a list, nobody may fill it meanwhile
    span = env.module.span(statement.iterable.start, statement.iterable.end)
    text = f"an element of {unparse(statement.iterable)}"
    visit.bind(statement.target, items[0] if items else Unknown(text, span), env)
    outer, before = visit.conditions, dict(env.vars)
    visit.conditions = (*outer, Condition(span, f"there is {text}", True, Unknown(text, span)))
    visit.run_block(statement.body, env, frame)
    visit.conditions = outer
    for name, value in before.items():
        if env.vars.get(name) is not value:
            env.vars[name] = join([value, env.vars.get(name, value)])
    return visit.run_block(statement.orelse, env, frame)


def _while(visit: Visit, statement: f.While, env: Env, frame: Frame) -> str | Condition:
    return _if(visit, f.If(statement.start, statement.end, statement.test, statement.body, ()), env, frame) and FALL


_ANY_EXCEPTION = ("", "Exception", "BaseException")


def _try(visit: Visit, statement: f.Try, env: Env, frame: Frame) -> str | Condition:
    exits = visit.exits
    start, missing = len(exits), visit.missing_used
    flow = visit.run_block(statement.body, env, frame)
    fallen = visit.fallen if flow is not LEAVE and flow is not JUMP else ()
    raised = [exit_ for exit_ in exits[start:] if exit_.kind == "raise"]
    by_handler = _caught_by(visit, statement.handlers, raised, env)
    caught = [exit_ for _, group in by_handler for exit_ in group]
    if caught:
        exits[start:] = [exit_ for exit_ in exits[start:] if exit_ not in caught]
        definite = flow is LEAVE and not any(exit_.kind == "return" for exit_ in exits[start:])
        after = [_handle(visit, handler, group, env, frame, definite=definite) for handler, group in by_handler]
        if definite:
            flow = next((way for way in after if way is not LEAVE), LEAVE)
        elif fallen and all(way is LEAVE for way in after):
            visit.conditions = fallen  # whoever gets further, did not fail
    elif visit.missing_used > missing:
        flow = _handle_missing(visit, statement, env, frame, flow, start)
    if flow is not LEAVE:
        flow = visit.run_block(statement.orelse, env, frame)
    last = visit.run_block(statement.final, env, frame)
    return LEAVE if flow is LEAVE or last is LEAVE else FALL


def _caught_by(
    visit: Visit, handlers: tuple[f.Handler, ...], raised: list[Exit], env: Env
) -> list[tuple[f.Handler, list[Exit]]]:
    """Each handler that catches some of what a body raised, with what it is the first to catch."""
    left, found = raised, []
    for handler in handlers if raised else ():
        types = _types(visit, handler, env)
        group = [exit_ for exit_ in left if any(_catches(visit, name, cls, exit_) for name, cls in types)]
        if group:
            found.append((handler, group))
            left = [exit_ for exit_ in left if exit_ not in group]
    return found


def _types(visit: Visit, handler: f.Handler, env: Env) -> list[tuple[str, Value]]:
    """The bare names of the exceptions that a handler catches, and what they stand for."""
    types = handler.type.items if isinstance(handler.type, f.Sequence) else [handler.type]
    return [
        (unparse(expr).rpartition(".")[2], NONE if expr is None else unwrap(visit.evaluate(expr, env)))
        for expr in types
    ]


def _catches(visit: Visit, name: str, cls: Value, exit_: Exit) -> bool:
    if name in _ANY_EXCEPTION or name == exit_.name.rpartition(".")[2] or exit_.name.endswith("()"):
        return True
    value = unwrap(exit_.value)
    made = value.cls if isinstance(value, Instance) else value
    return isinstance(made, ClassValue) and isinstance(cls, ClassValue) and cls in attributes.mro(visit, made)


def _handle(
    visit: Visit, handler: f.Handler, caught: list[Exit], env: Env, frame: Frame, *, definite: bool
) -> str | Condition:
    """Run a handler for what it catches; when the body surely raised, a handler's way is the way."""
    outer = visit.conditions
    # One of them stands for all: one that comes of missing credentials, if there is any.
    told = [exit_ for exit_ in caught if exit_.credential] or caught
    visit.conditions = max((exit_.conditions for exit_ in told), key=len) if definite else told[0].conditions
    visit.caught.append(caught)
    if handler.name:
        env.vars[handler.name] = Unknown("an exception", None, handler.name)
    after = visit.run_block(handler.body, env, frame)
    visit.caught.pop()
    visit.conditions = outer
    return after


def _handle_missing(
    visit: Visit, statement: f.Try, env: Env, frame: Frame, flow: str | Condition, start: int
) -> str | Condition:
    """A look-up of a missing credential stood in the body: where a handler turns such callers away, it does so."""
    exits = visit.exits
    outer = visit.conditions
    for handler in statement.handlers:
        if _is_own_exception(visit, handler, env):
            continue  # the project raises it itself, and did not
        mark = len(exits)
        span = env.module.span(handler.start, handler.end)
        visit.conditions = (*outer, Condition(span, "no credentials", True, NOTHING, decided=True))
        visit.caught.append([])
        after = visit.run_block(handler.body, dict_env(env), frame)
        visit.caught.pop()
        visit.conditions = outer
        if after is LEAVE and any(_rejects(visit, exit_) for exit_ in exits[mark:]):
            exits[start:mark] = []
            return LEAVE
        del exits[mark:]
    return flow


def _is_own_exception(visit: Visit, handler: f.Handler, env: Env) -> bool:
    types = handler.type.items if isinstance(handler.type, f.Sequence) else [handler.type]
    return all(expr is not None and isinstance(unwrap(visit.evaluate(expr, env)), ClassValue) for expr in types)


def _rejects(visit: Visit, exit_: Exit) -> bool:
    if exit_.kind == "return":
        status = visit.knowledge.response_status(visit, exit_.value)
        return status in REJECTING or (status in REDIRECTS and visit.knowledge.to_login(exit_.value))
    return visit.knowledge.rejects(exit_)


def dict_env(env: Env) -> Env:
    """A scope that starts as a copy."""
    copy = Env(env.module, env.parent, is_class=env.is_class)
    copy.vars = dict(env.vars)
    return copy


Visit.table = {
    **RUN,
    f.Return: _return,
    f.ExprStmt: _expression,
    f.Raise: _raise,
    f.Assert: _assert,
    f.If: _if,
    f.For: _for,
    f.While: _while,
    f.Try: _try,
}

__all__ = ["Exit", "Result", "Visit", "attributes"]
