"""Value -> who decides what it holds: the caller of a route, somebody who calls the function, or the program itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apilint import facts as f
from apilint.checks import vouching
from apilint.checks.callers import MAX_CALLERS, Callers
from apilint.checks.names import Names
from apilint.facts import Span
from apilint.flow import Call, Checked, Derived, Element, Input, Number, Returned, env_of
from apilint.flow.narrowing import last_name
from apilint.frameworks import fields, inputs, kinds
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    LambdaValue,
    ModuleValue,
    Operation,
    Result,
    Seq,
    Setting,
    Subscripted,
    Text,
    Unknown,
    Value,
    constant,
    join,
    unwrap,
)
from apilint.startup.values import (
    Mapping as MappingValue,
)
from apilint.unparse import unparse

_OPENS = {vouching.PATH: "/", "markup": "<"}
_KEYS = "keys()"
"""In a chain of attributes: the keys of what stands before it."""
_EACH = "?each"
"""In such a chain: what a loop over that gives, the items of a list and the keys of a dict."""
_IS_READ = "is read from the request"
REQUEST, DERIVED, ARGUMENT, LOCAL = "request", "derived", "argument", "local"
RANKS = (REQUEST, DERIVED, ARGUMENT, LOCAL)

MAX_CALLS_DEEP = 5
# What the program's own description of its data is read from; nobody outside writes it.
_METADATA = frozenset(
    {"__tablename__", "__table__", "_meta", "__name__", "__class__", "__qualname__", "__module__", "__table_args__"}
)
# Methods that give back (part of) the text of the object that they are called on, or something out of it.
_HANDS_ON = frozenset(
    """
    strip lstrip rstrip replace format join lower upper title capitalize casefold split rsplit splitlines partition
    rpartition encode decode removeprefix removesuffix translate get getlist get_list getall pop copy items keys values
    json form body read text get_secret_value dict to_dict model_dump get_json get_data params as_posix isoformat group
    setdefault
    """.split()
)
_NAMES_ITS_OWN = frozenset({"dict", "model_dump", "asdict", "to_dict", "__dict__"})
_NUMBERS = frozenset({"count", "index", "find", "__len__", "timestamp", "bit_length", "fileno", "toordinal"})
# What a database answers was written by somebody, and not by whoever says which database or which row it is.
_ROWS = frozenset({"execute", "exec_driver_sql", "fetchall", "fetchone", "fetchmany", "scalars"})
_OPENS_FILE = frozenset(
    {"builtins.open", "io.open", "gzip.open", "bz2.open", "pathlib.Path.open", "pathlib.Path.read_text"}
)
_UPLOADED = regex(r"(?i)file|upload|attachment")
_CASTS = frozenset({"builtins.int", "builtins.float", "builtins.bool", "uuid.UUID"})


class Origin(msgspec.Struct, frozen=True):
    """Where a value comes from. `kind` is

    - `request`: the caller of a route chooses it;
    - `derived`: it was computed of such a value by something that is not known;
    - `argument`: whoever calls the function chooses it, and who that is stays open;
    - `local`: the program found it somewhere: in a table, in its own state, in a call's result.

    `what` is what the source calls it; `steps` lead from there to here; `route` names the route, where there is one.
    """

    kind: str
    what: str
    steps: tuple[Step, ...] = ()
    route: str = ""

    @property
    def rank(self) -> int:
        """0 for what is worst."""
        return RANKS.index(self.kind)


def proof_of(origin: Origin, standing: str = "") -> str:
    """In words who decides a value, and where it stands: ` and stands between quotes`."""
    if origin.kind == REQUEST:
        whose = f"the caller of '{origin.route}'" if origin.route else "the request"
        return f"It comes from {whose}{standing}."
    if origin.kind == DERIVED:
        return f"It is made of what the caller sends{standing}."
    if origin.kind == ARGUMENT:
        return f"It is an argument that nothing checks{standing}."
    return f"Nothing says what it can hold{standing}."


Work = Callable[[], "Origin | None"]


class _Answers:
    """What was found out, by key. What was cut short at some depth of calls holds for that depth only: otherwise an
    answer would depend on what was asked before."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Origin | None] = {}
        self.is_cut = False
        """Whether the answer that is being worked out has been cut short."""

    def of(self, key: Hashable, depth: int, meanwhile: Origin | None, work: Work) -> Origin | None:
        """The answer, worked out unless it is known; `meanwhile` stands for it while it is being worked out."""
        known = self._known
        if key in known:
            return known[key]
        if (key, depth) in known:
            self.is_cut = True
            return known[key, depth]
        outer, self.is_cut = self.is_cut, False
        known[key] = meanwhile
        found = work()
        if self.is_cut:
            del known[key]
            known[key, depth] = found
        else:
            known[key] = found
        self.is_cut = self.is_cut or outer
        return found


