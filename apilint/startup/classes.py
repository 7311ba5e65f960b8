"""What happens when a class is made: its bases are told, and dataclasses get a constructor."""

from __future__ import annotations

from apilint import facts as f
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import ClassValue, External, FunctionValue, Result, Value, unwrap

_HOOK = "__init_subclass__"
_DATACLASSES = frozenset(
    {
        "dataclasses.dataclass",
        "pydantic.dataclasses.dataclass",
        "attr.s",
        "attr.attrs",
        "attr.dataclass",
        "attr.define",
        "attr.frozen",
        "attr.mutable",
        "attrs.define",
        "attrs.frozen",
        "attrs.mutable",
    }
)


def announce(machine: Core, made: ClassValue, keywords: dict[str, Value]) -> None:
    """Call the `__init_subclass__` that the nearest base of a new class has, with the keywords of the class."""
    for base in attributes.mro(machine, made)[1:]:
        if isinstance(base, ClassValue) and _HOOK in base.cls.facts.methods:
            found = unwrap(attributes.namespace(machine, base).vars.get(_HOOK) or External(""))
            if isinstance(found, FunctionValue):
                machine.call(FunctionValue(found.function, found.env, made), [], keywords, made.cls.span)
            return


def positional_fields(machine: Core, cls: ClassValue, args: list[Value]) -> dict[str, Value]:
    """Positional arguments of a class without a constructor of its own, by the fields that they set."""
    order = attributes.own_classes(machine, cls)
    if not any(_is_dataclass(base) for base in order) and "typing.NamedTuple" not in attributes.external_bases(
        machine, cls
    ):
        return {}
    names: dict[str, None] = {}
    for base in reversed(order):
        for node in base.cls.code.body:
            if isinstance(node, f.AnnAssign) and isinstance(node.target, f.Name) and not _is_shared(node.annotation):
                names.setdefault(node.target.id)
    return dict(zip(names, args, strict=False))


def _is_dataclass(cls: ClassValue) -> bool:
    for decorator, _ in cls.decorations:
        made = decorator.callee if isinstance(decorator, Result) else decorator
        if isinstance(made, External) and made.name in _DATACLASSES:
            return True
    return False


def _is_shared(annotation: f.Expr) -> bool:
    """`ClassVar[…]`: no field."""
    base = annotation.value if isinstance(annotation, f.Subscript) else annotation
    return (base.attr if isinstance(base, f.Attribute) else getattr(base, "id", "")) == "ClassVar"
