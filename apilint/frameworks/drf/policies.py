"""Permission classes: where they come from, and what they do to an anonymous caller."""

from __future__ import annotations

import msgspec

from apilint import facts as f
from apilint.facts import Span
from apilint.frameworks.django.settings import Settings, Strings
from apilint.frameworks.program import Program
from apilint.guards.caller import Caller, Sure
from apilint.guards.judge import Judgement, combine
from apilint.guards.visit import Visit
from apilint.model import Guard
from apilint.startup import attributes
from apilint.startup.values import (
    NONE,
    Attr,
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Operation,
    Partial,
    Result,
    Seq,
    Setting,
    Unknown,
    Value,
    text_of,
    unwrap,
)
from apilint.walk import walk

_NO_SETTINGS = "the settings in use could not be found; 'settings' in the configuration names them"
PERMISSIONS = "DEFAULT_PERMISSION_CLASSES"
AUTHENTICATION = "DEFAULT_AUTHENTICATION_CLASSES"
NOTHING_ASKED = "no permission"
HAS_PERMISSION = "has_permission"
HAS_OBJECT_PERMISSION = "has_object_permission"


class Source(msgspec.Struct):
    """A list of classes and where it is attached: `kind` is `permission` for a view's own, `setting` for defaults."""

    value: Value | None
    span: Span
    kind: str
    via: str


class Defaults:
    """REST_FRAMEWORK in the settings in use."""

    def __init__(self, program: Program, settings: Settings, strings: Strings) -> None:
        self.program = program
        self.settings = settings
        self.strings = strings
        self.mapping = settings.attribute("REST_FRAMEWORK")
        self._methods: dict[tuple[ClassValue, str], FunctionValue | None] = {}
        self.permissions = self._source(PERMISSIONS)
        self.authentication = self._source(AUTHENTICATION)

    def method_of(self, target: Value, name: str) -> FunctionValue | None:
        """The project's own method of a policy class, on one and the same object for all views."""
        if not isinstance(target, ClassValue):
            return own_method(self.program, target, name)
        if (target, name) not in self._methods:
            self._methods[target, name] = own_method(self.program, target, name)
        return self._methods[target, name]

    def _source(self, key: str) -> Source:
        value, span = self._entry(key)
        if value is None:
            place = self._place()
            known = None if place is not None else Unknown(_NO_SETTINGS, None, key)
            return Source(known, place or Span("", 0, 0), "setting", f"{key} is not set")
        if isinstance(value, (Seq, Choice)):
            span = span or (value.span if isinstance(value, Seq) else None)
            value = self._resolved(value)
        elif text_of(value):
            value = self._resolved(Seq("list", [value]))
        return Source(value, span or Span("", 0, 0), "setting", f"{key} in the settings")

    def _entry(self, key: str) -> tuple[Value | None, Span | None]:
        mapping: Value = self.mapping
        while isinstance(mapping, Setting):
            mapping = mapping.default
        if isinstance(mapping, Choice):
            mapping = next((option for option in mapping.options if isinstance(option, Mapping)), NONE)
        if not isinstance(mapping, Mapping):
            return None, None
        value = mapping.items.get(key)
        if value is None and mapping.open:
            return Unknown(f"REST_FRAMEWORK['{key}'] may be set elsewhere", mapping.span, key), mapping.span
        return value, mapping.spans.get(key)

    def _place(self) -> Span | None:
        """Where a missing entry would stand: in REST_FRAMEWORK, else where the framework is installed, else in the file
        of the settings; None where there are no settings."""
        for name in ("REST_FRAMEWORK", "INSTALLED_APPS"):
            value = self.settings.attribute(name)
            while isinstance(value, Setting):
                value = value.default
            if isinstance(value, (Mapping, Seq)) and value.span is not None:
                return value.span
        return Span(self.settings.module.file, 0, 0) if self.settings.module is not None else None

    def _resolved(self, value: Value) -> Value:
        """Names of classes -> classes."""
        if isinstance(value, Choice):
            return Choice([self._resolved(option) for option in value.options], value.test)
        if not isinstance(value, Seq):
            return value
        items = [self._class(item) for item in value.items]
        return Seq(value.kind, items, is_open=value.open, span=value.span)

    def _class(self, item: Value) -> Value:
        name = text_of(item)
        if name is None or "{" in name:
            return item
        module = self.settings.module
        near = "" if module is None else module.file
        span = self.strings.span_of(name) or Span(near, 0, 0)
        return self.program.machine.resolve_dotted(name, near, span)


# ------------------------------------------------------------------------------------------ judging


