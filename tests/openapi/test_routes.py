"""`apilint routes --openapi` and `--format openapi`, and the rule that says the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from apilint.openapi import compare, read
from apilint.surface import Entry
from commandline import Ran, apilint
from linting import write

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
HEAD = "openapi: 3.1.0\ncomponents: {securitySchemes: {key: {type: http, scheme: basic}}}\n"


def entry(line: str, at: int = 0) -> Entry:
    method, path, verdict = line.split()
    return Entry(method, path, verdict, (), "main:handler", at=at)


def told(paths: str, *routes: str, hidden: tuple[int, ...] = (), head: str = HEAD) -> list[tuple[str, str]]:
    specification = read(f"{head}paths:\n{paths}".encode(), "openapi.yaml")
    entries = [entry(line, at) for at, line in enumerate(routes)]
    return [(each.kind, each.label) for each in compare(specification, entries, hidden)]


GUARDED = "  /items/{id}: {get: {security: [{key: []}]}}\n"
OPEN = "  /items/{id}: {get: {security: []}}\n"
OPTIONAL = "  /items/{id}: {get: {security: [{}, {key: []}]}}\n"


@pytest.mark.parametrize("path", ["/items/{item_id}", "/items/<int:pk>", r"/items/(?P<pk>\d+)$", "/items/<pk>/"])
def test_paths_are_compared_by_shape(path: str) -> None:
    assert told(GUARDED, f"GET {path} required") == []
    assert told(GUARDED, f"ANY {path} required") == []


@pytest.mark.parametrize(
    ("paths", "verdict", "kind"),
    [
        (GUARDED, "required", ""),
        (GUARDED, "none", "open"),
        (GUARDED, "optional", "open"),
        (GUARDED, "conditional", ""),
        (GUARDED, "unknown", ""),
        (OPEN, "none", ""),
        (OPEN, "optional", ""),
        (OPEN, "required", "closed"),
        (OPEN, "conditional", "closed"),
        (OPEN, "unknown", ""),
        (OPTIONAL, "none", ""),
        (OPTIONAL, "optional", ""),
        (OPTIONAL, "required", "closed"),
        (OPTIONAL, "conditional", ""),
    ],
)
def test_security(paths: str, verdict: str, kind: str) -> None:
    expected = [(kind, "GET /items/{id}")] if kind else []
    assert told(paths, f"GET /items/{{id}} {verdict}") == expected


def test_what_stands_on_one_side_only_the_worst_first() -> None:
    routes = ("GET /items/{id} none", "POST /items required", "DELETE /items none", "GET /inner none")
    assert told(GUARDED + "  /gone: {get: {}}\n", *routes, hidden=(3,)) == [
        ("open", "GET /items/{id}"),
        ("undocumented", "DELETE /items"),
        ("undocumented", "POST /items"),
        ("gone", "GET /gone"),
    ]


def test_what_no_specification_has_is_not_missed() -> None:
    routes = ("GET /items/{id} required", "HEAD /items/{id} required", "OPTIONS /a none", "WEBSOCKET /live none")
    assert told(GUARDED, *routes) == []


@pytest.mark.parametrize("path", ["/items/{id}", "/api/v1/items/{id}"])
def test_paths_of_servers(path: str) -> None:
    head = HEAD + "servers: [{url: 'https://shop.example/api/v1'}]\n"
    assert told(GUARDED, f"GET {path} required", head=head) == []


def test_a_silent_specification_is_told_once() -> None:
    routes = ("GET /items/{id} required", "POST /items required")
    paths = "  /items/{id}: {get: {}}\n  /items: {post: {}}\n"
    assert told(paths, *routes, head="openapi: 3.1.0\n") == [("silent", "")]


MAIN = """
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

bearer = HTTPBearer()
app = FastAPI()


@app.get("/items/{item_id}", dependencies=[Depends(bearer)])
def read_item(item_id: int):
    return {}


@app.post("/items")
def make_item():
    return {}


