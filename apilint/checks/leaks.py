"""Exceptions that the program did not expect, told to the caller word for word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import last_name
from apilint.checks.audience import asks_for_more
from apilint.checks.catching import catch_alls
from apilint.checks.choices import Choices
from apilint.checks.logs import Logs
from apilint.checks.told import Telling
from apilint.finding import Precision
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

_EVERY = ("Exception", "BaseException")
DEPTH = 2
# What a text or a body goes through until it is a value: all that can be wrong is what the caller sent.
_MAKING = regex(r"^(from_(dict|json)|model_validate\w*|parse_obj|validate(_\w+)?)$")
_OF_TEXT = frozenset(
    "json body get_json loads decode split strip lower upper startswith endswith get int float str dict len".split()
)


class _Leak(msgspec.Struct, frozen=True):
    """A statement that sends the text of an exception, whatever it is, which is called `name` since `caught`."""

    function: Function
    name: str
    node: f.Stmt
    caught: Step


@check
def exception_detail_to_client(
    project: Project,
    *,
    builders: tuple[str, ...],
    printing: tuple[str, ...] = (),
    registering: tuple[str, ...] = (),
    asked_for: str = r"(?!)",
    told_apart: str = r"(?!)",
    validating: str = r"(?!)",
    decided: str = r"(?!)",
) -> Iterator[Match]:
    """Answers that hold the text of an exception that was caught whatever it was. An application that answers so for
    all that its handlers raise is one finding; what these tell themselves makes no difference then."""
    reader = _Reader(project, builders, printing)
    choices, told, meant, said = Choices(asked_for), regex(told_apart), regex(validating), regex(decided)
    tells_all: set[str] = set()
    for app, function in catch_alls(project, registering):
        leak = reader.of_catch_all(function)
        if leak is not None and not choices.asked_for(function.module, leak.node.start):
            tells_all.add(app)
            yield _match(leak, None)
    for function in reader.candidates():
        routes = project.routes_of(function)
        # Whoever runs the program learns nothing from it that is not theirs to know.
        is_for_few = bool(routes) and all(map(asks_for_more, routes))
        is_told_anyway = any(not tells_all.isdisjoint((route.app, route.router)) for route in routes)
        for attempt in function.nodes(f.Try):
            for caught, leak in reader.leaks(attempt, function):
                is_doubtful = (
                    is_told_anyway
                    or is_for_few
                    or _tells_apart(caught, told)
                    or bool(said.search(caught.comment))
                    or choices.asked_for(function.module, leak.node.start)
                    or _only_validates(attempt, meant)
                    or reader.is_worded(attempt, function)
                )
                yield _match(leak, Precision.LOW if is_doubtful else None)


def _match(leak: _Leak, precision: Precision | None) -> Match:
    span = leak.function.module.span(leak.node.start, leak.node.end)
    return Match(
        span=span,
        values={"function": leak.function.name, "exception": leak.name or "the exception"},
        trace=(leak.caught, Step(span, "its text is a part of the answer")),
        precision=precision,
    )


def _tells_apart(caught: f.Handler, told: re.Pattern[str]) -> bool:
    """Whether a clause looks which exception it is."""
    return any(isinstance(each, f.Call) and told.search(unparse(each)) for each in walk(caught.body))


class _Reader:
    """Finds where functions send the text of an exception."""

    def __init__(self, project: Project, builders: Collection[str], printing: Collection[str]) -> None:
        self._project = project
        self._logs = Logs(project)
        self._rejects = project.knowledge.sections.get("rejects", {})
        self._raising = frozenset(name.rpartition(".")[2] for name in self._rejects if name.endswith("Exception"))
        self._builders, self._printing = builders, printing

    def candidates(self) -> Iterator[Function]:
        """Handlers, and functions that raise answers."""
        handlers = [route.function.function for route in self._project.routes if route.function is not None]
        found = dict.fromkeys([*handlers, *self._project.index.functions_with(self._raising)])
        return (function for function in found if not function.module.is_test)

    def leaks(self, attempt: f.Try, function: Function) -> Iterator[tuple[f.Handler, _Leak]]:
        """The clauses for every exception that send its text."""
        answers, telling = bool(self._project.routes_of(function)), self._telling(function)
        for caught in filter(_is_broad, attempt.handlers):
            node = telling.leak(caught.name, caught.body, answers=answers)
            if node is not None:
                at = function.module.span(caught.start, caught.end)
                yield caught, _Leak(function, caught.name or "", node, Step(at, "any exception is caught here"))

    def of_catch_all(self, function: Function) -> _Leak | None:
        """The same, of a function that is handed every exception."""
        if function.module.is_test:
            return None
        # `(request, error)`, `(error)`, `(self, error)`: the exception comes last.
        name = next((param.name for param in reversed(function.head.params)), None)
        node = self._telling(function).leak(name, function.body, answers=True) if name else None
        handed = Step(function.span, "any exception that nobody catches is answered here")
        return _Leak(function, name or "", node, handed) if node is not None else None

    def _telling(self, function: Function) -> Telling:
        return Telling(self._raising, self._builders, self._printing, lambda call: self._prints(call, function))

    def _prints(self, call: f.Call, function: Function) -> bool:
        """Whether what an exception is given becomes text, be it no text: there are libraries that encode it."""
        value = self._project.program.machine.evaluate(call.func, self._logs.env(function))
        names = [self._project.name_of(value), *self._project.names_of(value)]
        return not any(self._rejects.get(name, {}).get("encodes") for name in names)

    def is_worded(self, attempt: f.Try, function: Function) -> bool:
        """Whether all that is tried is a call that raises with words of its own what can only be caught as `Exception`:
        they are meant for whoever catches it."""
        return len(attempt.body) == 1 and any(map(_has_words, self._called(attempt.body, function, DEPTH)))

    def _called(self, body: Collection[f.Stmt], function: Function, depth: int) -> Iterator[Function]:
        env = self._logs.env(function)
        for node in walk(body):
            for called in self._logs.called(node, function, env) if isinstance(node, f.Call) else ():
                yield called
                if depth > 1:
                    yield from self._called(called.body, called, depth - 1)


def _has_words(function: Function) -> bool:
    return any(
        isinstance(node.exception, f.Call)
        and isinstance(node.exception.func, f.Name)
        and node.exception.func.id in _EVERY
        and bool(node.exception.args)
        and _is_written(node.exception.args[0])
        for node in function.nodes(f.Raise)
    )


def _is_written(expr: f.Expr) -> bool:
    """Whether somebody wrote a text, in part at least."""
    if isinstance(expr, f.Template):
        return any(map(_is_written, expr.parts))
    return isinstance(expr, f.Constant) and isinstance(expr.value, str) and " " in expr.value


def _is_broad(caught: f.Handler) -> bool:
    types = caught.type.items if isinstance(caught.type, f.Sequence) else [caught.type]
    return caught.type is None or any(each is not None and last_name(each) in _EVERY for each in types)


def _only_validates(attempt: f.Try, meant: re.Pattern[str]) -> bool:
    """Whether all that is tried is a check of what the caller sent: its words are meant for the caller."""
    calls = [node for node in walk(attempt.body) if isinstance(node, f.Call)]
    only = calls[0] if len(calls) == 1 and len(attempt.body) == 1 else None
    if only is not None and _is_filled(only) and last_name(only.func)[:1].isupper():
        return True
    if only is not None and isinstance(attempt.body[0], (f.ExprStmt, f.Assign, f.Return)):
        if meant.search(last_name(only.func)):
            return True
    return all(
        _is_filled(call) or last_name(call.func) in _OF_TEXT or _MAKING.search(last_name(call.func)) for call in calls
    )


def _is_filled(call: f.Call) -> bool:
    """`Order(**body)`."""
    return not call.args and bool(call.keywords) and all(keyword.name is None for keyword in call.keywords)


__all__ = ["exception_detail_to_client"]
