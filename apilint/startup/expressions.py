"""Expressions -> values."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TypeGuard

from apilint import facts as f
from apilint.facts import Span
from apilint.startup import attributes, calls, places
from apilint.startup.core import MAX_ITEMS, MAX_LENGTH, Core
from apilint.startup.enums import enumerated
from apilint.startup.values import (
    FALSE,
    NONE,
    TRUE,
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
    LazyDef,
    LazyExpr,
    LazyName,
    Mapping,
    ModuleValue,
    Operation,
    Partial,
    Place,
    Result,
    Seq,
    Setting,
    Special,
    Text,
    Unknown,
    Value,
    Wrapped,
    constant,
    join,
    text_of,
)

BUILTINS = frozenset(dir(builtins))
LAZY = (LazyName, LazyExpr, LazyDef)
_PROXIES = frozenset({"LocalProxy", "SimpleLazyObject"})
MAX_DEPTH = 200


def evaluate(machine: Core, expr: f.Expr, env: Env) -> Value:
    """The value of an expression; what is not modelled is `Unknown`."""
    run = EVALUATE.get(type(expr))
    return not_followed(expr, env) if run is None else run(machine, expr, env)


def not_followed(expr: f.Expr, env: Env) -> Value:
    """What an expression gives that is not modelled."""
    return Unknown("an expression that is not followed", env.module.span(expr.start, expr.end), expr)


def _name(machine: Core, expr: f.Name, env: Env) -> Value:
    value = env.vars.get(expr.id)
    if value is not None and type(value) not in LAZY:
        return value
    value = machine.lookup(expr.id, env)
    if type(value) is Unknown and value.span is None and value.is_named:
        value.span = env.module.span(expr.start, expr.end)
    return value


def _attribute(machine: Core, expr: f.Attribute, env: Env) -> Value:
    base = machine.evaluate(expr.value, env)
    return attributes.get(machine, base, expr.attr, env.module.span(expr.start, expr.end))


def _constant(machine: Core, expr: f.Constant, env: Env) -> Value:
    return Known(expr.value)


def _bytes(machine: Core, expr: f.Bytes, env: Env) -> Value:
    return Known(expr.value)


def _template(machine: Core, expr: f.Template, env: Env) -> Value:
    return concat([machine.evaluate(part, env) for part in expr.parts])


MAX_PARTS = 1_000
MAX_TEXT = 1_000_000


def concat(parts: list[Value]) -> Value:
    """A string from its parts, constant where all are."""
    flat: list[Value] = []
    for part in parts:
        if isinstance(part, Text):
            flat.extend(part.parts)
            continue
        value = constant(part)
        if isinstance(value, (str, int, float)):
            if flat and isinstance(flat[-1], Known):
                flat[-1] = Known(f"{flat[-1].value}{value}")
            else:
                flat.append(Known(str(value)))
        else:
            flat.append(part)
    if not flat:
        return Known("")
    if len(flat) > MAX_PARTS or any(isinstance(part, Known) and len(str(part.value)) > MAX_TEXT for part in flat):
        return Unknown("a text that is too long")  # a loop may double it each time
    return flat[0] if len(flat) == 1 and isinstance(flat[0], Known) else Text(flat)


def _bin_op(machine: Core, expr: f.BinOp, env: Env) -> Value:
    left = machine.evaluate(expr.left, env)
    right = machine.evaluate(expr.right, env)
    return binary(machine, left, expr.op, right, env.module.span(expr.start, expr.end))


def binary(machine: Core, left: Value, op: str, right: Value, span: Span) -> Value:
    """`left op right`."""
    if op == "+":
        if isinstance(left, Seq) or isinstance(right, Seq):
            return _concat_sequences(left, right)
        if text_of(left) is not None or text_of(right) is not None:
            return concat([left, right])
    if op == "%" and isinstance(left, (Known, Setting)) and isinstance(constant(left), str):
        return _percent(str(constant(left)), right)
    if op == "/" and type(left) is Place:
        return places.joined(left, right, span)
    if op == "/" and (text_of(left) is not None or text_of(right) is not None):
        return Unknown("a path on disk", span)
    if isinstance(left, Seq) and isinstance(right, Seq) and op in ("|", "-", "&"):
        return _set_operation(left, op, right)
    if op == "|" and isinstance(left, Mapping) and isinstance(right, Mapping):
        return Mapping({**left.items, **right.items}, is_open=left.open or right.open, span=left.span)
    a, b = constant(left), constant(right)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return _arithmetic(a, op, b, span)
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return left
    return Operation(left, op, right)


def _concat_sequences(left: Value, right: Value) -> Value:
    a, a_open = iterate(left)
    b, b_open = iterate(right)
    kind = left.kind if isinstance(left, Seq) else right.kind if isinstance(right, Seq) else "list"
    return Seq(kind, [*a, *b], is_open=a_open or b_open)


def _set_operation(left: Seq, op: str, right: Seq) -> Value:
    if op == "|":
        items = [*left.items, *right.items]
        is_open = left.open or right.open or len(items) > MAX_LENGTH
        return Seq(left.kind, items[:MAX_LENGTH], is_open=is_open)
    others = [constant(item) for item in right.items]
    kept = [item for item in left.items if (constant(item) in others) == (op == "&")]
    return Seq(left.kind, kept, is_open=left.open or right.open)


def _percent(template: str, right: Value) -> Value:
    items = right.items if isinstance(right, Seq) and right.kind == "tuple" else [right]
    pieces = template.replace("%r", "%s").replace("%d", "%s").split("%s")
    if len(pieces) != len(items) + 1:
        return Unknown("a formatted string", None)
    parts: list[Value] = [Known(pieces[0])]
    for item, piece in zip(items, pieces[1:], strict=False):
        parts += [item, Known(piece)]
    return concat(parts)


def _arithmetic(a: float, op: str, b: float, span: Span) -> Value:
    if op == "+":
        return Known(a + b)
    if op == "-":
        return Known(a - b)
    if op == "*" and abs(a) < 1e9 and abs(b) < 1e9:
        return Known(a * b)
    return Unknown("a computed number", span)


def _compare(machine: Core, expr: f.Compare, env: Env) -> Value:
    if len(expr.ops) != 1:
        return Unknown("a chained comparison", env.module.span(expr.start, expr.end), expr)
    left = machine.evaluate(expr.left, env)
    right = machine.evaluate(expr.rights[0], env)
    if isinstance(left, Choice) and left.test is not None and any(isinstance(each, Special) for each in left.options):
        return join([_comparison(option, right, expr, env) for option in left.options], left.test)
    return _comparison(left, right, expr, env)


def _comparison(left: Value, right: Value, expr: f.Compare, env: Env) -> Value:
    special = _compared_special(left, expr.ops[0], right)
    if special is not None:
        return special
    setting = left if isinstance(left, Setting) else right if isinstance(right, Setting) else None
    known = _compared(_settled(left), expr.ops[0], _settled(right))
    if setting is not None:
        return Setting(
            setting.name, Unknown("a comparison", setting.span) if known is None else Known(known), setting.span
        )
    if known is None:
        return Unknown("a comparison with something unknown", env.module.span(expr.start, expr.end), expr)
    return TRUE if known else FALSE


def _settled(value: Value) -> Value:
    """The default of a setting; other values are themselves."""
    while isinstance(value, Setting):
        value = value.default
    return value


def _compared_special(left: Value, op: str, right: Value) -> Value | None:
    if isinstance(left, Special):
        return left.compared(op, right, is_left=True)
    return right.compared(op, left, is_left=False) if isinstance(right, Special) else None


_NAMED = (ModuleValue, ClassValue, FunctionValue)
"""What is one thing wherever it is named."""
_SOLID = (FunctionValue, ClassValue, Instance, ModuleValue, Wrapped, Seq, Mapping, Partial, LambdaValue)


def _compared(left: Value, op: str, right: Value) -> bool | None:
    if type(right) is Instance and right.contents is not None:
        right = right.contents
    if isinstance(left, Known) and isinstance(right, Known):
        a, b = left.value, right.value
        if op in ("==", "is"):
            return a == b
        if op in ("!=", "is not"):
            return a != b
        if isinstance(a, (int, float)) and isinstance(b, (int, float)):
            return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}.get(op)
        if isinstance(a, str) and isinstance(b, str) and op in ("in", "not in"):
            return (a in b) == (op == "in")
        return None
    if op in ("is", "is not", "==", "!="):
        if _is_builtin(right) and (_is_builtin(left) or isinstance(left, ClassValue)):
            return (isinstance(left, External) and left.name == right.name) == (op in ("is", "=="))
        if type(left) is type(right) and isinstance(left, _NAMED):
            return (
                _identity(left) is _identity(right) if op in ("is", "==") else _identity(left) is not _identity(right)
            )
        none, other = (right, left) if isinstance(right, Known) and right.value is None else (left, right)
        if isinstance(none, Known) and none.value is None and (isinstance(other, _SOLID) or _is_made(other)):
            return op in ("is not", "!=")
        if op in ("==", "!=") and isinstance(left, Seq) and isinstance(right, Seq) and left.kind == right.kind != "set":
            ours, theirs = _constants(left), _constants(right)
            return None if ours is None or theirs is None else (ours == theirs) == (op == "==")
    if op in ("in", "not in") and isinstance(left, Known):
        if isinstance(right, Seq) and not right.open and all(isinstance(item, Known) for item in right.items):
            return any(isinstance(i, Known) and i.value == left.value for i in right.items) == (op == "in")
        if isinstance(right, Mapping) and not right.open:
            return (left.value in right.items) == (op == "in")
    if op in ("in", "not in") and isinstance(left, _NAMED) and isinstance(right, Seq) and not right.open:
        if any(type(item) is type(left) and _identity(item) is _identity(left) for item in right.items):
            return op == "in"
        if all(isinstance(item, (Known, *_NAMED)) for item in right.items):
            return op == "not in"
    if op in ("==", "!=") and isinstance(left, Text) and isinstance(right, Known) and isinstance(right.value, str):
        return None if all(_may_stand_in(part, right.value) for part in left.parts) else op == "!="
    if isinstance(left, Choice):
        answers = {_compared(option, op, right) for option in left.options}
        return answers.pop() if len(answers) == 1 else None
    return None


def _is_builtin(value: Value) -> TypeGuard[External]:
    """Whether a value is one of Python's own classes, which no other name stands for."""
    return isinstance(value, External) and value.name.startswith("builtins.")


