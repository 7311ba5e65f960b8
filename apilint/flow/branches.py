"""`try` and `match` in a flow: whichever way was taken, what holds afterwards is one of what the ways left."""

from __future__ import annotations

from apilint import facts as f
from apilint.flow.values import Checked
from apilint.startup.core import FALL, JUMP, LEAVE, Frame
from apilint.startup.machine import Machine
from apilint.startup.values import Condition, Env, Unknown, Value, join
from apilint.unparse import unparse

Variables = dict[str, Value]


def run_try(machine: Machine, statement: f.Try, env: Env, frame: Frame) -> str | Condition:
    """Whatever an exception has cut short may have happened or not: a test in the body has not been passed where an
    exception is swallowed."""
    before = dict(env.vars)
    flow = machine.run_block(statement.body, env, frame)
    after = dict(env.vars)
    if flow is not LEAVE and flow is not JUMP:
        flow = machine.run_block(statement.orelse, env, frame)
    flows, ends = [flow], [] if flow is LEAVE or flow is JUMP else [env.vars]
    for handler in statement.handlers:
        env.vars = {**after, **before}
        flow = _handle(machine, handler, env, frame)
        flows.append(flow)
        if flow is not LEAVE and flow is not JUMP:
            ends.append(env.vars)
    env.vars = joined(ends) if ends else after
    last = machine.run_block(statement.final, env, frame)
    if last is LEAVE or all(each is LEAVE for each in flows):
        return LEAVE
    return FALL if ends else JUMP


def _handle(machine: Machine, handler: f.Handler, env: Env, frame: Frame) -> str | Condition:
    span = env.module.span(handler.start, handler.end)
    outer = machine.conditions
    text = f"except {unparse(handler.type)}".strip()
    machine.conditions = (*outer, Condition(span, text, True, Unknown("an exception", span)))
    if handler.name:
        env.vars[handler.name] = Unknown("an exception", span, handler.name)
    flow = machine.run_block(handler.body, env, frame)
    machine.conditions = outer
    return flow


def run_match(machine: Machine, statement: f.Match, env: Env, frame: Frame) -> str | Condition:
    """The cases exclude each other; without a `case _` none of them may be taken."""
    subject = machine.evaluate(statement.subject, env)
    outer, before = machine.conditions, env.vars
    ends: list[Variables] = []
    for case in statement.cases:
        env.vars = dict(before)
        for name in case.binds:
            env.vars[name] = subject
        _narrow(statement.subject, case, subject, env)
        span = env.module.span(case.start, case.end)
        machine.conditions = (*outer, Condition(span, f"case of {unparse(statement.subject)}", True, subject))
        flow = machine.run_block(case.body, env, frame)
        machine.conditions = outer
        if flow is not LEAVE and flow is not JUMP:
            ends.append(env.vars)
    if not any(_takes_all(case) for case in statement.cases):
        ends.append(before)
    env.vars = joined(ends) if ends else before
    return FALL if ends else LEAVE


def _takes_all(case: f.Case) -> bool:
    return case.guard is None and not case.values


def _narrow(subject: f.Expr, case: f.Case, value: Value, env: Env) -> None:
    """Where a pattern is a choice of constants (`case "asc" | "desc":`), the name that is matched holds one of them."""
    if isinstance(subject, f.Name) and case.values and not case.binds and isinstance(value, Unknown):
        first = case.values[0]
        if isinstance(first, f.Constant) and first.start == case.start + len("case "):
            env.vars[subject.id] = Checked(value, env.module.span(first.start, first.end), first)


def joined(ends: list[Variables]) -> Variables:
    """What variables hold where several ways come together. What is known of a path (`data["name"]`) holds only if it
    does on all of them."""
    first, *others = ends
    if not others:
        return first
    made: Variables = {}
    for name in dict.fromkeys(name for end in ends for name in end):
        found = [end[name] for end in ends if name in end]
        if len(found) == len(ends) or name.isidentifier():
            made[name] = found[0] if all(each is found[0] for each in found) else join(found)
    return made
