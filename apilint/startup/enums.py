"""The members of an enumeration, in their order."""

from __future__ import annotations

from apilint import facts as f
from apilint.startup.values import ClassValue, Known, Value
from apilint.unparse import unparse

_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "TextChoices", "IntegerChoices"})


def enumerated(cls: ClassValue) -> list[Value]:
    """What iterating over a class gives, as far as constants say it; nothing for a class that is no enumeration."""
    if not any(unparse(base).rpartition(".")[2] in _ENUMS for base in cls.cls.code.bases):
        return []
    found: list[Value] = []
    for statement in cls.cls.code.body:
        if isinstance(statement, f.Assign) and isinstance(statement.targets[0], f.Name):
            value = statement.value
            if isinstance(value, f.Sequence) and value.items:
                value = value.items[0]  # a member of Django's choices, with its label
            if isinstance(value, f.Constant) and not statement.targets[0].id.startswith("_"):
                found.append(Known(value.value))
    return found