def _may_stand_in(part: Value, text: str) -> bool:
    """Whether a part of a text that is not known to the end may be a part of another one."""
    if isinstance(part, Choice):
        return any(_may_stand_in(option, text) for option in part.options)
    return not isinstance(part, Known) or not isinstance(part.value, str) or part.value in text


def _constants(value: Seq) -> list[object] | None:
    """What a list holds, if it is all known."""
    if value.open or not all(type(item) is Known for item in value.items):
        return None
    return [item.value for item in value.items if isinstance(item, Known)]


def _is_made(value: Value) -> bool:
    """Whether a library's call surely gave an object: it made one of a class, or a function of a view class."""
    return isinstance(value, Result) and truth(value) is True


def _identity(value: Value) -> object:
    """What makes two modules, classes or functions the same."""
    if isinstance(value, ModuleValue):
        return value.module
    if isinstance(value, FunctionValue):
        return value.function
    return value


def truth(value: Value) -> bool | None:
    """Whether a value is true; None when that is not known."""
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Special):
        return value.truth
    if isinstance(value, Known):
        return bool(value.value)
    if isinstance(value, (Seq, Mapping)):
        return True if value.items else None if value.open else False
    if isinstance(value, Wrapped):
        return None if is_proxy(value.decorator) else True
    if isinstance(value, (FunctionValue, ClassValue, Instance, ModuleValue, Partial, LambdaValue)):
        return True
    if isinstance(value, Result) and isinstance(value.callee, (Attr, External)):
        if value.callee.name.endswith("as_view"):
            return True  # a function made of a class
    if isinstance(value, Result) and isinstance(value.callee, External):
        is_object = value.callee.name.rpartition(".")[2][:1].isupper()
        return True if is_object and not is_proxy(value.callee) else None
    if isinstance(value, Choice):
        known = {truth(option) for option in value.options}
        return known.pop() if len(known) == 1 else None
    if isinstance(value, Text):
        return True if any(isinstance(part, Known) and part.value for part in value.parts) else None
    return None


