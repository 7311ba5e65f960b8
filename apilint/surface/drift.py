"""Entries before and now -> what has changed, the worst first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

import msgspec

from apilint.finding import Severity
from apilint.surface.entry import Entry

KINDS: dict[str, Severity] = {
    "became-public": Severity.ERROR,
    "added-open": Severity.ERROR,
    "guard-lost": Severity.WARNING,
    "added-unclear": Severity.WARNING,
    "added": Severity.NOTE,
    "moved": Severity.NOTE,
    "guard-gained": Severity.NOTE,
    "changed": Severity.NOTE,
    "removed": Severity.NOTE,
    "renamed": Severity.NOTE,
}
"""What can happen to a route, in the order in which a reviewer wants to read it."""

# How much stands between a caller and the handler.
_STRENGTH = {"required": 3, "conditional": 2, "unknown": 1, "optional": 0, "none": 0}

Key = Callable[[Entry], Hashable]


class Change(msgspec.Struct, frozen=True):
    """What has happened to one method of a route. `before` is None for a new one, `after` for one that is gone;
    `lost` and `gained` are guards."""

    kind: str
    before: Entry | None
    after: Entry | None
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()

    @property
    def entry(self) -> Entry:
        """The route as it is, or was."""
        entry = self.after or self.before
        assert entry is not None
        return entry

    @property
    def severity(self) -> Severity:
        """How bad it is; what is open by declaration is less so."""
        if self.kind == "added-open" and self.entry.public:
            return Severity.WARNING
        return KINDS[self.kind]

    @property
    def is_drift(self) -> bool:
        """Whether who may call what is no longer the same."""
        return self.kind != "renamed"

    @property
    def opens(self) -> bool:
        """Whether anyone may call now what was closed or not there."""
        return self.kind in ("became-public", "added-open")


def compare(before: Sequence[Entry], now: Sequence[Entry]) -> list[Change]:
    """All changes, the worst first, then by path and method."""
    changes = [change for change in _changes(before, now) if change is not None]
    order = {kind: number for number, kind in enumerate(KINDS)}
    return sorted(changes, key=lambda change: (order[change.kind], _place(change.entry)))


def _changes(before: Sequence[Entry], now: Sequence[Entry]) -> Iterator[Change | None]:
    """Routes are known by method and path; where several share them, by handler too; what is left over on both sides
    with the same handler has moved."""
    left, right = list(before), list(now)
    for key in (_exactly, _place, _label, _handler):
        pairs, left, right = _paired(left, right, key)
        for old, new in pairs:
            yield _changed(old, new)
    for old in left:
        yield Change("removed", old, None, lost=old.guards)
    for new in right:
        yield Change(_kind_of_new(new), None, new, gained=new.guards)


def _paired(
    left: Iterable[Entry], right: Iterable[Entry], key: Key
) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    """Pairs with the same key, in order, and what is left on either side. A key of None pairs nothing."""
    waiting: defaultdict[Hashable, list[Entry]] = defaultdict(list)
    for entry in left:
        waiting[key(entry)].append(entry)
    pairs, rest = [], []
    for entry in right:
        same = waiting[key(entry)] if key(entry) is not None else []
        if same:
            pairs.append((same.pop(0), entry))
        else:
            rest.append(entry)
    return pairs, [entry for entries in waiting.values() for entry in entries], rest


def _exactly(entry: Entry) -> Hashable:
    return msgspec.structs.replace(entry, at=0)


def _place(entry: Entry) -> tuple[str, str, str]:
    return (entry.path, entry.method, entry.handler)


def _label(entry: Entry) -> Hashable:
    return (entry.path, entry.method)


def _handler(entry: Entry) -> Hashable:
    return (entry.method, entry.handler) if entry.handler else None


def _kind_of_new(entry: Entry) -> str:
    if entry.is_open:
        return "added-open"
    return "added-unclear" if entry.verdict == "unknown" else "added"


def _changed(old: Entry, new: Entry) -> Change | None:
    lost = tuple(guard for guard in old.guards if guard not in new.guards)
    gained = tuple(guard for guard in new.guards if guard not in old.guards)
    kind = _kind(old, new, lost, gained)
    return Change(kind, old, new, lost, gained) if kind else None


def _kind(old: Entry, new: Entry, lost: tuple[str, ...], gained: tuple[str, ...]) -> str:
    was, is_ = _STRENGTH[old.verdict], _STRENGTH[new.verdict]
    if new.is_open and not old.is_open:
        return "became-public"
    if is_ < was or (is_ == was and lost):
        return "guard-lost"
    if is_ > was or gained:
        return "guard-gained"
    if old.path != new.path:
        return "moved"
    if (old.condition, old.public, old.verdict) != (new.condition, new.public, new.verdict):
        return "changed"
    return "renamed" if old.handler != new.handler else ""
