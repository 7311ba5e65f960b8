"""Function, class or library name -> what it does to a caller without credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from apilint import facts as f
from apilint.facts import Span
from apilint.guards import lapses
from apilint.guards.caller import NOTHING, Anonymous, Caller, Left, Nothing, Sure
from apilint.guards.exits import CREDENTIALS, Exit, asks_caller
from apilint.guards.knowledge import REDIRECTS, REJECTING, Entry, Knowledge, is_waived
from apilint.guards.remembered import Remembered
from apilint.guards.settings import is_setting, spelt, told
from apilint.guards.statements import Visit
from apilint.guards.visit import Answers, Turned
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.startup import attributes, expressions
from apilint.startup.core import Core
from apilint.startup.values import (
    NONE,
    Attr,
    Choice,
    ClassValue,
    Condition,
    External,
    FunctionValue,
    Instance,
    Known,
    LambdaValue,
    Operation,
    Partial,
    Result,
    Setting,
    Unknown,
    Value,
    Wrapped,
    join,
    unwrap,
)
from apilint.unparse import unparse

_LONGEST_TEST = 100
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CREDENTIAL_TEXT = regex(
    r"(?i)user|token|auth|login|session|credential|api_?key|permission|role|identity|secret|password|access"
)

# A credential itself, and not what is said of one.
_CREDENTIAL = regex(
    r"(?i)(^|[.\W])((access_|auth_?|bearer_|id_)?token|(x_)?api_?key|auth(orization)?(_header)?|credentials?|jwt|"
    r"bearer|(current_)?user)(\W*\]|\W*\))?$"
)

_REQUEST = regex(r"\brequest\.")
# What tells one route from another: which of them a guard leaves out is no matter of data.
_ROUTE_TEXT = regex(r"(?i)request|endpoint|path|url|view|route|method|exempt|public|anonymous|skip|ignore|scope")
_NOT_CREDENTIAL = regex(
    r"(?i)[\w.]*(csrf|xsrf|captcha|remote_addr|client\.host|user_?agent|auth\w*_?(backend|provider|method)s?|"
    r"rate_?limit|throttl|(log_?in|sign_?in)_?(form|page|view|url|template|enabled|disabled)|settings\.)[\w.]*"
)


class Judgement(msgspec.Struct, frozen=True):
    """What a guard does to an anonymous caller: `effect` as in `model.Guard`.

    `branches` tells that the code asks for credentials and goes on without them. `gives` is what a dependency
    hands on when it lets the caller through; `particular` tells that the judgement looked at the route (its path,
    method or endpoint) and holds for no other, `refuses` that some way ends in a refusal, for whatever reason, and
    `answers` that some way ends without the guarded code. `left` is what it leaves on the request of whom it lets
    through.
    """

    effect: str
    chain: tuple[Step, ...] = ()
    condition: str = ""
    reason: str = ""
    gives: Value = NONE
    particular: bool = False
    qualname: str = ""
    kind: str = ""
    branches: bool = False
    lapses: tuple[Step, ...] = ()
    refuses: bool = False
    answers: bool = False
    left: tuple[Left, ...] = ()


NOT_A_GUARD = Judgement("none")
# What one program's guards may take, about a minute: twenty times what those of large applications take, and enough for
# one whose guard of a thousand lines looks at each of its 670 routes.
MAX_STEPS = 1_500_000
MOST_SKIPPED = 4
Passes = Callable[[Value], bool]


def never(value: Value) -> bool:
    """No call reaches the guarded code."""
    return False


class Judge:
    """Judges guards on what the start-up made; remembers judgements that hold for every route."""

    def __init__(self, machine: Core, knowledge: Knowledge) -> None:
        self.machine = machine
        self.knowledge = knowledge
        self._memo: dict[tuple[object, ...], Judgement] = {}
        self._steps = 0
        self._followed = Remembered()
        self._caught: dict[tuple[Function, str], tuple[Step, ...]] = {}

    # ------------------------------------------------------------------- library

    def library(self, value: Value, method: str = "") -> Judgement | None:
        """What the library models say of a value (called or not); None when they do not know it."""
        called = isinstance(value, Result)
        found = self.knowledge.guard(self.machine, value)
        if found is None:
            return None
        name, entry = found
        return self.entry(name, entry, value if called else None, method)

    def entry(self, name: str, entry: Entry, call: Value | None, method: str = "") -> Judgement:
        """A guard entry applied to the call that made the guard (for the arguments that weaken it)."""
        effect = str(entry.get("effect", "unknown"))
        if entry.get("safe_methods") == "none" and method in SAFE_METHODS:
            effect = "none"
        if method and method in entry.get("lets_through", ()):
            effect = "none"
        if effect == "required" and call is not None and is_waived(entry, call):
            effect = str(entry.get("otherwise", "optional"))
        return Judgement(effect, qualname=name, kind=str(entry.get("kind", "")))

    # ----------------------------------------------------------------- functions

    def function(
        self,
        value: Value,
        mode: str,
        *,
        caller: Caller | None = None,
        bindings: dict[str, Value] | None = None,
        first: list[Value] | None = None,
        passes: Passes = never,
        answers: Answers | None = None,
        memo: tuple[object, ...] = (),
    ) -> Judgement:
        """Judge a project function by running it. `mode` says what its ends mean:

        `dependency` (returning lets through), `call` (calling the guarded code does), `hook` (returning None does),
        `predicate` (returning something true does), `handler` (anything but a rejection does).
        """
        if isinstance(value, Choice):
            one = partial(
                self.function,
                mode=mode, caller=caller, bindings=bindings, first=first, passes=passes, answers=answers, memo=memo,
            )  # fmt: skip
            return one_of([one(option) for option in value.options], value.test)
        target = _function_of(self.machine, value)
        if target is None:
            return Judgement("unknown", reason=_why(value))
        caller = caller or Caller()
        left = (repr(caller.left),) if caller.left else ()
        key = (target.function, id(target.env), id(target.self_value), mode, *memo, *left)
        if memo != (None,) and key in self._memo:
            judged = self._memo[key]
            caller.take(judged.left)
            return judged
        if self._steps > MAX_STEPS:
            name = target.function.name
            return Judgement("unknown", qualname=target.function.id, reason=f"judging '{name}' takes too long")
        used = caller.used
        caller.used = False
        visit, exits = self._run(target, bindings or {}, first, caller, passes, answers)
        judged = self._verdict(target, exits, mode, visit)
        is_through = not visit.skips and any(map(_is_through, exits))
        if visit.is_cut and not is_through and mode != "handler" and judged.effect in ("none", "optional"):
            judged = Judgement(
                "unknown", qualname=judged.qualname, reason=f"'{target.function.name}' is too long to judge"
            )
        if judged.effect in ("required", "conditional") and mode != "handler":
            judged = msgspec.structs.replace(judged, lapses=self._lapses(target.function, exits, mode, visit))
        if any(exit_.status in REJECTING for exit_ in exits):
            judged = msgspec.structs.replace(judged, refuses=True)
        if any(exit_.kind == "return" and not _is_handed_on(exit_.value) for exit_ in exits):
            judged = msgspec.structs.replace(judged, answers=True)
        if visit.left and judged.effect != "required" and mode != "handler":
            judged = msgspec.structs.replace(judged, left=tuple(visit.left))
            caller.take(judged.left)
        if not judged.particular and not bindings:
            self._memo[key] = judged
        caller.used = caller.used or used
        return judged

    def _run(
        self,
        target: FunctionValue,
        bindings: dict[str, Value],
        first: list[Value] | None,
        caller: Caller,
        passes: Passes,
        answers: Answers | None,
    ) -> tuple[Visit, list[Exit]]:
        """Follow a function; when that takes too long, again without the call that took it so long, if that one had
        nothing to do with the caller."""
        # What a framework answers may hold for one class only.
        remembered = self._followed if answers is None else Remembered(self._followed)
        skipped: frozenset[Function] = frozenset()
        while True:
            visit = Visit(self.machine, self.knowledge, caller, passes, answers)
            visit.remembered, visit.skipped = remembered, skipped
            exits = _ways(visit, target, bindings, first)
            self._steps += visit.steps
            is_done = not visit.long or visit.long[-1] in skipped or len(skipped) == MOST_SKIPPED
            if is_done or any(map(_is_through, exits)):
                return visit, exits
            skipped |= {visit.long[-1]}

    def _lapses(self, function: Function, exits: list[Exit], mode: str, visit: Visit) -> tuple[Step, ...]:
        passes = [exit_ for exit_ in exits if exit_.open and self._meaning(exit_, mode, visit) in ("pass", "maybe")]
        found = (*lapses.under_conditions(passes, is_setting), *self.caught(function, mode))
        return tuple(dict.fromkeys(found))

    def caught(self, function: Function, mode: str) -> tuple[Step, ...]:
        """Where a guard's body catches the failure of a check and lets the caller pass."""
        key = (function, mode)
        if key not in self._caught:
            self._caught[key] = tuple(lapses.caught(function, mode))
        return self._caught[key]

    def ends(
        self, value: Value, *, caller: Caller, first: list[Value] | None = None, answers: Answers | None = None
    ) -> list[Exit]:
        """The ways in which a project function ends for an anonymous caller, for what it returns on each."""
        target = _function_of(self.machine, value)
        if target is None:
            return []
        visit = Visit(self.machine, self.knowledge, caller, never, answers)
        # What a framework answers may hold for one class only.
        visit.remembered = self._followed if answers is None else Remembered(self._followed)
        return _ways(visit, target, {}, first)

    def _verdict(self, target: FunctionValue, exits: list[Exit], mode: str, visit: Visit) -> Judgement:
        sorted_: dict[str, list[Exit]] = {"pass": [], "reject": [], "maybe": [], "other": []}
        if mode in ("predicate", "call", "hook"):
            exits = [answer for exit_ in exits for answer in _answers(exit_, mode)]
        for exit_ in exits:
            sorted_[self._meaning(exit_, mode, visit)].append(exit_)
        passes, rejects = sorted_["pass"] + sorted_["maybe"], sorted_["reject"]
        if not passes and not rejects and mode in ("call", "hook"):
            rejects = [e for e in sorted_["other"] if e.status in REDIRECTS and self.knowledge.to_login(e.value)]
        if mode == "handler" and rejects:
            passes = [exit_ for exit_ in passes if not (exit_.idle and exit_.status in REDIRECTS)]
        name = target.function.id
        gives = join([exit_.given for exit_ in passes]) if passes else NONE
        particular = visit.caller.used
        doubt = next((exit_ for exit_ in sorted_["other"] if self._is_doubtful(exit_, mode)), None)
        if not rejects and doubt is not None:
            reason = f"what it answers is not known: {_why(doubt.value)}"
            return Judgement("unknown", gives=gives, particular=particular, qualname=name, reason=reason)
        if not rejects and visit.doubts and mode in ("dependency", "hook"):
            reason = f"what '{visit.doubts[0]}' does with missing credentials is not known"
            return Judgement("unknown", gives=gives, particular=particular, qualname=name, reason=reason)
        asked = next((exit_ for exit_ in sorted_["maybe"] if _REQUEST.search(_why(exit_.value))), None)
        if not rejects and mode == "predicate" and asked is not None and not sorted_["pass"]:
            reason = f"what it answers is not known: {_why(asked.value)}"
            return Judgement("unknown", gives=gives, particular=particular, qualname=name, reason=reason)
        if not rejects:
            branches = visit.tolerated > 0 or any(exit_.credential for exit_ in exits)
            effect = "optional" if branches or (visit.missing_used and mode == "dependency") else "none"
            if effect == "none" and mode == "handler" and visit.refusals:
                said = visit.refusals[0]
                return Judgement("unknown", (said,), particular=particular, qualname=name, reason=said.message)
            return Judgement(effect, gives=gives, particular=particular, qualname=name, branches=branches)
        chain = _chain(target, rejects[0], mode)
        if not passes:
            effect = "required" if any(e.credential or self._is_reject(e) for e in rejects) else "none"
            if mode != "handler" and any(self.knowledge.to_login(e.value) for e in rejects):
                effect = "required"  # no way leads on; a handler that sends everybody to log in, is there for that
            others = sorted_["other"]
            is_lost = any(map(_breaks_off, others))
            if mode == "handler" and others and all(e.open and (is_lost or not e.credential) for e in rejects):
                effect = "optional"  # how else it ends, is not known
            return Judgement(effect, chain, gives=gives, particular=particular, qualname=name)
        definite = [exit_ for exit_ in passes if not exit_.open and exit_ not in sorted_["maybe"]]
        open_ = [c for exit_ in (rejects if definite else passes) for c in exit_.open]
        setting = _letting_through(passes, rejects) if not definite else None
        setting = setting or next((c for c in open_ if is_setting(c)), None)
        if setting is not None and not any(_is_for_caller(exit_, mode) for exit_ in rejects):
            return Judgement("none", gives=gives, particular=particular, qualname=name)  # a switch, for everybody
        if setting is not None:
            setting = told(setting)
            positive = setting if definite else _negated(setting)
            return Judgement("conditional", chain, spelt(positive), gives=gives, particular=particular, qualname=name)
        undecided = _undecided(rejects) if particular else ""
        if definite:
            if not any(exit_.credential for exit_ in definite) and all(not exit_.credential for exit_ in rejects):
                return Judgement("none", gives=gives, particular=particular, qualname=name)
            return Judgement("optional", chain, gives=gives, particular=particular, qualname=name, reason=undecided)
        if mode == "handler":
            return Judgement("optional", chain, gives=gives, particular=particular, qualname=name)
        if any(exit_.open and all(map(_is_for_data, exit_.open)) for exit_ in passes):
            return Judgement("optional", chain, gives=gives, particular=particular, qualname=name, reason=undecided)
        if any(any(map(_says_missing, exit_.open)) for exit_ in passes):
            return Judgement("optional", chain, gives=gives, particular=particular, qualname=name, branches=True)
        if any(_tells_apart(exit_, passes) for exit_ in rejects) or any(
            _CREDENTIAL_TEXT.search(_NOT_CREDENTIAL.sub("", c.text)) for c in open_
        ):
            return Judgement("required", chain, gives=gives, particular=particular, qualname=name)
        return Judgement("optional", chain, gives=gives, particular=particular, qualname=name, reason=undecided)

    def _is_reject(self, exit_: Exit) -> bool:
        if exit_.kind == "raise":
            return self.knowledge.rejects(exit_)
        return exit_.status in REJECTING or exit_.credential or not exit_.status

    def _meaning(self, exit_: Exit, mode: str, visit: Visit) -> str:
        """`pass`, `reject`, `maybe` (passes for a value that is not known) or `other` (ends for another reason)."""
        if exit_.kind == "pass":
            return "pass"
        if exit_.kind == "raise" and exit_.name.endswith("NotImplementedError"):
            return "other"
        if exit_.kind == "raise":
            is_answer = self.knowledge.rejects(exit_)
            turned = (exit_.credential or _about_caller(exit_, mode)) if is_answer else exit_.follows
            return "reject" if turned else "other"
        value = exit_.value
        if mode == "dependency":
            return "pass"
        if mode == "predicate":
            known = expressions.truth(value)
            return "maybe" if known is None else "pass" if known else "reject"
        status = self.knowledge.response_status(visit, value) or exit_.status
        exit_.status = status
        if status in REJECTING or (status in REDIRECTS and (exit_.diverted or self.knowledge.to_login(value))):
            return "reject" if exit_.credential or _about_caller(exit_, mode) else "other"
        if mode == "handler":
            return "pass"
        if mode == "hook" and (_is_none(value) or isinstance(value, (Nothing, Sure, Anonymous))):
            return "pass"
        if _is_handed_on(value):
            return "other"
        if mode == "call" and visit.passed and not exit_.credential:
            return "other"
        return "reject" if exit_.credential else "other"

    def _is_doubtful(self, exit_: Exit, mode: str) -> bool:
        """Whether a hook may answer in the handler's place with something that is not known, for the caller's sake."""
        value = exit_.value
        if mode != "hook" or exit_.kind != "return" or exit_.status or not isinstance(value, (Unknown, Result)):
            return False
        if isinstance(value, Result) and self.knowledge.answers(self.knowledge.name_of(value.callee)):
            return False
        return any(_CREDENTIAL_TEXT.search(_NOT_CREDENTIAL.sub("", c.text)) for c in exit_.open)

    # ------------------------------------------------------------------- classes

    def permission(self, value: Value, caller: Caller, method_name: str = "has_permission") -> Judgement:
        """A permission class (DRF's `has_permission`), alone or combined with `&`, `|` and `~`."""
        if isinstance(value, Operation):
            left = self.permission(value.left, caller, method_name)
            if value.op == "~":
                flipped = {"required": "none", "none": "required"}.get(left.effect, left.effect)
                return msgspec.structs.replace(left, effect=flipped)
            right = self.permission(value.right, caller, method_name) if value.right is not None else left
            return combine(value.op, left, right)
        known = self.library(value, caller.http_method)
        inner = unwrap(value)
        cls = inner.cls if isinstance(inner, Instance) else inner
        if isinstance(cls, ClassValue):
            found = attributes.own(self.machine, cls, method_name)
            if found is not None:
                instance = inner if isinstance(inner, Instance) else Instance(cls, [], {}, cls.cls.span, 0)
                bound = attributes.get(self.machine, instance, method_name, cls.cls.span)
                return self.function(bound, "predicate", caller=caller, memo=(None,))
        if known is not None:
            return known
        return Judgement("unknown", reason=_why(value))


