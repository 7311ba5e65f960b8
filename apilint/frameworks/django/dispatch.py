"""What a class view runs before its handler: `setup`, `dispatch` along the MRO, and the hooks of library handlers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint import facts as f
from apilint.facts import Span
from apilint.frameworks.django import decorators
from apilint.frameworks.django.classes import Class, Found
from apilint.frameworks.django.decorators import layer_guards
from apilint.frameworks.django.request import ByTraits, Request
from apilint.frameworks.django.views import Layer, method_decorations
from apilint.frameworks.drf.policies import HAS_PERMISSION, Asker
from apilint.frameworks.program import Program
from apilint.guards.judge import Judgement
from apilint.model import Guard
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    ClassValue,
    External,
    FunctionValue,
    Unknown,
    Value,
    Wrapped,
    unwrap,
    wrappers,
)
from apilint.walk import walk

if TYPE_CHECKING:
    from apilint.guards.visit import Answers

DISPATCH = "dispatch"


class Chain:
    """The `dispatch` of one view class, from the outside in: guards on the way, and where it ends."""

    def __init__(self, program: Program, view: Class, answers: Answers | None = None) -> None:
        self.program = program
        self.view = view
        self.answers = answers
        self.memo: ByTraits[list[Guard]] = ByTraits()
        self.layers = list(self._layers())
        self.serves = self._serves()

    def _serves(self) -> Found | None:
        """The project's `dispatch` that answers by itself, if one does."""
        for owner, value in self._definitions():
            target = unwrap(value)
            if isinstance(target, FunctionValue) and not hands_on(target, DISPATCH):
                return Found(owner, value)
        return None

    def _definitions(self) -> Iterator[tuple[ClassValue, Value]]:
        for base in self.view.mro:
            if isinstance(base, ClassValue):
                env = attributes.namespace(self.program.machine, base)
                value = base.overrides.get(DISPATCH) or env.vars.get(DISPATCH)
                if value is not None:
                    yield base, self.program.machine.force(value, env, DISPATCH)
            elif isinstance(base, External) and self._dispatches(base):
                return

    def _dispatches(self, base: External) -> bool:
        """Whether a library class ends the chain: a view calls no mixin behind it."""
        entry = self.view.library.entry(base.name)
        if entry is not None:
            return entry.get("kind") != "mixin"
        return base.name.endswith("View") and self.program.knowledge.guard(self.program.machine, base) is None

    def _layers(self) -> Iterator[Layer | tuple[ClassValue, FunctionValue] | External | Unknown]:
        """Decorators, the project's `dispatch` methods, library mixins, in the order in which they run."""
        for base in self.view.mro:
            if isinstance(base, ClassValue):
                for decorator, span in method_decorations(base, DISPATCH):
                    yield Layer(decorator, span, base)
                env = attributes.namespace(self.program.machine, base)
                value = base.overrides.get(DISPATCH) or env.vars.get(DISPATCH)
                if value is None:
                    continue
                value = self.program.machine.force(value, env, DISPATCH)
                for wrapped in wrappers(value):
                    yield Layer(wrapped.decorator, wrapped.span, wrapped.inner, wrapped.result)
                target = unwrap(value)
                if isinstance(target, FunctionValue):
                    yield base, target
                    if not hands_on(target, DISPATCH):
                        return
            elif isinstance(base, External):
                yield base
                if self._dispatches(base):
                    return
            elif isinstance(base, Unknown):
                yield base

    def opts_out(self) -> bool:
        """Whether `login_not_required` is on the way."""
        own = [layer for layer in self.layers if isinstance(layer, Layer)]
        if decorators.opts_out(self.program, own):
            return True
        return any(entry.get("open") for entry in self.view.entries())

    def guards(self, request: Request) -> list[Guard]:
        """What the chain does to an anonymous caller."""
        if self.answers is not None:
            return list(self._guards(request))
        return self.memo.get(DISPATCH, request, lambda: list(self._guards(request)))

    def _guards(self, request: Request) -> Iterator[Guard]:
        yield from self._setup(request)
        for layer in self.layers:
            if isinstance(layer, Layer):
                yield from layer_guards(self.program, layer, request)
            elif isinstance(layer, External):
                yield from self._library(layer, request)
            elif isinstance(layer, Unknown):
                judged = Judgement("unknown", reason=layer.reason, qualname=layer.text)
                span = self.view.value.cls.span if isinstance(self.view.value, ClassValue) else request_span(layer)
                yield self.program.guard(layer.text or "?", "mixin", "a base class", span, judged)
            else:
                yield self._own(*layer, request)

    def _setup(self, request: Request) -> Iterator[Guard]:
        """`setup` runs before `dispatch`."""
        found = self.view.find("setup")
        if found is None or not isinstance(found.owner, ClassValue):
            return
        judged = self.judge(found, "dependency", request)
        if judged.effect in ("required", "conditional"):
            yield self._of_owner(found.owner, "setup", judged, found)

    def judge(self, found: Found, mode: str, request: Request, answers: Answers | None = None) -> Judgement:
        """One of the view's own methods, run for the anonymous caller."""
        return self.program.judge.function(
            self.view.bound(found), mode, caller=request, answers=self.answers or answers, memo=(None,)
        )

    def _own(self, owner: ClassValue, target: FunctionValue, request: Request) -> Guard:
        bound = FunctionValue(target.function, target.env, self.view.instance)
        mode = "call" if hands_on(target, DISPATCH) else "handler"

        def passes(value: Value) -> bool:
            return is_next(value, DISPATCH, target)

        judged = self.program.judge.function(
            bound, mode, caller=request, passes=passes, answers=self.answers, memo=(None,)
        )
        return self._of_owner(owner, DISPATCH, judged, Found(owner, target))

    def _of_owner(self, owner: ClassValue, name: str, judged: Judgement, found: Found) -> Guard:
        """A guard that a class brings: by the mixin's name, or as the view's own method."""
        value = unwrap(found.value) if found.value is not None else None
        is_own = owner is self.view.value
        span = (
            (value.function.span if isinstance(value, FunctionValue) else owner.cls.span)
            if is_own
            else self.place(owner)
        )
        label = f"{owner.cls.name}.{name}" if is_own else owner.cls.name
        kind = name if is_own else "mixin"
        via = f"the view's own '{name}'" if is_own else "a base class"
        return self.program.guard(label, kind, via, span, judged, owner)

    def _library(self, base: External, request: Request) -> Iterator[Guard]:
        entry = self.program.knowledge.guard(self.program.machine, base)
        last = base.name.rpartition(".")[2]
        if entry is not None:
            name, model = entry
            judged = self.program.judge.entry(name, model, None, request.http_method)
            method = model.get("judged_by")
            if judged.effect == "required":
                judged = self._judged_by(str(method) if method else "has_permission", judged, request)
            yield self.program.guard(last, "mixin", "a base class", self.place(base), judged, base)
            return
        view = self.view.library.entry(base.name)
        if view is not None and view.get("guard"):
            judged = Judgement("required", qualname=base.name)
            yield self.program.guard(str(view["guard"]), "mixin", f"'{last}'", self.place(base), judged, base)
        elif view is None and sounds_like_guard(last):
            judged = Judgement("unknown", reason=f"'{base.name}' is not in the library models", qualname=base.name)
            yield self.program.guard(last, "mixin", "a base class", self.place(base), judged, base)

    def _judged_by(self, method: str, judged: Judgement, request: Request) -> Judgement:
        """A library mixin that asks one of the view's own methods: `test_func`, `has_permission`."""
        found = self.view.find(method)
        if found is None or not isinstance(found.owner, ClassValue):
            return judged
        return self.judge(found, "predicate", request, self._permissions(request))

    def _permissions(self, request: Request) -> Answers:
        """What permission classes say to a view that asks them itself: `IsAuthenticated().has_permission(…)`."""
        return Asker(self.program, self.view.instance or self.view.value).answers(request, HAS_PERMISSION)

    def place(self, base: Value) -> Span:
        """Where a class in the view's family names this base."""
        for cls in self.view.mro:
            if isinstance(cls, ClassValue):
                for expr in cls.cls.code.bases:
                    value = unwrap(self.program.machine.evaluate(expr, cls.env))
                    same = value is base or (
                        isinstance(value, External) and isinstance(base, External) and value.name == base.name
                    )
                    if same:
                        return cls.env.module.span(expr.start, expr.end)
        cls = self.view.value
        return cls.cls.span if isinstance(cls, ClassValue) else Span("", 0, 0)


def hands_on(target: FunctionValue, name: str) -> bool:
    """Whether a method's text calls a method of the same name: that of the next class."""
    return any(isinstance(node, f.Attribute) and node.attr == name for node in walk(target.function.body))


def is_next(value: Value, name: str, current: FunctionValue) -> bool:
    """Whether a called value is the next class's method of that name."""
    inner = unwrap(value)
    if isinstance(inner, Attr):
        return inner.name in (f"super.{name}", name)
    if isinstance(inner, External):
        return inner.name.endswith(f".{name}")
    return isinstance(inner, FunctionValue) and inner.function.name == name and inner.function is not current.function


def sounds_like_guard(name: str) -> bool:
    """Whether a class that nobody knows is named like a guard."""
    lowered = name.lower()
    return lowered.endswith("mixin") and any(
        word in lowered for word in ("auth", "login", "permission", "required", "access", "staff", "superuser")
    )


def request_span(layer: Unknown) -> Span:
    """The place of an unknown base."""
    return layer.span or Span("", 0, 0)


__all__ = ["DISPATCH", "Chain", "Wrapped", "hands_on", "is_next"]