def is_proxy(made_by: Value) -> bool:
    """Whether something makes objects that are as true as what they stand for when they are used."""
    return isinstance(made_by, External) and made_by.name.rpartition(".")[2] in _PROXIES


def _bool_op(machine: Core, expr: f.BoolOp, env: Env) -> Value:
    left = machine.evaluate(expr.left, env)
    known = truth(left)
    if known is not None:
        if known != (expr.op == "and"):
            return left
        right = machine.evaluate(expr.right, env)
        return _follows(left, expr.op, right) if isinstance(left, Special) else right
    right = machine.evaluate(expr.right, env)
    settles = truth(right)
    if settles is (expr.op == "or") and isinstance(right, (Known, Special)):
        if not isinstance(right, Known) or isinstance(right.value, bool):
            return right
    if isinstance(left, (Setting, Operation)) and settles is (expr.op == "and"):
        return Operation(left, expr.op, right) if isinstance(right, Special) else left
    if isinstance(right, Setting) and isinstance(left, Setting):
        return left
    if isinstance(left, Operation) and isinstance(right, Operation):
        return Operation(left, expr.op, right)
    if expr.op == "or" and not isinstance(left, Unknown):
        return join([left, right])
    if isinstance(left, Unknown) and isinstance(right, Known):
        return Unknown(left.reason, left.span, left.text)
    return (
        right
        if isinstance(left, Unknown) and expr.op == "or" and not isinstance(right, Unknown)
        else Unknown("a condition that the source leaves open", env.module.span(expr.start, expr.end), expr)
    )