class Asker:
    """Asks permission classes about an anonymous caller of one view."""

    def __init__(self, program: Program, view: Value) -> None:
        self.program = program
        self.view = view

    def guards(self, source: Source, caller: Caller) -> list[Guard]:
        """One guard for each class of the list: all of them must let the caller pass. Nothing at all is shown too."""
        found = [guard for value in self._items(source) for guard in self._guard(value, source, caller)]
        if not found and source.span.file and (source.value is None or isinstance(source.value, Seq)):
            found = [self.program.guard(NOTHING_ASKED, source.kind, source.via, source.span, Judgement("none"))]
        return found

    def _items(self, source: Source) -> list[Value]:
        value = source.value
        if isinstance(value, Seq):
            return list(value.items)
        if isinstance(value, Choice):
            lists = [option for option in value.options if isinstance(option, Seq)]
            return list(lists[0].items) if lists else [value]
        return [] if value is None else [value]

    def _guard(self, value: Value, source: Source, caller: Caller) -> list[Guard]:
        judged = self.judge(value, caller)
        name = self.name(value)
        return [self.program.guard(name, source.kind, source.via, source.span, judged, value)]

    def name(self, value: Value) -> str:
        """What the source calls a permission, combinations included."""
        value = _uncalled(value)
        if isinstance(value, Operation):
            if value.right is None:
                return f"{value.op}{self.name(value.left)}"
            return f"{self.name(value.left)} {value.op} {self.name(value.right)}"
        return self.program.short_name(value)

    def judge(self, value: Value, caller: Caller, method: str = HAS_PERMISSION) -> Judgement:
        """A permission class, alone or combined with `&`, `|` and `~`."""
        value = _uncalled(value)
        if isinstance(value, Operation):
            return self._combined(value, caller, method)
        if isinstance(value, Choice):
            found = [self.judge(option, caller, method) for option in value.options]
            return next((judged for judged in found if judged.effect != "required"), found[0])
        target = unwrap(value)
        own = own_method(self.program, target, method)
        if own is not None:
            first: list[Value] = [caller, self.view]
            if method == HAS_OBJECT_PERMISSION:
                first.append(Unknown("the object", None, "obj"))
            return self.program.judge.function(
                own, "predicate", caller=caller, first=first, answers=self.answers(caller, method), memo=(None,)
            )
        return self._library(target, caller, method)

    def _combined(self, value: Operation, caller: Caller, method: str) -> Judgement:
        left = self.judge(value.left, caller, method)
        if value.op in ("~", "not"):
            flipped = {"required": "none", "none": "required", "optional": "required"}.get(left.effect, left.effect)
            return Judgement(flipped, left.chain, left.condition, left.reason, particular=left.particular)
        if value.right is None:
            return left
        right = self.judge(value.right, caller, method)
        if value.op == "|" and method == HAS_OBJECT_PERMISSION:
            # An alternative counts for an object only where it lets the caller in at all.
            left = self._of_those_in(value.left, left, caller)
            right = self._of_those_in(value.right, right, caller)
        return combine(value.op, left, right)

    def _of_those_in(self, value: Value, judged: Judgement, caller: Caller) -> Judgement:
        before = self.judge(value, caller)
        return before if before.effect == "required" else judged

    def _library(self, target: Value, caller: Caller, method: str) -> Judgement:
        if method == HAS_OBJECT_PERMISSION:
            return Judgement("none", qualname=self.program.describe(target))
        known = self.program.judge.library(target, caller.http_method)
        if known is not None:
            return known
        if isinstance(target, ClassValue):
            names = attributes.external_bases(self.program.machine, target)
            if not names:
                return Judgement("none", qualname=target.cls.id)
            return Judgement("unknown", reason=f"'{names[0]}' is not in the library models", qualname=target.cls.id)
        name = self.program.describe(target)
        reason = target.reason if isinstance(target, Unknown) else f"'{name}' is not in the library models"
        return Judgement("unknown", reason=reason, qualname=name)

    def answers(self, caller: Caller, method: str) -> Answerer:
        """What a library permission says when a project's own asks it: `super().has_permission(request, view)`."""
        return Answerer(self, caller, method)


class Answerer:
    """Answers calls of library permissions' methods."""

    def __init__(self, asker: Asker, caller: Caller, method: str) -> None:
        self.asker = asker
        self.caller = caller
        self.method = method

    def __call__(
        self, visit: Visit, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span
    ) -> Value | None:
        """True or False where the library's answer is known; None for anything else that is called."""
        if not isinstance(callee, Attr):
            return None
        name = callee.name.removeprefix("super.")
        if name not in (HAS_PERMISSION, HAS_OBJECT_PERMISSION):
            return None
        if name == HAS_OBJECT_PERMISSION:
            return Known(True)
        base = callee.base
        if callee.name.startswith("super.") and isinstance(base, Instance):
            names = attributes.external_bases(self.asker.program.machine, base.cls)
            judged = [self.asker.judge(External(each), self.caller) for each in names]
            known = next((each for each in judged if each.effect != "unknown"), None)
        else:
            known = self.asker.judge(base, self.caller)
        if known is None or known.effect == "unknown":
            return None
        return Sure(False) if known.effect == "required" else Known(True)


def own_method(program: Program, target: Value, method: str) -> FunctionValue | None:
    """The project's own method of a policy class."""
    cls = target.cls if isinstance(target, Instance) else target
    if not isinstance(cls, ClassValue):
        return None
    found = attributes.own(program.machine, cls, method)
    inner = unwrap(found) if found is not None else None
    if not isinstance(inner, FunctionValue):
        return None
    instance = target if isinstance(target, Instance) else Instance(cls, [], {}, cls.cls.span, 0)
    return FunctionValue(inner.function, inner.env, instance)


def _uncalled(value: Value) -> Value:
    """The class or combination behind an instance that a library's class gives when it is called."""
    while True:
        if isinstance(value, Result) and isinstance(value.callee, (External, Operation, ClassValue, Choice)):
            if isinstance(value.callee, External) and value.callee.name.rpartition(".")[2][:1].islower():
                return value
            value = value.callee
        elif isinstance(value, Partial):
            value = value.func
        else:
            return value


def place_of(cls: ClassValue, name: str) -> Span:
    """Where a class assigns an attribute."""
    found = cls.cls.span
    for node in walk(cls.cls.code.body):
        if (isinstance(node, f.Assign) and any(isinstance(t, f.Name) and t.id == name for t in node.targets)) or (
            isinstance(node, f.AnnAssign) and isinstance(node.target, f.Name) and node.target.id == name
        ):
            found = cls.env.module.span(node.start, node.end)
    return found


__all__ = ["AUTHENTICATION", "HAS_OBJECT_PERMISSION", "PERMISSIONS", "Asker", "Defaults", "Source", "place_of"]