class Abstaining(Judge):
    """Judges nothing, for whoever wants to know which routes there are and not who may call them."""

    def function(self, value: Value, mode: str, **given: object) -> Judgement:
        """No guard."""
        return NOT_A_GUARD

    def permission(self, value: Value, caller: Caller, method_name: str = "has_permission") -> Judgement:
        """No guard."""
        return NOT_A_GUARD


def combine(op: str, left: Judgement, right: Judgement) -> Judgement:
    """`left & right` or `left | right` of two permissions."""
    if op == "&":
        return left if left.effect == "required" or right.effect in ("none", "optional") else right
    if "none" in (left.effect, right.effect) or "optional" in (left.effect, right.effect):
        return left if left.effect in ("none", "optional") else right
    return right if left.effect == "required" else left


def one_of(judged: list[Judgement], test: Condition | None) -> Judgement:
    """What stands there is one of several; the first one when `test` holds."""
    strict = next((one for one in judged if one.effect in ("required", "conditional")), None)
    if strict is None or all(one.effect == strict.effect for one in judged):
        return strict or judged[0]
    if test is None:
        return msgspec.structs.replace(strict, effect="conditional", condition="one of several that may stand here")
    return msgspec.structs.replace(
        strict, effect="conditional", condition=spelt(test.branch(first=judged[0] is strict))
    )


