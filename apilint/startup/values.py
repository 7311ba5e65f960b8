"""TYPES: what a name can stand for while the program starts up.

Library objects are opaque: `FastAPI()` is a `Result` of calling `External("fastapi.FastAPI")`, and what the
program does with it (methods called, functions decorated, attributes set) is recorded on it, in order. The
framework rooms read these records; nothing here knows a framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apilint.facts import Span, UnaryOp
from apilint.unparse import unparse

if TYPE_CHECKING:
    from collections.abc import Callable

    from apilint.facts import Call, Expr, Lambda
    from apilint.index import Class, Function, Module


MAX_UNNAMED = 20


class Clock:
    """Counts the runs of the program's parts: what was made before a run began is not for that run to change."""

    now = 0


class Value:
    """Anything that an expression evaluates to."""

    __slots__ = ()


class Known(Value):
    """A constant: str, int, float, bool, None or bytes."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Known({self.value!r})"


class Under(Known):
    """A constant that was put into a list under conditions only."""

    __slots__ = ("conditions",)

    def __init__(self, value: object, conditions: tuple[Condition, ...]) -> None:
        super().__init__(value)
        self.conditions = conditions


class Place(Known):
    """The path of a file or folder, as an object of `pathlib`."""

    __slots__ = ()


class Special(Value):
    """A value with a behaviour of its own, for runs that assume something (an anonymous caller, say)."""

    __slots__ = ()

    truth: bool | None = None

    def attribute(self, name: str) -> Value:
        """`self.name`."""
        raise NotImplementedError

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`self.name(*args, **kwargs)`; None for "as any attribute that is called"."""
        return None

    def item(self, key: Value) -> Value:
        """`self[key]`."""
        raise NotImplementedError

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """`self(*args, **kwargs)`."""
        raise NotImplementedError

    def compared(self, op: str, other: Value, *, is_left: bool) -> Value | None:
        """`self op other` (or `other op self`); None when not known."""
        return None

    def assign(self, name: str, value: Value) -> None:
        """`self.name = value`; forgotten unless a subclass remembers it."""

    def put(self, key: Value, value: Value) -> None:
        """`self[key] = value`; forgotten unless a subclass remembers it."""

    def has(self, name: str) -> bool | None:
        """`hasattr(self, name)`; None when not known."""
        return None

    def is_instance(self, cls: str) -> bool | None:
        """`isinstance(self, cls)` for a library's class; None when not known."""
        return None


class Unknown(Value):
    """What could not be resolved, and why. `text` names it as the source does."""

    __slots__ = ("_text", "reason", "span")

    def __init__(self, reason: str, span: Span | None = None, text: str | Expr | tuple[Unknown, str] = "") -> None:
        """Take a text, the expression that it renders, or another unknown and what is done to it (`.name`, `()`)."""
        self.reason = reason
        self.span = span
        self._text = text

    @property
    def text(self) -> str:
        """Rendered when somebody asks: most unknowns are never looked at."""
        if isinstance(self._text, tuple):
            base, suffix = self._text
            self._text = f"{base.text}{suffix}" if base.text else suffix.lstrip(".").removeprefix("()")
        elif not isinstance(self._text, str):
            self._text = unparse(self._text)
        return self._text

    @property
    def is_named(self) -> bool:
        """Whether it has a text."""
        return bool(self._text)

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"


class Setting(Value):
    """A value that the environment may override: `os.environ.get("X", default)`, a field of a settings class."""

    __slots__ = ("default", "name", "span")

    def __init__(self, name: str, default: Value, span: Span | None) -> None:
        self.name = name
        self.default = default
        self.span = span

    def __repr__(self) -> str:
        return f"Setting({self.name}, {self.default!r})"


