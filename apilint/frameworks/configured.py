"""The settings that a project runs with, by name: what they are, and where they are given."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.facts import Span
from apilint.frameworks.django.settings import SETTINGS, Settings
from apilint.frameworks.program import Program
from apilint.index import Module
from apilint.startup.values import Value


class Configured:
    """The module of settings that a project starts with; empty for a project that has none."""

    def __init__(self, program: Program) -> None:
        found = program.machine.substitutes.get(SETTINGS)
        self._settings = found if isinstance(found, Settings) and found.module is not None else None
        self._index = program.index
        self._spans: dict[str, Span | None] = {}

    @property
    def module(self) -> Module | None:
        """Where the settings are."""
        return self._settings.module if self._settings is not None else None

    def get(self, name: str) -> Value | None:
        """What the settings say, if they say it."""
        return self._settings.values.get(name) if self._settings is not None else None

    def or_default(self, name: str) -> Value | None:
        """What a setting is, given or taken for granted."""
        return self._settings.attribute(name) if self._settings is not None else None

    def names(self) -> Iterator[str]:
        """The settings that are given."""
        if self._settings is not None:
            yield from self._settings.values

    def span_of(self, name: str) -> Span | None:
        """Where a setting is given; where that is not seen, the beginning of the settings."""
        if self._settings is None or self._settings.module is None:
            return None
        if name not in self._spans:
            self._spans[name] = self._settings.span_of(name, self._index)
        return self._spans[name] or self._settings.module.span(0, 0)


__all__ = ["Configured"]