class Origins:
    """Judges the values of one project. `purpose` is what a sanitizer must be good for (`sql`, `path`)."""

    def __init__(
        self,
        project: Project,
        names: Names,
        purpose: str,
        quoting: Sequence[str] = (),
        *,
        sources: Sequence[str] = (),
        safe: Sequence[str] = (),
    ) -> None:
        """`quoting` are the names of functions that quote; `sources` what is asked for in the place of what callers
        send (`request` among them for that as well), `safe` what makes a value harmless beside the models' sanitizers.
        Both may name functions of the project."""
        sections = project.knowledge.sections
        self._project = project
        self._machine = project.program.machine
        self._names = names
        self._purpose = purpose
        self._sources: Mapping[str, Any] = sections.get("sources", {})
        self._sanitizers: Mapping[str, Any] = sections.get("sanitizers", {})
        self._safe = {
            name for name, entry in self._sanitizers.items() if purpose in entry["for"] or "any" in entry["for"]
        } | set(safe)
        self.passes: Mapping[str, Any] = {
            name: entry for name, entry in sections.get("passes", {}).items() if name not in self._safe
        }
        self._safe_words = {name.rpartition(".")[2] for name in self._safe}
        self._asks_callers = not sources or "request" in sources
        if sources:
            own = {name: {"calls": True, "value": True} for name in sources if name != "request"}
            self._sources = {**(self._sources if self._asks_callers else {}), **own}
        self._quoting = frozenset(quoting)
        self._read = frozenset(
            name
            for entry in self._sources.values()
            if isinstance(entry, dict)
            for key in ("attributes", "calls")
            for name in _listed(entry, key)
        )
        self._handed_in: dict[Function, Mapping[str, str] | None] = {}
        self.callers = project.once(Callers, lambda: Callers(project, names))
        self._answers = _Answers()
        self.deciding: Callable[[Value], Sequence[Value]] | None = None
        """The parts of a text that matter to the purpose, for what callers put together: of an address those that say
        which server is meant."""
        self._judged: dict[int, Value] = {}
        """What was judged lives on, so that no other value takes over its identity."""

    # -------------------------------------------------------------------- values

    def of(self, value: Value, depth: int = 0) -> Origin | None:
        """Who decides what a value holds; None where nobody but the programmer does."""
        if isinstance(value, Known):
            return None
        self._judged.setdefault(id(value), value)
        # A value that holds itself adds nothing to what it holds.
        return self._answers.of(id(value), depth, None, lambda: self._judge(unwrap(value), depth))

    def of_keys(self, value: Value) -> Origin | None:
        """Who decides what the keys of a dict are: not of what its values are made."""
        value = unwrap(value)
        element = value.sources[0] if isinstance(value, Element) and value.role == "element" else None
        if isinstance(value, Input):
            return self._of_argument(value, (_KEYS,), 0)
        if isinstance(element, Input):
            return self._of_argument(element, (_EACH, _KEYS), 0)
        return self.of(value)

    def _judge(self, value: Value, depth: int) -> Origin | None:
        if isinstance(value, (Known, Number, FunctionValue, ClassValue, LambdaValue, ModuleValue, External, Setting)):
            return self._of_library(value) if isinstance(value, External) else None
        if isinstance(value, Choice):
            return self._worst(value.options, depth)
        if isinstance(value, Text):
            return self._worst(self._climbing(value.parts), depth)
        if isinstance(value, (Seq, MappingValue)):
            return self._worst(value.items if isinstance(value, Seq) else value.values(), depth)
        if isinstance(value, Operation):
            return self._of_operation(value, depth)
        if isinstance(value, Checked):
            return self._of_checked(value, depth)
        if isinstance(value, Input):
            return self._of_argument(value, (), depth)
        if isinstance(value, Element):
            return self._of_element(value, depth)
        if isinstance(value, Returned) and value.function.dotted in self._safe:
            return None
        if isinstance(value, Returned) and value.function.dotted in self._sources:
            return self._from_request(f"{value.function.name}()", value)
        if isinstance(value, Result):
            return self._of_result(value, depth)
        if isinstance(value, (Attr, Subscripted)):
            return self._of_path(value, depth)
        if isinstance(value, Derived):
            return self._of_derived(value, depth)
        if isinstance(value, Instance):
            return self._of_instance(value)
        return Origin(LOCAL, value.text or value.reason if isinstance(value, Unknown) else "a value")

    def _climbing(self, parts: list[Value]) -> list[Value]:
        """The parts of a text that can lead a path to another folder: not those without dots that only end a name."""
        begun = constant(parts[0]) if self._purpose == vouching.PATH and parts else None
        if not isinstance(begun, str) or begun.endswith(("/", "\\")):
            return parts
        return [part for part in parts if not _is_without_dots(part)]

    def _worst(self, values: Sequence[Value], depth: int) -> Origin | None:
        found = [origin for origin in (self.of(value, depth) for value in values[:20]) if origin is not None]
        return min(found, key=lambda origin: origin.rank) if found else None

    def _of_operation(self, value: Operation, depth: int) -> Origin | None:
        if value.op in "+%|" and value.right is not None:
            return self._worst([value.left, value.right], depth)
        if value.op == "/" and value.right is not None and self._is_path(value.left):
            return self._worst([value.left, value.right], depth)
        return self.of(value.left, depth) if value.op == "*" and isinstance(value.left, (Seq, Text)) else None

    def _is_path(self, value: Value) -> bool:
        """Whether `value / part` is a path."""
        return self._purpose == vouching.PATH or any(name.startswith("pathlib.") for name in self._names.types(value))

    def _of_checked(self, value: Checked, depth: int) -> Origin | None:
        """What passed a test is harmless; what passed one that only sounds like it may be. A list that a caller fills
        allows everything."""
        verdict = vouching.judge(value.expr, self._purpose)
        if verdict == vouching.SAFE:
            listed = self.of(value.against, depth) if value.against is not None else None
            return self.of(value.sources[0], depth) if listed is not None and listed.kind == REQUEST else None
        origin = self.of(value.sources[0], depth)
        if origin is None or verdict == vouching.NOTHING:
            return origin
        kind = LOCAL if verdict == vouching.PERHAPS or origin.kind == LOCAL else DERIVED
        return Origin(kind, origin.what, origin.steps, origin.route)

    def _of_element(self, value: Element, depth: int) -> Origin | None:
        """Keys of `**kwargs` and of an object's fields are names that the program gave."""
        source = value.sources[0]
        if value.role == "key":
            if isinstance(source, Input) and source.param.kind == "kwargs":
                return Origin(LOCAL, value.text)
            if isinstance(source, Derived) and last_name(source.expr) in _NAMES_ITS_OWN and _is_object(source):
                return None
            if isinstance(source, Input):
                origin = self._of_argument(source, (_KEYS,), depth)
            else:
                is_dict = isinstance(unwrap(source), (Choice, MappingValue))
                origin = self.of(self._select(source, (_KEYS,)) if is_dict else source, depth)
            return Origin(LOCAL, origin.what) if origin is not None and origin.kind == ARGUMENT else origin
        root, steps = trail(value)
        if (
            isinstance(root, Input)
            and root.function is not None
            and len(steps) > 1
            and self.handler(root.function) is None
        ):
            return self._of_argument(root, tuple(steps), depth)  # it may be a dict: then only its keys
        return self.of(source, depth)

    def _of_instance(self, value: Instance) -> Origin | None:
        kind = kinds.kind_of(self._machine, value.cls)
        return None if kind == kinds.FIXED else Origin(LOCAL, f"{value.cls.cls.name}()")

    # ------------------------------------------------------------------ libraries

    def _of_library(self, value: External, steps: Sequence[str] = ()) -> Origin | None:
        name = value.name
        for source, entry in self._sources.items():
            if (entry is True or (isinstance(entry, dict) and entry.get("value"))) and (
                name == source or name.startswith(f"{source}.")
            ):
                what = ".".join((name.partition(".")[2] or name, *_named(steps)))
                return self._from_request(what, None)
        return None

    def _of_result(self, value: Result, depth: int) -> Origin | None:
        names = list(self._names.of(value.callee))
        for name in names:
            if name in self._safe or (name.rpartition(".")[2] in self._quoting and name not in self._sanitizers):
                return None
            entry = self._sources.get(name)
            if isinstance(entry, dict) and entry.get("calls") is True:
                return self._from_request(f"{name.rpartition('.')[2]}()", value)
            position = self.passes.get(name)
            if position in ("all", "joined"):
                return self._worst([*value.args, *value.kwargs.values()], depth)
            if position == "self":
                receiver = [value.callee.base] if isinstance(value.callee, Attr) else []
                return self._worst([*receiver, *value.args], depth)
            if position is not None:
                return self.of(value.args[position], depth) if position < len(value.args) else None
        if _is_cast(value.kwargs.get("type")) or any(map(_is_cast, value.args[2:])):
            return None  # request.args.get("page", 1, type=int)
        callee = value.callee
        method = callee.name.rpartition(".")[2] if isinstance(callee, (Attr, External)) else ""
        if (method in self._quoting and not any(name in self._sanitizers for name in names)) or method in _NUMBERS:
            return None
        if method == "replace" and value.args and self._opens(constant(value.args[0])):
            return None
        if method in _ROWS:
            return Origin(LOCAL, f"{method}()")
        base = callee.base if isinstance(callee, Attr) else callee
        origin = self.of(base, depth) if not isinstance(base, Instance) or method in _HANDS_ON else None
        if isinstance(callee, Attr) and isinstance(base, (Instance, Result)):
            origin = self._read_from_request(value) or origin
        if origin is not None and origin.kind == REQUEST:
            origin = _read_at(origin, value.span)
            return origin if method in _HANDS_ON or isinstance(callee, External) else _weaker(origin)
        handed = self._worst([*value.args, *value.kwargs.values()], depth)
        if handed is not None and handed.kind in (REQUEST, DERIVED):
            if not _OPENS_FILE.isdisjoint(names) and not _UPLOADED.search(handed.what):
                return Origin(LOCAL, "what is in a file")  # whoever names a file, did not write it
            return _weaker(handed)
        name = names[0] if names else method
        return None if name.rpartition(".")[2][:1].isupper() and not value.args else Origin(LOCAL, f"{name}()")

    # ---------------------------------------------------------------------- paths

    def _of_path(self, value: Attr | Subscripted, depth: int) -> Origin | None:
        request = self._read_from_request(value)
        if request is not None:
            return _weaker(request) if self._is_put_there(value) else request
        root, steps = trail(value)
        if not _METADATA.isdisjoint(steps) or self._is_safe_part(value, steps):
            return None
        if isinstance(root, External):
            return self._of_library(root, steps)
        if isinstance(root, Result):
            return self._of_result(root, depth)
        if isinstance(root, Input):
            return self._of_argument(root, tuple(steps), depth)
        if isinstance(root, Instance):
            return Origin(LOCAL, ".".join(("self", *steps)))
        return self.of(root, depth)

    def _is_put_there(self, value: Value) -> bool:
        """Whether a path stands in the request under a key that the program works out, `form["file." + SUFFIX]`: what
        takes uploads in front of it writes there where it has put them."""
        if self._purpose != vouching.PATH or not isinstance(value, Subscripted) or not value.index:
            return False
        key = value.index[0]
        if constant(key) is not None or not isinstance(key, (Operation, Text, Derived)):
            return False
        origin = self.of(key)
        return origin is None or origin.kind == LOCAL

    def _is_safe_part(self, value: Value, steps: Sequence[str]) -> bool:
        """Whether an attribute is one that holds nothing harmful: `name` of a `Path`."""
        if not steps or steps[-1] not in self._safe_words:
            return False
        return any(name in self._safe for name in self._names.of(value))

    def _of_derived(self, value: Derived, depth: int) -> Origin | None:
        request = self._read_from_request(value)
        if request is not None:
            return request
        expr, sources = value.expr, value.sources
        if isinstance(expr, (f.Compare, f.UnaryOp)):
            return None
        if isinstance(expr, f.BinOp):
            is_joined = expr.op in "+%|" or (expr.op == "/" and self._purpose == vouching.PATH)
            return self._worst(sources, depth) if is_joined else None
        if isinstance(expr, f.Call):
            return self._of_call(value, expr, depth)
        root, steps = trail(value)
        if not _METADATA.isdisjoint(steps) or self._is_safe_part(value, steps):
            return None
        if isinstance(root, Input):
            return self._of_argument(root, tuple(steps), depth)
        if isinstance(root, Instance):
            return Origin(LOCAL, ".".join(("self", *steps)))
        if isinstance(expr, (f.Attribute, f.Subscript)) and sources:
            return self.of(sources[0], depth)
        return self._worst(sources, depth)

    def _of_call(self, value: Derived, expr: f.Call, depth: int) -> Origin | None:
        """The result of a call that was not followed: a method of something unknown, or something unknown itself."""
        name, sources = last_name(expr.func), value.sources
        if name in self._quoting or name in _NUMBERS or any(known in self._safe for known in self._names.types(value)):
            return None
        if _has_cast(expr):
            return None
        if isinstance(expr.func, f.Attribute):
            if name in _ROWS:
                return Origin(LOCAL, f"{name}()")
            receiver = self.of(sources[0], depth) if sources else None
            if name == "replace" and self._opens(_replaced(expr)):
                return None
            if name in _HANDS_ON:
                others = (
                    sources[1:] if name in ("replace", "join") or (name == "format" and _has_gaps(sources[0])) else ()
                )
                return self._worst_of(receiver, self._worst(others, depth))
            sources = sources[1:]
        else:
            receiver = None
        handed = self._worst(sources, depth)
        worst = self._worst_of(receiver, handed)
        if worst is not None and worst.kind in (REQUEST, DERIVED):
            return _weaker(worst)
        return Origin(LOCAL, value.text or f"{name}()")

    def _opens(self, replaced: object) -> bool:
        """Whether a text that is replaced is what a value needs to do harm: `/` in a path, `<` in a page."""
        return replaced is not None and replaced == _OPENS.get(self._purpose)

    def _worst_of(self, first: Origin | None, second: Origin | None) -> Origin | None:
        if first is None or second is None:
            return first or second
        return first if first.rank <= second.rank else second

    # -------------------------------------------------------------------- requests

    def _read_from_request(self, value: Value) -> Origin | None:
        """`request.args`, `self.request.GET["q"]`, `await request.json()`: by type, or by the name of the object."""
        root, steps = trail(value)
        if _has_cast_at_end(value):
            return None
        if isinstance(root, Input):
            if not steps:
                return None
            for name in self._names.types(root):
                entry = self._sources.get(name)
                if isinstance(entry, dict):
                    return self._from_request(_shown(root, steps), value) if _reads(entry, steps[0]) else None
            if root.param.name in ("request", "req") and steps[0] in self._read and root.annotation is None:
                return self._from_request(_shown(root, steps), value)
        if isinstance(root, Instance) and len(steps) > 1:
            return self._read_from_object(root, steps, value)
        if isinstance(root, External):
            return self._of_library(root, steps)
        return None

    def _read_from_object(self, root: Instance, steps: Sequence[str], value: Value) -> Origin | None:
        """`self.request.GET`, `self.kwargs["name"]` of a view, `serializer.validated_data["name"]`."""
        if steps[0] == "request":
            return self._from_request(_own(steps), value) if steps[1] in self._read else None
        if steps[0] == "kwargs":
            views = self._project.once("views", lambda: inputs.of_views(self._project.endpoints))
            is_free = views.get(root.cls.cls, {}).get(_key(steps)) == kinds.TEXT
            return self._from_request(_own(steps), value) if is_free else None
        for name in self._names.types(root):
            entry = self._sources.get(name)
            if isinstance(entry, dict) and _reads(entry, steps[0]):
                is_text = fields.kind_in_serializer(self._machine, root.cls, _key(steps)) == kinds.TEXT
                return self._from_request(_own(steps), value) if is_text else None
        return None

    def _from_request(self, what: str, value: Value | None) -> Origin:
        span = value.span if isinstance(value, (Unknown, Result)) else None
        if span is None and value is not None:
            root = trail(value)[0]
            if isinstance(root, Input) and root.function is not None:
                span = read_at(root.function, what)
            span = span or (root.span if isinstance(root, Unknown) else None)
        steps = (read_step(span, what),) if span is not None and span.file else ()
        return Origin(REQUEST, what, steps)

    # ------------------------------------------------------------------- arguments

    def _of_argument(self, value: Input, steps: tuple[str, ...], depth: int) -> Origin | None:
        function = value.function
        if function is None or kinds.kind_of(self._machine, value.annotation) == kinds.FIXED:
            return None
        if self._purpose == vouching.PATH and _is_content(value):
            return None
        if not _METADATA.isdisjoint(steps):
            return None
        if not _ROWS.isdisjoint(steps):
            return Origin(LOCAL, _shown(value, steps))
        if depth >= MAX_CALLS_DEEP:
            self._answers.is_cut = True
            return Origin(LOCAL, _shown(value, steps))  # whoever passes it, was not asked
        key = (function, value.param.name, steps)
        itself = Origin(LOCAL, _shown(value, steps))  # for a function that calls itself
        return self._answers.of(key, depth, itself, lambda: self._judge_argument(value, function, steps, depth))

    def _judge_argument(self, value: Input, function: Function, steps: tuple[str, ...], depth: int) -> Origin | None:
        handler = self.handler(function)
        if handler is not None:
            if self._purpose in (vouching.PATH, vouching.REDIRECT) and value.param.name in self._segments(function):
                return None
            return self._of_handler(value, function, steps, handler, depth)
        if fields.kind_of_field(self._machine, value.annotation, _plain(steps)) == kinds.FIXED:
            return None
        origins = [self._passed(caller, call, value, steps, depth) for caller, call in self.callers.of(function)]
        found = [origin for origin in origins if origin is not None]
        is_open = function in self.callers.maybe or function in self.callers.endless
        if found and (found[0].kind != LOCAL or not is_open):
            return min(found, key=lambda origin: origin.rank)
        if origins and not is_open:
            return None
        if not origins and not is_open and self.callers.only_constants(function, value.param.name):
            return None
        if function in self.callers.maybe and function not in self.callers.endless:
            return self._perhaps(value, function, steps, depth)
        step = Step(value.span, f"'{value.param.name}' is an argument of '{function.name}'") if value.span else None
        is_number = isinstance(value.param.default, f.Constant) and type(value.param.default.value) in (int, float)
        kind = ARGUMENT if not steps and not is_number else LOCAL
        return Origin(kind, _shown(value, steps), (step,) if step is not None else ())

    def _perhaps(self, value: Input, function: Function, steps: tuple[str, ...], depth: int) -> Origin:
        """What those pass who may be callers of a function, where those who surely are pass nothing of a caller's."""
        maybe = [
            self._passed(caller, call, value, steps, depth)
            for caller, call in self.callers.maybe[function][:MAX_CALLERS]
        ]
        found = [origin for origin in maybe if origin is not None and origin.kind in (REQUEST, DERIVED)]
        if found and self.callers.count(function.name) == 1:
            return _weaker(found[0])
        is_argument = any(origin is not None and origin.kind == ARGUMENT for origin in maybe)
        return Origin(ARGUMENT if is_argument and not steps else LOCAL, _shown(value, steps))

    def _of_handler(
        self,
        value: Input,
        function: Function,
        steps: tuple[str, ...],
        handed: Mapping[str, str],
        depth: int,
    ) -> Origin | None:
        """What a route's caller puts into a parameter of its handler."""
        kind = handed.get(value.param.name, kinds.SERVER) if self._asks_callers else kinds.SERVER
        if kind == kinds.FIXED or (
            kind == kinds.OBJECT and fields.kind_of_field(self._machine, value.annotation, _plain(steps)) == kinds.FIXED
        ):
            return None
        what = _shown(value, steps)
        if kind == kinds.TEXT or (kind == kinds.OBJECT and steps):
            route = self._route_of(function)
            message = f"'{what}' comes from the caller of {route}" if route else f"'{what}' comes from the caller"
            return Origin(REQUEST, what, (Step(value.span, message),) if value.span else (), route)
        provided = None
        if kind == kinds.SERVER:
            provided = self._provided(value, function, steps, depth) or self._wrapped(value, function, steps, depth)
        return provided or Origin(LOCAL, what)

    def _wrapped(self, value: Input, function: Function, steps: tuple[str, ...], depth: int) -> Origin | None:
        """What a decorator of the project passes to a handler, where that is the caller's text as it came."""
        for caller, call in self.callers.in_wrappers(function):
            origin = self._passed(caller, call, value, steps, depth)
            if origin is not None and origin.kind == REQUEST:
                return origin
        return None

    def _provided(self, value: Input, function: Function, steps: tuple[str, ...], depth: int) -> Origin | None:
        """What the function that a handler depends on returns, where that is the caller's text as it came."""
        target = FunctionValue(function, env_of(self._machine, function))
        provider = inputs.provider(self._project.program, target, value.param.name)
        if provider is None:
            return None
        if depth >= MAX_CALLS_DEEP:
            self._answers.is_cut = True
            return None
        for returned, node in self._project.trace(provider).returned:
            origin = self.of(self._select(returned, steps), depth + 1)
            if origin is not None and origin.kind == REQUEST:
                span = provider.module.span(node.start, node.end)
                step = Step(span, f"'{provider.name}' hands it to '{function.name}'")
                return Origin(REQUEST, origin.what, (*origin.steps, step), origin.route)
        return None

    def handler(self, function: Function) -> Mapping[str, str] | None:
        """What the caller of the route that a function answers (or runs before) puts into each of its parameters; None
        for a function that no route runs."""
        if function not in self._handed_in:
            self._handed_in[function] = self._find_handler(function)
        return self._handed_in[function]

    def _segments(self, function: Function) -> set[str]:
        """The parameters that hold no slash in any of the routes that a function answers."""
        found = [inputs.segments(route) for route in self._project.endpoints_of(function)]
        return set.intersection(*found) if found else set()

    def _route_of(self, function: Function) -> str:
        """What the route is called that a function answers; empty for one that runs before the handler."""
        if not self._project.endpoints_of(function):
            return ""
        route = self._project.routes_of(function)[0]
        return f"{'/'.join(route.methods) or 'ANY'} {route.path}"

    def _find_handler(self, function: Function) -> Mapping[str, str] | None:
        program = self._project.program
        endpoints = self._project.endpoints_of(function)
        if endpoints:
            return inputs.handed_in_at(program, endpoints[0], lambda: self._project.routes_of(function)[0])
        if not function.head.params:
            return None
        target = FunctionValue(function, env_of(self._machine, function))
        if function in self._project.once("providers", lambda: inputs.providers(program, self._project.endpoints)):
            return inputs.handed_to_provider(program, target)
        return inputs.injected(program, target) or None

    def _passed(self, caller: Function, call: Call, value: Input, steps: tuple[str, ...], depth: int) -> Origin | None:
        """Where the argument of one call comes from."""
        given = argument_of(call, value)
        if given is None:
            return None
        selected = self._select(given, steps)
        origin = self._worst(self.deciding(selected) if self.deciding is not None else [selected], depth + 1)
        if origin is None or origin.kind == LOCAL:
            return origin
        step = Step(call.span, f"'{caller.name}' passes it to '{value.function.name if value.function else '?'}'")
        return Origin(origin.kind, origin.what, (*origin.steps, step), origin.route)

    def _select(self, value: Value, steps: tuple[str, ...]) -> Value:
        """`value.a.b` for the steps `a`, `b`."""
        for step in steps:
            value = unwrap(value)
            if isinstance(value, Choice):
                value = join([self._select(option, (step,)) for option in value.options])
            elif isinstance(value, MappingValue) and step == _KEYS:
                value = Seq("list", [inner if key is None else key for key, inner in value.unnamed])
            elif step == _EACH and isinstance(value, MappingValue):
                value = join([Known(None) if key is None else key for key, _ in value.unnamed] or [Known(None)])
            elif step in ("?", _EACH) and isinstance(value, (Seq, MappingValue)):
                value = join(list(value.items if isinstance(value, Seq) else value.values()) or [value])
            elif isinstance(value, MappingValue):
                value = value.items.get(step, Unknown("a key that is not known"))
            elif isinstance(value, Instance) and step in value.attrs:
                value = value.attrs[step]
            elif isinstance(value, (Attr, Subscripted, Result, External, Instance)):
                value = Attr(value, step)
            elif isinstance(value, Unknown):
                expr = f.Attribute(0, 0, f.Opaque(0, 0), step)
                value = Derived(value.reason, value.span, f"{value.text}.{step}", expr, [value])
        return value


