"""The routes of a program then and now -> whether a finding is about one whose verdict differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from apilint.finding import Finding


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """A route as far as a comparison needs it. `labels` are its methods, each with its path."""

    handler: str
    methods: tuple[str, ...]
    labels: tuple[str, ...]
    auth: str
    file: str
    line: int


def about_changes(before: Sequence[Standing], now: Sequence[Standing]) -> Callable[[Finding], bool]:
    """Whether a finding speaks of a route whose verdict is not what it was.

    A route is known by handler and method: that it has moved to another path does not change who may call it.
    """
    old, new = _verdicts(before), _verdicts(now)
    changed = [
        each
        for each in now
        if any(old.get((each.handler, method)) != new[each.handler, method] for method in each.methods)
    ]
    labels = {(each.file, label) for each in changed for label in each.labels}
    places = {(each.file, each.line) for each in changed}

    def is_about(finding: Finding) -> bool:
        spoken_of = (finding.place, *finding.related)
        return (finding.place.file, finding.route) in labels or any((at.file, at.line) in places for at in spoken_of)

    return is_about


def _verdicts(routes: Iterable[Standing]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for route in routes:
        for method in route.methods:
            found.setdefault((route.handler, method), set()).add(route.auth)
    return found