def _function_of(machine: Core, value: Value) -> FunctionValue | None:
    """The function that runs when a value is called."""
    inner = value
    while isinstance(inner, (Wrapped, Partial)):
        inner = inner.inner if isinstance(inner, Wrapped) else inner.func
    if isinstance(inner, FunctionValue):
        return inner
    cls = inner.cls if isinstance(inner, Instance) else inner if isinstance(inner, ClassValue) else None
    if cls is None:
        return None
    name = "__call__" if isinstance(inner, Instance) else "__init__"
    found = attributes.own(machine, cls, name)
    if found is None:
        return None
    target = unwrap(found)
    if not isinstance(target, FunctionValue):
        return None
    instance = inner if isinstance(inner, Instance) else Instance(cls, [], {}, cls.cls.span, 0)
    return FunctionValue(target.function, target.env, instance)


def _ways(visit: Visit, target: FunctionValue, bindings: dict[str, Value], first: list[Value] | None) -> list[Exit]:
    """The ways in which a run of a function ends."""
    try:
        return visit.run(target, bindings, first)
    except Turned as turned:
        return [turned.exit]


def _breaks_off(exit_: Exit) -> bool:
    """Whether a run ended at an item that was not found: the program may have put it in where nobody looked."""
    return exit_.kind == "raise" and exit_.value is NONE and exit_.name in ("KeyError", "IndexError")


