"""Which tests ask for the program's configuration, and not for the caller or the data."""

from __future__ import annotations

from apilint.patterns import regex
from apilint.startup import expressions
from apilint.startup.values import (
    Attr,
    Choice,
    Condition,
    Instance,
    Operation,
    Result,
    Setting,
    Subscripted,
    Value,
)

_TEXT = regex(
    r"(?i:(\b|_)settings?\b|(?<![a-z])config(?![a-z])|\bconf\b|environ|getenv|\bdebug\b|\boptions?\b|feature|enabled?\b|"
    r"disabled?\b)|^(not )?\(?[\w.]*\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|^[A-Z]{4,}$"
)
# What something is looked for in says nothing of what it is: `action in ["metadata", "OPTIONS"]`.
_LISTED = regex(r"\bin [\[({][^\])}]*[\])}]")
# Which plug-ins there are, whoever installs the program decides: `for plugin in entry_points(group="app.auth")`.
_PLUGINS = regex(r"(?i)^(not )?there is an element of .*(plug_?in|entry_?point)")
_CLASS = regex(r"(?i)(config|configuration|settings|options)$")
_PARSES = frozenset({"parse_args", "parse_known_args"})
_READS = frozenset({"get", "super.get", "__getitem__", "super.__getitem__"})


def is_setting(condition: Condition) -> bool:
    """Whether a condition is about the program's configuration, not about the caller or the data."""
    return holds_setting(condition.value) or _names_setting(condition)


def _names_setting(condition: Condition) -> bool:
    text = condition.text
    return "request" not in text and bool(_TEXT.search(_LISTED.sub("", text)) or _PLUGINS.search(text))


def told(condition: Condition) -> Condition:
    """The test of the configuration that a condition comes down to, where the value that it asks for was chosen by
    one earlier on and no word in it tells."""
    if _names_setting(condition):
        return condition
    chosen = condition.value.test if isinstance(condition.value, Choice) else None
    return told(chosen) if chosen is not None and is_setting(chosen) else condition


def spelt(condition: Condition) -> str:
    """A test of the configuration as the source has it; where that is the name of an argument or an attribute only,
    `self.condition`, by the setting that it holds."""
    value, holds = condition.value, condition.positive
    while isinstance(value, Operation) and value.op == "not":
        value, holds = value.left, not holds
    if not isinstance(value, Setting) or _names_setting(condition):
        return repr(condition)
    return value.name if holds else f"not ({value.name})"


def holds_setting(value: Value, depth: int = 8) -> bool:
    """Whether a value depends on the configuration."""
    if isinstance(value, Setting):
        return True
    if depth == 0:
        return False
    if isinstance(value, Operation):
        return any(holds_setting(side, depth - 1) for side in (value.left, value.right) if side is not None)
    if isinstance(value, Choice):
        return (value.test is not None and is_setting(value.test)) or _only_setting_tells(value.options, depth - 1)
    if isinstance(value, Subscripted):
        return isinstance(value.base, Attr) and value.base.name == "config"
    if isinstance(value, Attr):
        return _is_command_line(value.base)
    if isinstance(value, Result) and isinstance(value.callee, Attr):
        base = value.callee.base
        if isinstance(base, Instance):
            return value.callee.name in _READS and bool(_CLASS.search(base.cls.cls.name))
        return isinstance(base, Attr) and base.name == "config"
    return False


def _only_setting_tells(options: list[Value], depth: int) -> bool:
    """Whether the data choose among what is true alike (or false alike) and what the configuration says."""
    truths = {expressions.truth(option) for option in options if not holds_setting(option, depth)}
    return len(truths) == 1 and None not in truths and any(holds_setting(option, depth) for option in options)


def _is_command_line(value: Value) -> bool:
    """`parser.parse_args()`: what whoever starts the program types."""
    return isinstance(value, Result) and isinstance(value.callee, Attr) and value.callee.name in _PARSES


__all__ = ["holds_setting", "is_setting", "spelt", "told"]
