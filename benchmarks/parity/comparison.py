"""Rows of a framework, routes of apilint -> what differs, and the figures of one application."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.parity.application import Observation, Row
from tests.parity import harness

LEFT_OUT = ("HEAD", "OPTIONS", "MOUNT")  # answered by frameworks themselves; a mount is seen by its routes
TURNED_AWAY = ("protected", "denied_in_handler")
LET_THROUGH = ("public", "public_to_validation")
# What apilint may say where the caller was turned away, and where not. `conditional` depends on a setting that the
# source leaves open: the started application has decided it, in either way.
AGREEING = {True: ("required", "conditional"), False: ("none", "optional", "conditional")}


@dataclass(frozen=True)
class Claim(harness.Claim):
    """With what stood in the way of a verdict, the condition under which the route exists, and its application."""

    unknown: str = ""
    only_if: str = ""
    app: str = ""

    @property
    def route(self) -> str:
        """`GET /orders`, as differences and causes name it."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Difference:
    """Something on which both sides disagree, or of which apilint does not say enough.

    `kind` is one of missed, invented, path, method, handler, place, verdict, unknown; and, for what is not held
    against apilint, switched off (apilint names the setting under which the route exists) and not loaded (no module
    of the started configuration imports the handler's file).
    """

    kind: str
    route: str
    place: str
    framework: str
    apilint: str


@dataclass(frozen=True)
class Score:
    """The figures of one application."""

    routes: int
    found: int
    claimed: int
    invented: int
    apart: int
    handlers: int
    unknown: int
    conclusive: int
    agreeing: int


@dataclass(frozen=True)
class Comparison:
    """What came of comparing one application."""

    score: Score
    differences: tuple[Difference, ...]


def claims(report: Mapping[str, Any]) -> list[Claim]:
    """The routes of `apilint routes --format json`, one for each method."""
    return [
        Claim(
            method=method,
            path=route["path"],
            handler=route["handler"],
            file=route["file"],
            line=route["line"],
            auth=route["auth"],
            guards=tuple(guard["name"] for guard in route["guards"]),
            unknown=route["unknown"] or "",
            only_if=route.get("only_if") or "",
            app=route.get("app") or "",
        )
        for route in report["routes"]
        for method in route["methods"] or ["ANY"]
        if method not in LEFT_OUT
    ]


def compare(observation: Observation, claimed: Sequence[Claim], packages: Sequence[str]) -> Comparison:
    """Hold the application's own routes against apilint's, and apilint's against all of them."""
    served = _answering(observation.rows)
    own = {key: row for key, row in served.items() if row.own and row.method not in LEFT_OUT}
    by_key: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claimed:
        by_key[claim.method, claim.path].append(claim)
    pairs = [(row, _closest(row, by_key[key])) for key, row in own.items() if key in by_key]
    missed = [row for key, row in own.items() if key not in by_key]
    surplus = _distinct(c for c in claimed if (c.method, c.path) not in served and _is_own(c, packages))
    misplaced = {id(claim) for row in missed if (claim := _twin(row, surplus)) is not None}
    extra, apart = [], []
    for claim in surplus:
        (apart if _excuse(claim, observation) and id(claim) not in misplaced else extra).append(claim)
    verdicts = [(row, claim) for row, claim in pairs if is_conclusive(row) and claim.auth != "unknown"]
    score = Score(
        routes=len(own),
        found=len(pairs),
        claimed=len(pairs) + len(surplus),
        invented=len(extra),
        apart=len(apart),
        handlers=sum(1 for row, claim in pairs if claim.handler == row.handler),
        unknown=sum(1 for _, claim in pairs if claim.auth == "unknown"),
        conclusive=sum(1 for row, _ in pairs if is_conclusive(row)),
        agreeing=sum(1 for row, claim in verdicts if _agrees(row, claim)),
    )
    found = [
        *_missed_and_invented(missed, extra),
        *(Difference(_excuse(c, observation), c.route, f"{c.file}:{c.line}", "-", _said(c)) for c in apart),
        *(difference for row, claim in pairs for difference in _pair_differences(row, claim, packages)),
    ]
    return Comparison(score, tuple(sorted(found, key=lambda d: (d.kind, d.route))))


