"""Whole objects that are turned into data and sent."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Entries
from functools import cached_property
from typing import Any

import msgspec

from apilint import facts as f
from apilint import flow
from apilint.check import Match, check
from apilint.checks.assigned import Assignments
from apilint.checks.exposed import label
from apilint.checks.rows import Rows
from apilint.checks.sensitive import Sensitive, quoted
from apilint.checks.serializers import secrets
from apilint.finding import Precision, Severity
from apilint.frameworks.responses import Responses, body_of
from apilint.frameworks.schemas import Schemas
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes as class_attributes
from apilint.startup.values import Attr, Choice, ClassValue, External, Known, Mapping, Result, Seq, Value, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

# Calls whose result is what they are given, in another form.
_TRANSPARENT = frozenset({"list", "tuple", "dumps", "dict"})


class Dump(msgspec.Struct, frozen=True):
    """All fields of `object`, as `text` writes it."""

    object: Value
    text: str


@check
def raw_object_dump(
    project: Project,
    *,
    exposed: str,
    methods: tuple[str, ...] = (),
    attributes: tuple[str, ...] = (),
    sensitive_severity: str = "error",
    sensitive_security_severity: float = 7.5,
    unknown_precision: str = "medium",
    unknown_objects: str = r"(?!)",
    issuing: str = r"(?!)",
) -> Iterator[Match]:
    """Handlers that answer with every attribute of an object."""
    sensitive, schemas = Sensitive(project), Schemas(project.program)
    rows, dumps = Rows(schemas), Dumps(project, methods, attributes)
    hands_out, private = regex(issuing), regex(unknown_objects)
    for route, function in _handled(project):
        if not dumps.may_dump(function):
            continue
        assigned: Assignments | None = None
        trace = project.trace(function, deep=True)
        made = {id(call.result): call for call in trace.calls if isinstance(call.result, Mapping)}
        for value, statement in trace.returned:
            for dump in dumps.sent(value, made):
                cls = rows.cls(dump.object) or rows.queried(dump.object)
                if isinstance(cls, ClassValue) and _decides(project, cls, dump):
                    continue
                schema = schemas.of(cls) if cls is not None else None
                leaked = secrets(sensitive, schema) if schema is not None else []
                name = schema.name if schema is not None else _name(dump.object)
                doubtful = schema is None and bool(private.search(name)) and not dumps.is_own(dump)
                if schema is not None and not schema.stored:
                    if schema.kind == "schema" or not leaked or hands_out.search(f"{schema.name} {label(route)}"):
                        continue
                elif schema is None and not doubtful:
                    continue
                assigned = assigned or Assignments(function)
                if _is_changed(statement.value, assigned):
                    continue
                span = function.module.span(statement.start, statement.end)
                yield Match(
                    span=span,
                    values={"route": label(route), "object": name, "dump": dump.text, "fields": quoted(leaked)},
                    trace=(
                        Step(route.registered, f"'{label(route)}' is registered here"),
                        Step(span, f"'{dump.text}' takes every attribute"),
                    ),
                    severity=Severity(sensitive_severity) if leaked else None,
                    security_severity=sensitive_security_severity if leaked else None,
                    precision=Precision(unknown_precision) if doubtful else None,
                    template="exposed" if leaked else "",
                    route=label(route),
                )
                break


def _handled(project: Project) -> Iterator[tuple[Route, Function]]:
    """The routes with a function at hand, each function once."""
    seen: set[object] = set()
    responses = Responses(project.program)
    for route in project.routes:
        if route.function is None or route.kind != "http" or project.is_test(route.span.file):
            continue
        declared = responses.declared(route)
        if declared is not None and declared.kind != "open":
            continue
        if route.function.function not in seen:
            seen.add(route.function.function)
            yield route, route.function.function


def _decides(project: Project, cls: ClassValue, dump: Dump) -> bool:
    """Whether the method that dumps an object is the project's own, and picks what it likes."""
    name = dump.text.strip(".()")
    return class_attributes.own(project.program.machine, cls, name) is not None


def _is_changed(expr: f.Expr | None, assigned: Assignments) -> bool:
    """Whether something was taken out of what is returned, or put into it."""
    names = {node.id for node in walk([expr] if expr is not None else []) if isinstance(node, f.Name)}
    return not names.isdisjoint(assigned.changed)


def _name(value: Value) -> str:
    """What the source calls an object."""
    value = unwrap(value)
    if isinstance(value, flow.Element):
        return _name(value.sources[0]).removesuffix("s")
    if isinstance(value, flow.Derived):
        return unparse(value.expr).rpartition(".")[2].partition("(")[0]
    return getattr(value, "text", "") or getattr(value, "name", "")


