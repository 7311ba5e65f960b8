"""The page: its data, and that nothing in it can run but its own script. What it does stands in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import apilint as package
from apilint.finding import Edit, Fix
from apilint.report import render
from apilint.report.html.lines import Lines, changed
from apilint.report.options import RenderOptions
from apilint.report.rows import GuardRow, RouteRow, StepRow
from commandline import apilint
from linting import write

from .samples import BROKEN, FINDING, at, finding, report

ASSETS = Path(package.__file__).parent / "report/html/assets"
EVIL = "</script><script>alert(1)</script><!--\u2028&"
USER = GuardRow(
    "user", "dependency", "the router", "shop/deps.py", 3, chain=(StepRow("shop/deps.py", 4, "raises 401"),)
)
ROUTE = RouteRow("fastapi", ("POST",), "/items", "shop.items:make", "shop/items.py", 12, "none", considered=(USER,))
SHUT = RouteRow(
    "fastapi", ("GET", "HEAD"), "/items", "shop.items:read", "shop/items.py", 20, "required", guards=(USER,)
)


def page(*args: Any, routes: tuple[RouteRow, ...] = (ROUTE, SHUT), **options: Any) -> str:
    return render(report(*args), "html", options=RenderOptions(routes=routes, **options))


def data(text: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert len(found) == 1
    loaded: dict[str, Any] = json.loads(found[0])
    return loaded


def test_each_thing_stands_in_the_data_once() -> None:
    sources = {"shop/items.py": "\n" * 11 + '@router.post("/items")\ndef make(): ...\n', "shop/deps.py": "a\nb\nc\nd\n"}
    shown = data(page(FINDING, sources=sources.get, project="shop"))
    assert shown["project"] == "shop"
    assert [route["path"] for route in shown["routes"]] == ["/items", "/items"]
    assert [(route.get("guards"), route.get("considered")) for route in shown["routes"]] == [([0], None), (None, [0])]
    assert [guard["name"] for guard in shown["guards"]] == ["user"]
    files = [name for name, _ in shown["files"]]
    assert files == list(dict.fromkeys(files))
    assert shown["lines"][str(files.index("shop/deps.py"))] == {"3": "c", "4": "d"}
    assert shown["rules"].keys() == {"APL101"}


@pytest.mark.parametrize(
    ("place", "route", "inside", "about"),
    [
        (at("shop/items.py", 30), "POST /items", "", [1]),
        (at("shop/items.py", 30), "HEAD /items", "", [0]),
        (at("shop/items.py", 30), "", "make", [1]),
        (at("shop/other.py", 30), "", "make", None),
        (at("shop/items.py", 30), "DELETE /items", "", None),
    ],
)
def test_findings_know_their_routes(place: Any, route: str, inside: str, about: list[int] | None) -> None:
    (shown,) = data(page(finding(place=place, route=route, enclosing=inside)))["findings"]
    assert shown.get("routes") == about


def test_nothing_ends_the_element_of_the_data() -> None:
    evil = finding(message=EVIL, place=at(f"{EVIL}.py", text=EVIL), route=EVIL)
    row = RouteRow("fastapi", (), f"/{EVIL}", EVIL, EVIL, 1, "unknown", unknown=EVIL)
    text = page(evil, routes=(row,), project=EVIL)
    assert text.count("<script") == text.count("</script") == 2
    assert "\u2028" not in text
    shown = data(text)
    assert shown["findings"][0]["message"] == shown["project"] == EVIL
    assert "<title>&lt;/script&gt;" in text


def test_the_policy_names_the_script_and_the_style_and_allows_nothing_else() -> None:
    text = page()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["trusted-types"] == "'none'"
    for kind, tag in (("script-src", "script"), ("style-src", "style")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[kind] == f"'sha256-{digest}'"
    assert text.index("Content-Security-Policy") < text.index("<style>")


@pytest.mark.parametrize("asset", sorted(path.name for path in ASSETS.iterdir()))
def test_the_parts_bring_everything_along_and_build_nothing_from_strings(asset: str) -> None:
    text = (ASSETS / asset).read_text(encoding="utf-8")
    assert not re.search(
        r"(inner|outer)HTML|insertAdjacent|document\.write|\beval\b|new Function|fetch\(|import\b", text
    )
    assert not re.search(r"\bsrc=|url\(|@import|\sstyle=|\son\w+=", text)
    addresses = set(re.findall(r"https?://[a-z.]+", text))
    assert addresses <= {"https://cwe.mitre.org"}  # a link that a person may follow
    assert text.count("\n") < 400


def test_a_safe_fix_is_shown_as_it_changes_the_lines() -> None:
    sources = {"a.py": "x = 1\r\n@guard\n@get('/')\ndef f(): ...\n"}
    edits = (Edit("a.py", 2, 1, 3, 1, ""), Edit("a.py", 4, 1, 4, 1, "@guard\n"))
    assert changed(edits, Lines(sources.get)) == [
        ["+", "a.py", "2", "@get('/')"],
        [" ", "a.py", "2", "@guard"],
        ["-", "a.py", "3", "@get('/')"],
        [" ", "a.py", "4", "def f(): ..."],
    ]
    assert changed((Edit("gone.py", 1, 1, 1, 2, ""),), Lines(sources.get)) == []
    shown = data(page(finding(fix=Fix(safe=True, edits=edits)), sources=sources.get))["findings"][0]
    assert shown["safe"]
    assert len(shown["diff"]) == 4


def test_what_was_not_analysed_is_there() -> None:
    text = render(report(diagnostics=(BROKEN,)), "html", options=RenderOptions())
    assert data(text)["problems"] == [{"at": [0, 3], "message": "invalid syntax", "fatal": True}]


def test_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef read(): ...\n"
    monkeypatch.chdir(write(tmp_path, {"main.py": app}))
    assert apilint("check", "--output", "report.html", "--exit-zero").status == 0
    one = (tmp_path / "report.html").read_bytes()
    assert [route["path"] for route in data(one.decode())["routes"]] == ["/"]
    assert apilint("check", "--format", "html", "--no-cache", "--exit-zero").out.encode() == one
    routes = apilint("routes", "--format", "html")
    assert routes.status == 0
    assert data(routes.out)["routes"] == data(one.decode())["routes"]
    assert data(routes.out)["findings"] == []