def is_conclusive(row: Row) -> bool:
    """Whether the anonymous call settles the verdict. A handler that was reached and answered with an error may have
    judged the caller itself."""
    if row.anon == "public":
        return row.anon_status is not None and row.anon_status < 400
    return row.anon in (*TURNED_AWAY, *LET_THROUGH)


def _answering(rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    """The first of several rows for the same method and path is the one that answers."""
    answering: dict[tuple[str, str], Row] = {}
    for row in rows:
        answering.setdefault((row.method, row.path), row)
    return answering


def _closest(row: Row, candidates: Sequence[Claim]) -> Claim:
    like = [claim for claim in candidates if claim.handler == row.handler]
    return next((claim for claim in like if (claim.file, claim.line) == (row.file, row.line)), (like or candidates)[0])


def _distinct(claimed: Iterable[Claim]) -> list[Claim]:
    """One claim for each method and path."""
    distinct: dict[tuple[str, str], Claim] = {}
    for claim in claimed:
        distinct.setdefault((claim.method, claim.path), claim)
    return list(distinct.values())


def _is_own(claim: Claim, packages: Sequence[str]) -> bool:
    """Whether the application's own files are the handler's place: what a library brings is left out on both sides."""
    return claim.file.split("/")[0] in packages


def _excuse(claim: Claim, observation: Observation) -> str:
    """Why a route that apilint names need not exist in the started application."""
    if observation.loaded and claim.file not in observation.loaded:
        return "not loaded"
    return "switched off" if claim.only_if else ""


def _missed_and_invented(missed: Sequence[Row], invented: Sequence[Claim]) -> Iterator[Difference]:
    """A missed route and an invented one with the same handler are one route with another path or method."""
    left = list(invented)
    for row in missed:
        twin = _twin(row, left)
        shown = f"{row.handler} ({row.anon} {row.anon_status})"
        if twin is None:
            yield Difference("missed", f"{row.method} {row.path}", f"{row.file}:{row.line}", shown, "-")
            continue
        left.remove(twin)
        kind = "path" if twin.method == row.method else "method"
        yield Difference(kind, f"{row.method} {row.path}", f"{row.file}:{row.line}", shown, twin.route)
    for claim in left:
        yield Difference("invented", claim.route, f"{claim.file}:{claim.line}", "-", _said(claim))


def _twin(row: Row, claimed: Sequence[Claim]) -> Claim | None:
    """A route with the same handler that has either the method or the path of the row."""
    like = (claim for claim in claimed if claim.handler == row.handler)
    return next((claim for claim in like if claim.method == row.method or claim.path == row.path), None)


def _pair_differences(row: Row, claim: Claim, packages: Sequence[str]) -> Iterator[Difference]:
    place = f"{row.file}:{row.line}"
    if claim.handler != row.handler:
        yield Difference("handler", claim.route, place, row.handler, claim.handler)
    elif row.file.split("/")[0] in packages and (claim.file, claim.line) != (row.file, row.line):
        yield Difference("place", claim.route, place, row.handler, f"{claim.file}:{claim.line}")
    if claim.auth == "unknown":
        yield Difference("unknown", claim.route, place, _met(row), claim.unknown or "no reason given")
    elif is_conclusive(row) and not _agrees(row, claim):
        yield Difference("verdict", claim.route, place, _met(row), _said(claim))


def _agrees(row: Row, claim: Claim) -> bool:
    return claim.auth in AGREEING[row.anon in TURNED_AWAY]


def _met(row: Row) -> str:
    return f"{row.anon} {row.anon_status or ''}".strip()


def _said(claim: Claim) -> str:
    """The verdict, with the guards, or the condition under which the route exists."""
    because = ", ".join(claim.guards)
    said = f"{claim.auth} ({because})" if because else claim.auth
    return f"{said}, only if {claim.only_if}" if claim.only_if else said
