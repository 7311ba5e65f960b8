"""MIDDLEWARE as guards: each one is run for an anonymous caller of each route that it may treat differently."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.django.request import ByTraits, Request
from apilint.frameworks.django.settings import SETTINGS, Settings, Strings, items_of
from apilint.frameworks.program import Program, under
from apilint.guards.caller import GATE
from apilint.guards.judge import Judgement
from apilint.guards.knowledge import Entry
from apilint.guards.visit import Answers, Visit
from apilint.model import Guard
from apilint.startup import attributes, patterns
from apilint.startup.values import (
    NONE,
    Attr,
    ClassValue,
    Condition,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Seq,
    Setting,
    Under,
    Unknown,
    Value,
    constant,
    text_of,
    unwrap,
)

LOGIN_REQUIRED = "django.contrib.auth.middleware.LoginRequiredMiddleware"
OPTED_OUT = "opted out"
_LISTS = ("open_names", "open_paths")
_SUPER = ("super.process_request", "super.process_view")
_REJECTING = ("required", "conditional", "optional", "unknown")


class Step(msgspec.Struct):
    """A function of a middleware that sees the request: its bound value, how its ends are read, what it is given."""

    value: FunctionValue
    mode: str
    with_view: bool = False


class Middleware:
    """One entry of MIDDLEWARE."""

    def __init__(
        self, program: Program, name: str, value: Value, span: Span, conditions: tuple[Condition, ...]
    ) -> None:
        self.program = program
        self.name = name
        self.value = value
        self.span = span
        self.conditions = conditions
        self.steps = list(self._steps())
        self.inherited = program.knowledge.guard(program.machine, value)
        self.model = self._model()
        self._memo: ByTraits[Guard | None] = ByTraits()
        anywhere = [(step, self._run(step, Request())) for step in self.steps]
        self.left = tuple(left for _, judged in anywhere for left in judged.left)
        self._is_idle = not self.model and not any(_may_reject(*each) for each in anywhere)

    def _model(self) -> Entry | None:
        """What the library models say, unless the project's own code decides."""
        if self.steps:
            return None
        return self.inherited[1] if self.inherited is not None else None

    # ---------------------------------------------------------------------- judging

    def guard(self, request: Request, *, is_open: bool) -> Guard | None:
        """What it does to an anonymous caller of a route; `is_open` tells that the view opts out of log-in."""
        request.take(self.left)
        if self._is_idle and not isinstance(self.value, Unknown):
            return None
        return self._memo.get(is_open, request, lambda: self._judged(request, is_open))

    def _judged(self, request: Request, is_open: bool) -> Guard | None:
        short = self.name.rpartition(".")[2]
        if isinstance(self.value, Unknown):
            judged = Judgement("none", reason=self.value.reason, qualname=self.name)
            return self.program.guard(short, "middleware", "MIDDLEWARE", self.span, judged)
        if self.model is not None:
            if self.model.get("effect") == "required" and self.model.get("opt_out") and is_open:
                judged = Judgement("none", qualname=self.name)
                return self.program.guard(short, OPTED_OUT, "MIDDLEWARE", self.span, judged)
            return self._made(short, self._by_model(self.model, request))
        for judged in self._judgements(request, is_open):
            if judged.effect in _REJECTING:
                return self._made(short, judged)
        return None

    def _by_model(self, model: Entry, request: Request) -> Judgement:
        """What a library's middleware does, but for the routes that settings leave out by name or path."""
        effect = str(model.get("effect", "unknown"))
        settings = self.program.machine.substitutes.get(SETTINGS)
        if model.keys().isdisjoint(_LISTS) or effect != "required" or not isinstance(settings, Settings):
            return Judgement(effect, qualname=self.name)
        label = ":".join([*request.namespaces, request.name])
        for setting, subject in zip(_LISTS, (None, request.attribute("path")), strict=True):
            listed = str(model.get(setting, ""))
            if not listed or settings.has(listed) is False:
                continue
            for item in _listed(settings.attribute(listed)):
                request.looked |= {"name", "namespaces"}
                is_left_out = _is_named(item, label) if subject is None else _matches(item, subject)
                if is_left_out is not False:
                    reason = "" if is_left_out else f"whether '{listed}' leaves this route out is not known"
                    # What is said of the middleware itself would settle nothing.
                    return Judgement("none" if is_left_out else "unknown", qualname=f"settings.{listed}", reason=reason)
        return Judgement(effect, qualname=self.name)

    def _judgements(self, request: Request, is_open: bool) -> Iterator[Judgement]:
        found = [self._run(step, request, is_open=is_open) for step in self.steps]
        # A library's own step that the project did not override still runs.
        inherited = self.inherited
        if inherited is not None and not any(step.with_view for step in self.steps):
            model = inherited[1]
            if not (model.get("opt_out") and is_open):
                found.append(self._by_model(model, request))
        order = ("required", "conditional", "optional", "unknown", "none")
        yield from sorted(found, key=lambda judged: order.index(judged.effect) if judged.effect in order else 9)

    def _run(self, step: Step, request: Request, *, is_open: bool = False) -> Judgement:
        first: list[Value] = [request]
        if step.with_view:
            first += [request.view, Seq("tuple", [], is_open=True), Mapping({}, is_open=True)]
        answers = self._answers(is_open, request) if self.inherited is not None else None
        judge = self.program.judge
        return judge.function(step.value, step.mode, caller=request, first=first, answers=answers, memo=(None,))

    def _answers(self, is_open: bool, request: Request) -> Answers:
        """What the library's own step does when the project's calls it: `super().process_view(request, view, …)`."""

        def answer(
            visit: Visit, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span
        ) -> Value | None:
            if not isinstance(callee, Attr) or callee.name not in _SUPER or self.inherited is None:
                return None
            name, model = self.inherited
            is_left_out = bool(model.get("opt_out") and is_open)
            if not is_left_out and self._by_model(model, request).effect == "required":
                visit.turn_away(span, 401, name)
            return NONE

        return answer

    def _made(self, short: str, judged: Judgement) -> Guard | None:
        if judged.effect == "none":
            return None
        if judged.effect == "optional":
            # It turns away others; whoever calls this route passes, unless it is open which routes it leaves out.
            judged = msgspec.structs.replace(judged, effect="unknown" if judged.reason else "none")
        guard = self.program.guard(short, "middleware", "MIDDLEWARE", self.span, judged, self.value)
        return under(guard, self.conditions)

    # ---------------------------------------------------------------------- structure

    def _steps(self) -> Iterator[Step]:
        """The project's functions that see a request on its way in."""
        target = unwrap(self.value)
        if isinstance(target, FunctionValue):
            made = self.program.machine.call(self.value, [GATE], {}, self.span)
            inner = unwrap(made)
            if isinstance(inner, FunctionValue):
                yield Step(inner, "call")
            elif isinstance(inner, Instance):
                yield from self._of(inner)
        elif isinstance(target, ClassValue):
            made = self.program.machine.call(target, [GATE], {}, self.span)
            if isinstance(made, Instance):
                yield from self._of(made)

    def _of(self, made: Instance) -> Iterator[Step]:
        if "get_response" not in made.attrs:
            made.attrs["get_response"] = GATE
        for name, mode, with_view in (
            ("process_request", "hook", False),
            ("__call__", "call", False),
            ("process_view", "hook", True),
        ):
            found = attributes.own(self.program.machine, made.cls, name)
            if found is None:
                continue
            bound = attributes.get(self.program.machine, made, name, made.span)
            inner = unwrap(bound)
            if isinstance(inner, FunctionValue):
                yield Step(inner, mode, with_view)