def _is_handed_on(value: Value) -> bool:
    """Whether what is returned is what the guarded code answered."""
    return isinstance(value, Unknown) and value.reason == "the guarded code's answer"


def _answers(exit_: Exit, mode: str, depth: int = 2) -> Iterator[Exit]:
    """An exit for each answer that a test chooses among: `return user.is_staff if settings.LOCKED else True`; what a
    predicate says by a test that is not known, stays one answer."""
    value = exit_.value
    waiver = _waiver(value) if mode == "predicate" else None
    if waiver is not None:
        setting, answer = waiver
        yield exit_.answering(Known(True), setting)
        yield exit_.answering(answer, _negated(setting))
        return
    if not isinstance(value, Choice) or not depth or (value.test is None and mode == "predicate"):
        yield exit_
        return
    if any(isinstance(option, Unknown) for option in value.options):
        yield exit_
        return
    test = value.test if len(value.options) == 2 else None
    for number, option in enumerate(value.options):
        under = (test.branch(first=number == 0),) if test is not None else ()
        yield from _answers(exit_.answering(option, *under), mode, depth - 1)


def _waiver(value: Value) -> tuple[Condition, Value] | None:
    """What lets everybody through, and what is answered without it: `settings.PUBLIC or user.is_staff`."""
    if isinstance(value, Operation) and value.op == "or" and value.right is not None:
        sides = [value.left, value.right]
    else:
        sides = value.options if isinstance(value, Choice) and value.test is None else []
    answers = [side for side in sides if isinstance(side, CREDENTIALS) and expressions.truth(side) is False]
    others = [side for side in sides if isinstance(side, (Setting, Attr, Result))]
    if len(sides) != 2 or not answers or not others:
        return None
    test = others[0]
    span = test.span if isinstance(test, (Setting, Result)) else None
    return Condition(span or Span("", 0, 0), _spelt(test), True, test), answers[0]