class Dumps:
    """Recognises what holds all fields of an object, by the library models."""

    def __init__(self, project: Project, methods: tuple[str, ...], attributes: tuple[str, ...]) -> None:
        self.project = project
        self.methods = methods
        self.attributes = attributes
        self.entries: Entries[str, Any] = project.knowledge.sections.get("dumps", {})
        # Schemas are made to be dumped; what they hold is another rule's question.
        named = {name.rpartition(".")[2] for name, entry in self.entries.items() if entry.get("object") != "self"}
        self._names_of_dumps = named | set(methods)

    def may_dump(self, function: Function) -> bool:
        """Whether a function's text mentions anything that dumps."""
        if not self._names_of_dumps.isdisjoint(function.words):
            return True
        return any(node.attr in self.attributes for node in function.nodes(f.Attribute))

    def is_own(self, dump: Dump) -> bool:
        """Whether the project's own classes have a method of that name: theirs says what it gives."""
        return dump.text.strip(".()") in self._own_methods

    @cached_property
    def _own_methods(self) -> frozenset[str]:
        """The names of methods that classes of the project have; those of tests aside."""
        modules = (module for module in self.project.index.modules.values() if not module.is_test)
        return frozenset(each.name for module in modules for each in module.facts.functions if each.owner >= 0)

    def sent(self, value: Value, made: Entries[int, flow.Call], depth: int = 5) -> Iterator[Dump]:
        """The dumps that a returned value is, or that stand in it where a client sees them; `made` are the calls that
        gave a dict of known keys."""
        value = unwrap(value)
        if depth == 0:
            return
        call = made.get(id(value))
        found = self._called(call) if call is not None else self.of(value)
        if found is not None:
            yield found
            return
        for inner in self._inside(value):
            yield from self.sent(inner, made, depth - 1)

    def _inside(self, value: Value) -> list[Value]:
        if isinstance(value, Seq):
            return value.items
        if isinstance(value, Mapping):
            return list(value.items.values())
        if isinstance(value, Choice):
            return value.options
        if isinstance(value, flow.Element):
            return [value.sources[0]] if _is_list(value.sources[0]) else []
        if isinstance(value, Result):
            body = body_of(self.project.knowledge, value)
            if body is not None:
                return body
            name = self.project.name_of(value.callee).rpartition(".")[2]
            return value.args[:1] if name in _TRANSPARENT else []
        return []

    def _called(self, call: flow.Call) -> Dump | None:
        """What a call dumps whose result could be followed."""
        return self.of(Result(call.callee, call.args, call.kwargs, call.span, 0, ()))

    def of(self, value: Value) -> Dump | None:
        """The object whose fields a value holds; None when it picks some, or is no dump."""
        if isinstance(value, Attr):
            return Dump(value.base, f".{value.name}") if value.name in self.attributes else None
        if isinstance(value, flow.Derived):
            return self._derived(value)
        if not isinstance(value, Result):
            return None
        for name in self._names(value):
            entry = self.entries.get(name)
            if entry is not None:
                return None if self._is_narrowed(entry, value) else self._dump(entry, value, name)
        callee = value.callee
        if not isinstance(callee, Attr) or value.args or value.kwargs:
            return None
        if callee.name in self.methods or (callee.name == "values" and _is_query(callee.base)):
            return Dump(callee.base, f".{callee.name}()")
        return None

    def _names(self, value: Result) -> list[str]:
        return [self.project.name_of(value.callee), *self.project.names_of(value.callee)]

    def _dump(self, entry: Entries[str, Any], value: Result, name: str) -> Dump | None:
        at = entry.get("object")
        text = f"{name.rpartition('.')[2]}()"
        if at == "self" or at is None:
            return Dump(value.callee.base, f".{text}") if isinstance(value.callee, Attr) else None
        given = value.args[at] if at < len(value.args) else None
        return Dump(given, text) if given is not None else None

    @staticmethod
    def _is_narrowed(entry: Entries[str, Any], value: Result) -> bool:
        names = entry.get("narrowed_by", ())
        if "*" in names:
            return bool(value.args or value.kwargs or value.starred)
        positions = entry.get("positions") or {}
        given = [
            name for name in names if name in value.kwargs or positions.get(name, len(value.args)) < len(value.args)
        ]
        return value.starred or bool(given)

    def _derived(self, value: flow.Derived) -> Dump | None:
        expr = value.expr.value if isinstance(value.expr, f.Await) else value.expr
        if not value.sources:
            return None
        if isinstance(expr, f.Attribute) and expr.attr in self.attributes:
            return Dump(value.sources[0], f".{expr.attr}")
        return None


def _is_list(value: Value) -> bool:
    """Whether elements of a value are what it lists: rows of a query given as dicts."""
    return isinstance(value, Result)


def _is_query(value: Value) -> bool:
    """Whether `values()` is that of a query: somewhere below it stand the objects of a model."""
    return any(
        isinstance(part, Attr) and part.name in ("objects", "_default_manager") for part in flow.parts(value)
    ) or any(isinstance(part, External) and ".objects" in part.name for part in flow.parts(value))


__all__ = ["Dumps", "Known", "raw_object_dump"]
