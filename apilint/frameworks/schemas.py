"""Class -> the fields of its objects: database models, schemas, dataclasses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apilint import facts as f
from apilint.facts import Span
from apilint.frameworks.program import Program
from apilint.startup import attributes
from apilint.startup.values import (
    Choice,
    ClassValue,
    External,
    Instance,
    Known,
    Result,
    Value,
    constant,
    text_of,
    unwrap,
)
from apilint.unparse import unparse

USER_MODEL = "django.contrib.auth.get_user_model"
DEFAULT_USER = "django.contrib.auth.models.User"
SETTINGS = ("django.conf.settings",)
DATACLASS = (
    "dataclasses.dataclass",
    "attr.s",
    "attr.attrs",
    "attr.dataclass",
    "attrs.define",
    "attr.define",
    "attrs.frozen",
)
RECORDS = ("msgspec.Struct", "typing.NamedTuple")
# Class attributes that configure, and are no columns.
_NO_FIELDS = frozenset({"objects", "model_config", "query", "metadata", "query_class"})


class Field(msgspec.Struct, frozen=True):
    """One field. `type` is what it is made with (`CharField`, `Column`) or annotated with, `target` the class that a
    relation leads to; a library's field has no `span`."""

    name: str
    span: Span | None
    type: str = ""
    target: Value | None = None


class Schema(msgspec.Struct, frozen=True):
    """A class with fields. `kind` as in the `models` section of the library models, or `record`; `stored` tells that
    its objects are rows of a database; `user` that they are accounts."""

    name: str
    kind: str
    span: Span | None
    fields: tuple[Field, ...]
    stored: bool
    user: bool = False