@app.get("/inner", include_in_schema=False)
def inner():
    return {}
"""
SPECIFICATION = HEAD + "paths:\n  /items: {post: {security: [{key: []}]}}\n  /gone: {get: {}}\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, {"main.py": MAIN, "openapi.yaml": SPECIFICATION})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_text(shop: Path) -> None:
    assert apilint("routes", "--openapi", "openapi.yaml") == Ran(
        1,
        "documented as protected, open to anyone\n"
        "  POST /items  none, documented required (key)  make_item main.py:15, openapi.yaml:4\n"
        "\n"
        "not documented\n"
        "  GET /items/{item_id}  required (bearer)  read_item main.py:10\n"
        "\n"
        "documented, not in the program\n"
        "  GET /gone  security none  openapi.yaml:5\n"
        "\n"
        "3 differences between the program and openapi.yaml. 1 route left out of the program's own specification.\n",
        "",
    )
    places = "make_item main.py:15, openapi.yaml:4"
    assert apilint("routes", "--openapi", "openapi.yaml", "--format", "markdown").out.splitlines()[4:6] == [
        "|---|---|---|---|---|",
        f"| documented as protected, open to anyone | `POST /items` | none | required (key) | {places} |",
    ]
    data = json.loads(apilint("routes", "--openapi", "openapi.yaml", "--format", "json").out)
    assert data["stats"] == {"open": 1, "undocumented": 1, "gone": 1}
    assert data["differences"][0]["operation"]["schemes"] == ["key"]


def test_findings_when_a_specification_is_configured(shop: Path) -> None:
    assert "APL902" not in apilint("check", "--format", "concise").out
    (shop / "apilint.toml").write_text('openapi = "openapi.yaml"\n')
    found = [line for line in apilint("check", "--format", "concise").out.splitlines() if "APL902" in line]
    assert [line.split(" APL902")[0] for line in found] == ["main.py:9:2:", "main.py:14:2:", "openapi.yaml:5:11:"]
    (shop / "openapi.yaml").write_text("a: b\n")
    assert apilint("check").err.startswith("apilint: openapi.yaml:1: expected an OpenAPI specification")
    (shop / "openapi.yaml").unlink()
    assert "openapi: there is no file 'openapi.yaml'" in apilint("check").err


def test_a_file_that_is_none(shop: Path) -> None:
    ran = apilint("routes", "--openapi", "nothing.yaml")
    assert (ran.status, ran.err) == (2, "apilint: nothing.yaml: cannot be read: No such file or directory\n")


def skeleton(folder: Path) -> dict[str, Any]:
    ran = apilint("routes", "--format", "openapi", folder)
    assert ran.status == 0, ran.err
    document: dict[str, Any] = json.loads(ran.out)
    return document


def test_the_skeleton(shop: Path) -> None:
    document = skeleton(shop)
    assert document["paths"]["/items/{item_id}"]["get"] == {
        "x-apilint-handler": "main:read_item",
        "parameters": [{"name": "item_id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"default": {"description": "To be described."}},
        "security": [{"bearer": []}],
    }
    assert document["paths"]["/items"]["post"]["security"] == []
    scheme = {"type": "http", "scheme": "bearer", "description": "Guard 'bearer' (security scheme)."}
    assert document["components"]["securitySchemes"] == {"bearer": scheme}


PROGRAMS = [folder for folder in (*sorted(APPS.iterdir()), *sorted(EXAMPLES.iterdir())) if any(folder.rglob("*.py"))]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_skeleton_is_valid_and_says_what_the_program_does(program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "program"
    shutil.copytree(program, folder)
    document = skeleton(folder)
    OpenAPIV31SpecValidator(document).validate()  # type: ignore[arg-type]
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    ran = apilint("routes", "--openapi", file, "--format", "json", folder)
    differences = json.loads(ran.out)["differences"]
    assert [each for each in differences if each["kind"] != "silent"] == []