class Text(Value):
    """A string with parts that are not known."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Value]) -> None:
        self.parts = parts

    def __repr__(self) -> str:
        return f"Text({self.parts!r})"


class Seq(Value):
    """A list, tuple or set; `open` when more may be in it than `items` says."""

    __slots__ = ("born", "items", "kind", "open", "span")

    def __init__(self, kind: str, items: list[Value], *, is_open: bool = False, span: Span | None = None) -> None:
        self.kind = kind
        self.items = items
        self.open = is_open
        self.span = span
        self.born = Clock.now

    def __repr__(self) -> str:
        return f"Seq({self.kind}, {self.items!r}{', …' if self.open else ''})"


class Record(Seq):
    """A tuple whose items have names as well."""

    __slots__ = ("fields",)

    def __init__(self, kind: str, items: list[Value], fields: tuple[str, ...]) -> None:
        super().__init__(kind, items)
        self.fields = fields


class Mapping(Value):
    """A dict; `open` when more may be in it than `items` says. `spans` are the places of the keys, `unnamed` what was
    put in under a key that is not known, with that key (None for another dict whose items were put in). `latest` is
    the last of these: under that very key it is found again, as in `cache[key] = make(); return cache[key]`. So is what
    was put in under a class (`by_class`); `is_vague` once there are other keys that are not known. `factory` makes what
    stands under a key that nobody put in (`collections.defaultdict`)."""

    __slots__ = ("born", "by_class", "factory", "is_vague", "items", "latest", "open", "span", "spans", "unnamed")

    def __init__(self, items: dict[object, Value], *, is_open: bool = False, span: Span | None = None) -> None:
        self.items = items
        self.open = is_open
        self.span = span
        self.spans: dict[object, Span] = {}
        self.born = Clock.now
        self.unnamed: list[tuple[Value | None, Value]] = []
        self.latest: tuple[Value | None, Value] = (None, NONE)
        self.by_class: dict[Value, Value] = {}
        self.is_vague = is_open
        self.factory: Value | None = None

    def put(self, key: Value | None, value: Value) -> None:
        """Take note of what is in it under a key that is not known."""
        self.open = True
        self.latest = (key, value)
        if isinstance(key, ClassValue):
            self.by_class[key] = value
        else:
            self.is_vague = True
        if len(self.unnamed) < MAX_UNNAMED:
            self.unnamed.append((key, value))

    def under(self, key: Value, default: Value) -> Value | None:
        """What is in it under a class, `default` where nothing is; None where that cannot be told."""
        if not isinstance(key, ClassValue):
            return None
        return self.by_class.get(key) or (None if self.is_vague else default)

    def values(self) -> list[Value]:
        """All values that are known to be in it."""
        return [*self.items.values(), *(value for _, value in self.unnamed)]

    def __repr__(self) -> str:
        return f"Mapping({self.items!r}{', …' if self.open else ''})"


class External(Value):
    """Something that is not the project's: a library's module, class, function or constant, by dotted name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"External({self.name})"


class ModuleValue(Value):
    """A module of the project."""

    __slots__ = ("module",)

    def __init__(self, module: Module) -> None:
        self.module = module

    def __repr__(self) -> str:
        return f"ModuleValue({self.module.name})"


class Env:
    """A scope: variables, the enclosing scope, and the module it stands in."""

    __slots__ = ("globals", "is_class", "module", "parent", "stars", "vars")

    def __init__(self, module: Module, parent: Env | None = None, *, is_class: bool = False) -> None:
        self.vars: dict[str, Value] = {}
        self.globals: frozenset[str] = frozenset()
        self.stars: list[str] = []
        self.parent = parent
        self.module = module
        self.is_class = is_class


class FunctionValue(Value):
    """A function of the project with the scope it closes over; `self_value` for a bound method."""

    __slots__ = ("env", "function", "self_value")

    def __init__(self, function: Function, env: Env, self_value: Value | None = None) -> None:
        self.function = function
        self.env = env
        self.self_value = self_value

    def __repr__(self) -> str:
        return f"FunctionValue({self.function.id})"


class LambdaValue(Value):
    """A lambda with the scope it closes over."""

    __slots__ = ("env", "node")

    def __init__(self, node: Lambda, env: Env) -> None:
        self.node = node
        self.env = env

    def __repr__(self) -> str:
        return f"LambdaValue({self.env.module.name}@{self.node.start})"


class ClassValue(Value):
    """A class of the project; its bases and namespace are evaluated when asked for (see `classes`)."""

    __slots__ = ("bases", "cls", "decorations", "env", "events", "mro", "namespace", "overrides")

    def __init__(self, cls: Class, env: Env) -> None:
        self.cls = cls
        self.env = env
        self.bases: list[Value] | None = None
        self.mro: list[Value] | None = None
        self.namespace: Env | None = None
        self.decorations: list[tuple[Value, Span]] = []
        self.events: list[Result] = []
        self.overrides: dict[str, Value] = {}

    def __repr__(self) -> str:
        return f"ClassValue({self.cls.id})"


