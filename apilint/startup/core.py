"""The state of one symbolic start-up, and what its parts may ask of each other."""

from __future__ import annotations

from collections.abc import Callable

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Class, Function, Index, Module
from apilint.startup.values import ClassValue, Condition, Env, FunctionValue, Instance, LazyName, Result, Value

MAX_STEPS = 3_000_000
"""What a whole start-up may take, as a number of statements."""
MAX_ITEMS = 1_000
MAX_LENGTH = 2_000
"""A list that grows beyond this (it is put into itself, say) is open from there on."""


class OutOfBudget(Exception):
    """The start-up of this program is too long to follow to its end."""


class Frame:
    """One running function (or module): what it returned and yielded so far; `when` is what the first return was
    under."""

    __slots__ = ("cls", "function", "returns", "when", "yields")

    def __init__(self, function: Function | None, cls: ClassValue | None = None) -> None:
        self.function = function
        self.cls = cls
        self.returns: list[Value] = []
        self.when: tuple[Condition, ...] = ()
        self.yields: list[Value] = []


FALL, LEAVE, JUMP = "fall", "leave", "jump"


class Extensions:
    """What frameworks teach the machine of their own library, by dotted name.

    `functions` are called like those of `startup.library` (None for "as any other call"); `methods`, by
    `class.method`, get the object first (`class.__init__` is run for each object made); `properties` give
    `class.attribute`; `attributes` names all that a class offers, so that `hasattr` is known for its objects.
    """

    __slots__ = ("attributes", "functions", "methods", "names", "properties")

    def __init__(self) -> None:
        self.functions: dict[str, Callable[[Core, list[Value], dict[str, Value], Span], Value | None]] = {}
        self.methods: dict[str, Callable[[Core, Value, list[Value], dict[str, Value], Span], Value | None]] = {}
        self.properties: dict[str, Callable[[Core, Value, Span], Value | None]] = {}
        self.attributes: dict[str, frozenset[str]] = {}
        self.names: frozenset[str] = frozenset()

    def seal(self) -> None:
        """Note the bare names of the methods and properties, so that others cost nothing."""
        self.names = frozenset(name.rpartition(".")[2] for name in (*self.methods, *self.properties))


class Core:
    """The state of one symbolic start-up. `Machine` gives the operations their bodies."""

    # The moment (`Clock`) from which on objects were made that may be changed; None where all may.
    born: int | None = None
    # Whether `obj.__dict__` is the mapping of its attributes.
    opens_objects = True

    def __init__(self, index: Index) -> None:
        self.index = index
        self.envs: dict[str, Env] = {}
        self.running: set[str] = set()
        self.resolving: set[LazyName] = set()
        self.conditions: tuple[Condition, ...] = ()
        self.loops: tuple[Condition, ...] = ()
        """Loops over what is not known, that run here once in the place of any number of times."""
        self.order = 0
        self.steps = 0
        self.limit = MAX_STEPS
        """How many steps there may have been when what is running now has to be over."""
        self.is_starting = True
        self.is_later = False
        self.stack: list[Function] = []
        self.lambdas: list[int] = []  # those that are being called, by identity
        self.results: list[Result] = []
        self.instances: list[Instance] = []
        self.called: set[Function] = set()
        self.endless: set[Function] = set()
        """Functions that took more than their share once, or very long twice: nobody waits for them again."""
        self.slow: set[Function] = set()
        self.entries: set[Function] = set()
        self.substitutes: dict[str, Value] = {}
        self.extensions = Extensions()
        self.prepared: dict[str, dict[str, Value]] = {}
        self.function_attrs: dict[Function, dict[str, Value]] = {}
        self.classes: dict[tuple[str, int], ClassValue] = {}
        self.mains: list[tuple[Module, f.If]] = []
        self.memo: dict[tuple[Function, int], Value] = {}
        self.cut_short: list[Span] = []

    def class_value(self, cls: Class) -> ClassValue | None:
        """What a class of the project has become, if its statement has been run."""
        return self.classes.get((cls.module.file, cls.index))

    def may_change(self, value: Value) -> bool:
        """Whether a list, a dict or an object may be changed: a run of one function leaves alone what others share."""
        return self.born is None or getattr(value, "born", -1) >= self.born

    def run_module(self, module: Module) -> Env:
        """The module's scope, run to its end."""
        raise NotImplementedError

    def run_block(self, statements: tuple[f.Stmt, ...], env: Env, frame: Frame) -> str | Condition:
        """Run statements in order."""
        raise NotImplementedError

    def lookup_in_module(self, module: Module, name: str) -> Value | None:
        """A module's attribute."""
        raise NotImplementedError

    def resolve_dotted(self, dotted: str, near: str = "", span: Span | None = None) -> Value:
        """A value from its dotted path."""
        raise NotImplementedError

    def external(self, name: str) -> Value:
        """A library's name."""
        raise NotImplementedError

    def force(self, value: Value, env: Env | None = None, name: str = "") -> Value:
        """Look up lazy names and evaluate lazy expressions."""
        raise NotImplementedError

    def lookup(self, name: str, env: Env, span: Span | None = None) -> Value:
        """What a bare name means in a scope."""
        raise NotImplementedError

    def evaluate(self, expr: f.Expr, env: Env) -> Value:
        """The value of an expression in a scope."""
        raise NotImplementedError

    def bind(self, target: f.Expr, value: Value, env: Env) -> None:
        """Bind a target (name, attribute, item, tuple) to a value."""
        raise NotImplementedError

    def attribute(self, base: Value, name: str, span: Span) -> Value:
        """`base.name`."""
        raise NotImplementedError

    def call(self, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """`callee(*args, **kwargs)`."""
        raise NotImplementedError

    def call_within(self, callee: Value, args: list[Value], span: Span) -> None:
        """Call something that the application runs later, within a budget of its own."""
        raise NotImplementedError

    def call_function(self, callee: FunctionValue, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value:
        """A call of a project function."""
        raise NotImplementedError

    def next_order(self) -> int:
        """The number of the next recorded call."""
        self.order += 1
        return self.order
