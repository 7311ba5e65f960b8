"""Serializer and schema classes -> which fields of which model they show, and whether anything shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from apilint import facts as f
from apilint.facts import Span
from apilint.frameworks.program import Program
from apilint.frameworks.schemas import Schema, Schemas
from apilint.index import Function
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Result,
    Seq,
    Value,
    constant,
    text_of,
    unwrap,
)
from apilint.walk import walk

MODEL_SERIALIZERS = (
    "rest_framework.serializers.ModelSerializer",
    "rest_framework.serializers.HyperlinkedModelSerializer",
    "rest_framework_gis.serializers.GeoFeatureModelSerializer",
)
SERIALIZERS = (*MODEL_SERIALIZERS, "rest_framework.serializers.Serializer", "rest_framework.serializers.BaseSerializer")
MODEL_SCHEMAS = ("ninja.ModelSchema", "ninja.orm.ModelSchema", "ninja_schema.ModelSchema", "ninja_extra.ModelSchema")
ALL_FIELDS = ("rest_framework.serializers.ALL_FIELDS", "rest_framework.fields.ALL_FIELDS")
# Views of the library that answer with their serializer.
_ANSWERING = ("Create", "List", "Retrieve", "Update", "ModelViewSet")


NOTHING = External("")


class Shown(msgspec.Struct, frozen=True):
    """A field that a serializer names: in the list of its Meta, or declared in its body. `type` is what a declared one
    is made with."""

    name: str
    span: Span
    type: str = ""
    declared: bool = False


class Serializer(msgspec.Struct, frozen=True):
    """One serializer class.

    `selects` is `all`, `exclude`, `list` or empty where it says nothing that could be read; `at` is the place that says
    so. `fields` are the fields that it names, `hidden` those that it never shows, `read_only` those that nobody sets
    (`*` among them where that cannot be read). `rewritten` tells that the project changes what comes out, `used` that
    something answers with it. `nested` are the related models that `depth` expands.
    """

    name: str
    span: Span
    model: Schema | None
    model_name: str
    selects: str
    at: Span
    fields: tuple[Shown, ...]
    declared: tuple[Shown, ...]
    excluded: tuple[str, ...]
    hidden: frozenset[str]
    read_only: frozenset[str]
    nested: tuple[tuple[str, Schema], ...]
    nested_at: Span
    rewritten: bool
    used: bool


def serializers(program: Program) -> list[Serializer]:
    """All serializers of the project, in the order of their places."""
    return sorted(_Reader(program).read(), key=lambda found: found.span)


class _Reader:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.machine = program.machine
        self.schemas = Schemas(program)

    def read(self) -> Iterator[Serializer]:
        found = [
            cls
            for cls in list(self.machine.classes.values())
            if not cls.cls.module.is_test and self.program.is_subclass(cls, (*SERIALIZERS, *MODEL_SCHEMAS))
        ]
        used = _Uses(self.program, found).used() if found else frozenset()
        for cls in found:
            yield self._one(cls, cls in used)

    def _one(self, cls: ClassValue, used: bool) -> Serializer:
        meta = self._meta(cls)
        model = self._meta_value(meta, "model") or self._meta_value(meta, "model_class")
        named = self.schemas.named(model, cls.cls.module.file) if model is not None else None
        schema = self.schemas.of(named) if named is not None else None
        selects, at, shown, excluded = self._selection(cls, meta)
        depth = constant(self._meta_value(meta, "depth") or External(""))
        return Serializer(
            name=cls.cls.name,
            span=cls.cls.span,
            model=schema,
            model_name=schema.name if schema else self.program.short_name(named or model) if model is not None else "",
            selects=selects,
            at=at,
            fields=shown,
            declared=tuple(self._declared(cls)),
            excluded=excluded,
            hidden=self._hidden(cls, meta),
            read_only=self._read_only(cls, meta),
            nested=self._nested(schema) if isinstance(depth, int) and depth > 0 and schema is not None else (),
            nested_at=self._place(meta, "depth") or at,
            rewritten=self._is_rewritten(cls),
            used=used,
        )

    # --------------------------------------------------------------------- Meta

    def _meta(self, cls: ClassValue) -> ClassValue | None:
        found = attributes.in_class(self.machine, cls, "Meta") or attributes.in_class(self.machine, cls, "Config")
        if found is not None and not isinstance(found[1], ClassValue):
            found = attributes.in_class(self.machine, cls, "Config")
        meta = unwrap(found[0]) if found is not None else None
        return meta if isinstance(meta, ClassValue) else None

    def _meta_value(self, meta: ClassValue | None, name: str) -> Value | None:
        found = attributes.in_class(self.machine, meta, name) if meta is not None else None
        return found[0] if found is not None and isinstance(found[1], ClassValue) else None

    def _statement(self, meta: ClassValue | None, name: str) -> f.Assign | None:
        """The statement in a Meta's own body that sets an option."""
        if meta is None:
            return None
        for statement in reversed(meta.cls.code.body):
            if isinstance(statement, f.Assign) and any(
                isinstance(target, f.Name) and target.id == name for target in statement.targets
            ):
                return statement
        return None

    def _place(self, meta: ClassValue | None, *names: str) -> Span | None:
        for name in names:
            statement = self._statement(meta, name)
            if statement is not None and meta is not None:
                return meta.cls.module.span(statement.start, statement.end)
        return None

    def _selection(
        self, cls: ClassValue, meta: ClassValue | None
    ) -> tuple[str, Span, tuple[Shown, ...], tuple[str, ...]]:
        at = self._place(meta, "fields", "model_fields") or (meta.cls.span if meta is not None else cls.cls.span)
        fields = self._meta_value(meta, "fields") or self._meta_value(meta, "model_fields")
        if fields is not None:
            if text_of(fields) == "__all__" or (isinstance(fields, External) and fields.name in ALL_FIELDS):
                return "all", at, (), ()
            return "list", at, tuple(self._listed(meta, fields, at)), ()
        excluded = self._meta_value(meta, "exclude") or self._meta_value(meta, "model_exclude")
        if isinstance(excluded, Seq) and not excluded.open:
            at = self._place(meta, "exclude", "model_exclude") or at
            names = tuple(name for name in map(text_of, excluded.items) if name)
            return "exclude", at, (), names
        return "", at, (), ()

    def _listed(self, meta: ClassValue | None, fields: Value, at: Span) -> Iterator[Shown]:
        statement = self._statement(meta, "fields") or self._statement(meta, "model_fields")
        places: dict[str, Span] = {}
        if statement is not None and meta is not None:
            for node in walk([statement.value]):
                if isinstance(node, f.Constant) and isinstance(node.value, str):
                    places[node.value] = meta.cls.module.span(node.start, node.end)
        for item in fields.items if isinstance(fields, Seq) else ():
            name = text_of(item)
            if name:
                yield Shown(name, places.get(name, at))

    # ------------------------------------------------------------------- fields

    def _nested(self, model: Schema) -> tuple[tuple[str, Schema], ...]:
        targets = ((field.name, self.schemas.of(field.target)) for field in model.fields if field.target is not None)
        return tuple((name, target) for name, target in targets if target is not None)

    def _declared(self, cls: ClassValue) -> Iterator[Shown]:
        """The fields that a serializer's own body declares."""
        for statement in cls.cls.code.body:
            if isinstance(statement, f.Assign) and isinstance(statement.value, f.Call):
                func = statement.value.func
                made = func.attr if isinstance(func, f.Attribute) else func.id if isinstance(func, f.Name) else ""
                for target in statement.targets:
                    if isinstance(target, f.Name):
                        yield Shown(target.id, cls.cls.module.span(statement.start, statement.end), made, True)

    def _hidden(self, cls: ClassValue, meta: ClassValue | None) -> frozenset[str]:
        """The fields that are never shown: write-only by any means, or hidden. An option that cannot be read may hide
        anything, which `*` says."""
        hidden: set[str] = set()
        for base in attributes.mro(self.machine, cls):
            if isinstance(base, ClassValue):
                for name, value in list(attributes.namespace(self.machine, base).vars.items()):
                    made = self.machine.force(value, base.namespace, name)
                    if _is_hidden_field(made):
                        hidden.add(name)
                    elif isinstance(made, (Result, Instance)) and "source" not in made.kwargs:
                        hidden.discard(name)
        extra = self._meta_value(meta, "extra_kwargs")
        if isinstance(extra, Mapping):
            for key, options in extra.items.items():
                if (
                    not isinstance(options, Mapping)
                    or options.open
                    or constant(options.items.get("write_only", External("")))
                ):
                    hidden.add(str(key))
        if extra is not None and (not isinstance(extra, Mapping) or extra.open):
            hidden.add("*")
        write_only = self._meta_value(meta, "write_only_fields")
        if isinstance(write_only, Seq):
            hidden |= {name for name in map(text_of, write_only.items) if name}
        return frozenset(hidden)

    def _read_only(self, cls: ClassValue, meta: ClassValue | None) -> frozenset[str]:
        """The fields that are never set: declared so, or by the options of Meta; what cannot be read may say it."""
        found: set[str] = set()
        for base in reversed(attributes.mro(self.machine, cls)):
            names = list(attributes.namespace(self.machine, base).vars.items()) if isinstance(base, ClassValue) else ()
            for name, value in names:
                made = unwrap(value)
                is_set = isinstance(made, (Result, Instance)) and not _is_read_only_field(made)
                found = found - {name} if is_set else found | {name}
        listed = self._meta_value(meta, "read_only_fields")
        if isinstance(listed, Seq):
            found |= {name for name in map(text_of, listed.items) if name}
        extra = self._meta_value(meta, "extra_kwargs")
        if isinstance(extra, Mapping):
            for key, options in extra.items.items():
                if (
                    not isinstance(options, Mapping)
                    or options.open
                    or constant(options.items.get("read_only", NOTHING))
                ):
                    found.add(str(key))
        is_open = (listed is not None and (not isinstance(listed, Seq) or listed.open)) or (
            extra is not None and (not isinstance(extra, Mapping) or extra.open)
        )
        return frozenset(found | {"*"} if is_open else found)

    def _is_rewritten(self, cls: ClassValue) -> bool:
        """Whether the project decides by itself what comes out."""
        for name in ("to_representation", "get_fields", "__init__", "data", "get_extra_kwargs", "build_standard_field"):
            found = attributes.in_class(self.machine, cls, name)
            if found is not None and isinstance(found[1], ClassValue):
                return True
        return False


