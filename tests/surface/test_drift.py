"""Entries before and now -> what has changed, the worst first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from apilint.surface import Entry, compare


def entry(line: str, public: bool = False, condition: str = "") -> Entry:
    """`METHOD /path verdict guards handler`."""
    method, path, verdict, guards, handler = line.split()
    names = () if guards == "-" else tuple(guards.split(","))
    return Entry(method, path, verdict, names, handler, public, condition)


GUARDED = entry("POST /items required user make")
OPEN = entry("POST /items none - make")


def told(before: Sequence[Entry], now: Sequence[Entry]) -> list[tuple[str, str]]:
    return [(change.kind, change.entry.label) for change in compare(before, now)]


@pytest.mark.parametrize(
    ("before", "now", "kind", "severity"),
    [
        (GUARDED, OPEN, "became-public", "error"),
        (GUARDED, entry("POST /items optional user make"), "became-public", "error"),
        (entry("POST /items conditional user make"), OPEN, "became-public", "error"),
        (entry("POST /items unknown - make"), OPEN, "became-public", "error"),
        (GUARDED, entry("POST /items none - make", public=True), "became-public", "error"),
        (GUARDED, entry("POST /items conditional user make"), "guard-lost", "warning"),
        (GUARDED, entry("POST /items unknown - make"), "guard-lost", "warning"),
        (entry("POST /items required admin,user make"), GUARDED, "guard-lost", "warning"),
        (GUARDED, entry("POST /items required visitor make"), "guard-lost", "warning"),
        (entry("POST /items optional peek make"), OPEN, "guard-lost", "warning"),
        (OPEN, GUARDED, "guard-gained", "note"),
        (GUARDED, entry("POST /items required admin,user make"), "guard-gained", "note"),
        (entry("POST /items unknown - make"), GUARDED, "guard-gained", "note"),
        (OPEN, entry("POST /items none - make", public=True), "changed", "note"),
        (
            entry("POST /items conditional user make", condition="A"),
            entry("POST /items conditional user make", condition="B"),
            "changed",
            "note",
        ),
        (GUARDED, entry("POST /goods required user make"), "moved", "note"),
        (OPEN, entry("POST /goods none - make"), "moved", "note"),
        (GUARDED, entry("POST /goods none - make"), "became-public", "error"),
        (GUARDED, entry("POST /items required user made"), "renamed", "note"),
        (GUARDED, entry("POST /items none - made"), "became-public", "error"),
        (None, OPEN, "added-open", "error"),
        (None, entry("POST /items optional peek make"), "added-open", "error"),
        (None, entry("POST /items none - make", public=True), "added-open", "warning"),
        (None, entry("POST /items unknown - make"), "added-unclear", "warning"),
        (None, GUARDED, "added", "note"),
        (OPEN, None, "removed", "note"),
    ],
)
def test_what_happened_to_a_route(before: Entry | None, now: Entry | None, kind: str, severity: str) -> None:
    changes = compare([before] if before else [], [now] if now else [])
    assert [(change.kind, change.severity.value) for change in changes] == [(kind, severity)]
    assert changes[0].is_drift == (kind != "renamed")


def test_nothing_happened() -> None:
    assert compare([GUARDED, OPEN], [OPEN, GUARDED]) == []


def test_the_worst_stands_first_then_the_path() -> None:
    before = [entry("GET /a required user a"), entry("GET /d required user d"), entry("GET /b required user b")]
    now = [
        entry("GET /c none - c"),
        entry("GET /e required user e"),
        entry("GET /b none - b"),
        entry("GET /a none - a"),
    ]
    assert told(before, now) == [
        ("became-public", "GET /a"),
        ("became-public", "GET /b"),
        ("added-open", "GET /c"),
        ("added", "GET /e"),
        ("removed", "GET /d"),
    ]


def test_another_method_of_a_route_is_another_route() -> None:
    assert told([GUARDED], [GUARDED, entry("DELETE /items none - make")]) == [("added-open", "DELETE /items")]


def test_routes_that_share_method_and_path_are_told_apart_by_handler() -> None:
    """Two applications in one repository have a health route each."""
    one, other = entry("GET /health none - shop:health"), entry("GET /health required user admin:health")
    bare = entry("GET /health none - admin:health")
    assert told([one, other], [bare, one]) == [("became-public", "GET /health")]
    assert compare([one, other], [other, one]) == []
    assert told([one, other], [one]) == [("removed", "GET /health")]


def test_a_second_path_of_a_handler_is_no_move() -> None:
    assert told([OPEN], [OPEN, entry("POST /goods none - make")]) == [("added-open", "POST /goods")]
