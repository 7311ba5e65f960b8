"""Several findings of one value -> the first on its way; where that is mended, the others mostly are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from apilint.check import Match
from apilint.checks.origins import LOCAL, Origin
from apilint.facts import Span
from apilint.finding import Precision
from apilint.model import Step

MAX_OTHERS = 5


class Told(NamedTuple):
    """A finding about a value, the function that it stands in, and where the value comes from."""

    match: Match
    origin: Origin
    within: Span


def once_each(found: Iterable[Told]) -> Iterator[Match]:
    """The findings in the order that they have. Of those about one value the surest is told, or of these the one with
    the shortest way to it; it names the places of the others, which are of low precision."""
    told = list(found)
    of_value: dict[object, list[Told]] = {}
    for each in told:
        if each.origin.kind != LOCAL and each.match.precision not in (None, Precision.LOW):
            of_value.setdefault(_value(each), []).append(each)
    first = {id(min(group, key=_order)): group for group in of_value.values()}
    others = {id(each) for group in of_value.values() for each in group} - set(first)
    for each in told:
        if id(each) in others:
            yield msgspec.structs.replace(each.match, precision=Precision.LOW)
        else:
            yield msgspec.structs.replace(each.match, related=_related(each, first.get(id(each), ())))


def _value(told: Told) -> object:
    """What findings about the same value have in common: what it is called, and where it is first seen."""
    origin = told.origin
    seen = origin.steps[0].span if origin.steps else told.within
    return origin.what, origin.route, seen.file, seen.start


def _order(told: Told) -> tuple[int, int, str, int]:
    match = told.match
    rank = match.precision.rank if match.precision is not None else 0
    return -rank, len(told.origin.steps), match.span.file, match.span.start


def _related(told: Told, group: Iterable[Told]) -> tuple[Step, ...]:
    places = [Step(each.match.span, "the same value arrives here as well") for each in group if each is not told]
    return (*told.match.related, *places[:MAX_OTHERS])


__all__ = ["Told", "once_each"]
