"""Object that a caller fills in -> what its fields may hold: by their annotations, or as a serializer declares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint.frameworks import kinds
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import (
    Choice,
    ClassValue,
    External,
    Instance,
    Operation,
    Result,
    Subscripted,
    Value,
    unwrap,
)
from apilint.unparse import dotted
from apilint.walk import walk

_VALIDATORS = frozenset({"field_validator", "validator"})
_SERIALIZER_FIELDS = {
    "IntegerField": kinds.FIXED,
    "FloatField": kinds.FIXED,
    "DecimalField": kinds.FIXED,
    "BooleanField": kinds.FIXED,
    "NullBooleanField": kinds.FIXED,
    "UUIDField": kinds.FIXED,
    "DateField": kinds.FIXED,
    "DateTimeField": kinds.FIXED,
    "TimeField": kinds.FIXED,
    "DurationField": kinds.FIXED,
    "ChoiceField": kinds.FIXED,
    "MultipleChoiceField": kinds.FIXED,
    "SlugField": kinds.FIXED,
    "IPAddressField": kinds.FIXED,
    "CharField": kinds.TEXT,
    "URLField": kinds.TEXT,
    "EmailField": kinds.TEXT,
    "JSONField": kinds.TEXT,
    "DictField": kinds.TEXT,
    "FileField": kinds.TEXT,
    "ImageField": kinds.TEXT,
    "Field": kinds.TEXT,
}


def kind_of_field(machine: Core, annotation: Value | None, steps: Sequence[str]) -> str:
    """What `object.a.b` may hold for an object of that annotated type and the steps `a`, `b`; the empty string when
    that is not known. What is taken out of something fixed (`command.value`) is fixed."""
    kind = ""
    for step in steps:
        if annotation is None:
            return ""
        if step.isdigit() or step == "?":
            annotation = _item(annotation)
        else:
            declared = [found for cls in _classes(annotation) for found in _declared(machine, cls, step)]
            if None in declared:
                return kinds.FIXED
            annotation = declared[0] if declared else None
        kind = kinds.kind_of(machine, annotation)
        if kind == kinds.FIXED:
            return kind
    return kind


def _item(annotation: Value) -> Value:
    """What a list of that type holds."""
    annotation = unwrap(annotation)
    return annotation.index[0] if isinstance(annotation, Subscripted) and annotation.index else annotation


def _classes(annotation: Value) -> Iterator[ClassValue]:
    """The classes that an annotation names: `Job`, `Job | None`, `Annotated[Job, Body()]`."""
    annotation = unwrap(annotation)
    if isinstance(annotation, ClassValue):
        yield annotation
    elif isinstance(annotation, Choice):
        for option in annotation.options:
            yield from _classes(option)
    elif isinstance(annotation, Operation):
        for side in (annotation.left, annotation.right):
            if side is not None:
                yield from _classes(side)
    elif isinstance(annotation, Subscripted):
        for item in annotation.index[:1]:
            yield from _classes(item)


def _declared(machine: Core, cls: ClassValue, name: str) -> Iterator[Value | None]:
    """The annotation of a field, or of the constructor's argument of that name; None where a pattern or a validator
    says what it may hold."""
    for base in attributes.own_classes(machine, cls):
        for statement in base.cls.code.body:
            target = statement.target if isinstance(statement, f.AnnAssign) else None
            if isinstance(statement, f.AnnAssign) and isinstance(target, f.Name) and target.id == name:
                is_held = _is_constrained(statement) or name in _validated(base)
                yield None if is_held else machine.evaluate(statement.annotation, base.env)
        init = base.cls.method("__init__")
        for param in init.head.params if init is not None else ():
            if param.name == name and param.annotation is not None:
                yield machine.evaluate(param.annotation, base.env)


def _is_constrained(node: f.Stmt | f.Expr) -> bool:
    """Whether a pattern says what a field may hold: `Field(pattern="^[a-z]+$")`."""
    return any(
        isinstance(each, f.Call) and any(keyword.name in ("pattern", "regex") for keyword in each.keywords)
        for each in walk([node])
    )


def _validated(cls: ClassValue) -> set[str]:
    """The fields of a class that a validator of its own looks at."""
    found: set[str] = set()
    for method in cls.cls.methods.values():
        for decorator in method.head.decorators:
            if isinstance(decorator, f.Call) and dotted(decorator.func).rpartition(".")[2] in _VALIDATORS:
                found |= {
                    arg.value for arg in decorator.args if isinstance(arg, f.Constant) and isinstance(arg.value, str)
                }
    return found


def kind_in_serializer(machine: Core, serializer: ClassValue, name: str) -> str:
    """What a field that a serializer declares may hold; the empty string for one that it takes from a model."""
    for base in attributes.mro(machine, serializer):
        if isinstance(base, ClassValue):
            made = unwrap(attributes.namespace(machine, base).vars.get(name) or base)
            cls = made.callee if isinstance(made, Result) else made.cls if isinstance(made, Instance) else None
            names = [cls.name] if isinstance(cls, External) else []
            if isinstance(cls, ClassValue):
                names = list(attributes.external_bases(machine, cls))
            for found in names:
                kind = _SERIALIZER_FIELDS.get(found.rpartition(".")[2])
                if kind is not None:
                    return kind
    return ""


def has_plain_pattern(*declared: f.Expr | None) -> bool:
    """Whether a default or annotation holds a text to a pattern that lets no quotes or blanks through."""
    for expr in declared:
        parts = expr.index.items if isinstance(expr, f.Subscript) and isinstance(expr.index, f.Sequence) else (expr,)
        for call in parts:
            for keyword in call.keywords if isinstance(call, f.Call) else ():
                if keyword.name in ("pattern", "regex") and isinstance(keyword.value, f.Constant):
                    text = str(keyword.value.value)
                    if re.fullmatch(r"\^.*\$", text) and kinds.is_plain(text[1:-1]):
                        return True
    return False
