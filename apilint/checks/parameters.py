"""Guards among the parameters of handlers that nobody runs."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import MISPLACED, label, name_of
from apilint.facts import Span
from apilint.frameworks.dependencies import Dependencies, depends_on, is_dependency
from apilint.guards.caller import Caller
from apilint.index import Function
from apilint.model import Step
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import (
    Choice,
    Env,
    External,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Result,
    Seq,
    Subscripted,
    Text,
    Value,
    unwrap,
)


class Bare(msgspec.Struct, frozen=True):
    """A guard that stands where it is not run: in the default or the annotation of a parameter, or called too early.
    `template` names the message."""

    span: Span
    guard: str
    parameter: str
    template: str = ""


@check
def missing_depends(project: Project, *, annotated: str, called: str, frameworks: tuple[str, ...]) -> Iterator[Match]:
    """Security schemes and guards that are only the default of a parameter, or that are called when the module runs."""
    finder = Finder(project)
    for route in project.routes:
        if route.framework not in frameworks or route.function is None or project.is_test(route.span.file):
            continue
        for bare in finder.below(route.function):
            yield Match(
                span=bare.span,
                values={"guard": bare.guard, "parameter": bare.parameter, "route": label(route)},
                trace=(
                    Step(bare.span, f"'{bare.guard}' stands here and is not run for a request"),
                    Step(route.registered, f"'{label(route)}' is registered here"),
                    Step(route.span, f"'{name_of(route.handler)}' runs without it"),
                ),
                template=bare.template,
                route=label(route),
                about=(route.span,),
                weight=MISPLACED,
            )


class Finder:
    """Looks at the parameters of handlers and of their dependencies, at each function once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.machine = project.program.machine
        self.dependencies = project.program.once(Dependencies, lambda: Dependencies(project.program))
        self.seen: set[Function] = set()

    def below(self, function: FunctionValue) -> Iterator[Bare]:
        """The guards that are not run, among the parameters of a function and of all that it depends on."""
        if function.function in self.seen:
            return
        self.seen.add(function.function)
        for param, value, env in self.dependencies.parameters(function):
            target = unwrap(depends_on(value) or Known(None)) if value is not None else None
            if target is None:
                yield from self._bare(param, env)
            elif isinstance(target, FunctionValue):
                yield from self.below(target)
            else:
                yield from self._called(param, target, env)

    def _bare(self, param: f.Param, env: Env) -> Iterator[Bare]:
        for template, node, value in self._given(param, env):
            if self._is_guard(value):
                span = env.module.span(param.start, param.end)
                yield Bare(span, _text(node, self.project, value), param.name, template)

    def _given(self, param: f.Param, env: Env) -> Iterator[tuple[str, f.Expr, Value]]:
        """What stands bare in the default and in the metadata of the annotation."""
        if param.default is not None and not isinstance(param.default, f.Constant):
            yield "", param.default, self.machine.evaluate(param.default, env)
        if isinstance(param.annotation, f.Subscript) and isinstance(param.annotation.index, f.Sequence):
            annotation = self.machine.evaluate(param.annotation, env)
            if isinstance(annotation, Subscripted) and _is_annotated(annotation.base):
                notes = zip(param.annotation.index.items[1:], annotation.index[1:], strict=False)
                yield from (("annotated", node, value) for node, value in notes)

    def _is_guard(self, value: Value) -> bool:
        if is_dependency(value):
            return False
        if isinstance(unwrap(value), FunctionValue):
            return self.dependencies.judge(value, Caller()).effect in ("required", "conditional")
        if isinstance(value, (Result, Instance)):
            known = self.project.program.judge.library(value)
            return known is not None and known.kind == "scheme"
        return False

    def _called(self, param: f.Param, target: Value, env: Env) -> Iterator[Bare]:
        """`Depends(guard())`, where what the call gives cannot be called."""
        wrapper = param.default
        if not isinstance(wrapper, f.Call) or not wrapper.args or not isinstance(wrapper.args[0], f.Call):
            return
        inner = wrapper.args[0]
        if isinstance(unwrap(self.machine.evaluate(inner.func, env)), FunctionValue) and self._is_no_callable(target):
            span = env.module.span(param.start, param.end)
            yield Bare(span, _text(inner.func, self.project, target), param.name, "called")

    def _is_no_callable(self, value: Value) -> bool:
        if isinstance(value, Choice):
            return all(map(self._is_no_callable, value.options))
        if isinstance(value, Instance):
            return attributes.in_class(self.machine, value.cls, "__call__") is None
        return isinstance(value, (Known, Mapping, Seq, Text))


def _is_annotated(value: Value) -> bool:
    return isinstance(value, External) and value.name.endswith(".Annotated")


def _text(node: f.Expr, project: Project, value: Value) -> str:
    if isinstance(node, f.Name):
        return node.id
    return node.attr if isinstance(node, f.Attribute) else project.program.short_name(value)


__all__ = ["missing_depends"]
