"""Readers of the environment that are told defaults beforehand: `env = Env(DEBUG=(bool, False))`, `env("DEBUG")`."""

from __future__ import annotations

from collections.abc import Callable

from apilint.facts import Span
from apilint.startup.core import Core
from apilint.startup.values import NONE, Seq, Setting, Special, Unknown, Value, text_of

_TYPES = frozenset("str bool int float list tuple set dict json path bytes unicode decimal uuid".split())


class Environment(Special):
    """What reads variables. `scheme` holds a type, or a pair of a type and a default, by variable."""

    truth = True

    def __init__(self, scheme: dict[str, Value]) -> None:
        self.scheme = scheme

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """`env("X")`, perhaps with a default of its own."""
        given = args[0] if args else kwargs.get("var") or kwargs.get("name") or Unknown("a variable")
        name = text_of(given) or "?"
        return Setting(name, kwargs.get("default") or self._default(name), None)

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`env.bool("X", default=False)`, where the default may stand second."""
        if name == "read_env":
            return NONE
        if name not in _TYPES:
            return None
        if len(args) == 2:
            kwargs = {"default": args[1], **kwargs}
        return self.called(args, kwargs)

    def attribute(self, name: str) -> Value:
        """Nothing that programs read."""
        return Unknown(f"an environment's '{name}'")

    def item(self, key: Value) -> Value:
        """It has no items."""
        return Unknown("an item of an environment")

    def _default(self, name: str) -> Value:
        told = self.scheme.get(name)
        if isinstance(told, Seq) and len(told.items) == 2:
            return told.items[1]
        return Unknown(f"the environment variable {name}", None, name)


def _made(machine: Core, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    return Environment(dict(kwargs))


FUNCTIONS: dict[str, Callable[[Core, list[Value], dict[str, Value], Span], Value | None]] = dict.fromkeys(
    ("environ.Env", "environ.FileAwareEnv", "environs.Env", "environs.FileAwareEnv"), _made
)

__all__ = ["FUNCTIONS", "Environment"]
