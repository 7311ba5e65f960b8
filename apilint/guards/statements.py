"""Statements of a function that is run for an anonymous caller: its exits, its tests, and what is caught on the way."""

from __future__ import annotations

from apilint import facts as f
from apilint.guards.caller import NOTHING
from apilint.guards.exits import CREDENTIALS, Exit
from apilint.guards.knowledge import REDIRECTS, REJECTING
from apilint.guards.visit import Visit
from apilint.model import Step
from apilint.patterns import regex
from apilint.startup import attributes, expressions
from apilint.startup.core import FALL, JUMP, LEAVE, Frame
from apilint.startup.machine import RUN
from apilint.startup.values import NONE, Choice, ClassValue, Condition, Env, Instance, Seq, Unknown, Value, join, unwrap
from apilint.unparse import unparse


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
        left_out = statement.orelse if known else statement.body
        chosen.joined = flow is FALL and _leaves_nothing(left_out)
        # Without another way nothing depends on the test.
        kept = (*outer, chosen) if left_out else outer
        visit.conditions = (*kept, *visit.fallen[len(outer) + 1 :]) if flow is FALL else outer
        return flow
    before = dict(env.vars)
    then, otherwise = _branches(value, yes, no)
    visit.conditions = (*outer, *then)
    first = visit.run_block(statement.body, env, frame)
    after, fallen = env.vars, visit.fallen
    env.vars = before
    visit.conditions = (*outer, *otherwise)
    second = visit.run_block(statement.orelse, env, frame)
    visit.conditions = outer
    if first is LEAVE and second is LEAVE:
        return LEAVE
    if first is LEAVE or first is JUMP:
        visit.conditions = visit.fallen if second is FALL else (*outer, *otherwise)
        return FALL
    if second is LEAVE or second is JUMP:
        env.vars = after
        visit.conditions = fallen
        return FALL
    for name, left in after.items():
        right = env.vars.get(name)
        env.vars[name] = left if right is None else right if right is left else join([left, right], then[0])
    return FALL


def _branches(value: Value, yes: Condition, no: Condition) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """What holds on the two ways behind a test. Where a setting chose what is put in the place of a missing credential
    (`request.META.get("X-User", DEVELOPER if settings.DEBUG else None)`), the setting is what is open, and on one of
    the ways the credential is missing for sure."""
    if not isinstance(value, Choice) or value.test is None or len(value.options) != 2:
        return (yes,), (no,)
    truths = [expressions.truth(option) for option in value.options]
    if None in truths or truths[0] == truths[1] or not any(isinstance(each, CREDENTIALS) for each in value.options):
        return (yes,), (no,)
    ways = {
        outcome: (
            value.test.branch(first=is_first),
            Condition(yes.span, yes.expr or yes.text, bool(outcome), option, decided=True),
        )
        for is_first, outcome, option in zip((True, False), truths, value.options, strict=True)
    }
    return ways[True], ways[False]


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
    outer = visit.conditions
    _if(visit, f.If(statement.start, statement.end, statement.test, statement.body, ()), env, frame)
    visit.conditions = outer
    return FALL


# An exception of a program that says "not for you"; the builtin one is about files.
_REFUSAL = regex(r"(?i)not_?auth|unauth|forbid|permission(?!Error$)|denied|(?<!method)not_?allowed|credential")
_ANY_EXCEPTION = ("", "Exception", "BaseException")


def _try(visit: Visit, statement: f.Try, env: Env, frame: Frame) -> str | Condition:
    exits = visit.exits
    start, missing, unresolved = len(exits), visit.missing_used, len(visit.unresolved)
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
    if not caught and len(visit.unresolved) > unresolved:
        _expect_refusal(visit, statement, env, frame, visit.unresolved[unresolved])
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
        is_rejecting = _turns_away(visit, handler, env, frame)
        visit.conditions = outer
        if is_rejecting:
            exits[start:mark] = []
            return LEAVE
        del exits[mark:]
    return flow


def _expect_refusal(visit: Visit, statement: f.Try, env: Env, frame: Frame, called: str) -> None:
    """Something that nobody could find is called where the program expects to be told that the caller may not: it may
    well ask who that is."""
    for handler in statement.handlers:
        if not any(_REFUSAL.search(name) for name, _ in _types(visit, handler, env)):
            continue
        mark = len(visit.exits)
        is_rejecting = _turns_away(visit, handler, env, frame)
        del visit.exits[mark:]
        if is_rejecting:
            said = f"whether '{called}', which is not found, turns the caller away as expected here, is not known"
            visit.refusals.append(Step(env.module.span(handler.start, handler.end), said))
            return


def _turns_away(visit: Visit, handler: f.Handler, env: Env, frame: Frame) -> bool:
    """Whether a handler that nothing has led to ends with a rejection; its exits stay among those of the function."""
    mark = len(visit.exits)
    visit.caught.append([])
    after = visit.run_block(handler.body, dict_env(env), frame)
    visit.caught.pop()
    return after is LEAVE and any(_rejects(visit, exit_) for exit_ in visit.exits[mark:])


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

__all__ = ["Visit"]