def _follows(left: Special, op: str, right: Value) -> Value:
    """The right side of a test whose left side is assumed: it keeps in mind that it was."""
    if op == "or" and isinstance(right, Choice) and right.test is not None:
        return join([left if truth(option) is left.truth else option for option in right.options], right.test)
    known = truth(right)
    if known is None:
        return Operation(left, op, right) if isinstance(right, (Setting, Operation, Attr, Result)) else right
    if isinstance(right, Known) and isinstance(right.value, bool):
        same = known is left.truth
        return left if same else left.compared("not", left, is_left=True) or right
    return right


def _unary_op(machine: Core, expr: f.UnaryOp, env: Env) -> Value:
    value = machine.evaluate(expr.operand, env)
    if expr.op == "not":
        return _negated(value, expr, env.module.span(expr.start, expr.end))
    number = constant(value)
    if isinstance(number, (int, float)) and expr.op in "-+":
        return Known(-number if expr.op == "-" else number)
    return Operation(value, expr.op, None)


def _negated(value: Value, expr: f.UnaryOp, span: Span) -> Value:
    known = truth(value)
    if isinstance(value, Setting) or (isinstance(value, Operation) and value.op in ("and", "or", "not")):
        return Operation(value, "not", None)
    if known is None:
        if isinstance(value, Result):
            return Operation(value, "not", None)
        if isinstance(value, Choice) and value.test is not None:
            return join([_negated(option, expr, span) for option in value.options], value.test)
        return Unknown("a negated unknown", span, expr)
    options = value.options if isinstance(value, Choice) else (value,)
    assumed = next((option for option in options if isinstance(option, Special)), None)
    if assumed is not None:  # all of them are true alike, and one of them because of what is assumed
        return assumed.compared("not", assumed, is_left=True) or (FALSE if known else TRUE)
    return FALSE if known else TRUE