def _is_hidden_field(value: Value) -> bool:
    made = unwrap(value)
    if not isinstance(made, (Result, Instance)):
        return False
    if constant(made.kwargs.get("write_only", External(""))) is True:
        return True
    return isinstance(made, Result) and isinstance(made.callee, External) and made.callee.name.endswith(".HiddenField")


def _is_read_only_field(made: Result | Instance) -> bool:
    if "read_only" in made.kwargs:
        return constant(made.kwargs["read_only"]) is not False  # or it depends on something
    name = made.callee.name if isinstance(made, Result) and isinstance(made.callee, External) else ""
    return name.endswith((".ReadOnlyField", ".SerializerMethodField", ".HiddenField"))


class _Uses:
    """Which serializers something answers with: as the class of a view that shows objects, called on an object, nested
    in one that is used, or named as a response."""

    def __init__(self, program: Program, found: list[ClassValue]) -> None:
        self.program = program
        self.machine = program.machine
        self.by_name: dict[str, list[ClassValue]] = {}
        for cls in found:
            self.by_name.setdefault(cls.cls.name, []).append(cls)

    def used(self) -> frozenset[ClassValue]:
        """Those, with what is nested in them and what they inherit from."""
        names = self._in_classes() | self._in_functions()
        pending = [cls for name in names for cls in self.by_name.get(name, ())]
        used: set[ClassValue] = set()
        while pending:
            cls = pending.pop()
            if cls not in used:
                used.add(cls)
                pending += [inner for name in self._nested(cls) for inner in self.by_name.get(name, ())]
        return frozenset(used)

    def _nested(self, cls: ClassValue) -> Iterator[str]:
        for node in walk(cls.cls.code.body):
            name = node.id if isinstance(node, f.Name) else node.attr if isinstance(node, f.Attribute) else ""
            if name in self.by_name:
                yield name

    def _in_classes(self) -> set[str]:
        """Names in the bodies of classes that are no serializers: `serializer_class = …`, `serializers = {…}`."""
        names: set[str] = set()
        for cls in list(self.machine.classes.values()):
            if cls.cls.module.is_test or cls.cls.name in self.by_name:
                continue
            for statement in cls.cls.code.body:
                if isinstance(statement, (f.Assign, f.AnnAssign)):
                    found = {name for name in self._names([statement]) if name in self.by_name}
                    if found and self._answers(cls):
                        names |= found
        return names

    def _answers(self, cls: ClassValue) -> bool:
        """Whether a view shows objects: by the library's methods, or because it reads a serializer's `data`."""
        own = [base for base in attributes.mro(self.machine, cls) if isinstance(base, ClassValue)]
        library = [base.rpartition(".")[2] for base in attributes.external_bases(self.machine, cls)]
        overridden = any(base.cls.method(name) for base in own for name in ("create", "post"))
        for name in library:
            if any(word in name for word in _ANSWERING) and not (overridden and name.startswith("Create")):
                return True
        return any(_reads_data(function) for base in own for function in base.cls.methods.values())

    def _in_functions(self) -> set[str]:
        names: set[str] = set()
        for function in self._mentioning():
            for decorator in function.head.decorators:
                names |= {
                    name for name in self._names([decorator]) if name in self.by_name and _is_response(decorator, name)
                }
            if function.owner is not None and function.owner.name in self.by_name:
                continue
            names |= self._in_body(function) - names
        return names

    def _mentioning(self) -> Iterator[Function]:
        for module in self.program.index.modules.values():
            if module.is_test:
                continue
            env = self.machine.envs.get(module.file)
            if (env is not None and not self.by_name.keys().isdisjoint(env.vars)) or any(
                name in module.facts.words for name in self.by_name
            ):
                yield from module.functions

    def _in_body(self, function: Function) -> set[str]:
        """Those that a function calls on an object or reads the `data` of, or hands on uncalled."""
        nodes = list(walk(function.body))
        names = [node for node in nodes if _name(node) in self.by_name]
        if not names:
            return set()
        made = [node for node in nodes if isinstance(node, f.Call) and _name(node.func) in self.by_name]
        found = {_name(call.func) for call in made if _is_given_object(call)}
        assigns = [node for node in nodes if isinstance(node, f.Assign)]
        for node in nodes:
            if isinstance(node, f.Attribute) and node.attr == "data":
                shown = _last_assigned(node.value, assigns)
                found |= {_name(call.func) for call in made if call is shown}
        called = {id(call.func) for call in made}
        return found | {_name(node) for node in names if id(node) not in called}

    @staticmethod
    def _names(nodes: Sequence[f.Stmt | f.Expr]) -> Iterator[str]:
        for node in walk(nodes):
            name = _name(node)
            if name:
                yield name


