"""What the settings in use say: entries of a dictionary among them, and where they stand."""

from __future__ import annotations

import msgspec

from apilint.facts import Span
from apilint.project import Project
from apilint.startup.values import Choice, Mapping, Setting, Special, Value


class Configured(msgspec.Struct, frozen=True):
    """A dictionary among the settings, with the settings that it stands in."""

    settings: Special
    mapping: Mapping

    def entry(self, key: str) -> Value | None:
        """What stands under a key; None where nothing does."""
        value = self.mapping.items.get(key)
        return value.default if isinstance(value, Setting) else value

    def place(self, key: str) -> Span | None:
        """Where a key stands, else where the dictionary does."""
        return self.mapping.spans.get(key) or self.mapping.span


def settings_of(project: Project, name: str) -> Special | None:
    """The settings behind a library's name for them, where they were found."""
    value = project.program.machine.external(name)
    return value if isinstance(value, Special) else None


def dictionary(project: Project, name: str, key: str) -> Configured | None:
    """A dictionary among the settings; None where there is none or nobody can say what is in it."""
    settings = settings_of(project, name)
    value: Value | None = settings.attribute(key) if settings is not None else None
    while isinstance(value, Setting):
        value = value.default
    if isinstance(value, Choice):
        value = next((option for option in value.options if isinstance(option, Mapping)), None)
    return Configured(settings, value) if settings is not None and isinstance(value, Mapping) else None


__all__ = ["Configured", "dictionary", "settings_of"]
