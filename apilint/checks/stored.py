"""What a caller sends -> rows of the database: fields that the caller names, and passwords as they were typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.audience import runs_for_few
from apilint.checks.beside import is_beside
from apilint.checks.exposed import words_of
from apilint.checks.flows import is_structured, keys_of
from apilint.checks.names import Names
from apilint.checks.origins import REQUEST, Origin, Origins, trail
from apilint.facts import Span
from apilint.finding import Precision
from apilint.flow import Assigned, Call, Derived, Element, Input
from apilint.flow.narrowing import last_name
from apilint.frameworks.schemas import Schema, Schemas
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import Attr, ClassValue, External, Instance, Result, Unknown, Value, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

MAX_STEPS = 8
_SENT = regex(r"(?:^|\.)(?:POST|GET|query_params|args|form|values|match_info|body)\b")
_OF_SCHEMA = regex(r"\.(model_dump|dict)$")
_MANAGED = (".objects.create", ".objects.acreate")
_NO_ROW = regex(r"^(self|cls)$|(^|[._])(settings|options|config|params)$")
_STORES = frozenset(
    "save add add_all create bulk_create insert merge commit flush put store persist append update".split()
)
_DUMPS = frozenset({"dict", "model_dump", "asdict", "dump"})


class Filled(msgspec.Struct, frozen=True):
    """Fields of an object of `model` that `given` names and fills, at `span` in `function`."""

    function: Function
    span: Span
    given: Value
    model: str
    schema: Schema | None
    is_sure: bool


# ---------------------------------------------------------------------------------------- mass assignment


@check
def mass_assignment(
    project: Project,
    *,
    privileged: str,
    methods: Sequence[str],
    receivers: str,
    schema: str = "",
) -> Iterator[Match]:
    """Objects of the database whose fields a caller names: by a body that nothing has narrowed, or by a schema that has
    a `privileged` field. `methods` make or change a row when they are called on what `receivers` matches."""
    rows = Rows(project, frozenset(methods), regex(receivers))
    origins = Origins(project, rows.names, "fields")
    private = regex(privileged)
    for filled in rows.filled():
        for value in keys_of(unwrap(filled.given)):
            origin = origins.of_keys(value)
            declared = rows.declared(value, origins)
            if origin is None or (origin.kind != REQUEST and declared is None):
                continue
            if declared is not None:
                out = _left_out(value)
                names = [each.name for each in declared.fields if each.name not in out]
                fields = [name for name in names if private.search(words_of(name))]
                if fields and (filled.schema is None or _has_field(filled.schema, fields[0])):
                    doubt = Precision.LOW if runs_for_few(project, filled.function) else Precision.MEDIUM
                    yield _named(filled, origin, declared.name, fields[0], schema, doubt)
                break
            if _OF_SCHEMA.search(origin.what):
                continue  # of a schema whose fields are not at hand: what it does not declare, is not among them
            if is_structured(value, origin) or _SENT.search(origin.what):
                yield _unnarrowed(filled, origin, runs_for_few(project, filled.function))
                break


def _has_field(schema: Schema, name: str) -> bool:
    return any(field.name == name for field in schema.fields)


def _unnarrowed(filled: Filled, origin: Origin, is_for_few: bool) -> Match:
    return Match(
        span=filled.span,
        values={"model": filled.model, "value": origin.what},
        trace=(
            *origin.steps[:MAX_STEPS],
            Step(filled.span, f"its keys are the fields of '{filled.model}' that are set"),
        ),
        precision=Precision.LOW
        if is_for_few or not _is_kept(filled) or is_beside(filled.span.file)
        else Precision.HIGH
        if filled.is_sure
        else Precision.MEDIUM,
        route=origin.route,
    )


def _is_kept(filled: Filled) -> bool:
    """Whether the function that makes an object stores it or hands it on; others only look at it."""
    function, start = filled.function, filled.span.start
    made = next((each for each in function.nodes(f.Assign) if each.value.start == start), None)
    target = made.targets[0] if made is not None else None
    if not isinstance(target, f.Name) or not _STORES.isdisjoint(function.words):
        return True
    returned = (each.value for each in function.nodes(f.Return) if each.value is not None)
    return any(isinstance(each, f.Name) and each.id == target.id for each in returned)


def _left_out(value: Value) -> set[str]:
    """The fields that `body.model_dump(exclude={"role"})` leaves out."""
    value = unwrap(value)
    if isinstance(value, Element):
        value = unwrap(value.sources[0])
    call = value.expr if isinstance(value, Derived) else None
    given = (each.value for each in call.keywords if each.name == "exclude") if isinstance(call, f.Call) else ()
    nodes = [node for each in given for node in walk((each,))]
    return {node.value for node in nodes if isinstance(node, f.Constant) and isinstance(node.value, str)}


def _named(filled: Filled, origin: Origin, schema: str, field: str, template: str, precision: Precision) -> Match:
    return Match(
        span=filled.span,
        values={"model": filled.model, "value": origin.what, "schema": schema, "field": field},
        trace=(*origin.steps[:MAX_STEPS], Step(filled.span, f"'{field}' of '{schema}' is set on '{filled.model}'")),
        precision=precision,
        template="schema" if template else "",
        route=origin.route,
    )


class Rows:
    """Where a program fills objects of its database with what is only known as a whole."""

    def __init__(self, project: Project, methods: frozenset[str], receivers: re.Pattern[str]) -> None:
        self._project = project
        self.names = project.once(Names, lambda: Names(project))
        self._schemas = Schemas(project.program)
        self._methods = methods
        self._receivers = receivers

    def filled(self) -> Iterator[Filled]:
        """Every such place, in source order; tests are left out."""
        for module in self._project.index.with_words({"~splat", "setattr", "update"}):
            if module.is_test:
                continue
            for function in module.functions:
                words = function.words
                if "~splat" in words or "setattr" in words or "update" in words:
                    yield from self._in_function(function)

    def _in_function(self, function: Function) -> Iterator[Filled]:
        if not any(_is_candidate(node, self._methods) for node in function.nodes(f.Call)):
            return
        for call in self._project.trace(function).calls:
            if call.depth == 0 and _is_candidate(call.node, self._methods):
                yield from self._in_call(call, function)

    def _in_call(self, call: Call, function: Function) -> Iterator[Filled]:
        callee = unwrap(call.callee)
        if isinstance(callee, External) and callee.name == "builtins.setattr" and len(call.args) == 3:
            if isinstance(unwrap(call.args[1]), Element):
                made = self._schemas.of_object(call.args[0])
                owner = unparse(call.node.args[0])
                if not _NO_ROW.search(owner) and (made is None or made.stored):
                    yield Filled(function, call.span, call.args[1], owner, made, made is not None)
            return
        func = call.node.func
        if isinstance(func, f.Attribute) and func.attr == "update" and call.args:
            if isinstance(func.value, f.Attribute) and func.value.attr == "__dict__":
                yield Filled(function, call.span, call.args[0], unparse(func.value.value), None, True)
            return
        for given in call.splats:
            schema = self._schemas.of(callee) if isinstance(callee, ClassValue) else None
            if schema is not None and schema.stored:
                yield Filled(function, call.span, given, schema.name, schema, True)
            elif isinstance(func, f.Attribute) and func.attr in self._methods:
                owner = unparse(func.value)
                if any(self._receivers.search(each) for each in (owner, *self.names.of(callee))):
                    yield Filled(function, call.span, given, owner.partition(".")[0], None, True)

    def declared(self, value: Value, origins: Origins) -> Schema | None:
        """The schema that says which fields a caller may send: that of `body` in `body.model_dump()`, for the body of a
        route."""
        value = unwrap(value)
        if isinstance(value, Element):
            value = unwrap(value.sources[0])
        root, steps = trail(value)
        if not isinstance(root, Input) or root.function is None or origins.handler(root.function) is None:
            return None
        annotation = unwrap(root.annotation) if root.annotation is not None else None
        if isinstance(annotation, ClassValue) and (not steps or steps[-1] in (*_DUMPS, "items")):
            return self._schemas.of(annotation) or Schema(annotation.cls.name, "record", None, (), stored=False)
        return None


def _is_candidate(node: f.Call, methods: frozenset[str]) -> bool:
    """Whether a call may set fields that are named elsewhere: of a class, by one of the methods, by name."""
    func = node.func
    if any(keyword.name is None for keyword in node.keywords):
        name = last_name(func)
        return name in methods or name[:1].isupper() or name == "cls"
    if isinstance(func, f.Name):
        return func.id == "setattr" and len(node.args) == 3 and not isinstance(node.args[1], f.Constant)
    return (
        isinstance(func, f.Attribute)
        and func.attr == "update"
        and isinstance(func.value, f.Attribute)
        and func.value.attr == "__dict__"
    )


# ---------------------------------------------------------------------------------------------- passwords


@check
def plaintext_password_stored(project: Project, *, fields: str, hashing: str) -> Iterator[Match]:
    """Passwords that reach a column as the caller typed them: by a constructor, by assignment. A class that hashes in a
    setter, a validator or when it is saved (a method that `hashing` matches) is let through."""
    names = project.once(Names, lambda: Names(project))
    passwords = Passwords(project, Schemas(project.program), regex(fields), regex(hashing))
    origins = Origins(project, names, "password")
    for function, span, name, value, model in passwords.stored():
        origin = origins.of(value)
        if origin is not None and origin.kind == REQUEST and passwords.is_password(origin.what.rpartition(".")[2]):
            yield Match(
                span=span,
                values={"field": name, "model": model, "value": origin.what},
                trace=(*origin.steps[:MAX_STEPS], Step(span, f"it is stored in '{model}.{name}' as it is")),
                precision=Precision.HIGH,
                route=origin.route,
                enclosing=function.qualname,
            )


class Passwords:
    """Where a program gives a password column its value."""

    def __init__(self, project: Project, schemas: Schemas, fields: re.Pattern[str], hashing: re.Pattern[str]) -> None:
        self._project = project
        self._schemas = schemas
        self._fields = fields
        self._hashing = hashing
        self._hashes: dict[ClassValue, bool] = {}

    def is_password(self, name: str) -> bool:
        """Whether a name is that of a password."""
        return self._fields.search(words_of(name)) is not None

    def stored(self) -> Iterator[tuple[Function, Span, str, Value, str]]:
        """`(function, place, field, value, model)` of each; tests are left out."""
        modules = [module for module in self._project.index.modules.values() if not module.is_test]
        named = frozenset(filter(self.is_password, {word for module in modules for word in module.words}))
        for module in modules:
            if named.isdisjoint(module.words):
                continue
            for function in module.functions:
                if not named.isdisjoint(function.words):
                    trace = self._project.trace(function)
                    yield from self._constructed(trace.calls, function)
                    yield from self._assigned(trace.assigned, function)

    def _constructed(
        self, calls: Sequence[Call], function: Function
    ) -> Iterator[tuple[Function, Span, str, Value, str]]:
        for call in calls:
            cls = None if call.depth else self._made(call)
            schema = self._schemas.of(cls) if cls is not None else None
            if schema is None or not schema.stored or (isinstance(cls, ClassValue) and self._is_hashing(cls)):
                continue
            for name, value in call.kwargs.items():
                if self.is_password(name):
                    yield function, call.span, name, value, schema.name

    def _made(self, call: Call) -> Value | None:
        """The model of which a call makes or changes an object: `User(…)`, `User.objects.create(…)`."""
        callee = unwrap(call.callee)
        if isinstance(callee, External) and callee.name.endswith(_MANAGED):
            return External(callee.name.rpartition(".objects.")[0])
        if isinstance(callee, (ClassValue, External)):
            return callee
        if isinstance(call.node.func, f.Attribute) and call.node.func.attr in ("create", "update", "acreate"):
            return self._class_of(callee)
        return None

    def _assigned(
        self, assigned: Sequence[Assigned], function: Function
    ) -> Iterator[tuple[Function, Span, str, Value, str]]:
        for each in assigned:
            if each.depth or each.is_item or not self.is_password(each.name):
                continue
            cls = self._class_of(each.base)
            schema = self._schemas.of(cls) if cls is not None else None
            if cls is not None and schema is not None and schema.stored and not self._is_hashing(cls):
                yield function, each.span, each.name, each.value, schema.name

    def _class_of(self, value: Value) -> ClassValue | None:
        """The class of an object: one that was made, or one that was looked up with its class: `User.query.get(id)`,
        `session.get(User, id)`."""
        value = unwrap(value)
        if isinstance(value, Instance):
            return value.cls
        if isinstance(value, Input) and value.annotation is not None:
            annotation = unwrap(value.annotation)
            return annotation if isinstance(annotation, ClassValue) else None
        seen = 0
        while isinstance(value, (Attr, Result, Derived)) and seen < 8:
            seen += 1
            if isinstance(value, Result):
                named = next((unwrap(arg) for arg in value.args if isinstance(unwrap(arg), ClassValue)), None)
                if isinstance(named, ClassValue):
                    return named
                value = unwrap(value.callee)
            elif isinstance(value, Attr):
                value = unwrap(value.base)
            else:
                named = next((unwrap(each) for each in value.sources if isinstance(unwrap(each), ClassValue)), None)
                if isinstance(named, ClassValue):
                    return named
                value = unwrap(value.sources[0]) if value.sources else Unknown("nothing")
            if isinstance(value, ClassValue):
                return value
        return value if isinstance(value, ClassValue) else None

    def _is_hashing(self, cls: ClassValue) -> bool:
        """Whether the class, or one that it derives from, does something with a password that is given to it."""
        if cls not in self._hashes:
            line = attributes.mro(self._project.program.machine, cls)
            methods = (each for base in line if isinstance(base, ClassValue) for each in base.cls.methods.items())
            self._hashes[cls] = any(
                self._hashing.search(name) or any(self._hashing.search(word) for word in method.words)
                for name, method in methods
                if name in ("save", "__init__", "__setattr__", "password") or self.is_password(name)
            )
        return self._hashes[cls]


__all__ = ["mass_assignment", "plaintext_password_stored"]
