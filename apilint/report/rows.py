"""The route table as plain rows: what `apilint routes` prints, with lines instead of byte offsets."""

from __future__ import annotations

import msgspec


class StepRow(msgspec.Struct, frozen=True):
    """One link of a chain: a place and what is seen there."""

    file: str
    line: int
    message: str


class DemandRow(msgspec.Struct, frozen=True):
    """What callers must have beyond being known; the words are those of `model.Demand`."""

    kind: str
    name: str
    enforced: bool = True


class GuardRow(msgspec.Struct, frozen=True):
    """A guard of a route, or something that was considered as one; the words are those of `model.Guard`. `settle` is
    the entry of the configuration that says what a guard does of which that is not known."""

    name: str
    kind: str
    via: str
    file: str
    line: int
    effect: str = "required"
    condition: str = ""
    reason: str = ""
    chain: tuple[StepRow, ...] = ()
    lapses: tuple[StepRow, ...] = ()
    settle: str = ""
    qualname: str = ""


class RouteRow(msgspec.Struct, frozen=True):
    """One route. `public` says that a directive or the configuration calls it public, `public_reason` why;
    `unknown` what could not be resolved; `condition` under which setting it is guarded; `only_if` under which
    conditions it exists at all; `app` where the application was made that serves it, `router` where that was made which
    it is registered on, `registered` the file in which it is registered, and `demands` what its guards and the handler
    itself ask of callers beyond being known. `hidden` routes are left out of the program's own specification;
    `installed` tells that an installed library brings the handler."""

    framework: str
    methods: tuple[str, ...]
    path: str
    handler: str
    file: str
    line: int
    auth: str
    guards: tuple[GuardRow, ...] = ()
    considered: tuple[GuardRow, ...] = ()
    unknown: str = ""
    condition: str = ""
    public: bool = False
    public_reason: str = ""
    kind: str = "http"
    registered: str = ""
    only_if: str = ""
    app: str = ""
    demands: tuple[DemandRow, ...] = ()
    hidden: bool = False
    router: str = ""
    installed: bool = False


def order(row: RouteRow) -> tuple[str, tuple[str, ...], str, int]:
    """The key that routes are sorted by: resources together, then methods."""
    return (row.path, row.methods, row.file, row.line)