class Condition:
    """A test under which something happens; `positive` for the branch where it holds. `decided` when the test's
    outcome was known (by assumption, say) and is only noted; `joined` when the other branch goes on to the same
    statements and leaves nothing behind."""

    __slots__ = ("_text", "decided", "expr", "joined", "positive", "span", "value")

    def __init__(self, span: Span, text: str | Expr, positive: bool, value: Value, *, decided: bool = False) -> None:
        self.decided = decided
        self.joined = False
        self.span = span
        self._text = text
        self.expr = None if isinstance(text, str) else text
        self.positive = positive
        self.value = value

    @property
    def text(self) -> str:
        """The test as the source has it, rendered when somebody asks."""
        if not isinstance(self._text, str):
            self._text = unparse(self._text)
        return self._text

    def branch(self, *, first: bool) -> Condition:
        """The same test on the way to the first of what it decides between, or to the other."""
        return Condition(self.span, self.expr or self.text, self.positive == first, self.value)

    def __repr__(self) -> str:
        if self.positive:
            return self.text
        denied = self.expr
        return unparse(denied.operand) if isinstance(denied, UnaryOp) and denied.op == "not" else f"not ({self.text})"


class Instance(Value):
    """An object of a project class. `events` are the calls of methods that a library base class provides; `contents` is
    what it holds, where its class is a dict."""

    __slots__ = ("args", "attrs", "born", "cls", "conditions", "contents", "events", "kwargs", "order", "sets", "span")

    def __init__(self, cls: ClassValue, args: list[Value], kwargs: dict[str, Value], span: Span, order: int) -> None:
        self.cls = cls
        self.args = args
        self.kwargs = kwargs
        self.span = span
        self.order = order
        self.attrs: dict[str, Value] = {}
        self.sets: list[tuple[str, Value, Span]] = []
        self.events: list[Result] = []
        self.conditions: tuple[Condition, ...] = ()
        self.contents: Mapping | None = None
        self.born = Clock.now

    def __repr__(self) -> str:
        return f"Instance({self.cls.cls.id})"


class Result(Value):
    """What a call of something opaque gives: `callee(*args, **kwargs)` at `span`, under `conditions`.

    `events` are the calls made *through* it: of its methods (callee `Attr(result, name)`, dotted for attributes
    of attributes) and of itself (callee is the result: `app.get("/x")(handler)`). `sets` are attributes and items
    assigned to it. `order` numbers the calls of the whole start-up.
    """

    __slots__ = (
        "args",
        "attrs",
        "born",
        "callee",
        "conditions",
        "events",
        "kwargs",
        "node",
        "order",
        "sets",
        "span",
        "starred",
    )

    def __init__(
        self,
        callee: Value,
        args: list[Value],
        kwargs: dict[str, Value],
        span: Span,
        order: int,
        conditions: tuple[Condition, ...],
    ) -> None:
        self.callee = callee
        self.args = args
        self.kwargs = kwargs
        self.span = span
        self.order = order
        self.conditions = conditions
        self.starred = False
        self.born = Clock.now
        self.node: Call | None = None
        self.attrs: dict[str, Value] = {}
        self.sets: list[tuple[str, Value, Span]] = []
        self.events: list[Result] = []

    def __repr__(self) -> str:
        return f"Result({self.callee!r}, {len(self.args)} args, {list(self.kwargs)})"


class Attr(Value):
    """An attribute of something opaque."""

    __slots__ = ("base", "name")

    def __init__(self, base: Value, name: str) -> None:
        self.base = base
        self.name = name

    def __repr__(self) -> str:
        return f"Attr({self.base!r}, {self.name})"


class Subscripted(Value):
    """`base[index]` of something opaque: `Annotated[User, Depends(f)]`."""

    __slots__ = ("base", "index")

    def __init__(self, base: Value, index: list[Value]) -> None:
        self.base = base
        self.index = index

    def __repr__(self) -> str:
        return f"Subscripted({self.base!r}, {self.index!r})"


class Operation(Value):
    """An operator applied to something opaque: `IsOwner | IsAdmin`, `~IsBanned`. `right` is None for a unary one."""

    __slots__ = ("left", "op", "right")

    def __init__(self, left: Value, op: str, right: Value | None) -> None:
        self.left = left
        self.op = op
        self.right = right

    def __repr__(self) -> str:
        return f"Operation({self.left!r} {self.op} {self.right!r})"


class Choice(Value):
    """One of several values, depending on something that the source leaves open: on `test`, where it is known."""

    __slots__ = ("options", "test")

    def __init__(self, options: list[Value], test: Condition | None = None) -> None:
        self.options = options
        self.test = test

    def __repr__(self) -> str:
        return f"Choice({self.options!r})"


class Partial(Value):
    """`functools.partial(func, *args, **kwargs)`."""

    __slots__ = ("args", "func", "kwargs")

    def __init__(self, func: Value, args: list[Value], kwargs: dict[str, Value]) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        return f"Partial({self.func!r})"