def _spelt(value: Value) -> str:
    if isinstance(value, Attr):
        return f"{_spelt(value.base)}.{value.name}" if isinstance(value.base, (Attr, External)) else value.name
    if isinstance(value, Result):
        return f"{_spelt(value.callee)}()"
    return value.name.rpartition(".")[2] if isinstance(value, (Setting, External)) else ""


def _is_through(exit_: Exit) -> bool:
    """Whether a run surely reached the guarded code."""
    return exit_.kind == "pass" and not exit_.open


def _about_caller(exit_: Exit, mode: str) -> bool:
    """Whether a rejection that does not follow from missing credentials can be about who is calling: an address, a
    CSRF token or a feature flag alone is not. A handler that answers 401 for its own data (a wrong password at
    log-in) does not guard itself."""
    if mode == "handler" and not exit_.open and any(is_setting(condition) for condition in exit_.conditions):
        return False  # a constant of the program's settings turned it off
    if not exit_.open or any(asks_caller(c.value) for c in exit_.open):
        return True
    return mode != "handler" and any(_CREDENTIAL_TEXT.search(_NOT_CREDENTIAL.sub("", c.text)) for c in exit_.open)


def _tells_apart(exit_: Exit, passes: list[Exit]) -> bool:
    """Whether missing credentials led to a rejection, and not to those who pass as well."""
    shared = {condition.span for pass_ in passes for condition in pass_.conditions}
    return any(
        condition.decided
        and not condition.joined
        and isinstance(condition.value, CREDENTIALS)
        and condition.span not in shared
        for condition in exit_.conditions
    )