def _if_exp(machine: Core, expr: f.IfExp, env: Env) -> Value:
    value = machine.evaluate(expr.test, env)
    known = truth(value)
    if known is not None:
        return machine.evaluate(expr.body if known else expr.orelse, env)
    test = Condition(env.module.span(expr.test.start, expr.test.end), expr.test, True, value)
    return either(test, machine.evaluate(expr.body, env), machine.evaluate(expr.orelse, env))


def either(test: Condition, body: Value, orelse: Value) -> Value:
    """What a test that is open decides between. Of two texts that comes first to which a setting leads that nobody has
    set: a path is that of the program as it is."""
    is_text = text_of(body) is not None and text_of(orelse) is not None
    if is_text and isinstance(test.value, Setting) and truth(_settled(test.value)) is False:
        return join([orelse, body], test.branch(first=False))
    return join([body, orelse], test)


def _subscript(machine: Core, expr: f.Subscript, env: Env) -> Value:
    base = machine.evaluate(expr.value, env)
    if isinstance(expr.index, f.Slice):
        return _sliced(machine, base, expr.index, env)
    index = machine.evaluate(expr.index, env)
    return attributes.get_item(machine, base, index, env.module.span(expr.start, expr.end))


def _sliced(machine: Core, base: Value, index: f.Slice, env: Env) -> Value:
    if not isinstance(base, (Seq, Known)):
        return Unknown("a slice of something unknown", env.module.span(index.start, index.end))
    bounds: list[int | None] = []
    for part in (index.lower, index.upper, index.step):
        value = None if part is None else constant(machine.evaluate(part, env))
        if part is not None and not isinstance(value, int):
            return base if isinstance(base, Seq) else Unknown("a slice with unknown bounds", None)
        bounds.append(value if isinstance(value, int) else None)
    cut = slice(*bounds)
    if cut.step == 0:
        return Unknown("a slice of step zero", None)
    if isinstance(base, Seq):
        return Seq(base.kind, base.items[cut], is_open=base.open)
    return Known(base.value[cut]) if isinstance(base.value, (str, bytes)) else Unknown("a slice of a number", None)


def _sequence(machine: Core, expr: f.Sequence, env: Env) -> Value:
    items: list[Value] = []
    is_open = False
    for item in expr.items:
        if isinstance(item, f.Starred):
            inner, inner_open = iterate(machine.evaluate(item.value, env))
            items += inner
            is_open = is_open or inner_open
        else:
            items.append(machine.evaluate(item, env))
    return Seq(expr.kind, items, is_open=is_open, span=env.module.span(expr.start, expr.end))


def _dict(machine: Core, expr: f.Dict, env: Env) -> Value:
    made = Mapping({}, span=env.module.span(expr.start, expr.end))
    for key, value in expr.items:
        if key is None:
            inner = machine.evaluate(value, env)
            if isinstance(inner, Mapping):
                made.items.update(inner.items)
                made.spans.update(inner.spans)
                made.unnamed += inner.unnamed
                made.open = made.open or inner.open
            else:
                made.put(None, inner)
            continue
        evaluated = machine.evaluate(key, env)
        name = key_of(evaluated)
        if name is None:
            made.put(evaluated, machine.evaluate(value, env))
            continue
        if isinstance(evaluated, Text):
            made.unnamed.append((evaluated, Known(None)))
        made.items[name] = machine.evaluate(value, env)
        made.spans[name] = env.module.span(key.start, key.end)
    return made


def key_of(value: Value) -> object:
    """What stands for a value as a dict's key; None when it cannot be known."""
    if isinstance(value, Choice):
        return None
    text = text_of(value)
    if text is not None:
        return text
    known = constant(value)
    if known is not None:
        return known
    if isinstance(value, (ClassValue, FunctionValue)):
        return value.cls if isinstance(value, ClassValue) else value.function
    if isinstance(value, External):
        return value.name
    return None


def _lambda(machine: Core, expr: f.Lambda, env: Env) -> Value:
    return LambdaValue(expr, env)


