"""Traces of functions, made when they are first asked for; the latest are kept."""

from __future__ import annotations

from collections.abc import Collection

from apilint.facts import Span
from apilint.flow.trace import Prototypes, Trace, trace
from apilint.index import Function
from apilint.startup.core import Core
from apilint.startup.values import Value

MAX_KEPT = 4_000
"""A trace takes some 60 kB. What is let go is made again when somebody asks, and comes out the same."""


class Traces:
    """The traces of one program's functions."""

    def __init__(self, machine: Core) -> None:
        self._machine = machine
        self._kept: dict[tuple[Function, bool], Trace] = {}
        self._prototypes: Prototypes = {}
        self._cut_short: set[Span] = set()

    def of(self, function: Function, *, deep: bool) -> Trace:
        """What a function calls, assigns and returns; `deep` follows the calls of the project's own functions."""
        found = self._kept.get((function, deep))
        if found is None:
            if len(self._kept) >= MAX_KEPT:
                self.let_go(MAX_KEPT // 2)
            found = trace(self._machine, function, self._prototypes, self._locals, deep=deep)
            self._kept[function, deep] = found
            if not found.calls_own:
                self._kept[function, not deep] = found
            self._cut_short.update(found.cut_short)
        return found

    def _locals(self, function: Function) -> dict[str, Value]:
        return self.of(function, deep=False).locals

    def let_go(self, keep: int = 0) -> None:
        """Keep so many of the traces, the youngest."""
        for key in list(self._kept)[: len(self._kept) - keep]:
            del self._kept[key]

    def cut_short(self) -> set[Span]:
        """The functions that were too long to follow to their end."""
        return self._cut_short

    def forget(self, files: Collection[str]) -> None:
        """Forget what depends on the text of these files."""
        self._kept = {key: found for key, found in self._kept.items() if key[0].module.file not in files}
        self._cut_short = {span for span in self._cut_short if span.file not in files}
        self._prototypes.clear()