def _undecided(rejects: list[Exit]) -> str:
    """The test on which all rejections depend, and of which it is not known how it ends."""
    if not all(exit_.open for exit_ in rejects):
        return ""
    return f"whether `{_shortened(rejects[0].open[0].text)}` holds for this route is not known"


def _is_for_caller(exit_: Exit, mode: str) -> bool:
    """Whether a rejection has to do with who is calling; a predicate may answer with just that."""
    return exit_.credential or _asks(exit_) or (mode == "predicate" and isinstance(exit_.value, CREDENTIALS))


def _asks(exit_: Exit) -> bool:
    """Whether a rejection follows from a test that asks, openly or by its words, for credentials."""
    return any(
        asks_caller(condition.value) or _CREDENTIAL_TEXT.search(_NOT_CREDENTIAL.sub("", condition.text))
        for condition in exit_.open
    )


def _is_for_data(condition: Condition) -> bool:
    """Whether the data alone may bring about that a condition holds, whoever is calling: `forum and not_allowed(user)`
    fails where there is no forum."""
    return condition.expr is not None and _may_hold(condition.expr, condition.positive)


def _may_hold(expr: f.Expr, positive: bool) -> bool:
    if isinstance(expr, f.UnaryOp) and expr.op == "not":
        return _may_hold(expr.operand, not positive)
    if isinstance(expr, f.BoolOp):
        either = any if positive == (expr.op == "or") else all
        return either(_may_hold(side, positive) for side in (expr.left, expr.right))
    text = _NOT_CREDENTIAL.sub("", unparse(expr))
    return not _CREDENTIAL_TEXT.search(text) and not _ROUTE_TEXT.search(text)