class Wrapped(Value):
    """`decorator(inner)`: a function or class with one decorator around it.

    `result` is what the decorator returned when it is the project's own and could be followed (usually the
    `FunctionValue` of its inner `wrapper`), else None. `span` is the decorator's place.
    """

    __slots__ = ("attrs", "decorator", "inner", "result", "span")

    def __init__(self, inner: Value, decorator: Value, span: Span, result: Value | None) -> None:
        self.inner = inner
        self.decorator = decorator
        self.span = span
        self.result = result
        self.attrs: dict[str, Value] = {}

    def __repr__(self) -> str:
        return f"Wrapped({self.inner!r} by {self.decorator!r})"


class Super(Value):
    """`super()` in a method of `after`, on `instance`."""

    __slots__ = ("after", "instance")

    def __init__(self, instance: Value, after: ClassValue) -> None:
        self.instance = instance
        self.after = after


class LazyName(Value):
    """`from module import name`, looked up when used (imports may run in circles)."""

    __slots__ = ("name", "source", "span")

    def __init__(self, source: str, name: str, span: Span) -> None:
        self.source = source
        self.name = name
        self.span = span


class LazyExpr(Value):
    """An expression evaluated when its value is first needed."""

    __slots__ = ("env", "expr")

    def __init__(self, expr: Expr, env: Env) -> None:
        self.expr = expr
        self.env = env


class LazyDef(Value):
    """A decorated function, whose decorators are applied when it is first needed."""

    __slots__ = ("define",)

    def __init__(self, define: Callable[[], Value]) -> None:
        self.define = define


NONE = Known(None)
TRUE = Known(True)
FALSE = Known(False)


def unwrap(value: Value) -> Value:
    """The function or class below all decorators, partials included."""
    while True:
        if type(value) is Wrapped:
            value = value.inner
        elif type(value) is Partial:
            value = value.func
        else:
            return value


def wrappers(value: Value) -> list[Wrapped]:
    """The decorators around a function, outermost first."""
    found = []
    while isinstance(value, (Wrapped, Partial)):
        if isinstance(value, Wrapped):
            found.append(value)
            value = value.inner
        else:
            value = value.func
    return found


def constant(value: Value) -> object:
    """The Python constant behind a value (the default of a setting), or None."""
    while isinstance(value, Setting):
        value = value.default
    return value.value if isinstance(value, Known) else None


def text_of(value: Value) -> str | None:
    """A string value with `{name}` where a part is not known; None when it is no string at all. Of several possible
    ones it is the first that is known to the end, if there is one."""
    if isinstance(value, Setting):
        inner = text_of(value.default)
        return inner if inner is not None else "{" + value.name + "}"
    if isinstance(value, Known):
        return value.value if isinstance(value.value, str) else None
    if isinstance(value, Text):
        return "".join(_part(part) for part in value.parts)
    if isinstance(value, Choice):
        options = sorted(value.options, key=_is_settled, reverse=True)
        return next((text for text in map(text_of, options) if text is not None), None)
    return None


def _is_settled(value: Value) -> bool:
    """Whether a text has no part that is not known."""
    if isinstance(value, Setting):
        return _is_settled(value.default)
    return all(map(_is_settled, value.parts)) if isinstance(value, Text) else isinstance(value, Known)


def _part(value: Value) -> str:
    if isinstance(value, Known):
        return str(value.value)
    text = text_of(value)
    if text is not None:
        return text
    return "{" + (value.text if isinstance(value, Unknown) and value.text else "?") + "}"


def join(values: list[Value], test: Condition | None = None) -> Value:
    """One value out of several possible ones (the first one when `test` holds)."""
    if len(values) == 1:
        return values[0]
    options: list[Value] = []
    for value in values:
        for option in value.options if isinstance(value, Choice) else (value,):
            if type(option) in _COMPARED:
                if any(_is_same(option, other) for other in options):
                    continue
            elif option in options:  # objects are equal to themselves alone
                continue
            options.append(option)
    return options[0] if len(options) == 1 else Choice(options[:8], test)


_COMPARED = frozenset({Known, Under, External, ModuleValue})
"""Of these two objects may be the same value."""


def _is_same(a: Value, b: Value) -> bool:
    if isinstance(a, External):
        return isinstance(b, External) and a.name == b.name
    if isinstance(a, ModuleValue):
        return isinstance(b, ModuleValue) and a.module is b.module
    return isinstance(a, Known) and isinstance(b, Known) and type(a.value) is type(b.value) and a.value == b.value
