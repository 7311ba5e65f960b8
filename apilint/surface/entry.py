"""Routes -> one entry for each method, with nothing in it that changes while the surface does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
OPEN = frozenset({"none", "optional"})


class Guarding(Protocol):
    """What an entry needs of a guard."""

    @property
    def name(self) -> str: ...
    @property
    def effect(self) -> str: ...
    @property
    def condition(self) -> str: ...


class Exposed(Protocol):
    """What an entry needs of a route."""

    @property
    def methods(self) -> tuple[str, ...]: ...
    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def handler(self) -> str: ...
    @property
    def auth(self) -> str: ...
    @property
    def condition(self) -> str: ...
    @property
    def guards(self) -> Sequence[Guarding]: ...


class Entry(msgspec.Struct, frozen=True):
    """A method on a path. `guards` are the guards' names, sorted, with what is special about them; `public` tells that
    somebody declared the route public. `at` is where it comes from: the line in a lock file, or the number of the
    route."""

    method: str
    path: str
    verdict: str
    guards: tuple[str, ...]
    handler: str
    public: bool = False
    condition: str = ""
    at: int = 0

    @property
    def label(self) -> str:
        """`METHOD /path`."""
        return f"{self.method} {self.path}"

    @property
    def standing(self) -> str:
        """The verdict with its condition and the guards behind it: `required (signed_in)`."""
        verdict = f"{self.verdict} if {self.condition}" if self.condition else self.verdict
        return f"{verdict} ({', '.join(self.guards)})" if self.guards else verdict

    @property
    def is_open(self) -> bool:
        """Whether anyone may call it."""
        return self.verdict in OPEN


def entries(routes: Iterable[tuple[Exposed, bool]]) -> list[Entry]:
    """The entries of routes, each given with whether it is declared public; sorted by path and method."""
    found: dict[Entry, Entry] = {}
    for number, (route, public) in enumerate(routes):
        for entry in _entries(route, public):
            found.setdefault(entry, msgspec.structs.replace(entry, at=number))
    return sorted(found.values(), key=_order)


def _entries(route: Exposed, public: bool) -> Iterator[Entry]:
    for method in route.methods or ("WEBSOCKET" if route.kind == "websocket" else "ANY",):
        yield Entry(
            method=_word(method),
            path=_word(route.path) or "/",
            verdict=route.auth,
            guards=tuple(sorted({_guard(guard) for guard in route.guards})),
            handler=_word(route.handler),
            public=public,
            condition=_word(route.condition) if route.auth == "conditional" else "",
        )


def _guard(guard: Guarding) -> str:
    """A name without a comma, which separates the names in a lock file, and not the dash that stands for none."""
    name = _word(guard.name).replace(",", ";").strip("-") or "?"
    return f"{name} ({guard.effect})" if guard.effect in ("optional", "conditional") else name


def _word(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _order(entry: Entry) -> tuple[str, ...]:
    return (entry.path, entry.method, entry.handler, entry.verdict, *entry.guards)
