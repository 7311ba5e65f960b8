"""The harness itself: it is silent when both sides agree, and names every kind of disagreement."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from .harness import Application, Claim, Difference, applications, differences, load, table
from .observation import Row

ROW = Row("GET", "/orders", "shop.orders:list_orders", "shop/orders.py", 7, "protected", 401)
CLAIM = Claim("GET", "/orders", "shop.orders:list_orders", "shop/orders.py", 7, "required", ("login_required",))


@pytest.fixture
def application(tmp_path: Path) -> Application:
    (tmp_path / "shop").mkdir()
    return Application(tmp_path, "flask", tmp_path, verdicts={}, guards={})


def kinds(application: Application, row: Row, *claims: Claim) -> list[str]:
    return [difference.what for difference in differences(application, [row], claims)]


def test_agreement_is_silence(application: Application) -> None:
    assert kinds(application, ROW, CLAIM) == []


def test_a_route_can_be_missed_or_invented(application: Application) -> None:
    assert kinds(application, ROW) == ["missed"]
    assert kinds(application, ROW, replace(CLAIM, method="POST")) == ["missed", "invented"]
    assert kinds(application, ROW, CLAIM, replace(CLAIM, path="/order")) == ["invented"]


def test_what_the_framework_brings_is_not_invented(application: Application) -> None:
    documentation = Claim("GET", "/docs", "fastapi.applications:FastAPI.docs", "", 0, "none", ())
    assert kinds(application, ROW, CLAIM, documentation) == []
    assert kinds(application, ROW, CLAIM, replace(documentation, handler="unresolved")) == ["invented"]


def test_handler_and_place_must_be_equal(application: Application) -> None:
    assert kinds(application, ROW, replace(CLAIM, handler="shop.orders:wrapper")) == ["handler"]
    assert kinds(application, ROW, replace(CLAIM, line=6)) == ["place"]


@pytest.mark.parametrize(
    ("anon", "agreeing"),
    [
        ("protected", {"required"}),
        ("denied_in_handler", {"required"}),
        ("public", {"none", "optional"}),
        ("public_to_validation", {"none", "optional"}),
        ("shadowed", {"required", "optional", "conditional", "none", "unknown"}),
        ("ambiguous", set()),
    ],
)
def test_the_anonymous_call_settles_the_verdict(application: Application, anon: str, agreeing: set[str]) -> None:
    verdicts = ("required", "optional", "conditional", "none", "unknown")
    row = replace(ROW, anon=anon)
    assert {v for v in verdicts if not kinds(application, row, replace(CLAIM, auth=v))} == agreeing


def test_a_stated_verdict_counts_for_more_than_the_call(application: Application) -> None:
    stated = replace(application, verdicts={"GET /orders": "conditional"})
    assert kinds(stated, ROW, CLAIM) == ["verdict"]
    assert kinds(stated, ROW, replace(CLAIM, auth="conditional")) == []


def test_named_guards_must_be_among_the_guards(application: Application) -> None:
    assert kinds(replace(application, guards={"GET /orders": ["login_required"]}), ROW, CLAIM) == []
    assert kinds(replace(application, guards={"GET /orders": ["role_required"]}), ROW, CLAIM) == ["guards"]
    assert kinds(replace(application, guards={"GET /orders": []}), ROW, CLAIM) == ["guards"]
    spelt_out = replace(CLAIM, guards=('auth.role_required("admin")',))
    assert kinds(replace(application, guards={"GET /orders": ["role_required"]}), ROW, spelt_out) == []


def test_an_expectation_for_no_route_is_a_difference(application: Application) -> None:
    assert kinds(replace(application, verdicts={"GET /gone": "none"}), ROW, CLAIM) == ["parity.toml"]


def test_of_two_registrations_the_first_answers(application: Application) -> None:
    second = replace(ROW, handler="shop.orders:other", line=20, anon="shadowed")
    claims = [replace(CLAIM, handler="shop.orders:other", line=20, auth="none"), CLAIM]
    assert list(differences(application, [ROW, second], claims)) == []


def test_the_table_names_route_and_both_sides(application: Application) -> None:
    shown = table(application, [Difference("verdict", "GET /orders", "required (protected 401)", "none (no guard)")])
    assert shown.splitlines()[0].endswith("differences: 1")
    assert re.split(r"\s{2,}", shown.splitlines()[-1]) == [
        "verdict",
        "GET /orders",
        "required (protected 401)",
        "none (no guard)",
    ]


@pytest.mark.parametrize("folder", applications("flask", "fastapi", "starlette"), ids=lambda folder: folder.name)
def test_every_application_says_what_it_shows(folder: Path) -> None:
    application = load(folder)
    assert application.framework == folder.name.split("_")[0]
    assert set(application.verdicts.values()) <= {"required", "optional", "conditional", "none", "unknown"}
