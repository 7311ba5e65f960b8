"""The comparison with real applications names every kind of disagreement, and counts what it says it counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.parity.application import Application, Cause, Observation, Row
from benchmarks.parity.comparison import Claim, Comparison, claims, compare
from benchmarks.parity.report import Result, cause, render

ROW = Row("GET", "/orders", "shop.orders:list_orders", "shop/orders.py", 7, anon="protected", anon_status=401)
CLAIM = Claim("GET", "/orders", "shop.orders:list_orders", "shop/orders.py", 7, "required", ("login_required",))
LIBRARY = Row("GET", "/docs", "fastapi:docs", "fastapi/applications.py", 9, own=False, anon="public", anon_status=200)


def compared(rows: list[Row], said: list[Claim], loaded: tuple[str, ...] = ()) -> Comparison:
    return compare(Observation("1.0", "3.11", {"flask": "3.1"}, tuple(rows), frozenset(loaded)), said, ["shop"])


def kinds(rows: list[Row], said: list[Claim], loaded: tuple[str, ...] = ()) -> list[str]:
    return [difference.kind for difference in compared(rows, said, loaded).differences]


def test_agreement_is_silence_and_counts() -> None:
    score = compared([ROW, LIBRARY], [CLAIM]).score
    assert (score.routes, score.found, score.claimed, score.handlers) == (1, 1, 1, 1)
    assert (score.conclusive, score.agreeing, score.invented, score.unknown) == (1, 1, 0, 0)
    assert kinds([ROW, LIBRARY], [CLAIM]) == []


def test_a_route_can_be_missed_or_invented() -> None:
    other = replace(CLAIM, path="/other", handler="shop.orders:other")
    assert kinds([ROW], []) == ["missed"]
    assert kinds([ROW], [CLAIM, other]) == ["invented"]
    assert kinds([ROW], [CLAIM, replace(other, file="fastapi/applications.py")]) == []


def test_a_missed_and_an_invented_route_with_one_handler_are_one() -> None:
    assert kinds([ROW], [replace(CLAIM, path="/order")]) == ["path"]
    assert kinds([ROW], [replace(CLAIM, method="POST")]) == ["method"]


def test_what_the_started_configuration_leaves_out_stands_apart() -> None:
    other = replace(CLAIM, path="/other", handler="shop.orders:other")
    switched = replace(other, only_if="settings.other")
    elsewhere = replace(other, file="shop/plugin.py")
    assert kinds([ROW], [CLAIM, switched]) == ["switched off"]
    assert kinds([ROW], [CLAIM, elsewhere], loaded=("shop/orders.py",)) == ["not loaded"]
    assert compared([ROW], [CLAIM, switched]).score.invented == 0
    assert kinds([ROW], [replace(CLAIM, path="/order", only_if="settings.orders")]) == ["path"]


def test_handler_and_place_must_be_equal() -> None:
    assert kinds([ROW], [replace(CLAIM, handler="shop.orders:wrapper")]) == ["handler"]
    assert kinds([ROW], [replace(CLAIM, line=6)]) == ["place"]
    inherited = replace(ROW, file="library/views.py", line=80)
    assert kinds([inherited], [CLAIM]) == []


@pytest.mark.parametrize(
    ("anon", "status", "agreeing"),
    [
        ("protected", 401, {"required", "conditional"}),
        ("denied_in_handler", 403, {"required", "conditional"}),
        ("public", 200, {"none", "optional", "conditional"}),
        ("public_to_validation", 422, {"none", "optional", "conditional"}),
        ("public", 404, {"required", "none", "optional", "conditional"}),
        ("ambiguous", 500, {"required", "none", "optional", "conditional"}),
    ],
)
def test_a_conclusive_call_settles_the_verdict(anon: str, status: int, agreeing: set[str]) -> None:
    row = replace(ROW, anon=anon, anon_status=status)
    assert kinds([row], [replace(CLAIM, auth="unknown", unknown="'x' is not known")]) == ["unknown"]
    verdicts = ("required", "optional", "conditional", "none")
    assert {v for v in verdicts if not kinds([row], [replace(CLAIM, auth=v)])} == agreeing


def test_claims_are_one_for_each_method() -> None:
    route = {
        "methods": ["GET", "HEAD", "POST"],
        "path": "/orders",
        "handler": "shop.orders:list_orders",
        "file": "shop/orders.py",
        "line": 7,
        "auth": "required",
        "guards": [{"name": "login_required"}],
        "unknown": None,
        "only_if": None,
    }
    assert claims({"routes": [route]}) == [CLAIM, replace(CLAIM, method="POST")]
    assert [claim.method for claim in claims({"routes": [{**route, "methods": []}]})] == ["ANY"]


def test_the_page_groups_differences_by_their_cause() -> None:
    observation = Observation("1.0", "3.11", {"flask": "3.1"}, (ROW,))
    application = Application("shop==1.0", "flask", ("shop",), causes=(Cause("missed", "GET /o*", "for a reason"),))
    comparison = compare(observation, [], ["shop"])
    assert cause(application, comparison.differences[0]) == "for a reason"
    assert cause(application, replace(comparison.differences[0], kind="invented")) == ""
    page = render([Result("shop", application, observation, comparison)])
    assert "| shop 1.0 | flask 3.1 | 1 | 0/1 (0.0 %) |" in page
    assert "- **missed** (1): for a reason\n  - `GET /orders` shop/orders.py:7" in page
