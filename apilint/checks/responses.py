"""Answers that nothing narrows: database rows, and responses that go round the declared model."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint import flow
from apilint.check import Match, check
from apilint.checks.exposed import label
from apilint.checks.fetching import Fetching
from apilint.checks.rows import Rows
from apilint.checks.sensitive import Sensitive, quoted
from apilint.checks.serializers import secrets
from apilint.facts import Span
from apilint.finding import Precision, Severity
from apilint.frameworks.responses import Declared, Responses, allows_extra, body_of, classes_in
from apilint.frameworks.schemas import Schema, Schemas
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Attr, Choice, ClassValue, External, Instance, Mapping, Result, Seq, Value, unwrap
from apilint.unparse import unparse


@check
def returns_db_model(
    project: Project,
    *,
    exposed: str,
    sensitive_severity: str = "error",
    sensitive_security_severity: float = 7.1,
    stored_names: str = r"(?!)",
) -> Iterator[Match]:
    """Routes that answer with rows of the database as they are."""
    sensitive, schemas = Sensitive(project), Schemas(project.program)
    rows, names = Rows(schemas), regex(stored_names)
    fetching = Fetching(project, schemas, names)
    for route, declared in _declared(project):
        if declared.narrowed:
            continue
        found = list(_sent(project, route, declared, schemas, rows, fetching))
        for schema, at in found:
            leaked = secrets(sensitive, schema)
            if not schema.stored and not (leaked and names.search(schema.name)):
                continue
            yield Match(
                span=route.span,
                values={"route": label(route), "model": schema.name, "fields": quoted(leaked)},
                trace=_rows_proof(route, schema, at, leaked),
                severity=Severity(sensitive_severity) if leaked else None,
                security_severity=sensitive_security_severity if leaked else None,
                template="exposed" if leaked else "",
                route=label(route),
            )
            break


def _declared(project: Project) -> Iterator[tuple[Route, Declared]]:
    """The routes of frameworks that narrow answers, each handler once."""
    responses = Responses(project.program)
    seen: set[Span] = set()
    for route in project.routes:
        declared = responses.declared(route)
        if declared is not None and not project.is_test(route.span.file) and route.span not in seen:
            seen.add(route.span)
            yield route, declared


def _sent(
    project: Project, route: Route, declared: Declared, schemas: Schemas, rows: Rows, fetching: Fetching
) -> Iterator[tuple[Schema, Span]]:
    """The classes of the objects that a route sends whole, with the places that say so."""
    if declared.kind != "open":
        for cls in classes_in(declared.value):
            schema = schemas.of(cls)
            if schema is not None:
                yield schema, declared.span
        return
    function = route.function.function if route.function is not None else None
    if function is None or not fetching.may_return_row(function):
        return
    for value, statement in project.trace(function, deep=True).returned:
        for item in _items(value):
            found = rows.cls(item)
            schema = schemas.of(found) if found is not None else None
            if schema is not None:
                yield schema, Span(route.span.file, statement.start, statement.end)


def _items(value: Value, depth: int = 3) -> Iterator[Value]:
    """A returned value, or what stands in the list, dict or choice that it is."""
    if depth and isinstance(value, Seq):
        for item in value.items:
            yield from _items(item, depth - 1)
    elif depth and isinstance(value, Mapping):
        for item in value.items.values():
            yield from _items(item, depth - 1)
    elif depth and isinstance(value, Choice):
        for item in value.options:
            yield from _items(item, depth - 1)
    else:
        yield value


def _rows_proof(route: Route, schema: Schema, at: Span, leaked: list[str]) -> tuple[Step, ...]:
    steps = [
        Step(route.registered, f"'{label(route)}' is registered here"),
        Step(at, f"it answers with '{schema.name}'"),
    ]
    steps += [
        Step(field.span, f"'{field.name}' is one of its fields")
        for field in schema.fields
        if field.name in leaked and field.span is not None
    ]
    return tuple(steps)


@check
def response_filter_bypassed(
    project: Project, *, extra: str, methods: tuple[str, ...] = (), attributes: tuple[str, ...] = ()
) -> Iterator[Match]:
    """Handlers that promise a model and send a response of their own making."""
    sensitive, schemas = Sensitive(project), Schemas(project.program)
    rows = Rows(schemas)
    builders = {name.rpartition(".")[2] for name in project.knowledge.sections.get("responses", {})}
    for route, declared in _declared(project):
        promised = [(cls, schemas.of(cls)) for cls in classes_in(declared.value)] if declared.kind != "open" else []
        models = [(cls, schema) for cls, schema in promised if schema is not None]
        if not models or declared.narrowed or route.function is None:
            continue
        function = route.function.function
        shown = {field.name for _, schema in models for field in schema.fields}
        lenient = next((cls for cls, _ in models if allows_extra(project.program, cls)), None)
        if lenient is None and builders.isdisjoint(function.words):
            continue
        for value, statement in project.trace(function, deep=True).returned:
            span = function.module.span(statement.start, statement.end)
            bodies = body_of(project.knowledge, value)
            is_error = project.knowledge.response_status(project.program.machine, value) >= 400
            if bodies is None:
                if lenient is not None and len(models) == 1 and _is_loose(value, shown):
                    yield _extra(route, declared, lenient, span)
                continue
            for body in bodies:
                dumped = _dumped(body, methods, attributes)
                cls = rows.cls(dumped) if dumped is not None else None
                schema = schemas.of(cls) if cls is not None else None
                if schema is None or {field.name for field in schema.fields} <= shown:
                    continue
                if is_error and not schema.stored:
                    continue  # an error has a form of its own, which the route does not promise
                is_harmless = not schema.stored and not secrets(sensitive, schema)  # another form, and nothing is in it
                yield Match(
                    span=span,
                    values={
                        "route": label(route),
                        "declared": " or ".join(schema.name for _, schema in models),
                        "returned": unparse(statement.value, 4),
                    },
                    trace=(
                        Step(declared.span, f"'{models[0][1].name}' is what the route declares"),
                        Step(span, f"the fields of '{schema.name}' are sent as they are"),
                    ),
                    precision=Precision.LOW if is_harmless else None,
                    route=label(route),
                )


def _is_loose(value: Value, shown: set[str]) -> bool:
    """Whether a returned value is a dict with more than the declared fields, as far as is known."""
    return isinstance(value, Mapping) and (value.open or bool(value.unnamed) or not value.items.keys() <= shown)


def _extra(route: Route, declared: Declared, cls: ClassValue, span: Span) -> Match:
    return Match(
        span=span,
        values={"route": label(route), "declared": cls.cls.name},
        trace=(
            Step(cls.cls.span, f"'{cls.cls.name}' keeps fields that it does not declare"),
            Step(span, "what is returned here is sent whole"),
        ),
        template="extra",
        route=label(route),
    )


def _dumped(value: Value, methods: tuple[str, ...], attributes: tuple[str, ...]) -> Value | None:
    """The object whose fields a value holds, all of them."""
    value = unwrap(value)
    if isinstance(value, Seq) and len(value.items) == 1:
        return _dumped(value.items[0], methods, attributes)
    if isinstance(value, Result):
        callee = value.callee
        if isinstance(callee, Attr) and callee.name in methods and not value.kwargs.keys() & {"include", "exclude"}:
            return callee.base
        if isinstance(callee, External) and callee.name.endswith(".jsonable_encoder") and not value.kwargs:
            return value.args[0] if value.args else None
        return None
    if isinstance(value, Attr):
        return value.base if value.name in attributes else None
    if isinstance(value, flow.Derived):
        expr = value.expr.value if isinstance(value.expr, f.Await) else value.expr
        if isinstance(expr, f.Attribute) and expr.attr in attributes and value.sources:
            return value.sources[0]
        if (
            isinstance(expr, f.Call)
            and isinstance(expr.func, f.Attribute)
            and expr.func.attr in methods
            and value.sources
        ):
            inner = value.sources[0]
            return inner if isinstance(inner, (Instance, flow.Derived)) else None
    return None


__all__ = ["response_filter_bypassed", "returns_db_model"]
