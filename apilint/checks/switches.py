"""Values of arguments -> whether they are ones that a library model lists, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

from apilint import facts as f
from apilint.finding import Precision
from apilint.flow import Input
from apilint.startup.values import Choice, External, Known, Seq, Setting, Value, unwrap


def sureness(value: Value, listed: Sequence[object], setting: Precision) -> Precision | None:
    """How sure it is that a value is among the listed ones; None when it is not."""
    value = unwrap(value)
    if isinstance(value, Setting):
        return setting if any(is_listed(value.default, wanted) for wanted in listed) else None
    if isinstance(value, Choice):
        found = any(is_listed(option, wanted) for option in value.options for wanted in listed)
        return Precision.LOW if found else None
    if isinstance(value, Input):
        default = value.param.default
        given = Known(default.value) if isinstance(default, f.Constant) else None
        return Precision.LOW if given is not None and any(is_listed(given, wanted) for wanted in listed) else None
    return Precision.VERY_HIGH if any(is_listed(value, wanted) for wanted in listed) else None


def is_listed(value: Value, wanted: object) -> bool:
    """Whether a value is one that a model lists: a constant, or a qualified name with a dot."""
    if isinstance(wanted, str) and "." in wanted:
        return isinstance(value, External) and value.name == wanted
    if not isinstance(value, Known):
        return False
    if isinstance(wanted, str) and isinstance(value.value, str):
        return value.value.lower() == wanted.lower()
    return type(value.value) is type(wanted) and value.value == wanted


def options(value: Value | None) -> Sequence[Value]:
    """The items of a list, or the value alone."""
    if isinstance(value, Seq):
        return value.items
    return [value] if value is not None else []


__all__ = ["is_listed", "options", "sureness"]