def _name(node: object) -> str:
    return node.id if isinstance(node, f.Name) else node.attr if isinstance(node, f.Attribute) else ""


def _last_assigned(expr: f.Expr, assigns: list[f.Assign]) -> f.Expr:
    """What a name was last given before it is read; any other expression is itself."""
    name = _name(expr) if isinstance(expr, f.Name) else ""
    before = [
        each for each in assigns if each.start < expr.start and any(_name(target) == name for target in each.targets)
    ]
    return max(before, key=lambda each: each.start).value if name and before else expr


def _is_given_object(call: f.Call) -> bool:
    return bool(call.args) or any(keyword.name in ("instance", "many") for keyword in call.keywords)


def _is_response(decorator: f.Expr, name: str) -> bool:
    """Whether a decorator names a class as what the route answers with."""
    if not isinstance(decorator, f.Call):
        return False
    return any(
        _name(node) == name
        for keyword in decorator.keywords
        if keyword.name == "response"
        for node in walk([keyword.value])
    )


def _reads_data(function: Function) -> bool:
    """Whether a method reads `serializer.data`."""
    if "data" not in _attributes(function):
        return False
    return any(
        isinstance(node, f.Attribute)
        and node.attr == "data"
        and _name(node.value) not in ("request", "response", "self")
        for node in walk(function.body)
    )


def _attributes(function: Function) -> set[str]:
    return {node.attr for node in walk(function.body) if isinstance(node, f.Attribute)}


__all__ = ["Attr", "FunctionValue", "Serializer", "Shown", "serializers"]
