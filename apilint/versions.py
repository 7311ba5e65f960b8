"""Which versions of a library a project may run with, and the question that depends on it: at least this one?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

Release = tuple[int, ...]

_CLAUSE = re.compile(r"(===|==|~=|!=|>=|<=|>|<|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*)?")


class Bounds(msgspec.Struct, frozen=True, array_like=True):
    """The releases from `lowest` on, and below `limit` (None for no end)."""

    lowest: Release = ()
    limit: Release | None = None

    def is_empty(self) -> bool:
        """Whether no release lies between them."""
        return self.limit is not None and self.limit <= self.lowest

    def within(self, other: Bounds) -> Bounds:
        """What both allow."""
        limits = [limit for limit in (self.limit, other.limit) if limit is not None]
        return Bounds(max(self.lowest, other.lowest), min(limits, default=None))

    def or_(self, other: Bounds) -> Bounds:
        """Everything between the lowest and the highest that one of them allows."""
        both = None if self.limit is None or other.limit is None else max(self.limit, other.limit)
        return Bounds(min(self.lowest, other.lowest), both)


ANY = Bounds()


class Versions(msgspec.Struct, frozen=True):
    """What is known of the libraries' versions, by their normalised names."""

    bounds: Mapping[str, Bounds] = {}

    def at_least(self, library: str, version: str) -> bool | None:
        """Whether the project runs with this version or a newer one; None where it may be either."""
        bounds = self.bounds.get(normalised(library), ANY)
        wanted = release(version)
        if bounds.lowest >= wanted:
            return True
        return False if bounds.limit is not None and bounds.limit <= wanted else None


def normalised(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def release(version: str) -> Release:
    """The numbers of a version, without zeros at its end; what marks a pre-release is left out."""
    match = re.match(r"v?(?:\d+!)?(\d+(?:\.\d+)*)", version.strip())
    return _trimmed(match[1]) if match else ()


def _trimmed(text: str) -> Release:
    numbers = [int(part) for part in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def exactly(version: str) -> Bounds:
    """The bounds of one release."""
    found = release(version)
    return Bounds(found, (*found, 0, 0, 0, 1)) if found else ANY  # no release has so many numbers


def specified(text: str) -> Bounds:
    """The bounds of a specifier set, `>=0.100,<1`, or of Poetry's `^0.100`; `a || b` allows both."""
    ways = [_all_of(_clauses(way)) for way in text.split("||")]
    found = ways[0]
    for way in ways[1:]:
        found = found.or_(way)
    return ANY if found.is_empty() else found


def _all_of(clauses: Iterable[Bounds]) -> Bounds:
    found = ANY
    for clause in clauses:
        found = found.within(clause)
    return found


def _clauses(text: str) -> Iterator[Bounds]:
    for operator, version, star in _CLAUSE.findall(text):
        lowest = _trimmed(version)
        if operator == "!=":
            continue
        if star:
            yield Bounds(lowest, _next(version, keep=version.count(".") + 1))
        elif operator in ("", "==", "==="):
            yield exactly(version)
        elif operator == "~=":
            yield Bounds(lowest, _next(version, keep=max(1, version.count("."))))
        elif operator == "~":
            yield Bounds(lowest, _next(version, keep=min(2, version.count(".") + 1)))
        elif operator == "^":
            yield Bounds(lowest, _next(version, keep=_significant(version)))
        elif operator == ">=":
            yield Bounds(lowest)
        elif operator == ">":
            yield Bounds(exactly(version).limit or lowest)
        elif operator == "<":
            yield Bounds((), lowest)
        else:
            yield Bounds((), exactly(version).limit)


def _next(version: str, *, keep: int) -> Release:
    """The first release that differs in the kept numbers: `0.137.2` -> `0.138` for two."""
    numbers = [int(part) for part in version.split(".")][:keep]
    return (*numbers[:-1], numbers[-1] + 1)


def _significant(version: str) -> int:
    """How many numbers Poetry's caret keeps: up to the first that is not zero."""
    numbers = [int(part) for part in version.split(".")]
    return next((place for place, number in enumerate(numbers, start=1) if number), len(numbers))