def _comprehension(machine: Core, expr: f.Comprehension, env: Env) -> Value:
    inner = Env(env.module, env)
    pairs: list[tuple[Value, Value | None]] = []
    is_open = _clause(machine, expr, 0, inner, pairs)
    if expr.kind == "dict":
        made = Mapping({}, is_open=is_open, span=env.module.span(expr.start, expr.end))
        for key, value in pairs:
            name = key_of(key)
            if name is None or value is None:
                made.put(key, Known(None) if value is None else value)
            else:
                made.items[name] = value
        return made
    kind = "list" if expr.kind == "generator" else expr.kind
    return Seq(kind, [key for key, _ in pairs], is_open=is_open, span=env.module.span(expr.start, expr.end))


def _clause(
    machine: Core, expr: f.Comprehension, number: int, env: Env, pairs: list[tuple[Value, Value | None]]
) -> bool:
    """Run one `for` of a comprehension; tells whether more elements are possible than those added to `pairs`."""
    if number == len(expr.clauses):
        value = None if expr.value is None else machine.evaluate(expr.value, env)
        pairs.append((machine.evaluate(expr.element, env), value))
        return False
    target, iterable, tests = expr.clauses[number]
    items, is_open = iterate(machine.evaluate(iterable, env))
    for item in items[:MAX_ITEMS]:
        machine.bind(target, item, env)
        known = [_kept(machine.evaluate(test, env), item) for test in tests]
        if any(result is False for result in known):
            continue
        is_open = _clause(machine, expr, number + 1, env, pairs) or is_open
    return is_open


def _kept(value: Value, item: Value) -> bool | None:
    """Whether a comprehension takes an element; of a text that is a setting, when nobody has set it."""
    if value is item and isinstance(value, Setting) and text_of(value) is not None:
        return truth(_settled(value))
    return truth(value)


def _await(machine: Core, expr: f.Await, env: Env) -> Value:
    return machine.evaluate(expr.value, env)


def _yield(machine: Core, expr: f.Yield, env: Env) -> Value:
    if expr.value is not None:
        machine.evaluate(expr.value, env)
    return Unknown("what is sent into a generator", env.module.span(expr.start, expr.end))


def _named(machine: Core, expr: f.NamedExpr, env: Env) -> Value:
    value = machine.evaluate(expr.value, env)
    env.vars[expr.target] = value
    return value


def _starred(machine: Core, expr: f.Starred, env: Env) -> Value:
    return machine.evaluate(expr.value, env)


def _call(machine: Core, expr: f.Call, env: Env) -> Value:
    return calls.evaluate_call(machine, expr, env)


def iterate(value: Value) -> tuple[list[Value], bool]:
    """The elements of a value, and whether there may be others."""
    if isinstance(value, Seq):
        return value.items, value.open
    if isinstance(value, Mapping):
        return [Known(key) for key in value.items], value.open
    if isinstance(value, Instance) and value.contents is not None:
        return iterate(value.contents)
    if isinstance(value, Setting):
        items, _ = iterate(value.default)
        return items, True
    if isinstance(value, Choice):
        items = [item for option in value.options for item in iterate(option)[0]]
        return items, any(iterate(option)[1] for option in value.options)
    if isinstance(value, Known):
        return ([Known(c) for c in value.value], False) if isinstance(value.value, str) else ([], False)
    members = enumerated(value) if isinstance(value, ClassValue) else []
    return members, not members


EVALUATE: dict[type, Callable[..., Value]] = {
    f.Name: _name,
    f.Attribute: _attribute,
    f.Constant: _constant,
    f.Bytes: _bytes,
    f.Template: _template,
    f.Call: _call,
    f.BinOp: _bin_op,
    f.Compare: _compare,
    f.BoolOp: _bool_op,
    f.UnaryOp: _unary_op,
    f.IfExp: _if_exp,
    f.Subscript: _subscript,
    f.Sequence: _sequence,
    f.Dict: _dict,
    f.Starred: _starred,
    f.Lambda: _lambda,
    f.Comprehension: _comprehension,
    f.Await: _await,
    f.Yield: _yield,
    f.NamedExpr: _named,
}

__all__ = ["BUILTINS", "NONE", "binary", "concat", "evaluate", "iterate", "key_of", "truth"]