class Schemas:
    """Looks up what a class's objects hold; remembers what it found."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.machine = program.machine
        self._entries: Mapping[str, Any] = program.knowledge.sections.get("models", {})
        self._known: dict[ClassValue, Schema | None] = {}

    def of(self, value: Value) -> Schema | None:
        """What a class, or a library's model, holds; None when it is neither."""
        value = unwrap(value)
        if isinstance(value, ClassValue):
            if value not in self._known:
                self._known[value] = None
                self._known[value] = self._of_class(value)
            return self._known[value]
        if isinstance(value, External):
            entry = self._entries.get(value.name)
            if isinstance(entry, Mapping) and entry.get("sensitive"):
                return Schema(
                    value.name.rpartition(".")[2], str(entry["kind"]), None, self._given(entry), True, _is_user(entry)
                )
        return None

    def of_object(self, value: Value) -> Schema | None:
        """What an object holds, by its class."""
        cls = class_of(value)
        return None if cls is None else self.of(cls)

    def named(self, value: Value, near: str = "") -> Value | None:
        """The model behind a reference: a class, `get_user_model()`, `settings.AUTH_USER_MODEL`, `"app.Model"`."""
        value = unwrap(value)
        if isinstance(value, Choice):
            return next((found for found in (self.named(option, near) for option in value.options) if found), None)
        if isinstance(value, ClassValue):
            return value
        if isinstance(value, Result) and self.program.knowledge.name_of(value.callee) == USER_MODEL:
            return self.user_model()
        if isinstance(value, External):
            return self.user_model() if value.name.endswith("settings.AUTH_USER_MODEL") else value
        text = text_of(value)
        return self._by_label(text, near) if text else None

    def user_model(self) -> Value:
        """What AUTH_USER_MODEL names."""
        for name in SETTINGS:
            settings = self.machine.external(name)
            text = text_of(self.machine.attribute(settings, "AUTH_USER_MODEL", Span("", 0, 0)))
            found = self._by_label(text, "") if text else None
            if found is not None:
                return found
        return External(DEFAULT_USER)

    def _by_label(self, label: str, near: str) -> Value | None:
        """`"shop.Order"`: the class of that name in the application of that label; a bare name stands beside."""
        app, _, name = label.rpartition(".")
        if label == "auth.User":
            return External(DEFAULT_USER)
        found = [
            cls for cls in list(self.machine.classes.values()) if cls.cls.name == name and self.of(cls) is not None
        ]
        beside = [
            cls for cls in found if (cls.cls.module.file == near if not app else app in cls.cls.module.name.split("."))
        ]
        return beside[0] if beside else found[0] if len(found) == 1 else None

    # ------------------------------------------------------------------- fields

    def _of_class(self, cls: ClassValue) -> Schema | None:
        kind, stored, user, inherited = self._kind(cls)
        if not kind:
            return None
        fields = {field.name: field for field in inherited}
        for base in reversed(attributes.mro(self.machine, cls)):
            if isinstance(base, ClassValue):
                fields.update({field.name: field for field in self._own(base, kind)})
        return Schema(cls.cls.name, kind, cls.cls.span, tuple(fields.values()), stored, user)

    def _kind(self, cls: ClassValue) -> tuple[str, bool, bool, list[Field]]:
        """`(kind, stored, user, fields of library classes)`; the kind is empty for a class that holds nothing."""
        kind, stored, user = "", False, False
        inherited: list[Field] = []
        for base in attributes.mro(self.machine, cls)[1:]:
            entry = self._entry(base)
            if entry is None:
                continue
            user = user or _is_user(entry)
            inherited += self._given(entry)
            if not kind and entry.get("kind") != "mixin":
                kind = str(entry["kind"])
                table = entry.get("table")
                stored = kind != "schema" and (not table or self._is_table(cls, str(table)))
        if kind == "sqlalchemy" and not self._has_table(cls):
            stored = False
        if not kind and self._is_record(cls):
            kind = "record"
        return kind, stored, user, inherited

    def _entry(self, base: Value) -> Mapping[str, Any] | None:
        names = [base.name] if isinstance(base, External) else []
        if isinstance(base, Result):
            names = [self.program.knowledge.name_of(base.callee)]
        elif not names and not isinstance(base, ClassValue):
            names = [self.program.knowledge.name_of(base)]
        for name in names:
            entry = self._entries.get(name)
            if isinstance(entry, Mapping):
                return entry
        return None

    def _given(self, entry: Mapping[str, Any]) -> tuple[Field, ...]:
        return tuple(Field(str(name), None) for name in entry.get("sensitive", ()))

    def _is_table(self, cls: ClassValue, keyword: str) -> bool:
        for base in attributes.mro(self.machine, cls):
            if isinstance(base, ClassValue):
                for given in base.cls.code.keywords:
                    if given.name == keyword:
                        return constant(self.machine.evaluate(given.value, base.env)) is True
        return False

    def _has_table(self, cls: ClassValue) -> bool:
        found = [attributes.in_class(self.machine, cls, name) for name in ("__tablename__", "__table__")]
        if any(pair is not None and isinstance(pair[1], ClassValue) for pair in found):
            return True
        return any(field.type in ("Column", "mapped_column") for field in self._own(cls, "sqlalchemy"))

    def _is_record(self, cls: ClassValue) -> bool:
        if any(name in RECORDS for name in attributes.external_bases(self.machine, cls)):
            return True
        return any(
            self.program.knowledge.name_of(decorator.callee if isinstance(decorator, Result) else decorator)
            in DATACLASS
            for base in attributes.own_classes(self.machine, cls)
            for decorator, _ in base.decorations
        )

    def _own(self, cls: ClassValue, kind: str) -> Iterator[Field]:
        """The fields that a class's own body declares."""
        for statement in cls.cls.code.body:
            if isinstance(statement, f.AnnAssign) and isinstance(statement.target, f.Name):
                annotation = unparse(statement.annotation)
                if annotation.startswith(("ClassVar", "typing.ClassVar")) or statement.target.id in _NO_FIELDS:
                    continue
                made = _maker(statement.value)
                if kind == "django" and not made:
                    continue
                span = cls.cls.module.span(statement.start, statement.end)
                yield Field(statement.target.id, span, made if made in ("Column", "mapped_column") else annotation)
            elif isinstance(statement, f.Assign) and kind not in ("schema", "sqlmodel", "record"):
                yield from self._assigned(cls, statement)

    def _assigned(self, cls: ClassValue, statement: f.Assign) -> Iterator[Field]:
        made = _maker(statement.value)
        if not isinstance(statement.value, f.Call) or not made or made in ("Manager", "Index", "UniqueConstraint"):
            return
        for target in statement.targets:
            if isinstance(target, f.Name) and not target.id.startswith("__") and target.id not in _NO_FIELDS:
                span = cls.cls.module.span(statement.start, statement.end)
                yield Field(target.id, span, made, self._target(cls, statement.value, made))

    def _target(self, cls: ClassValue, call: f.Call, made: str) -> Value | None:
        if made not in ("ForeignKey", "OneToOneField", "ManyToManyField"):
            return None
        given = call.args[0] if call.args else next((k.value for k in call.keywords if k.name == "to"), None)
        return None if given is None else self.named(self.machine.evaluate(given, cls.env), cls.cls.module.file)


def class_of(value: Value) -> ClassValue | External | None:
    """The class of an object: by its making, or by a constructor method of the class."""
    value = unwrap(value)
    if isinstance(value, Instance):
        return value.cls
    return None


def _maker(value: f.Expr | None) -> str:
    """`CharField` of `models.CharField(…)`."""
    if not isinstance(value, f.Call):
        return ""
    func = value.func
    name = func.attr if isinstance(func, f.Attribute) else func.id if isinstance(func, f.Name) else ""
    return (
        name if name[:1].isupper() or name in ("mapped_column", "relationship", "column_property", "deferred") else ""
    )


def _is_user(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("user"))


__all__ = ["Field", "Known", "Schema", "Schemas", "class_of"]