def read_step(span: Span, what: str) -> Step:
    """The step of a trace that reads something from the request."""
    return Step(span, f"'{what}' {_IS_READ}")


def read_at(function: Function, what: str) -> Span | None:
    """Where a function's body has that chain of attributes, or the longest beginning of it: `request.args` of
    `request.args.name`."""
    parts, found = what.split("."), None
    for node in function.nodes(f.Attribute):
        written = unparse(node).split(".")
        if len(written) > len(found or ("",)) and written == parts[: len(written)]:
            found, span = written, function.module.span(node.start, node.end)
    return span if found is not None else None


def read_in(function: Function, origin: Origin) -> Iterator[Step]:
    """Where a function reads something from the request, for an origin that does not know."""
    span = read_at(function, origin.what) if origin.kind in (REQUEST, DERIVED) else None
    if span is not None:
        yield read_step(span, origin.what)


def argument_of(call: Call, value: Input) -> Value | None:
    """What a call passes for a parameter; None where the default is taken."""
    param, function = value.param, value.function
    if function is None:
        return None
    if param.name in call.kwargs:
        return call.kwargs[param.name]
    params = [each for each in function.head.params if each.kind in ("plain", "positional")]
    if params and params[0].name in ("self", "cls") and function.owner is not None:
        params = params[1:]
    if param.kind == "args":
        rest = call.args[len(params) :]
        return Seq("tuple", rest) if rest else None
    if param.kind == "kwargs":
        given = MappingValue(dict(call.kwargs.items()))
        for splat in call.splats:
            if not isinstance(splat, MappingValue):
                given.put(None, splat)
        return given if given.items or given.unnamed else None
    for position, each in enumerate(params):
        if each.name == param.name:
            if position < len(call.args):
                return call.args[position]
            break
    if any(isinstance(arg, f.Starred) for arg in call.node.args) or any(k.name is None for k in call.node.keywords):
        return Unknown("an argument that a star brings in", call.span, param.name)
    return None


