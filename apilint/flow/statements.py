"""Statements in a flow: as in start-up, and what a test vouches for is remembered where it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from apilint import facts as f
from apilint.flow import narrowing
from apilint.flow.branches import run_match, run_try
from apilint.flow.expressions import binary, bind, elements, rounds
from apilint.flow.noted import Call
from apilint.flow.trace import Trace
from apilint.flow.values import Checked, Derived
from apilint.startup import attributes
from apilint.startup.core import FALL, LEAVE, Frame
from apilint.startup.machine import RUN, assign_target
from apilint.startup.values import (
    NONE,
    Choice,
    Condition,
    Env,
    External,
    Result,
    Seq,
    Unknown,
    Value,
    join,
    unwrap,
)
from apilint.startup.values import Mapping as MappingValue
from apilint.unparse import unparse
from apilint.walk import walk


def _assign(trace: Trace, statement: f.Assign, env: Env, frame: Frame) -> str:
    value = trace.evaluate(statement.value, env)
    span = env.module.span(statement.start, statement.end)
    for target in statement.targets:
        trace.note(target, value, env, span)
        bind(trace, target, value, env, statement.value)
        if isinstance(target, f.Name):
            trace.remember(target.id, statement.value)
    if isinstance(statement.value, (f.Call, f.Await)):
        checked = [each for each in narrowing.vouched_by_call(statement.value) if narrowing.says_it_raises(each[1])]
        if checked:
            assigned = {unparse(target) for target in statement.targets}
            trace.vouch_all([each for each in checked if unparse(each[0]) not in assigned], env)
        if narrowing.must_exist(statement.value):
            _vouch_looked_up(trace, [each.id for each in statement.targets if isinstance(each, f.Name)], env)
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
    assign_target(trace, statement.target, binary(trace, whole, old, new, env), env)
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
            trace.vouched[id(block)] = names
    known = set(env.vars) if trace.paths else None
    unmet = [] if statement.orelse else failing
    if unmet is failing and test is not statement.test:
        unmet = [*failing, *narrowing.vouched(statement.test, False)]
    before = {name: (env.vars.get(name), passed) for each, passed in unmet for name in trace.seen_through(each)}
    flow = RUN[f.If](trace, statement, env, frame)
    if known is not None and flow is FALL:
        for name in [each for each in env.vars if each not in known and not each.isidentifier()]:
            del env.vars[name]  # a path that one of the branches has tested
    if flow is not LEAVE:
        for block, names, holds in ((statement.body, failing, False), (statement.orelse, holding, True)):
            if narrowing.leaves(block):
                trace.vouch_all(names, env)
                _vouch_looked_up(trace, narrowing.exists(statement.test, holds), env)
        _vouch_as_before(before, env)
        if failing and not statement.orelse:
            replaced = {unparse(target) for target in _made_constant(statement.body)}
            trace.vouch_all([each for each in failing if unparse(each[0]) in replaced], env)
    return flow


def _vouch_as_before(before: Mapping[str, tuple[Value | None, f.Expr]], env: Env) -> None:
    """What a test vouches for where the branch was not taken, beside what the branch made of it: `if query: query =
    "?" + query` leaves an empty one."""
    for name, (old, test) in before.items():
        now = env.vars.get(name)
        if old is not None and isinstance(now, Choice) and any(option is old for option in now.options):
            passed = Checked(old, None, test)
            env.vars[name] = join([passed if option is old else option for option in now.options])


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
        used |= {id(env.vars[each]) for each in narrowing.asked_by(call.node) if each in env.vars}
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
    return [*argument.items.values()] if isinstance(argument, MappingValue) else [argument]


def _assert(trace: Trace, statement: f.Assert, env: Env, frame: Frame) -> str:
    trace.evaluate(statement.test, env)
    trace.vouch_all(narrowing.vouched(statement.test, True), env)
    return FALL


def _expression(trace: Trace, statement: f.ExprStmt, env: Env, frame: Frame) -> str | Condition:
    flow = RUN[f.ExprStmt](trace, statement, env, frame)
    trace.vouch_all(narrowing.vouched_by_call(statement.value), env)
    return flow


def _for(trace: Trace, statement: f.For, env: Env, frame: Frame) -> str:
    value = trace.evaluate(statement.iterable, env)
    items, is_open = elements(trace, value, statement.iterable, statement.target, env)
    for item in rounds(trace, items):
        bind(trace, statement.target, item, env, statement.iterable)
        if trace.run_block(statement.body, env, frame) is LEAVE and not is_open:
            return LEAVE
    trace.vouch_all(narrowing.vouched_by_loop(statement), env)
    trace.run_block(statement.orelse, env, frame)
    return FALL


TABLE: dict[type, Callable[..., str | Condition]] = {
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