def _says_missing(condition: Condition) -> bool:
    """Whether a condition holds for whoever brings no credentials: `not header`, `token is None`."""
    return condition.expr is not None and _is_missing(condition.expr, condition.positive)


def _is_missing(expr: f.Expr, positive: bool) -> bool:
    if isinstance(expr, f.UnaryOp) and expr.op == "not":
        return _is_missing(expr.operand, not positive)
    if isinstance(expr, f.BoolOp):
        either = any if positive == (expr.op == "or") else all
        return either(_is_missing(side, positive) for side in (expr.left, expr.right))
    if isinstance(expr, f.Compare):
        is_none = isinstance(expr.rights[0], f.Constant) and expr.rights[0].value is None and len(expr.ops) == 1
        return is_none and positive == (expr.ops[0] in ("is", "==")) and _names_credential(expr.left)
    return not positive and isinstance(expr, (f.Name, f.Attribute, f.Subscript)) and _names_credential(expr)


def _names_credential(expr: f.Expr) -> bool:
    return bool(_CREDENTIAL.search(unparse(expr)))


def _why(value: Value) -> str:
    inner = unwrap(value)
    if isinstance(inner, Unknown):
        return f"{inner.reason}" + (f" ('{inner.text}')" if inner.text else "")
    if isinstance(inner, External):
        return f"'{inner.name}' is not in the library models"
    if isinstance(inner, Result):
        return _why(inner.callee)
    if isinstance(inner, Attr):
        return f"'{inner.name}' of {_why(inner.base)}" if not isinstance(inner.base, Attr) else f"'{inner.name}'"
    return "its code is not at hand"


def _is_none(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None


def _letting_through(passes: Sequence[Exit], rejects: Sequence[Exit]) -> Condition | None:
    """The setting on which a rejection depends first, as it is for somebody who is let through."""
    for needed in rejects[0].open:
        for condition in (each for pass_ in passes for each in pass_.open):
            is_other = condition.span == needed.span and condition.positive != needed.positive
            if is_other and is_setting(condition):
                return condition
    return None


def _negated(condition: Condition) -> Condition:
    return Condition(condition.span, condition.text, not condition.positive, condition.value)


def _chain(target: FunctionValue, exit_: Exit, mode: str) -> tuple[Step, ...]:
    """How a function comes to turn a caller away."""
    steps = []
    if mode != "handler":
        steps.append(Step(target.function.span, f"'{target.function.name}' runs before the handler"))
    decisive = next((c for c in reversed(exit_.conditions) if c.decided), None)
    if decisive is not None and decisive.text != "no credentials":
        steps.append(Step(decisive.span, f"`{_shortened(repr(decisive))}` holds for a caller without credentials"))
    return (*steps, Step(exit_.span, _says(exit_)))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEST else f"{text[: _LONGEST_TEST - 3]}..."


def _says(exit_: Exit) -> str:
    if exit_.kind == "raise":
        what = exit_.name.rpartition(".")[2] or "an exception"
        return f"the caller is turned away: {what}{f' with status {exit_.status}' if exit_.status else ''}"
    if exit_.status in REDIRECTS:
        return "the caller is turned away: redirected to log in"
    return "the caller is turned away" + (f": answered with status {exit_.status}" if exit_.status else "")


__all__ = [
    "NOTHING",
    "NOT_A_GUARD",
    "Abstaining",
    "Judge",
    "Judgement",
    "LambdaValue",
    "combine",
    "is_setting",
    "never",
    "one_of",
]
