"""Routes and a specification -> what one of them says and the other does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from apilint.finding import Severity
from apilint.openapi.document import Operation, Specification
from apilint.openapi.shape import shape
from apilint.surface.entry import Entry

KINDS: dict[str, Severity] = {
    "open": Severity.ERROR,
    "undocumented": Severity.WARNING,
    "closed": Severity.WARNING,
    "gone": Severity.WARNING,
    "silent": Severity.NOTE,
}
"""What can differ, the worst first.

`open`: documented as protected, and anyone may call it; `undocumented`; `closed`: documented as open to anyone, and it
asks for credentials; `gone`: documented, and not in the program; `silent`: nothing is documented of security.
"""

_UNDOCUMENTED = frozenset({"HEAD", "OPTIONS", "TRACE", "WEBSOCKET"})


class Difference(msgspec.Struct, frozen=True):
    """One difference: the route as it is in the program, and the operation as it is documented, as far as there are."""

    kind: str
    route: Entry | None = None
    operation: Operation | None = None

    @property
    def severity(self) -> Severity:
        """How bad it is; an undocumented route that is guarded is only not in the inventory."""
        if self.kind == "undocumented" and self.route is not None and not self.route.is_open:
            return Severity.NOTE
        return KINDS[self.kind]

    @property
    def label(self) -> str:
        """`METHOD /path`, as the program has it if it does."""
        if self.route is not None:
            return self.route.label
        return self.operation.label if self.operation is not None else ""


def compare(specification: Specification, routes: Sequence[Entry], hidden: Collection[int] = ()) -> list[Difference]:
    """All differences, the worst first. `hidden` are the routes (by `at`) that the program leaves out of its own
    specification: not to find them there is none."""
    documented = _Documented(specification.operations)
    found = list(_of_routes(documented, routes, hidden, specification.is_silent))
    found += [Difference("gone", None, each) for each in specification.operations if each not in documented.seen]
    if specification.is_silent and any(not entry.is_open for entry in routes):
        found.append(Difference("silent"))
    order = list(KINDS)
    return sorted(found, key=lambda each: (order.index(each.kind), each.severity.rank * -1, _place(each)))


def _place(difference: Difference) -> tuple[str, ...]:
    method, _, path = difference.label.partition(" ")
    return (path, method)


def _of_routes(
    documented: _Documented, routes: Iterable[Entry], hidden: Collection[int], is_silent: bool
) -> Iterator[Difference]:
    for entry in routes:
        operations = documented.of(entry)
        if not operations and entry.method not in _UNDOCUMENTED and entry.at not in hidden:
            yield Difference("undocumented", entry)
        for operation in operations:
            kind = "" if is_silent else _security(entry, operation)
            if kind:
                yield Difference(kind, entry, operation)


def _security(entry: Entry, operation: Operation) -> str:
    """Whether credentials are needed is said differently; a verdict that is not known says nothing."""
    if operation.security == "required" and entry.is_open:
        return "open"
    if operation.security != "required" and entry.verdict == "required":
        return "closed"
    return "closed" if operation.security == "none" and entry.verdict == "conditional" else ""


class _Documented:
    """The operations by method and shape, below each base path of the servers and without it."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.seen: set[Operation] = set()
        self._exact: defaultdict[str, list[Operation]] = defaultdict(list)
        self._loose: defaultdict[str, list[Operation]] = defaultdict(list)
        for operation in operations:
            for base in (*operation.bases, ""):
                path = shape(base + operation.path)
                self._exact[path].append(operation)
                self._loose[path.rstrip("/")].append(operation)

    def of(self, entry: Entry) -> list[Operation]:
        """The operations that a route answers; a slash at the end makes no difference where nothing fits better."""
        path = shape(entry.path)
        for found in (self._exact.get(path, []), self._loose.get(path.rstrip("/"), [])):
            fitting = [each for each in found if entry.method in (each.method, "ANY")]
            if fitting:
                self.seen.update(fitting)
                return list(dict.fromkeys(fitting))
        return []
