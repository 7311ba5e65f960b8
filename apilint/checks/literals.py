"""Values -> the text that the source holds for them, and whether it is all there is."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.patterns import regex
from apilint.startup.values import Choice, Known, Result, Setting, Value

# What stands for a value instead of being one.
_PLACEHOLDER = regex(
    r"(?i)^\s*$|^<.*>$|\$\{|\{\{|%\(|^(none|null|undefined)$|"
    r"^(https?://|/|\./|~/|arn:|projects/)|^-+BEGIN (PUBLIC|CERT)"
)
SHORTEST = 4


class Literal(msgspec.Struct, frozen=True):
    """A text in the source. It is a `fallback` where something else is used if it is there."""

    text: str
    is_fallback: bool


def literals(value: Value | None, *, is_fallback: bool = False) -> Iterator[Literal]:
    """The texts that a value may be, as the source has them."""
    if isinstance(value, Setting):
        yield from literals(value.default, is_fallback=True)
    elif isinstance(value, Choice):
        for option in value.options:
            yield from literals(option, is_fallback=True)
    elif isinstance(value, Known):
        text = _text(value.value)
        if len(text) >= SHORTEST and not _PLACEHOLDER.search(text):
            yield Literal(text, is_fallback)
    elif isinstance(value, Result):
        # A field of a class of settings: `Field("…")`, `Field(default="…")`, `SecretStr("…")`.
        name = getattr(value.callee, "name", "")
        if name.rpartition(".")[2] in ("Field", "SecretStr", "SecretBytes"):
            given = value.kwargs.get("default") or (value.args[0] if value.args else None)
            yield from literals(given, is_fallback=is_fallback or name.endswith("Field"))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


__all__ = ["SHORTEST", "Literal", "literals"]
