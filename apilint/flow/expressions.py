"""Expressions in a flow: as in start-up, and what stays unknown remembers what it was made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from apilint import facts as f
from apilint.flow import narrowing
from apilint.flow.trace import Trace
from apilint.flow.values import Derived, Element, Input, Number
from apilint.startup import attributes, calls
from apilint.startup import expressions as startup
from apilint.startup.core import MAX_ITEMS
from apilint.startup.machine import assign_target
from apilint.startup.values import NONE, Attr, Choice, Env, Known, Mapping, Result, Seq, Unknown, Value, join

MAX_ROUNDS = 6
"""In later rounds of a loop over known items functions are not followed: the first ones show what they do."""


def _bin_op(trace: Trace, expr: f.BinOp, env: Env) -> Value:
    left, right = trace.evaluate(expr.left, env), trace.evaluate(expr.right, env)
    return binary(trace, expr, left, right, env)


def binary(trace: Trace, expr: f.BinOp, left: Value, right: Value, env: Env) -> Value:
    span = env.module.span(expr.start, expr.end)
    if expr.op == "%" and isinstance(left, Known) and isinstance(left.value, str):
        right = _numbers(left.value, right, expr)
    made = startup.binary(trace, left, expr.op, right, span)
    if isinstance(made, Unknown):
        return Derived(made.reason, span, expr, expr, [left, right])
    return made


def _numbers(template: str, right: Value, expr: f.BinOp) -> Value:
    """The operands of `%`: those for `%d` and `%f` are numbers."""
    verbs = [part[:1] for part in template.replace("%%", "").split("%")[1:]]
    items = right.items if isinstance(right, Seq) and right.kind == "tuple" else [right]
    if len(verbs) != len(items) or not any(verb in "dif" for verb in verbs):
        return right
    made = [
        Number("a number", None, "", expr, [item]) if verb in "dif" else item
        for verb, item in zip(verbs, items, strict=False)
    ]
    return Seq("tuple", list(made))


def _if_exp(trace: Trace, expr: f.IfExp, env: Env) -> Value:
    known = startup.truth(trace.aside(expr.test, env))
    written = trace.written(expr.test)
    options = []
    for branch, holds in ((expr.body, True), (expr.orelse, False)):
        if known is not None and known is not holds:
            continue
        before = dict(env.vars)
        for name, test in narrowing.vouched(written, holds):
            trace.vouch(name, test, env)
        options.append(trace.evaluate(branch, env))
        env.vars = before
    return join(options)


def _bool_op(trace: Trace, expr: f.BoolOp, env: Env) -> Value:
    """`a or b` may be either; `a and b`, where both are unknown, is `b`."""
    left = trace.evaluate(expr.left, env)
    known = startup.truth(left)
    if known is not None and known != (expr.op == "and"):
        return left
    before = dict(env.vars)
    for name, test in narrowing.vouched(trace.written(expr.left), expr.op == "and"):
        trace.vouch(name, test, env)
    right = trace.evaluate(expr.right, env)
    env.vars = before
    if known is not None:
        return right
    return join([left, right]) if expr.op == "or" else right


def _comprehension(trace: Trace, expr: f.Comprehension, env: Env) -> Value:
    inner = Env(env.module, env)
    pairs: list[tuple[Value, Value | None]] = []
    is_open = _clause(trace, expr, 0, inner, pairs)
    if expr.kind != "dict":
        kind = "list" if expr.kind == "generator" else expr.kind
        return Seq(kind, [key for key, _ in pairs], is_open=is_open, span=env.module.span(expr.start, expr.end))
    made = Mapping({}, is_open=is_open, span=env.module.span(expr.start, expr.end))
    for key, value in pairs:
        name = startup.key_of(key)
        if name is None or value is None:
            made.put(key, NONE if value is None else value)
        else:
            made.items[name] = value
    return made


def _clause(
    trace: Trace, expr: f.Comprehension, number: int, env: Env, pairs: list[tuple[Value, Value | None]]
) -> bool:
    """Run one `for` of a comprehension; tells whether there may be more elements than those in `pairs`."""
    if number == len(expr.clauses):
        value = None if expr.value is None else trace.evaluate(expr.value, env)
        pairs.append((trace.evaluate(expr.element, env), value))
        return False
    target, iterable, tests = expr.clauses[number]
    items, is_open = elements(trace, trace.evaluate(iterable, env), iterable, target, env)
    passed = [name for test in tests for name in narrowing.vouched(test, True)]
    for item in rounds(trace, items):
        bind(trace, target, item, env, iterable)
        known = [startup.truth(trace.aside(test, env)) for test in tests]
        if any(result is False for result in known):
            continue
        trace.vouch_all(passed, env)
        is_open = _clause(trace, expr, number + 1, env, pairs) or is_open
    return is_open


def elements(trace: Trace, value: Value, iterable: f.Expr, target: f.Expr, env: Env) -> tuple[list[Value], bool]:
    """What a loop over a value binds, and whether there may be more; one unknown element where none is known."""
    items, is_open = startup.iterate(value)
    if items or not is_open:
        return items, is_open
    return [_element(value, iterable, target, env)], True


def rounds(trace: Trace, items: list[Value]) -> Iterator[Value]:
    """The items that a loop is run for, one at a time."""
    outer = trace.repeats
    try:
        for number, item in enumerate(items[:MAX_ITEMS]):
            trace.repeats = outer or number >= MAX_ROUNDS
            yield item
    finally:
        trace.repeats = outer


def _element(value: Value, iterable: f.Expr, target: f.Expr, env: Env) -> Value:
    span = env.module.span(iterable.start, iterable.end)
    if isinstance(value, Choice):
        return join([_element(option, iterable, target, env) for option in value.options])
    role = _role(iterable, value)
    if role == "items":
        source = value.sources[0] if isinstance(value, Derived) else _called_on(value)
        pair: list[Value] = [Element(source, span, iterable, iterable, role) for role in ("key", "value")]
        return Seq("tuple", pair, span=span)
    return Element(value, span, target, iterable, "key" if role == "keys" else "element")


def _role(iterable: f.Expr, value: Value) -> str:
    """`items` and `keys` for the calls of that name on something unknown."""
    is_call = isinstance(value, Derived) or (isinstance(value, Result) and isinstance(value.callee, Attr))
    if is_call and isinstance(iterable, f.Call) and isinstance(iterable.func, f.Attribute):
        return iterable.func.attr if iterable.func.attr in ("items", "keys") else ""
    return ""


def _called_on(value: Value) -> Value:
    """What the method is called on."""
    return value.callee.base if isinstance(value, Result) and isinstance(value.callee, Attr) else value


def bind(trace: Trace, target: f.Expr, value: Value, env: Env, expr: f.Expr) -> None:
    """Bind a target; what is unpacked from something unknown derives from it."""
    if not isinstance(target, f.Sequence):
        assign_target(trace, target, value, env)
        return
    columns = [_columns(option, target.items) for option in (value.options if isinstance(value, Choice) else [value])]
    for number, part in enumerate(target.items):
        inner = part.value if isinstance(part, f.Starred) else part
        found = [column[number] for column in columns if column is not None]
        if len(found) < len(columns):
            span = env.module.span(expr.start, expr.end)
            found.append(Derived("unpacked from something unknown", span, inner, expr, [value]))
        bind(trace, inner, join(found), env, expr)


def _columns(value: Value, targets: Sequence[f.Expr]) -> list[Value] | None:
    """What each target gets of a sequence that is known, a starred one a list of what is left."""
    if not isinstance(value, Seq) or value.open:
        return None
    items, spare = value.items, len(value.items) - len(targets)
    star = next((number for number, each in enumerate(targets) if isinstance(each, f.Starred)), None)
    if star is None:
        return items if spare == 0 else None
    if spare < -1:
        return None
    end = star + spare + 1
    return [*items[:star], Seq("list", items[star:end]), *items[end:]]


_COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "filter", "iter"})


def _of_builtin(trace: Trace, expr: f.Call, value: Value, sources: list[Value], env: Env) -> Value:
    """What copies or pairs something unknown keeps in mind what that was."""
    name = expr.func.id if isinstance(expr.func, f.Name) else ""
    arguments = sources[1 : 1 + len(expr.args)]
    if isinstance(value, Mapping) and name == "dict" and value.open and not value.items and arguments:
        span = env.module.span(expr.start, expr.end)
        return Derived("a copy of something unknown", span, expr, expr, arguments)
    if not isinstance(value, Seq) or value.items or not value.open or not arguments:
        return value
    unknown = [_element(item, arg, arg, env) for item, arg in zip(arguments, expr.args, strict=False)]
    if name in _COPIES:
        value.items.append(unknown[-1])
    elif name == "enumerate":
        value.items.append(Seq("tuple", [Number("a number", None, "", expr, []), unknown[0]]))
    elif name == "zip":
        value.items.append(Seq("tuple", unknown))
    elif name == "map" and len(arguments) == 2:
        value.items.append(trace.call(arguments[0], [unknown[1]], {}, env.module.span(expr.start, expr.end)))
    return value


def _attribute(trace: Trace, expr: f.Attribute, env: Env) -> Value:
    base = trace.evaluate(expr.value, env)
    span = env.module.span(expr.start, expr.end)
    computed = trace.computed(base, expr, span) if type(base) is Input and base.annotation is not None else None
    return attributes.get(trace, base, expr.attr, span) if computed is None else computed


def _call(trace: Trace, expr: f.Call, env: Env) -> Value:
    sources = trace.made_of[-1]
    trace.nodes.append(expr)
    value = calls.evaluate_call(trace, expr, env)
    trace.nodes.pop()
    return _of_builtin(trace, expr, value, sources, env)


EVALUATE: dict[type, Callable[..., Value]] = {
    **startup.EVALUATE,
    f.Attribute: _attribute,
    f.Call: _call,
    f.BinOp: _bin_op,
    f.BoolOp: _bool_op,
    f.IfExp: _if_exp,
    f.Comprehension: _comprehension,
}