def trail(value: Value) -> tuple[Value, list[str]]:
    """What a chain of attributes, items and handed-on calls hangs on, and the names along it."""
    steps: list[str] = []
    while True:
        if isinstance(value, Attr):
            steps.append(value.name)
            value = value.base
        elif isinstance(value, Subscripted):
            key = constant(value.index[0]) if value.index else None
            steps.append(str(key) if key is not None else "?")
            value = value.base
        elif isinstance(value, Result) and isinstance(value.callee, Attr):
            value = value.callee
        elif isinstance(value, Element) and value.role == "element":
            steps.append(_EACH)
            value = value.sources[0]
        elif isinstance(value, Derived) and value.sources and not isinstance(value, (Element, Checked, Number)):
            expr = value.expr
            if isinstance(expr, f.Attribute):
                steps.append(expr.attr)
            elif isinstance(expr, f.Subscript):
                key = constant(value.sources[1]) if len(value.sources) > 1 else None
                steps.append(str(key) if key is not None else "?")
            elif isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute):
                steps.append(expr.func.attr)
            else:
                break
            value = value.sources[0]
        else:
            break
        value = unwrap(value)
    return value, [step.removeprefix("super.") for step in reversed(steps)]


def _plain(steps: Sequence[str]) -> tuple[str, ...]:
    """A chain with one word for any item, however it is taken."""
    return tuple("?" if step == _EACH else step for step in steps)


