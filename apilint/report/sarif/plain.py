"""Objects of sarif_om -> plain data under the names of the specification, `None` and defaults left out."""

from __future__ import annotations

from functools import cache
from typing import Any

import attr
import msgspec

# Readers disagree on what a missing level means (the rule's, or "warning").
_ALWAYS = "level"


def plain(value: Any) -> Any:
    """Dicts, lists and scalars, in the same order on every run."""
    if isinstance(value, (str, int, float, msgspec.Raw)):
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    kind: type = type(value)
    names, defaults = _fields(kind)
    return {
        names[field]: plain(item)
        for field, item in vars(value).items()
        if item is not None and not (field in defaults and item == defaults[field])
    }


@cache
def _fields(kind: type) -> tuple[dict[str, str], dict[str, Any]]:
    """The attributes of a class under their names in the specification, and those whose default needs no saying."""
    fields = attr.fields(kind)
    names = {field.name: field.metadata["schema_property_name"] for field in fields}
    optional = [field for field in fields if field.default is not attr.NOTHING and field.name != _ALWAYS]
    defaults = {field.name: _default(field.default) for field in optional if field.default is not None}
    return names, defaults


def _default(default: Any) -> Any:
    return default.factory() if hasattr(default, "factory") else default