def _may_reject(step: Step, judged: Judgement) -> bool:
    """Whether it turns anybody away on any route, as judged by a run that leaves open which route it is."""
    may_answer = judged.particular and judged.answers and step.mode == "call"
    return judged.effect in ("required", "conditional", "unknown") or bool(judged.chain) or may_answer


def layers(program: Program, settings: Settings, strings: Strings) -> list[Middleware]:
    """The entries of MIDDLEWARE, outermost first."""
    setting = settings.attribute("MIDDLEWARE")
    names = items_of(setting)
    found: list[Middleware] = []
    seen: set[str] = set()
    for item, _ in names:
        name = text_of(item)
        if name is None or name in seen:
            continue
        seen.add(name)
        near = settings.module.file if settings.module is not None else ""
        span = strings.span_of(name) or _span(setting)
        value = program.machine.resolve_dotted(name, near, span)
        conditions = item.conditions if isinstance(item, Under) else ()
        found.append(Middleware(program, name, value, span, conditions))
    return found


def _listed(setting: Value) -> Iterator[Value]:
    """The items of a setting; what else there may be is one that is not known."""
    inner = setting.default if isinstance(setting, Setting) else setting
    yield from inner.items if isinstance(inner, Seq) else ()
    if not isinstance(inner, Seq) or inner.open:
        yield Unknown("what else is listed")


def _is_named(item: Value, label: str) -> bool | None:
    given = constant(item)
    return given == label if isinstance(given, str) else None


def _matches(item: Value, path: Value) -> bool | None:
    found = patterns.matched(item, path, "match")
    return None if found is None else found is not NONE


def _span(setting: Value) -> Span:
    inner = setting.default if isinstance(setting, Setting) else setting
    return inner.span if isinstance(inner, Seq) and inner.span is not None else Span("", 0, 0)


__all__ = ["LOGIN_REQUIRED", "NONE", "External", "Middleware", "layers"]