def _reads(entry: Mapping[str, Any], step: str) -> bool:
    return any(step in _listed(entry, key) for key in ("attributes", "calls"))


def _listed(entry: Mapping[str, Any], key: str) -> Sequence[str]:
    found = entry.get(key)
    return found if isinstance(found, (list, tuple)) else ()


def _shown(value: Input, steps: Sequence[str]) -> str:
    return ".".join((value.param.name, *_named(steps)))


def _named(steps: Sequence[str]) -> list[str]:
    return [step for step in steps if re.fullmatch(r"\w+", step) and step not in ("get", "strip")]


def _read_at(origin: Origin, span: Span | None) -> Origin:
    """The same, read at a call: `request.GET.get("q")` says more than the name of the parameter."""
    if span is None or not span.file or len(origin.steps) != 1 or not origin.steps[0].message.endswith(_IS_READ):
        return origin
    return msgspec.structs.replace(origin, steps=(Step(span, origin.steps[0].message),))


def _own(steps: Sequence[str]) -> str:
    return ".".join(("self", *(step for step in steps if step not in ("get", _EACH))))


def _key(steps: Sequence[str]) -> str:
    """The item that is taken: `name` of `kwargs["name"]` and of `kwargs.get("name")`."""
    return steps[2] if steps[1] == "get" and len(steps) > 2 else steps[1]


