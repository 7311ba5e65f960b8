"""Serializer and schema classes -> which fields of which model they show, and whether anything shows them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint import facts as f
from apilint.facts import Span
from apilint.frameworks.program import Program
from apilint.frameworks.schemas import Schema, Schemas
from apilint.frameworks.serializer_uses import Uses
from apilint.startup import attributes
from apilint.startup.core import Extensions
from apilint.startup.values import (
    NONE,
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


def teach(extensions: Extensions) -> None:
    """What a serializer gives as `data` is made of its fields: not what it was made with under that name."""
    for name in SERIALIZERS:
        extensions.properties[f"{name}.data"] = lambda machine, base, span: Attr(base, "data")


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
        used = Uses(self.program, found).used() if found else frozenset()
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
        return attributes.own(self.machine, meta, name) if meta is not None else None

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
        """The fields that are never shown as they are stored: write-only by any means, hidden, or shown in its words
        by a class that the project wrote. An option that cannot be read may hide anything, which `*` says."""
        hidden: set[str] = set()
        for base in attributes.mro(self.machine, cls):
            if isinstance(base, ClassValue):
                for name, value in list(attributes.namespace(self.machine, base).vars.items()):
                    made = self.machine.force(value, base.namespace, name)
                    if _is_hidden_field(made) or self._speaks_for_itself(made):
                        hidden.add(name)
                    elif isinstance(made, (Result, Instance)) and "source" not in made.kwargs:
                        hidden.discard(name)
        return frozenset(hidden | self._by_option(meta, "write_only"))

    def _speaks_for_itself(self, made: Value) -> bool:
        """Whether a field is of a class that the project wrote, and that decides what comes out."""
        made = unwrap(made)
        return isinstance(made, Instance) and attributes.own(self.machine, made.cls, "to_representation") is not None

    def _read_only(self, cls: ClassValue, meta: ClassValue | None) -> frozenset[str]:
        """The fields that are never set: declared so, or by the options of Meta; what cannot be read may say it."""
        found: set[str] = set()
        for base in reversed(attributes.mro(self.machine, cls)):
            names = list(attributes.namespace(self.machine, base).vars.items()) if isinstance(base, ClassValue) else ()
            for name, value in names:
                made = unwrap(value)
                is_set = isinstance(made, (Result, Instance)) and not _is_read_only_field(made)
                found = found - {name} if is_set else found | {name}
        return frozenset(found | self._by_option(meta, "read_only"))

    def _by_option(self, meta: ClassValue | None, option: str) -> set[str]:
        """The fields that Meta gives an option, by a list of its own (`read_only_fields`) or in `extra_kwargs`; `*` is
        among them where either cannot be read."""
        listed, extra = self._meta_value(meta, f"{option}_fields"), self._meta_value(meta, "extra_kwargs")
        found = {name for name in map(text_of, listed.items) if name} if isinstance(listed, Seq) else set()
        if isinstance(extra, Mapping):
            for key, options in extra.items.items():
                if not isinstance(options, Mapping) or options.open or constant(options.items.get(option, NONE)):
                    found.add(str(key))
        is_unread = extra is not None and (not isinstance(extra, Mapping) or extra.open)
        if is_unread or (listed is not None and (not isinstance(listed, Seq) or listed.open)):
            found.add("*")
        return found

    def _is_rewritten(self, cls: ClassValue) -> bool:
        """Whether the project decides by itself what comes out."""
        for name in ("to_representation", "get_fields", "__init__", "data", "get_extra_kwargs", "build_standard_field"):
            found = attributes.own(self.machine, cls, name)
            if found is not None:
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


__all__ = ["Attr", "FunctionValue", "Serializer", "Shown", "serializers"]
