"""Route -> what its registration says that it answers with."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.asgi_objects import SERVED
from apilint.frameworks.program import Program
from apilint.guards.knowledge import Knowledge
from apilint.model import Route
from apilint.startup import attributes
from apilint.startup.values import (
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Known,
    Mapping,
    Operation,
    Result,
    Seq,
    Subscripted,
    Unknown,
    Value,
    constant,
    text_of,
    unwrap,
)

RESPONSE_BASES = ("starlette.responses.Response", "fastapi.Response", "fastapi.responses.Response")


class Declared(msgspec.Struct, frozen=True):
    """What a route says about its answer.

    `kind` is `model` or `annotation` where `value` is what the answer is narrowed to, `open` where nothing narrows it.
    `narrowed` tells that the route leaves fields out by itself.
    """

    kind: str
    value: Value | None
    span: Span
    narrowed: bool = False


class Responses:
    """The declared answers of the routes of frameworks that narrow what a handler returns."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.machine = program.machine
        self._registrations: dict[Span, list[Result]] = {}
        for made in program.objects(SERVED):
            for event in made.events:
                self._registrations.setdefault(event.span, []).append(event)

    def declared(self, route: Route) -> Declared | None:
        """What a route answers with; None for frameworks that send what the handler returns, and for sockets."""
        if route.framework != "fastapi" or route.kind != "http" or route.function is None:
            return None
        event = self._registration(route, route.function)
        kwargs = event.kwargs if event is not None else {}
        narrowed = any(
            name in kwargs for name in ("response_model_exclude", "response_model_include", "response_class")
        )
        model = kwargs.get("response_model")
        if model is not None:
            kind = "open" if isinstance(model, Known) and model.value is None else "model"
            return Declared(kind, model, route.registered, narrowed)
        return self._annotated(route.function, narrowed)

    def _registration(self, route: Route, handler: FunctionValue) -> Result | None:
        """The call that registered a route: of those at the same place (in a router's own `api_route`, say) that which
        was used on the handler."""
        events = self._registrations.get(route.registered, [])
        for event in events[1:] and events:
            for value in (*self.program.decorated(event), *event.args, *event.kwargs.values()):
                inner = unwrap(value)
                if isinstance(inner, FunctionValue) and inner.function is handler.function:
                    return event
        return events[0] if events else None

    def _annotated(self, function: FunctionValue, narrowed: bool) -> Declared:
        returns = function.function.head.returns
        if returns is None:
            return Declared("open", None, function.function.span, narrowed)
        value = self.machine.evaluate(returns, function.env)
        span = function.function.module.span(returns.start, returns.end)
        open_ = is_response(value) or (isinstance(value, External) and value.name.rpartition(".")[2] == "Any")
        return Declared("open" if open_ else "annotation", value, span, narrowed)


def is_response(value: Value) -> bool:
    """Whether an annotation names a response class of the library."""
    return isinstance(value, External) and value.name.rpartition(".")[2].endswith("Response")


def classes_in(value: Value | None) -> Iterator[ClassValue]:
    """The project classes in an annotation: `list[User]`, `User | None`, `Page[User]`, `Annotated[User, …]`."""
    value = unwrap(value) if value is not None else None
    if isinstance(value, ClassValue):
        yield value
    elif isinstance(value, Subscripted):
        for part in (value.base, *value.index):
            yield from classes_in(part)
    elif isinstance(value, Seq):
        for part in value.items:
            yield from classes_in(part)
    elif isinstance(value, Choice):
        for part in value.options:
            yield from classes_in(part)
    elif isinstance(value, Operation):
        yield from classes_in(value.left)
        yield from classes_in(value.right)


def allows_extra(program: Program, cls: ClassValue) -> bool:
    """Whether a schema keeps the fields that it does not declare."""
    config = attributes.own(program.machine, cls, "model_config")
    given: Value | None = None
    if isinstance(config, Result):
        given = config.kwargs.get("extra")
    elif isinstance(config, Mapping):
        given = config.items.get("extra")
    if given is None:
        inner = attributes.in_class(program.machine, cls, "Config")
        old = unwrap(inner[0]) if inner is not None and isinstance(inner[1], ClassValue) else None
        extra = attributes.in_class(program.machine, old, "extra") if isinstance(old, ClassValue) else None
        given = extra[0] if extra is not None else None
    return given is not None and (
        text_of(given) == "allow" or (isinstance(given, External) and given.name.endswith(".allow"))
    )


def body_of(knowledge: Knowledge, value: Value) -> list[Value] | None:
    """What a built response sends: its content, or all arguments of `jsonify`; None for anything else."""
    if not isinstance(value, Result):
        return None
    name = knowledge.name_of(value.callee)
    entry = knowledge.sections.get("responses", {}).get(name)
    if name.rpartition(".")[2] == "jsonify":
        return [*value.args, *value.kwargs.values()]
    if entry is None or entry.get("redirect") or entry.get("body") is None:
        return None
    at = int(entry["body"])
    content = value.kwargs.get("content") or value.kwargs.get("data") or value.kwargs.get("response")
    if content is None and at < len(value.args):
        content = value.args[at]
    return [] if content is None else [content]


__all__ = ["Declared", "Responses", "Unknown", "allows_extra", "body_of", "classes_in", "constant"]