def _weaker(origin: Origin) -> Origin:
    return Origin(DERIVED, origin.what, origin.steps, origin.route)


def _is_cast(value: Value | None) -> bool:
    return isinstance(value, External) and value.name in _CASTS


def _has_cast(expr: f.Call) -> bool:
    """`get("page", type=int)`."""
    return any(
        keyword.name == "type" and isinstance(keyword.value, f.Name) and keyword.value.id in ("int", "float", "bool")
        for keyword in expr.keywords
    )


def _is_without_dots(value: Value) -> bool:
    """`extension.replace(".", "")`: neither `..` nor another one's suffix."""
    value = unwrap(value)
    if isinstance(value, Result) and isinstance(value.callee, Attr):
        return value.callee.name == "replace" and [constant(arg) for arg in value.args] == [".", ""]
    expr = value.expr if isinstance(value, Derived) else None
    if not isinstance(expr, f.Call) or last_name(expr.func) != "replace":
        return False
    return [arg.value if isinstance(arg, f.Constant) else None for arg in expr.args] == [".", ""]


def _has_gaps(value: Value) -> bool:
    """Whether there may be a `{}` in a text, into which `format` puts what it is given."""
    while isinstance(value, Checked):
        value = value.sources[0]
    return not isinstance(value, Text) or any("{" in str(constant(part)) for part in value.parts)


def _is_content(value: Input) -> bool:
    """Whether a parameter is declared to be bytes: what a file holds, not what it is called."""
    annotation = unwrap(value.annotation) if value.annotation is not None else None
    return isinstance(annotation, External) and annotation.name == "builtins.bytes"


def _replaced(call: f.Call) -> object:
    """`/` of `name.replace("/", "_")`."""
    return call.args[0].value if call.args and isinstance(call.args[0], f.Constant) else None


def _has_cast_at_end(value: Value) -> bool:
    return (isinstance(value, Derived) and isinstance(value.expr, f.Call) and _has_cast(value.expr)) or (
        isinstance(value, Result) and (_is_cast(value.kwargs.get("type")) or any(map(_is_cast, value.args[2:])))
    )


def _is_object(value: Derived) -> bool:
    """`payload.model_dump()` of an annotated object."""
    source = value.sources[0] if value.sources else None
    return isinstance(source, Input) and isinstance(unwrap(source.annotation or Known(None)), ClassValue)
